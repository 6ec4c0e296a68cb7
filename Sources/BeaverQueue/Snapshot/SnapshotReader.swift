/// An open, whole snapshot: loads its slots, finds the record of any job it holds.
///
/// Immutable but for a small cache behind a lock; the file stays readable after it was deleted.
package final class SnapshotReader: Sendable {
    struct Chunk: Sendable {
        var head: SnapshotFormat.ChunkHead
        /// Of the table.
        var offset: Int64
    }

    /// What a snapshot holds of one job.
    package struct Job: Sendable {
        package var slot: JobSlot
        /// The whole ENQUEUE record.
        package var record: [UInt8]
        package var history: RunHistory
    }

    package let path: String
    package let sequence: UInt64
    package let byteCount: Int64
    let foot: SnapshotFormat.Foot
    let hash: KeyedHash
    let file: any StorageFile
    let chunks: [Chunk]
    /// Those of jobs stand before all others.
    private let jobChunkCount: Int
    private let cache = Lock<WholeChunk?>(nil)

    /// A chunk of jobs in memory, verified whole.
    private struct WholeChunk {
        var place: Int
        var tableByteCount: Int
        var bytes: [UInt8]
        var entries: [SnapshotEntry]

        func job(_ number: Int) -> Job {
            let entry = self.entries[number]
            let span = self.bytes.span.bytes
            let bodies = span.extracting(self.tableByteCount..<span.byteCount)
            var record: [UInt8] = []
            record.reserveCapacity(Record.headByteCount + entry.front.count + entry.rest.count)
            entry.record(table: span.extracting(0..<self.tableByteCount), bodies: bodies, into: &record)
            let history = RunHistory(decoding: bodies.extracting(entry.history)) ?? RunHistory()
            return Job(slot: entry.slot, record: record, history: history)
        }
    }

    /// Throws `damaged` unless head, foot and all chunk heads are whole.
    ///
    /// Tables and bodies are checked as they are read.
    package init(path: String, storage: any Storage, identity: StoreIdentity) throws(QueueError) {
        let file = try storage.open(path, .readOnly)
        self.path = path
        self.hash = identity.hash
        self.file = file
        self.byteCount = try file.size()
        var bytes: [UInt8] = []
        let footByteCount = SnapshotFormat.footByteCount
        guard self.byteCount >= Int64(SnapshotFormat.headByteCount + footByteCount) else {
            throw .damaged(path: path, "a snapshot of \(self.byteCount) bytes")
        }
        // First, because of another version only the head is known to be where it is.
        _ = try file.read(into: &bytes, count: SnapshotFormat.headByteCount, at: 0)
        let head = Array(bytes.prefix(SnapshotFormat.headByteCount))
        try SnapshotFormat.refuseOtherVersion(head, path: path)
        _ = try file.read(into: &bytes, count: footByteCount, at: self.byteCount - Int64(footByteCount))
        guard let foot = SnapshotFormat.Foot(bytes.span.bytes.extracting(0..<footByteCount)),
            foot.fileByteCount == self.byteCount
        else { throw .damaged(path: path, offset: self.byteCount - Int64(footByteCount), "the foot is not whole") }
        self.foot = foot
        self.sequence = foot.sequence
        guard head == SnapshotFormat.head(sequence: foot.sequence, storeID: identity.storeID) else {
            throw .damaged(path: path, offset: 0, "the head is not whole, or of another store")
        }
        var chunks: [Chunk] = []
        var offset = Int64(SnapshotFormat.headByteCount)
        for _ in 0..<foot.chunks {
            let count = try file.read(into: &bytes, count: SnapshotFormat.chunkHeadByteCount, at: offset)
            guard count == SnapshotFormat.chunkHeadByteCount,
                let head = SnapshotFormat.ChunkHead(bytes.span.bytes)
            else { throw .damaged(path: path, offset: offset, "the head of a chunk is not whole") }
            offset += Int64(count)
            chunks.append(Chunk(head: head, offset: offset))
            offset += Int64(head.tableByteCount + head.bodyByteCount)
            Self.announce(behind: head, number: chunks.count, of: foot.chunks, at: offset, file)
            guard offset <= self.byteCount else {
                throw .damaged(path: path, offset: offset, "a chunk ends past the file")
            }
        }
        self.chunks = chunks
        self.jobChunkCount = chunks.firstIndex { $0.head.kind != .jobs } ?? chunks.count
    }

    deinit { self.file.close() }

    /// Tells the disk where heads and tables to come will stand, long before the heads before them say it; `offset` is where
    /// the next one does.
    ///
    /// A guess: chunks beside one another are mostly as large as one another. Without it a start from a cold disk waits for
    /// each chunk by itself.
    private static func announce(
        behind head: SnapshotFormat.ChunkHead,
        number: Int,
        of count: Int,
        at offset: Int64,
        _ file: any StorageFile
    ) {
        let (ahead, slack) = (32, Int64(8 << 10))
        let front = Int64(SnapshotFormat.chunkHeadByteCount + head.tableByteCount)
        let stride = front + Int64(head.bodyByteCount)
        for step in (number == 1 ? 0 : ahead - 1)..<ahead where number + step < count {
            file.beginRead(at: offset + Int64(step) * stride - slack, count: front + 2 * slack)
        }
    }

    func forEachRemembered(
        of chunk: Chunk,
        _ span: RawSpan,
        _ body: (RememberedIDs.Entry) throws(QueueError) -> Void
    ) throws(QueueError) {
        let width = SnapshotFormat.rememberedEntryByteCount
        guard chunk.head.count * width == span.byteCount else { throw self.misfit(chunk) }
        for place in 0..<chunk.head.count {
            var entry = RememberedIDs.Entry(
                id: JobFingerprint(
                    high: span.load(UInt64.self, at: place * width),
                    low: span.load(UInt64.self, at: place * width + 8)
                ),
                payloadChecksum: span.load(UInt32.self, at: place * width + 16),
                wallMilliseconds: 0,
                isSimulated: false,
                ackSequence: span.load(UInt64.self, at: place * width + 24)
            )
            entry.secondsAndFlag = span.load(UInt32.self, at: place * width + 20)
            try body(entry)
        }
    }

    /// All jobs in ENQUEUE order, each chunk verified whole before its first job.
    package func forEachJob(
        _ body: (JobSlot, _ record: RawSpan, _ history: RawSpan) throws(QueueError) -> Void
    ) throws(QueueError) {
        var record: [UInt8] = []
        for place in self.chunks.indices where self.chunks[place].head.kind == .jobs {
            let head = self.chunks[place].head
            let bytes = try self.whole(place)
            let table = bytes.span.bytes.extracting(0..<head.tableByteCount)
            let bodies = bytes.span.bytes.extracting(head.tableByteCount..<head.tableByteCount + head.bodyByteCount)
            var entries = SnapshotTableReader(head, hash: self.hash)
            for _ in 0..<head.count {
                guard let entry = entries.next(in: table) else { throw self.misfit(self.chunks[place]) }
                entry.record(table: table, bodies: bodies, into: &record)
                try body(entry.slot, record.span.bytes, bodies.extracting(entry.history))
            }
            guard entries.isAtEnd(of: table) else { throw self.misfit(self.chunks[place]) }
        }
    }

    package func forEachRemembered(_ body: (RememberedIDs.Entry) throws(QueueError) -> Void) throws(QueueError) {
        var bytes: [UInt8] = []
        for chunk in self.chunks where chunk.head.kind == .remembered {
            let range = try self.table(chunk, into: &bytes)
            try self.forEachRemembered(of: chunk, bytes.span.bytes.extracting(range), body)
        }
    }

    /// O(log n) and at most one chunk read.
    ///
    /// Nil if the snapshot does not hold the job.
    package func job(_ enqueueSequence: UInt64) throws(QueueError) -> Job? {
        guard let place = self.chunk(holding: enqueueSequence) else { return nil }
        return try self.cache.withLock { cache throws(QueueError) in
            if cache?.place != place { cache = try self.wholeJobs(place) }
            guard let chunk = cache else { return nil }
            var low = 0
            var high = chunk.entries.count
            while low < high {
                let middle = (low + high) / 2
                if chunk.entries[middle].slot.enqueueSequence < enqueueSequence {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            guard low < chunk.entries.count, chunk.entries[low].slot.enqueueSequence == enqueueSequence else {
                return nil
            }
            return chunk.job(low)
        }
    }

    private func chunk(holding enqueueSequence: UInt64) -> Int? {
        var low = 0
        var high = self.jobChunkCount
        while low < high {
            let middle = (low + high) / 2
            if self.chunks[middle].head.firstSequence <= enqueueSequence { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }

    private func whole(_ place: Int) throws(QueueError) -> [UInt8] {
        let chunk = self.chunks[place]
        let wanted = chunk.head.tableByteCount + chunk.head.bodyByteCount
        var bytes: [UInt8] = []
        let count = try self.file.read(into: &bytes, count: wanted, at: chunk.offset)
        guard count == wanted,
            Checksum.crc32c(bytes.span.bytes.extracting(0..<chunk.head.tableByteCount)) == chunk.head.tableChecksum,
            Checksum.crc32c(bytes.span.bytes.extracting(chunk.head.tableByteCount..<wanted)) == chunk.head.bodyChecksum
        else { throw .damaged(path: self.path, offset: chunk.offset, "a chunk is not whole") }
        return bytes
    }

    private func wholeJobs(_ place: Int) throws(QueueError) -> WholeChunk {
        let head = self.chunks[place].head
        let bytes = try self.whole(place)
        let table = bytes.span.bytes.extracting(0..<head.tableByteCount)
        var reader = SnapshotTableReader(head, hash: self.hash)
        var entries: [SnapshotEntry] = []
        entries.reserveCapacity(head.count)
        while entries.count < head.count, let entry = reader.next(in: table) { entries.append(entry) }
        guard entries.count == head.count, reader.isAtEnd(of: table) else { throw self.misfit(self.chunks[place]) }
        return WholeChunk(place: place, tableByteCount: head.tableByteCount, bytes: bytes, entries: entries)
    }

    func misfit(_ chunk: Chunk) -> QueueError {
        .damaged(path: self.path, offset: chunk.offset, "a chunk holds something else than it says")
    }
}
