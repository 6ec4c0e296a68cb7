import BeaverSimulation
import Testing

@testable import BeaverQueue

@Suite struct ChecksumTests {
    /// RFC 3720, appendix B.4.
    @Test func knownValues() {
        #expect(Checksum.crc32c(Array("123456789".utf8)) == 0xe306_9283)
        #expect(Checksum.crc32c([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(Checksum.crc32c([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    }

    /// Long ones are read in lanes side by side, short ones are not: both give the same.
    @Test func theWholeIsTheSumOfItsPieces() {
        var seed = Seed(1)
        for length in [3_071, 3_072, 3_073, 6_144, 9_223, 20_000] {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: seed.below(256)) }
            let begin = UInt32(truncatingIfNeeded: seed.next())
            var pieces = begin
            for start in stride(from: 0, to: length, by: 100) {
                pieces = Checksum.crc32c(Array(bytes[start..<min(start + 100, length)]), seed: pieces)
            }
            #expect(Checksum.crc32c(bytes, seed: begin) == pieces, "\(length) bytes")
        }
    }
}
