/// Makes a snapshot from the one before and the log since, away from the live state.
///
/// The live state gives only what it was at the end of one frame (`CompactionTarget`): its counters and its fingerprint.
/// All jobs come from the files, so each snapshot proves again that the files say what the engine believes. Memory grows
/// with what changed since the last one, not with the number of jobs.
struct Compaction {
    let storage: any Storage
    let log: LogScan
    let directory: String
    let identity: StoreIdentity
    let target: CompactionTarget
    let previous: SnapshotReader?
    /// Called between two small pieces of the work.
    let rest: () -> Void

    /// A job that the log since the last snapshot speaks of.
    private struct Changed {
        var slot: JobSlot
        var isGone = false
        var history: RunHistory
    }

    /// Those jobs, found by their ENQUEUE numbers; never walked.
    ///
    /// A table of its own: a dictionary hashes each number anew and moves each job out and in with every record of it.
    private struct ChangedJobs: ~Copyable {
        var jobs: [Changed] = []
        private var index = FingerprintIndex()

        /// Where the job stands in `jobs`; nil if no record has changed it.
        func place(of enqueueSequence: UInt64) -> Int? {
            self.index.find(Self.hash(enqueueSequence)) { number in
                self.jobs[Int(number)].slot.enqueueSequence == enqueueSequence
            }.map(Int.init)
        }

        mutating func insert(_ changed: Changed) -> Int {
            self.index.insert(Self.hash(changed.slot.enqueueSequence), UInt32(self.jobs.count))
            self.jobs.append(changed)
            return self.jobs.count - 1
        }

        private static func hash(_ enqueueSequence: UInt64) -> UInt64 { enqueueSequence &* 0x9e37_79b9_7f4a_7c15 }
    }

    private struct Work: ~Copyable {
        var changed = ChangedJobs()
        /// Jobs accepted since, in order, as they were accepted.
        var fresh: [JobSlot] = []
        /// Newest ENQUEUE of an id, kept only where simulated completions may have been replaced.
        var newest: [UInt64: UInt64] = [:]
        var leaving: [RememberedIDs.Entry] = []
    }

    enum Outcome {
        case written(SnapshotReader)
        /// The files do not lead to the live state: the file is set aside.
        case mismatch(QueueError)
    }

    func run() throws(QueueError) -> Outcome {
        var work = Work()
        try self.readLog(into: &work)
        var writer = try SnapshotWriter(
            storage: self.storage,
            directory: self.directory,
            sequence: self.target.sequence,
            storeID: self.identity.storeID
        )
        do {
            try self.writeOldJobs(&work, &writer)
            try self.writeFreshJobs(&work, &writer)
            try writer.finishJobs()
            try self.writeRemembered(&work, &writer)
            let foot = try writer.finish(self.target.globals)
            guard foot.fingerprint == self.target.fingerprint, foot.jobs == self.target.liveSlots else {
                try writer.setAside()
                return .mismatch(
                    QueueError(
                        .damaged,
                        "the log up to record \(self.target.sequence) gives \(foot.jobs) jobs, fingerprint \(foot.fingerprint); "
                            + "the engine has \(self.target.liveSlots), \(self.target.fingerprint). The snapshot is kept as .bad"
                    )
                )
            }
            let path = try writer.publish()
            return .written(try SnapshotReader(path: path, storage: self.storage, identity: self.identity))
        } catch {
            // The first error is the one to tell; a left-over temporary file is removed at the next start.
            try? writer.discard()
            throw error
        }
    }

    /// Records or jobs: some tenths of a millisecond.
    private static let piece: UInt64 = 256

    private var firstSequence: UInt64 { (self.previous?.sequence ?? 0) + 1 }
    private var mayReplaceSimulated: Bool {
        !self.target.globals.settings.simulates
    }

    private func forEachRecord(_ body: (Record) throws(QueueError) -> Void) throws(QueueError) {
        try self.forEachFrame { reader, bytes throws(QueueError) in
            guard let record = reader.next(in: bytes) else { return nil }
            if record.sequence >= self.firstSequence { try body(record) }
            return record.sequence
        }
    }

    /// The bytes of all ENQUEUE records, which `forEachRecord` has decoded before.
    private func forEachEnqueue(_ body: (RawSpan) throws(QueueError) -> Void) throws(QueueError) {
        try self.forEachFrame { reader, bytes throws(QueueError) in
            guard let (sequence, isEnqueue) = reader.skip(in: bytes) else { return nil }
            if isEnqueue, sequence >= self.firstSequence { try body(bytes.extracting(reader.lastRange)) }
            return sequence
        }
    }

    /// `next` takes one record of a frame and returns its number; nil if there is none.
    private func forEachFrame(
        _ next: (inout RecordReader, RawSpan) throws(QueueError) -> UInt64?
    ) throws(QueueError) {
        let first = self.firstSequence
        guard first <= self.target.sequence else { return }
        let segments = try self.log.segments()
        defer { for segment in segments { segment.file.close() } }
        let end = try self.log.scan(segments, from: first, through: self.target.sequence) {
            frame,
            bytes throws(QueueError) in
            guard frame.head.lastSequence >= first else { return }
            var reader = RecordReader(firstSequence: frame.head.firstSequence, hash: self.identity.hash)
            while let sequence = try next(&reader, bytes) {
                if sequence % Self.piece == 0 { self.rest() }
            }
            guard reader.isAtEnd(of: bytes) else {
                throw .damaged(path: self.log.directory, "a frame holds something else than records")
            }
        }
        guard end.lastGoodSequence == self.target.sequence else {
            throw .damaged(
                path: self.log.directory,
                "the log ends at record \(end.lastGoodSequence), but \(self.target.sequence) was written"
            )
        }
    }

    private func readLog(into work: inout Work) throws(QueueError) {
        try self.forEachRecord { record throws(QueueError) in
            if case .enqueue(let enqueue) = record.event {
                work.fresh.append(
                    JobSlot(enqueue, sequence: record.sequence, wallMilliseconds: record.wallMilliseconds)
                )
                if self.mayReplaceSimulated { work.newest[enqueue.id.low] = record.sequence }
                return
            }
            guard let job = record.event.job else { return }
            let place = try self.place(of: job, &work)
            guard
                work.changed.jobs[place].slot.apply(
                    record.event,
                    sequence: record.sequence,
                    wallMilliseconds: record.wallMilliseconds
                )
            else {
                throw .damaged(
                    path: self.log.directory,
                    "record \(record.sequence) does not fit job \(job.enqueueSequence)"
                )
            }
            if case .purge = record.event { work.changed.jobs[place].isGone = true }
            work.changed.jobs[place].history.note(record.event, wallMilliseconds: record.wallMilliseconds)
        }
    }

    private func place(of job: JobReference, _ work: inout Work) throws(QueueError) -> Int {
        if let known = work.changed.place(of: job.enqueueSequence) { return known }
        if job.enqueueSequence < self.firstSequence {
            if let old = try self.previous?.job(job.enqueueSequence) {
                return work.changed.insert(Changed(slot: old.slot, history: old.history))
            }
        } else if let place = self.place(of: job.enqueueSequence, in: work.fresh) {
            return work.changed.insert(Changed(slot: work.fresh[place], history: RunHistory()))
        }
        throw .damaged(path: self.log.directory, "job \(job.enqueueSequence) is named but was never accepted")
    }

    private func place(of enqueueSequence: UInt64, in fresh: [JobSlot]) -> Int? {
        var low = 0
        var high = fresh.count
        while low < high {
            let middle = (low + high) / 2
            if fresh[middle].enqueueSequence < enqueueSequence { low = middle + 1 } else { high = middle }
        }
        return low < fresh.count && fresh[low].enqueueSequence == enqueueSequence ? low : nil
    }

    /// Whether the job stays in full.
    ///
    /// One that leaves its record behind is noted for the remembered ids.
    private func stays(_ slot: JobSlot, _ work: inout Work) -> Bool {
        guard slot.state == .completed else { return true }
        if slot.isSimulated, let newest = work.newest[slot.id.low], newest > slot.enqueueSequence { return false }
        guard slot.lastSequence <= self.target.globals.forgottenRecordsThrough else { return true }
        if !slot.hasGeneratedID { work.leaving.append(RememberedIDs.Entry(slot)) }
        return false
    }

    private func writeOldJobs(_ work: inout Work, _ writer: inout SnapshotWriter) throws(QueueError) {
        var seen: UInt64 = 0
        try self.previous?.forEachJob { slot, record, history throws(QueueError) in
            seen += 1
            if seen % Self.piece == 0 { self.rest() }
            let changed = work.changed.place(of: slot.enqueueSequence).map { work.changed.jobs[$0] }
            if changed?.isGone == true { return }
            let current = changed?.slot ?? slot
            guard self.stays(current, &work) else { return }
            let runs = changed?.history ?? RunHistory(decoding: history) ?? RunHistory()
            try writer.add(current, record: record, history: runs)
        }
    }

    private func writeFreshJobs(_ work: inout Work, _ writer: inout SnapshotWriter) throws(QueueError) {
        var place = 0
        try self.forEachEnqueue { bytes throws(QueueError) in
            let slot = work.fresh[place]
            place += 1
            let changed = work.changed.place(of: slot.enqueueSequence).map { work.changed.jobs[$0] }
            if changed?.isGone == true { return }
            let current = changed?.slot ?? slot
            guard self.stays(current, &work) else { return }
            try writer.add(current, record: bytes, history: changed?.history ?? RunHistory())
        }
    }

    private func writeRemembered(_ work: inout Work, _ writer: inout SnapshotWriter) throws(QueueError) {
        let through = self.target.globals.forgottenIDsThrough
        func stays(_ entry: RememberedIDs.Entry) -> Bool {
            if entry.isSimulated, let newest = work.newest[entry.id.low], newest > entry.ackSequence { return false }
            return entry.ackSequence > through
        }
        try self.previous?.forEachRemembered { entry throws(QueueError) in
            if stays(entry) { try writer.add(entry) }
        }
        work.leaving.sort { $0.ackSequence < $1.ackSequence }
        for entry in work.leaving where stays(entry) { try writer.add(entry) }
    }
}
