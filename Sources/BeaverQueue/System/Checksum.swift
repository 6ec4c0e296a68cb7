internal import CBeaver

/// CRC32C (Castagnoli): finds all damage of up to 5 bits in a frame and all bursts of up to 32 bits.
package enum Checksum {
    package static func crc32c(_ bytes: RawSpan, seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { cbeaver_crc32c(seed, $0.baseAddress, $0.count) }
    }

    package static func crc32c(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        self.crc32c(bytes.span.bytes, seed: seed)
    }
}

extension RawSpan {
    /// How many of the bytes from `offset` on are zero, up to the next one that is not.
    package func zeroCount(from offset: Int) -> Int {
        self.extracting(offset..<self.byteCount).withUnsafeBytes { cbeaver_zero_prefix($0.baseAddress, $0.count) }
    }
}
