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
    private let file: any StorageFile
    let chunks: [Chunk]
    private let cache = Lock<(chunk: Int, bytes: [UInt8])?>(nil)

    /// Throws `damaged` unless head, foot and all chunk heads are whole.
    ///
    /// Tables and bodies are checked as they are read.
    package init(path: String, storage: any Storage, storeID: String) throws(QueueError) {
        let file = try storage.open(path, .readOnly)
        self.path = path
        self.file = file
        self.byteCount = try file.size()
        var bytes: [UInt8] = []
        let footByteCount = SnapshotFormat.footByteCount
        guard self.byteCount >= Int64(SnapshotFormat.headByteCount + footByteCount) else {
            throw .damaged(path: path, "a snapshot of \(self.byteCount) bytes")
        }
        _ = try file.read(into: &bytes, count: footByteCount, at: self.byteCount - Int64(footByteCount))
        guard let foot = SnapshotFormat.Foot(bytes.span.bytes.extracting(0..<footByteCount)),
            foot.fileByteCount == self.byteCount
        else { throw .damaged(path: path, offset: self.byteCount - Int64(footByteCount), "the foot is not whole") }
        self.foot = foot
        self.sequence = foot.sequence
        _ = try file.read(into: &bytes, count: SnapshotFormat.headByteCount, at: 0)
        guard
            Array(bytes.prefix(SnapshotFormat.headByteCount))
                == SnapshotFormat.head(sequence: foot.sequence, storeID: storeID)
        else { throw .damaged(path: path, offset: 0, "the head is not whole, or of another store") }
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
            guard offset <= self.byteCount else {
                throw .damaged(path: path, offset: offset, "a chunk ends past the file")
            }
        }
        self.chunks = chunks
    }

    deinit { self.file.close() }

    private func table(_ chunk: Chunk, into bytes: inout [UInt8]) throws(QueueError) -> RawSpanRange {
        let count = try self.file.read(into: &bytes, count: chunk.head.tableByteCount, at: chunk.offset)
        guard count == chunk.head.tableByteCount,
            Checksum.crc32c(bytes.span.bytes.extracting(0..<count)) == chunk.head.tableChecksum
        else { throw .damaged(path: self.path, offset: chunk.offset, "the table of a chunk is not whole") }
        return 0..<count
    }

    /// Fills an empty job manager.
    ///
    /// Throws `damaged` if the result is not what the foot says.
    package func load(into manager: JobManager) throws(QueueError) {
        manager.slots.reserve(self.foot.jobs)
        var bytes: [UInt8] = []
        for chunk in self.chunks {
            let range = try self.table(chunk, into: &bytes)
            let span = bytes.span.bytes.extracting(range)
            switch chunk.head.kind {
            case .jobs:
                let width = SnapshotFormat.jobEntryByteCount
                guard chunk.head.count * width == span.byteCount else { throw self.misfit(chunk) }
                for entry in 0..<chunk.head.count {
                    guard manager.load(JobSlot(decoding: span, at: entry * width)) != nil else {
                        throw self.misfit(chunk)
                    }
                }
            case .remembered:
                try self.forEachRemembered(of: chunk, span) { manager.load($0) }
            case .globals:
                guard let globals = GlobalState(decoding: span) else { throw self.misfit(chunk) }
                manager.globals = globals
            }
        }
        manager.finishLoading()
        guard manager.lastSequence == self.sequence, manager.fingerprint == self.foot.fingerprint else {
            throw .damaged(path: self.path, "its jobs do not add up to its fingerprint")
        }
    }

    private func misfit(_ chunk: Chunk) -> QueueError {
        .damaged(path: self.path, offset: chunk.offset, "a chunk holds something else than it says")
    }

    private func forEachRemembered(
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
        for place in self.chunks.indices where self.chunks[place].head.kind == .jobs {
            let bytes = try self.whole(place)
            for entry in 0..<self.chunks[place].head.count {
                let job = try self.job(entry, in: bytes, of: place)
                let span = bytes.span.bytes
                try body(job.slot, span.extracting(job.record), span.extracting(job.history))
            }
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
            if cache?.chunk != place { cache = (place, try self.whole(place)) }
            guard let bytes = cache?.bytes else { return nil }
            let span = bytes.span.bytes
            var low = 0
            var high = self.chunks[place].head.count
            while low < high {
                let middle = (low + high) / 2
                let slot = JobSlot(decoding: span, at: middle * SnapshotFormat.jobEntryByteCount)
                if slot.enqueueSequence < enqueueSequence { low = middle + 1 } else { high = middle }
            }
            guard low < self.chunks[place].head.count else { return nil }
            let found = try self.job(low, in: bytes, of: place)
            guard found.slot.enqueueSequence == enqueueSequence else { return nil }
            return Job(
                slot: found.slot,
                record: span.bytes(found.record),
                history: RunHistory(decoding: span.extracting(found.history)) ?? RunHistory()
            )
        }
    }

    private func chunk(holding enqueueSequence: UInt64) -> Int? {
        var low = 0
        var high = self.chunks.firstIndex { $0.head.kind != .jobs } ?? self.chunks.count
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
            Checksum.crc32c(bytes.span.bytes.extracting(chunk.head.tableByteCount..<wanted)) == chunk.head.bodyChecksum,
            chunk.head.kind != .jobs || chunk.head.count * SnapshotFormat.jobEntryByteCount == chunk.head.tableByteCount
        else { throw .damaged(path: self.path, offset: chunk.offset, "a chunk is not whole") }
        return bytes
    }

    private func job(
        _ entry: Int,
        in bytes: [UInt8],
        of place: Int
    ) throws(QueueError) -> (slot: JobSlot, record: RawSpanRange, history: RawSpanRange) {
        let span = bytes.span.bytes
        let head = self.chunks[place].head
        let base = entry * SnapshotFormat.jobEntryByteCount
        let slot = JobSlot(decoding: span, at: base)
        let start = head.tableByteCount + Int(span.load(UInt32.self, at: base + JobSlot.byteCount))
        let end = start + Int(span.load(UInt32.self, at: base + JobSlot.byteCount + 4))
        guard end <= head.tableByteCount + head.bodyByteCount, start + Record.headByteCount <= end else {
            throw self.misfit(self.chunks[place])
        }
        let length = Int(span.load(UInt32.self, at: start) >> 8)
        guard length >= Record.headByteCount, start + length <= end else { throw self.misfit(self.chunks[place]) }
        return (slot, start..<start + length, start + length..<end)
    }
}

typealias RawSpanRange = Range<Int>
