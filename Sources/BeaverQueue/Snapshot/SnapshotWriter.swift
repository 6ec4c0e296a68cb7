/// Streams a snapshot to a temporary file; `finish` makes it the newest one.
///
/// A crash before the rename is durable leaves a `.tmp` file, which the next start removes.
struct SnapshotWriter {
    private let storage: any Storage
    private let directory: String
    private let sequence: UInt64
    private let temporaryPath: String
    private let file: any StorageFile
    private var offset: Int64
    /// Up to here the disk was told to begin.
    private var writebackOffset: Int64 = 0
    private static let writebackBytes: Int64 = 1 << 20
    private var table: [UInt8] = []
    private var bodies: [UInt8] = []
    private var history: [UInt8] = []
    private var entries = SnapshotTableWriter(firstNumber: 1)
    private var chunkCount = 0
    private var chunkFirst: UInt64 = 0
    private var chunkEntries = 0
    private(set) var jobs = 0
    private(set) var remembered = 0
    private(set) var simulated = 0
    /// Over all that was added.
    private(set) var jobsSum = StateFingerprint()

    init(storage: any Storage, directory: String, sequence: UInt64, storeID: String) throws(QueueError) {
        self.storage = storage
        self.directory = directory
        self.sequence = sequence
        self.temporaryPath = directory + "/" + SnapshotFormat.fileName(sequence) + ".tmp"
        self.file = try storage.open(self.temporaryPath, .createOrTruncate)
        let head = SnapshotFormat.head(sequence: sequence, storeID: storeID)
        try self.file.write(head.span.bytes, at: 0)
        self.offset = Int64(head.count)
    }

    /// In ENQUEUE order.
    ///
    /// `body` is the whole ENQUEUE record, then the history.
    mutating func add(_ slot: JobSlot, record: RawSpan, history: RunHistory) throws(QueueError) {
        if self.chunkEntries == SnapshotFormat.maxChunkJobs || self.bodies.count >= SnapshotFormat.maxChunkBodyBytes {
            try self.flush(.jobs)
        }
        if self.chunkEntries == 0 {
            self.chunkFirst = slot.enqueueSequence
            self.entries = SnapshotTableWriter(firstNumber: slot.enqueueSequence)
        }
        self.history.removeAll(keepingCapacity: true)
        if !history.entries.isEmpty { history.encode(into: &self.history) }
        let restStart = self.entries.append(
            slot,
            record: record,
            historyByteCount: self.history.count,
            to: &self.table
        )
        record.extracting(restStart..<record.byteCount).withUnsafeBytes { self.bodies.append(contentsOf: $0) }
        self.bodies.append(contentsOf: self.history)
        self.chunkEntries += 1
        self.jobs += 1
        if slot.state == .completed, slot.isSimulated { self.simulated += 1 }
        self.jobsSum.add(slot.fingerprint)
    }

    /// Behind all jobs.
    mutating func finishJobs() throws(QueueError) { try self.flush(.jobs) }

    mutating func add(_ entry: RememberedIDs.Entry) throws(QueueError) {
        if self.chunkEntries == SnapshotFormat.maxChunkJobs * 8 { try self.flush(.remembered) }
        if self.chunkEntries == 0 { self.chunkFirst = entry.ackSequence }
        self.table.appendLittleEndian(entry.id.high)
        self.table.appendLittleEndian(entry.id.low)
        self.table.appendLittleEndian(entry.payloadChecksum)
        self.table.appendLittleEndian(entry.secondsAndFlag)
        self.table.appendLittleEndian(entry.ackSequence)
        self.chunkEntries += 1
        self.remembered += 1
        if entry.isSimulated { self.simulated += 1 }
        self.jobsSum.add(entry.fingerprint)
    }

    private mutating func flush(_ kind: SnapshotFormat.ChunkKind) throws(QueueError) {
        guard self.chunkEntries > 0 else { return }
        let head = SnapshotFormat.ChunkHead(
            kind: kind,
            count: self.chunkEntries,
            tableByteCount: self.table.count,
            bodyByteCount: self.bodies.count,
            firstSequence: self.chunkFirst,
            tableChecksum: Checksum.crc32c(self.table),
            bodyChecksum: Checksum.crc32c(self.bodies)
        )
        var bytes = head.encode()
        bytes.append(contentsOf: self.table)
        bytes.append(contentsOf: self.bodies)
        try self.file.write(bytes.span.bytes, at: self.offset)
        self.offset += Int64(bytes.count)
        // Not all at the end: the syncs of the log would stand behind it in the disk's queue.
        if self.offset - self.writebackOffset >= Self.writebackBytes {
            self.file.beginWriteback(at: self.writebackOffset, count: self.offset - self.writebackOffset)
            self.writebackOffset = self.offset
        }
        self.table.removeAll(keepingCapacity: true)
        self.bodies.removeAll(keepingCapacity: true)
        self.chunkEntries = 0
        self.chunkCount += 1
    }

    /// The last chunks and the foot, synced.
    ///
    /// Under its final name only after `publish`.
    mutating func finish(_ globals: GlobalState) throws(QueueError) -> SnapshotFormat.Foot {
        try self.flush(.remembered)
        self.table = globals.encode()
        self.chunkEntries = 1
        self.chunkFirst = globals.lastSequence
        try self.flush(.globals)
        var fingerprint = self.jobsSum
        fingerprint.add(globals.fingerprint)
        let foot = SnapshotFormat.Foot(
            sequence: self.sequence,
            jobs: self.jobs,
            remembered: self.remembered,
            fingerprint: fingerprint,
            chunks: self.chunkCount,
            fileByteCount: self.offset + Int64(SnapshotFormat.footByteCount),
            simulated: self.simulated
        )
        try self.file.write(foot.encode().span.bytes, at: self.offset)
        try self.file.synchronizeData()
        return foot
    }

    /// The rename is what makes it a snapshot; the sync of the directory is what makes it stay one.
    func publish() throws(QueueError) -> String {
        let path = self.directory + "/" + SnapshotFormat.fileName(self.sequence)
        self.file.close()
        try self.storage.rename(self.temporaryPath, to: path)
        try self.storage.syncDirectory(self.directory)
        return path
    }

    /// Kept for someone to look at, never loaded.
    func setAside() throws(QueueError) {
        self.file.close()
        try self.storage.rename(
            self.temporaryPath,
            to: self.directory + "/" + SnapshotFormat.fileName(self.sequence) + ".bad"
        )
        try self.storage.syncDirectory(self.directory)
    }

    func discard() throws(QueueError) {
        self.file.close()
        try self.storage.remove(self.temporaryPath)
    }
}
