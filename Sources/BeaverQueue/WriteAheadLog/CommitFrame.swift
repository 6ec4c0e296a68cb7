/// What one group commit writes: a head that is valid by itself, and the records.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | magic |
/// | 8 | 4 | length of the body |
/// | 12 | 4 | number of records |
/// | 16 | 8 | sequence number of the first record (of the next one, in an empty frame) |
/// | 24 | 8 | watermark: all up to here was synced before this frame was made |
/// | 32 | 16 | fingerprint of the state after the last record |
/// | 48 | 4 | epoch |
/// | 52 | 4 | kind |
/// | 56 | 4 | checksum of the head of the frame before: compared, not chained into the checksum |
/// | 60 | 4 | CRC32C of the body |
/// | 64 | 8 | wall-clock milliseconds |
/// | 72 | 4 | zero |
/// | 76 | 4 | CRC32C of the 76 bytes before, seeded with the store's key, the segment's index and the offset in it |
///
/// A frame begins at a multiple of 8 and is never split. The seed makes sure that neither a payload nor a frame of
/// another store, another segment or another place can pass for one.
package struct CommitFrame: Sendable, Equatable {
    package enum Kind: UInt32, Sendable {
        case records = 0
        /// No records: it makes the watermark of an idle log durable.
        case watermark = 1
        /// Written last by an orderly stop: nothing was left to sync.
        case cleanStop = 2
    }

    package var kind = Kind.records
    package var firstSequence: UInt64
    package var recordCount: Int
    package var watermark: UInt64
    package var fingerprint: StateFingerprint
    package var epoch: UInt32
    package var wallMilliseconds: Int64
    /// Room for the head, then the records.
    package var bytes: [UInt8]

    static let headByteCount = 80
    /// Bytes of enqueues that one frame takes: half of what its head can say, so that other records have room beside them.
    static let maxEnqueueByteCount: Int64 = 2 << 30
    static let magic: UInt64 = 0x314d_5246_5256_4562  // "bEVRFRM1"
    static let alignment = 8

    package var lastSequence: UInt64 { self.firstSequence + UInt64(self.recordCount) - 1 }
    package var byteCount: Int { Self.aligned(self.bytes.count) }

    static func aligned(_ count: Int) -> Int { (count + 7) & ~7 }
}

/// The parts of a frame's head that were read back and verified.
package struct FrameHead: Sendable, Equatable {
    package var kind: CommitFrame.Kind
    package var bodyByteCount: Int
    package var recordCount: Int
    package var firstSequence: UInt64
    package var watermark: UInt64
    package var fingerprint: StateFingerprint
    package var epoch: UInt32
    package var previousChecksum: UInt32
    package var bodyChecksum: UInt32
    package var wallMilliseconds: Int64
    package var checksum: UInt32

    package var lastSequence: UInt64 { self.firstSequence + UInt64(self.recordCount) - 1 }
    /// From one frame's beginning to the next one's.
    package var stride: Int { CommitFrame.aligned(CommitFrame.headByteCount + self.bodyByteCount) }
}

/// The place that a head's checksum is bound to.
struct FrameSeed {
    var hash: KeyedHash
    var segmentIndex: UInt32

    func callAsFunction(_ offset: Int64) -> UInt32 {
        let mixed =
            (self.hash.key0 ^ UInt64(self.segmentIndex) &* 0x9e37_79b9_7f4a_7c15)
            &+ (self.hash.key1 ^ UInt64(bitPattern: offset)) &* 0xd1b5_4a32_d192_ed03
        return UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
    }
}

extension CommitFrame {
    /// Fills in the head for the place where the frame will stand and pads the end.
    ///
    /// Returns the head's checksum.
    mutating func seal(seed: UInt32, previousChecksum: UInt32) -> UInt32 {
        let bodyByteCount = self.bytes.count - Self.headByteCount
        precondition(bodyByteCount >= 0 && bodyByteCount <= Int(UInt32.max), "a frame without room for its head")
        let bodyChecksum = Checksum.crc32c(self.bytes.span.bytes.extracting(Self.headByteCount..<self.bytes.count))
        self.bytes.storeLittleEndian(Self.magic, at: 0)
        self.bytes.storeLittleEndian(UInt32(bodyByteCount), at: 8)
        self.bytes.storeLittleEndian(UInt32(self.recordCount), at: 12)
        self.bytes.storeLittleEndian(self.firstSequence, at: 16)
        self.bytes.storeLittleEndian(self.watermark, at: 24)
        self.bytes.storeLittleEndian(self.fingerprint.high, at: 32)
        self.bytes.storeLittleEndian(self.fingerprint.low, at: 40)
        self.bytes.storeLittleEndian(self.epoch, at: 48)
        self.bytes.storeLittleEndian(self.kind.rawValue, at: 52)
        self.bytes.storeLittleEndian(previousChecksum, at: 56)
        self.bytes.storeLittleEndian(bodyChecksum, at: 60)
        self.bytes.storeLittleEndian(self.wallMilliseconds, at: 64)
        self.bytes.storeLittleEndian(UInt32(0), at: 72)
        let checksum = Checksum.crc32c(self.bytes.span.bytes.extracting(0..<76), seed: seed)
        self.bytes.storeLittleEndian(checksum, at: 76)
        while self.bytes.count % Self.alignment != 0 { self.bytes.append(0) }
        return checksum
    }
}

extension FrameHead {
    /// Nil unless the bytes at `offset` of the span are a head made for this place.
    init?(_ bytes: RawSpan, at offset: Int, seed: UInt32) {
        guard offset + CommitFrame.headByteCount <= bytes.byteCount,
            bytes.load(UInt64.self, at: offset) == CommitFrame.magic
        else { return nil }
        self.checksum = bytes.load(UInt32.self, at: offset + 76)
        guard Checksum.crc32c(bytes.extracting(offset..<offset + 76), seed: seed) == self.checksum,
            bytes.load(UInt32.self, at: offset + 72) == 0,
            let kind = CommitFrame.Kind(rawValue: bytes.load(UInt32.self, at: offset + 52))
        else { return nil }
        self.kind = kind
        self.bodyByteCount = Int(bytes.load(UInt32.self, at: offset + 8))
        self.recordCount = Int(bytes.load(UInt32.self, at: offset + 12))
        self.firstSequence = bytes.load(UInt64.self, at: offset + 16)
        self.watermark = bytes.load(UInt64.self, at: offset + 24)
        self.fingerprint = StateFingerprint(
            high: bytes.load(UInt64.self, at: offset + 32),
            low: bytes.load(UInt64.self, at: offset + 40)
        )
        self.epoch = bytes.load(UInt32.self, at: offset + 48)
        self.previousChecksum = bytes.load(UInt32.self, at: offset + 56)
        self.bodyChecksum = bytes.load(UInt32.self, at: offset + 60)
        self.wallMilliseconds = bytes.load(Int64.self, at: offset + 64)
    }
}
