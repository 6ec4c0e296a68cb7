/// One file of the log: a head of 4 KiB, then frames, then zeros.
///
/// Head, written and synced once when the file is created and never again:
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | magic |
/// | 8 | 4 | version of the format |
/// | 12 | 4 | index: 1 for the first segment of a store, no number is used twice |
/// | 16 | 32 | store id |
/// | 48 | 8 | zero |
/// | 56 | 8 | size of the file when it was created: a shorter one was cut, with all evidence of what it held |
/// | 64 | 4 | CRC32C of the 64 bytes before, seeded with the store's key and the index |
///
/// Which sequence numbers a segment holds is said by its frames, and each frame names the checksum of the one before,
/// across segments: so a missing, stale or foreign segment shows as a broken chain.
///
/// To change the format: add a version, keep reading the older ones, add a golden file of the new one to the tests.
struct SegmentHead: Equatable {
    var index: UInt32
    var storeID: String
    var createdByteCount: Int64

    static let byteCount = 4_096
    /// Of them, those that say something.
    static let usedByteCount = 68
    static let version: UInt32 = 1
    private static let checkedByteCount = 64
    private static let magic: UInt64 = 0x3147_4553_5256_4562  // "bEVRSEG1"

    func encode(hash: KeyedHash) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(Self.magic)
        bytes.appendLittleEndian(Self.version)
        bytes.appendLittleEndian(self.index)
        bytes.append(contentsOf: self.storeID.utf8)
        bytes.appendLittleEndian(UInt64(0))
        bytes.appendLittleEndian(self.createdByteCount)
        precondition(bytes.count == Self.checkedByteCount, "a store id of 32 digits")
        let seed = FrameSeed(hash: hash, segmentIndex: self.index)(0)
        bytes.appendLittleEndian(Checksum.crc32c(bytes, seed: seed))
        return bytes + [UInt8](repeating: 0, count: Self.byteCount - bytes.count)
    }

    /// Nil unless the bytes are the head of segment `index` of this store.
    init?(decoding bytes: RawSpan, index: UInt32, storeID: String, hash: KeyedHash) {
        guard bytes.byteCount >= Self.checkedByteCount + 4, bytes.load(UInt64.self, at: 0) == Self.magic,
            bytes.load(UInt32.self, at: 8) == Self.version, bytes.load(UInt32.self, at: 12) == index,
            String(decoding: bytes.bytes(16..<48), as: UTF8.self) == storeID,
            Checksum.crc32c(
                bytes.extracting(0..<Self.checkedByteCount),
                seed: FrameSeed(hash: hash, segmentIndex: index)(0)
            )
                == bytes.load(UInt32.self, at: Self.checkedByteCount)
        else { return nil }
        self.init(index: index, storeID: storeID, createdByteCount: bytes.load(Int64.self, at: 56))
    }

    init(index: UInt32, storeID: String, createdByteCount: Int64) {
        self.index = index
        self.storeID = storeID
        self.createdByteCount = createdByteCount
    }
}

/// Segment file names: `0000000001.wal`, in the order of their index.
enum SegmentName {
    static func file(_ index: UInt32) -> String {
        let digits = String(index)
        return String(repeating: "0", count: 10 - digits.count) + digits + ".wal"
    }

    static func index(_ name: String) -> UInt32? {
        guard name.utf8.count == 14, name.hasSuffix(".wal"), let index = UInt32(name.dropLast(4)), index > 0 else {
            return nil
        }
        return index
    }
}

/// Where a frame stands.
package struct FramePlace: Sendable, Hashable {
    package var segmentIndex: UInt32
    package var offset: Int64
}
