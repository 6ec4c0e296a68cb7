internal import DequeModule

/// The engine: all decisions, no I/O, no clock, no threads.
///
/// Inputs come in, effects go out. Each event is applied at the moment it is appended to the log's buffer; an answer that
/// depends on it waits until the log has it for good. The four loops of the controller are the files beside this one:
/// dispatch, results, time-outs, snapshots.
///
/// Not `Sendable`: one driver owns it and calls it from one thread at a time.
package final class Engine {
    // Why some are not checked for overlapping accesses stands in `JobManager`.
    package let manager: JobManager
    package internal(set) var settings: EngineSettings
    @exclusivity(unchecked) package internal(set) var commit: GroupCommit
    @exclusivity(unchecked) var ready = ReadyQueue()
    @exclusivity(unchecked) var due = DueTimes()
    @exclusivity(unchecked) var runs = RunTable()
    var random: SplitMix
    @exclusivity(unchecked) var now = EngineTime(bootNanoseconds: 0, wallMilliseconds: 0)

    /// New jobs whose ENQUEUE or REVIVE is not durable yet, in order.
    @exclusivity(unchecked) var awaitingDurable: Deque<(sequence: UInt64, slot: UInt32)> = []
    /// Up to here `awaitingDurable` was emptied.
    @exclusivity(unchecked) var releasedSequence: UInt64 = 0
    /// Answers in the order of the record they wait for.
    @exclusivity(unchecked) var answers: Deque<(sequence: UInt64, ticket: Ticket, answer: EngineAnswer)> = []
    /// Runs whose DISPATCH is not written (for `once` jobs: not synced) yet.
    @exclusivity(unchecked) var startsAwaitingWrite: Deque<(sequence: UInt64, start: StartRun)> = []
    var startsAwaitingSync: Deque<(sequence: UInt64, start: StartRun)> = []
    /// What is too large for the room in the log, until more was made.
    var awaitingSpace: Deque<(ticket: Ticket, change: LogChange)> = []
    /// Who waits for the end of a job; only ever asked by job.
    var endWaiters: [JobReference: [Ticket]] = [:]

    var lifecycle = Lifecycle.recovering
    package internal(set) var failure: QueueError?
    @exclusivity(unchecked) var policies: [ActionPolicy] = []
    /// Actions whose program could not be started: looked at again at this boot-time millisecond.
    var probeTimes: [UInt16: Int64] = [:]
    /// Since then, in boot-time milliseconds, this process may be stopped: see `hold`.
    var heldSince: Int64?
    var failuresInARow: [UInt16: Int] = [:]
    /// Actions that were paused by their failures, and go on when an operator says so.
    var pausedByFailures: Set<UInt16> = []
    /// No process can be started for now; nil: all is well.
    var startShortage: StartShortage?
    var snapshots = SnapshotState()
    /// Lower bound of what the log can take without new room, as of the last report, less what was appended since.
    @exclusivity(unchecked) var usableLogBytes: Int64 = 0
    /// Why the log cannot grow, by a disk without room or otherwise; nil while it can.
    var spaceFault: QueueError?
    var isDiskFull: Bool { self.spaceFault != nil }
    /// Boot-time milliseconds at which a full disk is asked again.
    var spaceRetryAt: Int64?
    var isPreparing = false
    var duplicates = 0
    var lateResults = 0
    /// The number of the RECOVERED record: dispatch waits until it is synced.
    var recoveredSequence: UInt64 = 0
    @exclusivity(unchecked) var effects: [EngineEffect] = []
    @exclusivity(unchecked) package internal(set) var meters = EngineMeters()

    enum Lifecycle: Equatable {
        case recovering
        case running
        /// `until`: boot-time milliseconds at which runs are told to end.
        case draining(until: Int64)
        /// All runs have ended; the last frames are on their way.
        case closing(isCleanStopWritten: Bool)
        case finished
        case failed
    }

    static let spaceRetryMilliseconds: Int64 = 1_000

    package init(manager: JobManager, settings: EngineSettings, randomSeed: UInt64) {
        self.manager = manager
        self.settings = settings
        self.commit = GroupCommit(settings: settings.commit, lastSequence: manager.lastSequence)
        self.random = SplitMix(state: randomSeed)
    }

    /// Takes all inputs, decides, and returns what is to be done, in order.
    package func handle(_ inputs: [EngineInput], now: EngineTime) -> [EngineEffect] {
        self.setNow(now)
        self.meters.activity.turn(self.now, self.manager.totals)
        if inputs.contains(where: \.mayStopRuns) {
            // A run that has ended by itself is not stopped by what was asked at the same moment: its work is done.
            for input in inputs where input.isOfRun { self.take(input) }
            for input in inputs where !input.isOfRun { self.take(input) }
        } else {
            for input in inputs { self.take(input) }
        }
        self.advance()
        let effects = self.effects
        self.effects = []
        return effects
    }

    /// The log keeps 48 bits of the wall clock: what is applied now must be what a replay will read.
    func setNow(_ now: EngineTime) {
        self.now = EngineTime(
            bootNanoseconds: now.bootNanoseconds,
            wallMilliseconds: min(max(0, now.wallMilliseconds), 1 << 48 - 1)
        )
    }

    private func take(_ input: EngineInput) {
        if self.lifecycle == .failed || self.lifecycle == .finished {
            if case .command(let ticket, _) = input {
                self.effects.append(.answer(ticket, .failed(self.failure ?? .draining)))
            }
            return
        }
        switch input {
        case .command(let ticket, let command): self.take(command, ticket)
        case .written(let sequence, let space):
            self.commit.written(sequence)
            self.take(space)
        case .synced(let sequence): self.commit.synced(sequence, now: self.now)
        case .space(let space, let error):
            self.isPreparing = false
            if let error, !self.isDiskFull { self.log(.warning, error.message) }
            if error == nil, self.isDiskFull { self.log(.info, "the log has room again: jobs are taken") }
            self.spaceFault = error
            self.spaceRetryAt = error.map { _ in self.now.bootMilliseconds + Self.spaceRetryMilliseconds }
            self.take(space)
            self.retryAwaitingSpace(error)
        case .logFailed(let error): self.fail(error)
        case .runStarted(let worker, let token, let limits): self.runStarted(worker, token, limits)
        case .runEnded(let worker, let token, let result): self.runEnded(worker, token, result)
        case .snapshotWritten(let report): self.snapshotWritten(report)
        case .snapshotFailed(let error, let isMismatch): self.snapshotFailed(error, isMismatch: isMismatch)
        case .tick: break
        }
    }

    /// Everything that follows from the inputs and from the time, in the order that wastes no write.
    private func advance() {
        guard self.lifecycle != .failed, self.lifecycle != .finished else { return }
        self.releaseDurable()
        self.retrySpace()
        self.promoteDue()
        self.checkDeadlines()
        self.dispatch()
        self.retention()
        self.considerSnapshot()
        self.drainStep()
        self.write()
        self.releaseDurable()
        if self.commit.shouldSync(self.now) { self.effects.append(.sync) }
    }

    /// Appends an event to the log's buffer and applies it.
    ///
    /// `slot` is where its job stands, if the caller knows. Returns its number and the slot concerned.
    @discardableResult
    func record(_ event: Event, slot known: UInt32? = nil) -> (sequence: UInt64, slot: UInt32?) {
        let found = event.job.flatMap { self.manager.slots.find($0, at: known) }
        let previous = found.map { self.manager.slots[$0].lastSequence } ?? 0
        let wall = self.now.wallMilliseconds
        let before = self.commit.totalBytes
        let sequence = self.commit.append { bytes in
            RecordWriter.append(event, wallMilliseconds: wall, previousSequence: previous, to: &bytes)
        }
        self.usableLogBytes -= self.commit.totalBytes - before
        let slot = self.apply(event, sequence, slot: found)
        if !self.endWaiters.isEmpty, let job = event.job { self.answerEndWaiters(of: job) }
        return (sequence, slot)
    }

    func apply(_ event: Event, _ sequence: UInt64, slot: UInt32? = nil) -> UInt32? {
        do {
            return try self.manager.apply(
                event,
                sequence: sequence,
                wallMilliseconds: self.now.wallMilliseconds,
                slot: slot
            )
        } catch {
            // The decision was made on the same state a moment ago, so this is our bug: go no further on a wrong state.
            preconditionFailure("the engine decided what its state does not allow: \(error)")
        }
    }

    /// Answers once everything up to the last record is durable: the state that the answer was decided on.
    func answer(_ ticket: Ticket, _ answer: EngineAnswer) {
        let sequence = self.commit.appendedSequence
        self.commit.urge(sequence)
        self.answers.append((sequence, ticket, answer))
    }

    /// What waited for the log: answers, jobs that become ready, runs that may start.
    private func releaseDurable() {
        let durable = self.commit.durableSequence
        while let first = self.answers.first, first.sequence <= durable {
            self.answers.removeFirst()
            self.effects.append(.answer(first.ticket, first.answer))
        }
        while let first = self.awaitingDurable.first, first.sequence <= durable {
            self.awaitingDurable.removeFirst()
            let slot = self.manager.slots[first.slot]
            guard slot.state == .pending, slot.lastSequence == first.sequence, !slot.isReady else { continue }
            if slot.isReturned, slot.orderSequence == slot.enqueueSequence {
                self.wait(first.slot, isFresh: true)
            } else {
                self.ready.add(first.slot, self.manager.slots)
            }
        }
        // Never back: the policy may have become stricter.
        self.releasedSequence = max(durable, self.releasedSequence)
        while let first = self.startsAwaitingWrite.first, first.sequence <= self.commit.writtenSequence {
            self.startsAwaitingWrite.removeFirst()
            self.start(first.start)
        }
        while let first = self.startsAwaitingSync.first, first.sequence <= self.commit.syncedSequence {
            self.startsAwaitingSync.removeFirst()
            self.start(first.start)
        }
    }

    private func write() {
        let fingerprint = self.manager.fingerprint
        if let (frame, marks) = self.commit.nextFrame(
            fingerprint: fingerprint,
            epoch: self.manager.epoch,
            now: self.now
        ) {
            self.noteFrame(lastSequence: frame.lastSequence)
            self.effects.append(.write(frame, marks: marks))
        } else if let frame = self.commit.nextWatermark(
            .watermark,
            fingerprint: fingerprint,
            epoch: self.manager.epoch,
            now: self.now
        ) {
            self.effects.append(.write(frame, marks: []))
        }
    }

    private func take(_ space: JournalSpace) {
        self.usableLogBytes = space.usableBytes - self.commit.bufferedBytes
        if space.wantsPreparation, !self.isPreparing, !self.isDiskFull {
            self.isPreparing = true
            self.effects.append(.prepare(0))
        }
    }

    /// The log failed: nothing more is believed.
    ///
    /// Whoever waits is told that the outcome is unknown.
    private func fail(_ error: QueueError) {
        self.lifecycle = .failed
        self.failure = error
        for waiting in self.answers { self.effects.append(.answer(waiting.ticket, .failed(.outcomeUnknown))) }
        for waiting in self.awaitingSpace { self.effects.append(.answer(waiting.ticket, .failed(error))) }
        self.answers = []
        self.awaitingSpace = []
        self.failSnapshotWaiters(error)
        self.log(.error, "\(error). Nothing more is taken.")
    }

    func log(_ level: QueueLogLine.Level, _ message: String) {
        self.effects.append(.log(QueueLogLine(level, message)))
    }

    /// Boot-time milliseconds at which `handle` must be called again if nothing else happens; nil: never.
    package func nextWake() -> Int64? {
        guard self.lifecycle != .failed, self.lifecycle != .finished else { return nil }
        var wake = self.commit.nextWake
        func consider(_ time: Int64?) {
            if let time { wake = min(wake ?? time, time) }
        }
        consider(self.due.nextWake(self.now))
        if self.heldSince == nil { consider(self.runs.nextDeadline) }
        consider(self.probeTimes.values.min())
        // Past that time nothing is left to wait for but a free worker or a job.
        if let until = self.startShortage?.until, until > self.now.bootMilliseconds { consider(until) }
        if self.lifecycle == .running { consider(self.snapshotWake) }
        if !self.isPreparing { consider(self.spaceRetryAt) }
        // Once that time has passed, only the end of a run leads further.
        if case .draining(let until) = self.lifecycle, until > self.now.bootMilliseconds { consider(until) }
        return wake
    }
}

/// A small random generator of the engine's own, seeded from outside: jitter must replay in the simulator.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var word = self.state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
