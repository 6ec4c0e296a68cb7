/// A snapshot file: the state at the end of one frame, from which recovery begins.
///
/// `SEQUENCE.snap`: a head, chunks, a foot. A chunk of jobs has a table apart from the bodies, so that loading reads some
/// 25 bytes a job and no payload (`SnapshotEntry`); jobs are sorted by ENQUEUE sequence number over the whole file, so
/// that the chunk which holds a payload is found by binary search.
///
/// Head (64 bytes): magic (8), version (4), zero (4), store id (32), sequence (8), zero (4), CRC32C (4).
/// Chunk head (40 bytes): magic (4), kind (4), entries (4), table bytes (4), body bytes (4), first number (8),
/// CRC32C of table (4), of bodies (4), of this head (4).
/// Foot (80 bytes): magic (8), sequence (8), jobs (8), remembered ids (8), fingerprint (16), chunks (8), file bytes (8),
/// simulated (8), zero (4), CRC32C (4).
///
/// Version 1, before the first release, held the 64 bytes of each slot and the whole ENQUEUE record: it is refused by name.
///
/// To change the format: raise `version`, keep reading the older ones, add a golden file of the new one to the tests.
enum SnapshotFormat {
    static let headByteCount = 64
    static let chunkHeadByteCount = 40
    static let footByteCount = 80
    static let version: UInt32 = 2
    static let headMagic: UInt64 = 0x3150_414e_5356_4562  // "bEVSNAP1"
    static let chunkMagic: UInt32 = 0x4b4e_4843  // "CHNK"
    static let footMagic: UInt64 = 0x3154_4f4f_4656_4562  // "bEVFOOT1"
    static let rememberedEntryByteCount = 32
    static let maxChunkJobs = 1_024
    static let maxChunkBodyBytes = 1 << 20

    enum ChunkKind: UInt32 {
        case jobs = 1
        case remembered = 2
        case globals = 3
    }

    struct ChunkHead {
        var kind: ChunkKind
        var count: Int
        var tableByteCount: Int
        var bodyByteCount: Int
        var firstSequence: UInt64
        var tableChecksum: UInt32
        var bodyChecksum: UInt32

        func encode() -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.appendLittleEndian(chunkMagic)
            bytes.appendLittleEndian(self.kind.rawValue)
            bytes.appendLittleEndian(UInt32(self.count))
            bytes.appendLittleEndian(UInt32(self.tableByteCount))
            bytes.appendLittleEndian(UInt32(self.bodyByteCount))
            bytes.appendLittleEndian(self.firstSequence)
            bytes.appendLittleEndian(self.tableChecksum)
            bytes.appendLittleEndian(self.bodyChecksum)
            bytes.appendLittleEndian(Checksum.crc32c(bytes))
            return bytes
        }

        init(
            kind: ChunkKind,
            count: Int,
            tableByteCount: Int,
            bodyByteCount: Int,
            firstSequence: UInt64,
            tableChecksum: UInt32,
            bodyChecksum: UInt32
        ) {
            self.kind = kind
            self.count = count
            self.tableByteCount = tableByteCount
            self.bodyByteCount = bodyByteCount
            self.firstSequence = firstSequence
            self.tableChecksum = tableChecksum
            self.bodyChecksum = bodyChecksum
        }

        init?(_ bytes: RawSpan) {
            guard bytes.byteCount >= chunkHeadByteCount, bytes.load(UInt32.self, at: 0) == chunkMagic,
                Checksum.crc32c(bytes.extracting(0..<36)) == bytes.load(UInt32.self, at: 36),
                let kind = ChunkKind(rawValue: bytes.load(UInt32.self, at: 4))
            else { return nil }
            self.kind = kind
            self.count = Int(bytes.load(UInt32.self, at: 8))
            self.tableByteCount = Int(bytes.load(UInt32.self, at: 12))
            self.bodyByteCount = Int(bytes.load(UInt32.self, at: 16))
            self.firstSequence = bytes.load(UInt64.self, at: 20)
            self.tableChecksum = bytes.load(UInt32.self, at: 28)
            self.bodyChecksum = bytes.load(UInt32.self, at: 32)
        }
    }

    struct Foot: Equatable {
        var sequence: UInt64
        var jobs: Int
        var remembered: Int
        var fingerprint: StateFingerprint
        var chunks: Int
        var fileByteCount: Int64
        var simulated: Int

        func encode() -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.appendLittleEndian(footMagic)
            bytes.appendLittleEndian(self.sequence)
            bytes.appendLittleEndian(UInt64(self.jobs))
            bytes.appendLittleEndian(UInt64(self.remembered))
            bytes.appendLittleEndian(self.fingerprint.high)
            bytes.appendLittleEndian(self.fingerprint.low)
            bytes.appendLittleEndian(UInt64(self.chunks))
            bytes.appendLittleEndian(UInt64(self.fileByteCount))
            bytes.appendLittleEndian(UInt64(self.simulated))
            bytes.appendLittleEndian(UInt32(0))
            bytes.appendLittleEndian(Checksum.crc32c(bytes))
            return bytes
        }

        init(
            sequence: UInt64,
            jobs: Int,
            remembered: Int,
            fingerprint: StateFingerprint,
            chunks: Int,
            fileByteCount: Int64,
            simulated: Int
        ) {
            self.sequence = sequence
            self.jobs = jobs
            self.remembered = remembered
            self.fingerprint = fingerprint
            self.chunks = chunks
            self.fileByteCount = fileByteCount
            self.simulated = simulated
        }

        init?(_ bytes: RawSpan) {
            guard bytes.byteCount == footByteCount, bytes.load(UInt64.self, at: 0) == footMagic,
                Checksum.crc32c(bytes.extracting(0..<76)) == bytes.load(UInt32.self, at: 76)
            else { return nil }
            self.sequence = bytes.load(UInt64.self, at: 8)
            self.jobs = Int(truncatingIfNeeded: bytes.load(UInt64.self, at: 16))
            self.remembered = Int(truncatingIfNeeded: bytes.load(UInt64.self, at: 24))
            self.fingerprint = StateFingerprint(
                high: bytes.load(UInt64.self, at: 32),
                low: bytes.load(UInt64.self, at: 40)
            )
            self.chunks = Int(truncatingIfNeeded: bytes.load(UInt64.self, at: 48))
            self.fileByteCount = Int64(truncatingIfNeeded: bytes.load(UInt64.self, at: 56))
            self.simulated = Int(truncatingIfNeeded: bytes.load(UInt64.self, at: 64))
        }
    }

    static func head(sequence: UInt64, storeID: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(self.headMagic)
        bytes.appendLittleEndian(self.version)
        bytes.appendLittleEndian(UInt32(0))
        bytes.append(contentsOf: storeID.utf8)
        bytes.appendLittleEndian(sequence)
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(Checksum.crc32c(bytes))
        return bytes
    }

    /// Another version is no damage: to pass such a snapshot over would be to start without what it holds.
    static func refuseOtherVersion(_ head: [UInt8], path: String) throws(QueueError) {
        let bytes = head.span.bytes
        guard bytes.byteCount == self.headByteCount, bytes.load(UInt64.self, at: 0) == self.headMagic,
            Checksum.crc32c(bytes.extracting(0..<60)) == bytes.load(UInt32.self, at: 60),
            bytes.load(UInt32.self, at: 8) != self.version
        else { return }
        throw QueueError(
            .configuration,
            "\(path) is a snapshot of format \(bytes.load(UInt32.self, at: 8)); this program reads format \(self.version). "
                + "Nothing was changed. Start the program that wrote it",
            path: path
        )
    }

    static func fileName(_ sequence: UInt64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: 20 - digits.count) + digits + ".snap"
    }

    static func sequence(_ name: String) -> UInt64? {
        guard name.utf8.count == 25, name.hasSuffix(".snap") else { return nil }
        return UInt64(name.dropLast(5))
    }
}

extension GlobalState {
    func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        let numbers = [
            self.lastSequence, UInt64(self.totals.enqueued), UInt64(self.totals.purged), UInt64(self.totals.forgotten),
            UInt64(self.totals.failedRuns), UInt64(self.totals.dispatched), UInt64(self.totals.completed),
            UInt64(self.totals.dead), self.isPaused ? 1 : 0, self.settings.simulates ? 1 : 0, UInt64(self.epoch),
            self.startsInEpoch, self.forgottenRecordsThrough, self.forgottenIDsThrough, UInt64(self.actionNames.count),
        ]
        for number in numbers { bytes.appendLittleEndian(number) }
        for name in self.actionNames {
            bytes.appendLittleEndian(UInt16(name.utf8.count))
            bytes.append(contentsOf: name.utf8)
        }
        return bytes
    }

    init?(decoding bytes: RawSpan) {
        guard bytes.byteCount >= 15 * 8 else { return nil }
        func number(_ place: Int) -> UInt64 { bytes.load(UInt64.self, at: place * 8) }
        self.init()
        self.lastSequence = number(0)
        self.totals.enqueued = Int(truncatingIfNeeded: number(1))
        self.totals.purged = Int(truncatingIfNeeded: number(2))
        self.totals.forgotten = Int(truncatingIfNeeded: number(3))
        self.totals.failedRuns = Int(truncatingIfNeeded: number(4))
        self.totals.dispatched = Int(truncatingIfNeeded: number(5))
        self.totals.completed = Int(truncatingIfNeeded: number(6))
        self.totals.dead = Int(truncatingIfNeeded: number(7))
        self.isPaused = number(8) == 1
        self.settings.simulates = number(9) == 1
        self.epoch = UInt32(truncatingIfNeeded: number(10))
        self.startsInEpoch = number(11)
        self.forgottenRecordsThrough = number(12)
        self.forgottenIDsThrough = number(13)
        var offset = 15 * 8
        for _ in 0..<min(number(14), 65_535) {
            guard offset + 2 <= bytes.byteCount else { return nil }
            let length = Int(bytes.load(UInt16.self, at: offset))
            guard offset + 2 + length <= bytes.byteCount else { return nil }
            self.actionNames.append(String(decoding: bytes.bytes(offset + 2..<offset + 2 + length), as: UTF8.self))
            offset += 2 + length
        }
    }
}
