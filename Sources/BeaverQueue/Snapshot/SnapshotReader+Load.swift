/// Loading: from the tables to slots in memory.
///
/// Reading the files and filling the tables of the engine takes as long as decoding and hashing, so that the second half
/// is done on a thread of its own. All calls to the storage stay on the caller's thread, in the order of the file.
extension SnapshotReader {
    /// Smaller snapshots are loaded before a thread has begun.
    private static let minParallelJobs = 16_384
    /// Tables that are read ahead of the decoder.
    private static let readAhead = 4

    /// The slots of one chunk, and what they add up to.
    private struct Slots: Sendable {
        var slots: [JobSlot] = []
        var sum = StateFingerprint()
        var isWhole = false
    }

    private struct Table: Sendable {
        var head: SnapshotFormat.ChunkHead
        var bytes: [UInt8]

        func decoded(hash: KeyedHash) -> Slots {
            let table = self.bytes.span.bytes.extracting(0..<self.head.tableByteCount)
            var reader = SnapshotTableReader(self.head, hash: hash)
            var result = Slots()
            result.slots.reserveCapacity(self.head.count)
            while result.slots.count < self.head.count, let entry = reader.next(in: table) {
                result.sum.add(entry.slot.fingerprint)
                result.slots.append(entry.slot)
            }
            result.isWhole = result.slots.count == self.head.count && reader.isAtEnd(of: table)
            return result
        }
    }

    /// Fills an empty job manager.
    ///
    /// Throws `damaged` if the result is not what the foot says.
    package func load(into manager: JobManager) throws(QueueError) {
        // What the foot says is believed only once the jobs add up; so much room is never more than the file needs.
        let memory = manager.slots.reserve(min(self.foot.jobs, Int(clamping: self.byteCount / 12)))
        let pages = memory.count < 2 ? nil : WorkAhead<PageMemory.Place, Void> { PageMemory.populate($0) }
        defer { pages?.close() }
        for place in memory { pages?.post(place) }
        let hash = self.hash
        let jobs = self.chunks.filter { $0.head.kind == .jobs }
        let decoder = self.foot.jobs < Self.minParallelJobs ? nil : WorkAhead<Table, Slots> { $0.decoded(hash: hash) }
        defer { decoder?.close() }
        for place in jobs.indices {
            var bytes: [UInt8] = []
            _ = try self.table(jobs[place], into: &bytes)
            let table = Table(head: jobs[place].head, bytes: bytes)
            guard let decoder else {
                try self.add(table.decoded(hash: hash), of: jobs[place], to: manager)
                continue
            }
            decoder.post(table)
            let due = place - Self.readAhead
            if due >= 0 { try self.add(decoder.take(), of: jobs[due], to: manager) }
        }
        if let decoder {
            for chunk in jobs.suffix(Self.readAhead) { try self.add(decoder.take(), of: chunk, to: manager) }
        }
        try self.loadOthers(into: manager)
        manager.finishLoading()
        guard manager.lastSequence == self.sequence, manager.fingerprint == self.foot.fingerprint else {
            throw .damaged(path: self.path, "its jobs do not add up to its fingerprint")
        }
    }

    private func add(_ decoded: Slots, of chunk: Chunk, to manager: JobManager) throws(QueueError) {
        guard decoded.isWhole, manager.load(decoded.slots, sum: decoded.sum) else { throw self.misfit(chunk) }
    }

    private func loadOthers(into manager: JobManager) throws(QueueError) {
        var bytes: [UInt8] = []
        for chunk in self.chunks where chunk.head.kind != .jobs {
            let range = try self.table(chunk, into: &bytes)
            let span = bytes.span.bytes.extracting(range)
            switch chunk.head.kind {
            case .jobs: break
            case .remembered: try self.forEachRemembered(of: chunk, span) { manager.load($0) }
            case .globals:
                guard let globals = GlobalState(decoding: span) else { throw self.misfit(chunk) }
                manager.globals = globals
            }
        }
    }

    /// Where the table stands in `bytes`.
    func table(_ chunk: Chunk, into bytes: inout [UInt8]) throws(QueueError) -> Range<Int> {
        let count = try self.file.read(into: &bytes, count: chunk.head.tableByteCount, at: chunk.offset)
        guard count == chunk.head.tableByteCount,
            Checksum.crc32c(bytes.span.bytes.extracting(0..<count)) == chunk.head.tableChecksum
        else { throw .damaged(path: self.path, offset: chunk.offset, "the table of a chunk is not whole") }
        return 0..<count
    }
}
