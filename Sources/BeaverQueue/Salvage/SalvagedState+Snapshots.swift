/// Reading snapshots, whole ones and what is left of others.
extension SalvagedState {
    /// The newest first: what it says of a job counts, unless an older one knows more, which cannot be.
    mutating func readSnapshots(_ directory: String) throws(QueueError) {
        guard try self.storage.identity(of: directory) != nil else {
            self.report.repairs.append("\(directory): the snapshots are missing")
            return
        }
        let names = try self.storage.list(directory).filter { SnapshotFormat.sequence($0) != nil }
        for name in names.reversed() {
            let path = directory + "/" + name
            let sequence = SnapshotFormat.sequence(name) ?? 0
            self.lastSequence = max(sequence, self.lastSequence)
            if self.coveredThrough > 0 {
                // Older than one whose tables are whole: good for the bodies that one has lost.
                if !self.wanted.isEmpty { try self.readChunks(path, through: sequence, mayAdd: false) }
                continue
            }
            let isWhole = try self.canBeLoaded(path)
            try self.readChunks(path, through: sequence, mayAdd: true)
            if isWhole { self.coveredThrough = sequence }
        }
    }

    private mutating func canBeLoaded(_ path: String) throws(QueueError) -> Bool {
        do {
            let reader = try SnapshotReader(path: path, storage: self.storage, identity: self.identity)
            try reader.load(into: JobManager())
            return true
        } catch {
            guard error.code == .damaged else { throw error }
            self.report.repairs.append(error.message)
            return false
        }
    }

    /// Every chunk that is valid by itself, found by its head where the way there is damaged.
    private mutating func readChunks(_ path: String, through sequence: UInt64, mayAdd: Bool) throws(QueueError) {
        let file = try self.storage.open(path, .readOnly)
        let byteCount = try file.size()
        var window = FileWindow(file: file, byteCount: byteCount)
        var offset = Int64(SnapshotFormat.headByteCount)
        var lostFrom: Int64?
        while offset + Int64(SnapshotFormat.chunkHeadByteCount) <= byteCount {
            guard let range = try window.range(SnapshotFormat.chunkHeadByteCount, at: offset),
                let head = SnapshotFormat.ChunkHead(window.buffer.span.bytes.extracting(range)),
                offset + Int64(range.count + head.tableByteCount + head.bodyByteCount) <= byteCount
            else {
                lostFrom = lostFrom ?? offset
                offset += 1
                continue
            }
            if let from = lostFrom { self.noteLostPart(path, from, offset) }
            lostFrom = nil
            offset += Int64(SnapshotFormat.chunkHeadByteCount)
            try self.read(head, of: file, at: offset, through: sequence, mayAdd: mayAdd)
            offset += Int64(head.tableByteCount + head.bodyByteCount)
        }
        let foot = byteCount - Int64(SnapshotFormat.footByteCount)
        if let from = lostFrom, from < foot { self.noteLostPart(path, from, foot) }
    }

    private mutating func noteLostPart(_ path: String, _ from: Int64, _ to: Int64) {
        self.report.repairs.append("\(path): bytes \(from) to \(to) hold no whole part of a snapshot")
    }

    private mutating func read(
        _ head: SnapshotFormat.ChunkHead,
        of file: any StorageFile,
        at offset: Int64,
        through sequence: UInt64,
        mayAdd: Bool
    ) throws(QueueError) {
        var bytes: [UInt8] = []
        let wanted = head.tableByteCount + head.bodyByteCount
        guard try file.read(into: &bytes, count: wanted, at: offset) == wanted,
            Checksum.crc32c(bytes.span.bytes.extracting(0..<head.tableByteCount)) == head.tableChecksum
        else {
            self.report.repairs.append("\(file.path) at byte \(offset): a table of \(head.count) entries is damaged")
            return
        }
        let table = bytes.span.bytes.extracting(0..<head.tableByteCount)
        switch head.kind {
        case .globals where !mayAdd, .remembered where !mayAdd: return
        case .globals:
            guard let globals = GlobalState(decoding: table) else { return }
            self.actions.load(globals.actionNames)
            self.noteEpoch(globals.epoch)
            if globals.lastSequence > self.globals.lastSequence { self.globals = globals }
        case .remembered:
            for place in 0..<min(head.count, table.byteCount / SnapshotFormat.rememberedEntryByteCount) {
                self.remembered.append(RememberedIDs.Entry(decoding: table, at: place))
            }
        case .jobs:
            let bodies = bytes.span.bytes.extracting(head.tableByteCount..<wanted)
            var reader = SnapshotTableReader(head, hash: self.identity.hash)
            while let entry = reader.next(in: table) {
                let bodiesOffset = offset + Int64(head.tableByteCount)
                self.readJob(entry, (table, bodies), (file, bodiesOffset), (sequence, mayAdd))
            }
        }
    }

    /// One job of a chunk whose table is whole; its payload proves itself.
    private mutating func readJob(
        _ entry: SnapshotEntry,
        _ chunk: (table: RawSpan, bodies: RawSpan),
        _ place: (file: any StorageFile, bodiesOffset: Int64),
        _ terms: (through: UInt64, mayAdd: Bool)
    ) {
        let number = entry.slot.enqueueSequence
        let wanted = self.wanted[number]
        guard wanted != nil || terms.mayAdd && self.jobs[number] == nil else { return }
        var record: [UInt8] = []
        entry.record(table: chunk.table, bodies: chunk.bodies, into: &record)
        let body = record.span.bytes.extracting(Record.headByteCount..<record.count)
        guard let decoded = EnqueueBody.decode(body, hash: self.identity.hash), decoded.enqueue.id == entry.slot.id
        else {
            // What became of it is known; its record may still stand in an older snapshot or in the log.
            if wanted == nil {
                let path = place.file.path
                self.wanted[number] = WantedJob(slot: entry.slot, path: path, knownThrough: terms.through)
            }
            return
        }
        self.wanted[number] = nil
        self.jobs[number] = Job(
            slot: wanted?.slot ?? entry.slot,
            source: Source(
                file: place.file,
                front: Array(record.prefix(record.count - entry.rest.count)),
                offset: place.bodiesOffset + Int64(entry.rest.lowerBound),
                byteCount: entry.rest.count,
                historyByteCount: entry.history.count
            ),
            history: nil,
            knownThrough: wanted?.knownThrough ?? terms.through
        )
    }
}

extension RememberedIDs.Entry {
    fileprivate init(decoding table: RawSpan, at place: Int) {
        let base = place * SnapshotFormat.rememberedEntryByteCount
        self.init(
            id: JobFingerprint(high: table.load(UInt64.self, at: base), low: table.load(UInt64.self, at: base + 8)),
            payloadChecksum: table.load(UInt32.self, at: base + 16),
            wallMilliseconds: 0,
            isSimulated: false,
            ackSequence: table.load(UInt64.self, at: base + 24)
        )
        self.secondsAndFlag = table.load(UInt32.self, at: base + 20)
    }
}
