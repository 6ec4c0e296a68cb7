/// What several snapshots and a log with holes say together, job by job.
struct SalvagedState {
    /// Where the bytes of an ENQUEUE record, and of a history behind it, can be read again.
    struct Source {
        var file: any StorageFile
        /// What a snapshot keeps of the record elsewhere; empty for one in the log.
        var front: [UInt8] = []
        /// Of the rest.
        var offset: Int64
        var byteCount: Int
        /// Not taken from the file where `history` was changed.
        var historyByteCount = 0
    }

    struct Job {
        var slot: JobSlot
        var source: Source
        /// Runs that the log told of; nil: as they stand in the snapshot.
        var history: RunHistory?
        /// Every record about this job up to here was seen.
        var knownThrough: UInt64
        var isPurged = false
    }

    /// What became of a job is known, and its ENQUEUE record was not found yet.
    struct WantedJob {
        var slot: JobSlot
        var path: String
        var knownThrough: UInt64
    }

    /// Records that no file gives any more.
    struct Hole {
        var first: UInt64
        var last: UInt64
    }

    let storage: any Storage
    let identity: StoreIdentity
    var report = Salvage()
    /// By ENQUEUE number.
    var jobs: [UInt64: Job] = [:]
    var wanted: [UInt64: WantedJob] = [:]
    var remembered: [RememberedIDs.Entry] = []
    var globals = GlobalState()
    var actions = SalvagedActions()
    var holes: [Hole] = []
    /// Jobs that records speak of and whose ENQUEUE is lost, by its number.
    var orphans: Set<UInt64> = []
    /// Up to here a snapshot with whole tables covers the log.
    var coveredThrough: UInt64 = 0
    /// The last record that was seen, or is known to have been there.
    var lastSequence: UInt64 = 0
    private var epoch: UInt32 = 0

    init(storage: any Storage, identity: StoreIdentity) {
        self.storage = storage
        self.identity = identity
    }

    mutating func noteEpoch(_ epoch: UInt32) { self.epoch = max(epoch, self.epoch) }

    mutating func noteHole(_ first: UInt64, _ last: UInt64, _ place: String) {
        guard first <= last else { return }
        self.lastSequence = max(last, self.lastSequence)
        self.holes.append(Hole(first: first, last: last))
        self.actions.noteHole()
        let what = first == last ? "record \(first)" : "records \(first) to \(last)"
        self.report.losses.append("\(place): \(what) cannot be read")
    }

    // MARK: Records of the log

    /// Records come in ascending order.
    mutating func note(_ record: Record, source: @autoclosure () -> Source) {
        self.lastSequence = max(record.sequence, self.lastSequence)
        if case .action(let name) = record.event { self.actions.declare(name) }
        if case .enqueue(let enqueue) = record.event { self.actions.use(enqueue.action) }
        if let job = record.event.job { return self.change(job, record) }
        if case .enqueue(let enqueue) = record.event { self.accept(enqueue, record, source) }
        guard record.sequence > self.coveredThrough else { return }
        switch record.event {
        case .pause: self.globals.isPaused = true
        case .resume: self.globals.isPaused = false
        case .settings(let settings): self.globals.settings = settings
        case .epoch(let epoch): self.noteEpoch(epoch)
        case .forget(let records, let ids):
            self.globals.forgottenRecordsThrough = max(records, self.globals.forgottenRecordsThrough)
            self.globals.forgottenIDsThrough = max(ids, self.globals.forgottenIDsThrough)
        case .action, .enqueue, .recovered: break
        case .dispatch, .ack, .retry, .timeout, .dead, .cancelAsked, .cancel, .interrupted, .revive, .purge:
            preconditionFailure("an event about a job was handled above")
        }
    }

    private mutating func accept(_ enqueue: Event.Enqueue, _ record: Record, _ source: () -> Source) {
        guard self.jobs[record.sequence] == nil else { return }
        if let wanted = self.wanted.removeValue(forKey: record.sequence) {
            self.jobs[record.sequence] = Job(
                slot: wanted.slot,
                source: source(),
                history: RunHistory(),
                knownThrough: wanted.knownThrough
            )
            return
        }
        // A snapshot that covers this number and does not have the job: it was purged or forgotten.
        guard record.sequence > self.coveredThrough else { return }
        self.jobs[record.sequence] = Job(
            slot: JobSlot(enqueue, sequence: record.sequence, wallMilliseconds: record.wallMilliseconds),
            source: source(),
            history: RunHistory(),
            knownThrough: record.sequence
        )
    }

    private mutating func change(_ reference: JobReference, _ record: Record) {
        guard var job = self.jobs[reference.enqueueSequence] else {
            let isKnown = self.wanted[reference.enqueueSequence] != nil
            if record.sequence > self.coveredThrough, !isKnown { self.orphans.insert(reference.enqueueSequence) }
            return
        }
        guard record.sequence > job.knownThrough, job.slot.id.low == reference.idLow else { return }
        // Taken out while it is changed, so that its history is not copied.
        self.jobs[reference.enqueueSequence] = nil
        if !job.slot.apply(record.event, sequence: record.sequence, wallMilliseconds: record.wallMilliseconds) {
            // A record between was lost: this one says where the job is now.
            job.slot.force(record)
        }
        if case .purge = record.event { job.isPurged = true }
        if job.history == nil { job.history = self.readHistory(job.source) }
        job.history?.note(record.event, wallMilliseconds: record.wallMilliseconds)
        job.knownThrough = record.sequence
        self.jobs[reference.enqueueSequence] = job
    }

    /// Empty where it cannot be read: the runs of before are then not listed, and that is all.
    func readHistory(_ source: Source) -> RunHistory {
        guard source.historyByteCount > 0 else { return RunHistory() }
        var bytes: [UInt8] = []
        let offset = source.offset + Int64(source.byteCount)
        guard let count = try? source.file.read(into: &bytes, count: source.historyByteCount, at: offset),
            count == source.historyByteCount
        else { return RunHistory() }
        return RunHistory(decoding: bytes.span.bytes.extracting(0..<count)) ?? RunHistory()
    }

    // MARK: The end

    /// Decides what becomes of jobs that a hole leaves open, and makes the whole consistent.
    mutating func finish(wallMilliseconds: Int64) {
        for (sequence, job) in self.wanted.sorted(by: { $0.key < $1.key }) {
            self.report.losses.append(
                "\(job.path): the id or payload of job \(sequence) is damaged, and no other file has it"
            )
        }
        self.report.losses += self.orphans.sorted().map {
            "the job of record \($0) is lost: its ENQUEUE cannot be read"
        }
        self.globals.actionNames = self.actions.names
        for number in self.actions.unknown {
            self.report.losses.append(
                "the name of action \(number) is lost; its jobs are kept as \(self.actions.names[number])"
            )
        }
        // Starts of the engine may be among what is lost, and tokens only ever grow.
        self.globals.epoch = self.epoch + (self.holes.isEmpty ? 1 : 1_000)
        self.globals.startsInEpoch = 0
        self.dropReplaced()
        self.settleUncertain(wallMilliseconds)
        self.forget()
        self.globals.lastSequence = max(self.lastSequence, self.globals.lastSequence)
        self.addUp()
    }

    /// Of two jobs with one id the older one had been purged, in a record that is lost.
    private mutating func dropReplaced() {
        var newest: [JobFingerprint: UInt64] = [:]
        for (sequence, job) in self.jobs where !job.isPurged {
            newest[job.slot.id] = max(sequence, newest[job.slot.id] ?? 0)
        }
        let purged = self.jobs.filter { $0.value.isPurged || newest[$0.value.slot.id] != $0.key }.map(\.key)
        for sequence in purged { self.jobs[sequence] = nil }
        self.remembered.removeAll { newest[$0.id] != nil }
    }

    /// Whether a hole may hold a record about the job: one behind the last that is known.
    private func mayHaveGoneOn(_ job: Job) -> Bool {
        self.holes.contains { $0.last > max(job.knownThrough, job.slot.lastSequence) }
    }

    private mutating func settleUncertain(_ wallMilliseconds: Int64) {
        let error = "salvaged: records about this job are lost, so it may have run; retry it to run it again"
        for sequence in self.jobs.keys.sorted() {
            guard var job = self.jobs[sequence], job.slot.state == .pending || job.slot.state == .inFlight,
                self.mayHaveGoneOn(job)
            else { continue }
            self.jobs[sequence] = nil
            self.lastSequence += 1
            let event = Event.dead(job.slot.reference, Event.EndOfRun(error: error))
            let isDead = job.slot.apply(event, sequence: self.lastSequence, wallMilliseconds: wallMilliseconds)
            precondition(isDead, "a job that waits or runs can become a dead letter")
            if job.history == nil { job.history = self.readHistory(job.source) }
            job.history?.note(event, wallMilliseconds: wallMilliseconds)
            self.jobs[sequence] = job
            self.report.uncertainIDs.append(self.id(of: job) ?? "record \(sequence)")
        }
    }

    private func id(of job: Job) -> String? {
        guard let record = try? self.record(job.source) else { return nil }
        let body = record.span.bytes.extracting(Record.headByteCount..<record.count)
        return EnqueueBody.decode(body, hash: self.identity.hash)?.id
    }

    func record(_ source: Source) throws(QueueError) -> [UInt8] {
        var bytes: [UInt8] = []
        let count = try source.file.read(into: &bytes, count: source.byteCount, at: source.offset)
        guard count == source.byteCount else {
            throw .damaged(path: source.file.path, offset: source.offset, "the file became shorter")
        }
        return source.front + bytes.prefix(count)
    }

    /// What retention had let go of is not brought back.
    private mutating func forget() {
        let (records, ids) = (self.globals.forgottenRecordsThrough, self.globals.forgottenIDsThrough)
        for (sequence, job) in self.jobs where job.slot.state == .completed && job.slot.lastSequence <= records {
            if !job.slot.hasGeneratedID { self.remembered.append(RememberedIDs.Entry(job.slot)) }
            self.jobs[sequence] = nil
        }
        self.remembered.sort { $0.ackSequence < $1.ackSequence }
        var last: UInt64 = 0
        var seen: Set<JobFingerprint> = []
        self.remembered.removeAll { entry in
            let isKept =
                entry.ackSequence > max(ids, last) && entry.ackSequence <= records && seen.insert(entry.id).inserted
            if isKept { last = entry.ackSequence }
            return !isKept
        }
    }

    /// The books balance again: what is neither here nor purged counts as forgotten.
    private mutating func addUp() {
        let kept = self.jobs.count + self.remembered.count
        var totals = self.globals.totals
        totals.completed = max(totals.completed, self.jobs.values.count { $0.slot.state == .completed })
        totals.enqueued = max(totals.enqueued, kept + totals.purged)
        totals.forgotten = totals.enqueued - kept - totals.purged
        self.globals.totals = totals
        self.report.jobs = self.jobs.count
        self.report.rememberedIDs = self.remembered.count
    }

    // MARK: Writing

    func write(to directory: String, _ identity: StoreIdentity) throws(QueueError) {
        let snapshots = Recovery.path(identity.snapshotDirectory, in: directory)
        try self.storage.createDirectory(directory)
        try self.storage.createDirectory(snapshots)
        var writer = try SnapshotWriter(
            storage: self.storage,
            directory: snapshots,
            sequence: self.globals.lastSequence,
            storeID: identity.storeID
        )
        for sequence in self.jobs.keys.sorted() {
            guard let job = self.jobs[sequence] else { continue }
            let record = try self.record(job.source)
            try writer.add(job.slot, record: record.span.bytes, history: job.history ?? self.readHistory(job.source))
        }
        try writer.finishJobs()
        for entry in self.remembered { try writer.add(entry) }
        _ = try writer.finish(self.globals)
        _ = try writer.publish()
        try WriteAheadLog.create(
            storage: self.storage,
            directory: Recovery.path(identity.logDirectory, in: directory),
            identity: identity,
            maxSegmentBytes: WriteAheadLog.firstSegmentBytes
        )
        try self.storage.syncDirectory(directory)
        // Last: without this file it is no store yet.
        try identity.write(to: directory, storage: self.storage)
    }
}

extension JobSlot {
    /// The state that this record leaves, whatever was before.
    fileprivate mutating func force(_ record: Record) {
        switch record.event {
        case .dispatch: self.state = .pending
        case .revive: self.state = .dead
        case .purge: self.state = .completed
        case .ack(_, let end, _), .retry(_, let end, _, _), .timeout(_, let end, _, _),
            .interrupted(_, let end, _, _, _):
            self.forceRun(token: end.token)
        case .dead, .cancel, .cancelAsked: self.forceRun(token: 0)
        case .action, .enqueue, .forget, .pause, .resume, .settings, .epoch, .recovered:
            preconditionFailure("an event that is about no job changes none")
        }
        let isApplied = self.apply(record.event, sequence: record.sequence, wallMilliseconds: record.wallMilliseconds)
        precondition(isApplied, "an event fits the state that was made for it")
    }

    private mutating func forceRun(token: UInt64) {
        self.state = .inFlight
        self.runs = max(1, self.runs)
        self.link = token
    }
}
