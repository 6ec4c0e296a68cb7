internal import BeaverSimulation
internal import Foundation

#if canImport(Glibc)
internal import Glibc
#endif

/// Makes foreign bytes of good ones: what a disk, a network or another program might hand in.
///
/// The same seed and the same inputs give the same bytes, so that a test that names its seed can be run again.
package struct Mutation {
    private var seed: Seed
    /// Words that mean something to the reader, to be thrown in.
    private let words: [[UInt8]]

    package init(seed: UInt64, words: [String] = []) {
        self.seed = Seed(seed).stream("mutation")
        self.words = words.map { Array($0.utf8) } + [[0], [0xFF], [0xC3, 0x28], [0xEF, 0xBB, 0xBF], [0x0D, 0x0A]]
    }

    /// One to four changes.
    package mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<self.seed.range(1...4) { self.change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = self.seed.bytes(self.seed.below(40))
            return
        }
        let place = self.seed.below(bytes.count)
        switch self.seed.below(9) {
        case 0: bytes[place] ^= 1 << UInt8(self.seed.below(8))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: self.seed.next())
        case 2: bytes.removeLast(bytes.count - place)
        case 3: bytes.removeSubrange(self.range(in: bytes, from: place))
        case 4: bytes.insert(contentsOf: bytes[self.range(in: bytes, from: place)], at: place)
        case 5: bytes.insert(contentsOf: self.seed.pick(self.words) ?? [], at: place)
        case 6:
            // The same thing very often: what nests, nests deeply.
            let word = Array(bytes[self.range(in: bytes, from: place)].prefix(8))
            bytes.insert(contentsOf: (0..<self.seed.range(2...400)).flatMap { _ in word }, at: place)
        case 7:
            // A number becomes another one, and lengths lie.
            let values: [UInt64] = [0, 1, 0x7F, 0xFF, 0x7FFF_FFFF, 0xFFFF_FFFF, .max, .max >> 1]
            let value = self.seed.pick(values) ?? 0
            for index in 0..<min(8, bytes.count - place) {
                bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
            }
        default:
            let from = self.range(in: bytes, from: self.seed.below(bytes.count))
            bytes.replaceSubrange(self.range(in: bytes, from: place), with: Array(bytes[from]))
        }
    }

    private mutating func range(in bytes: [UInt8], from place: Int) -> Range<Int> {
        place..<min(bytes.count, place + 1 + self.seed.below(self.seed.chance(1, in: 3) ? 200 : 12))
    }

    package mutating func pick<Element>(_ elements: [Element]) -> Element? { self.seed.pick(elements) }
}

/// How much is tried, by `BEAVER_TEST_DEPTH`: a fiftieth for `short`, fifty times as much for `full`.
package enum FuzzDepth {
    package static func rounds(_ count: Int) -> Int {
        switch getenv("BEAVER_TEST_DEPTH").map({ String(cString: $0) }) {
        case "full": count * 50
        case "short": max(1, count / 50)
        default: count
        }
    }
}

/// Inputs that were nasty to some reader once: the files of a folder in test/corpus, by name.
package enum Corpus {
    package static func files(_ folder: String) throws -> [(name: String, bytes: [UInt8])] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "test/corpus/\(folder)")
        let names = try FileManager.default.contentsOfDirectory(atPath: root.path(percentEncoded: false)).sorted()
        return try names.map { ($0, Array(try Data(contentsOf: root.appending(path: $0)))) }
    }
}
