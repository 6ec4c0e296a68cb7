package import BeaverQueue

/// The other driver of the engine: one thread, no waiting, and a test decides what happens next.
///
/// It does what the real driver's threads do (write, sync, start handlers, make room, snapshots), one effect at a time:
/// in the order they were decided, or, with `disorder`, in any order that threads could take. An effect that is `held`
/// waits until the test lets it go, so that it can look at the moment between.
///
/// Never moves the clock by itself but in `run(milliseconds:)`.
package final class SteppingDriver {
    /// What can be held back, one each for the threads of the real driver and what they do.
    package enum Kind: Hashable, Sendable, CaseIterable {
        case write, sync, prepare, compact, release, start, stop, answer
    }

    package struct OutOfSteps: Error, CustomStringConvertible {
        package let steps: Int
        package var description: String { "the engine still has something to do after \(self.steps) steps: it spins" }
    }

    package private(set) var storage: SimulatedStorage
    package let clock: SimulatedClock
    package let runner: SimulatedRunner
    package var configuration: QueueConfiguration
    /// For the next `open`.
    package var settings: EngineSettings
    /// What a handler does at once; nil: the run stays until the test ends it.
    package var behaviour: (RunRequest) -> RunResult? = { _ in RunResult(.completed) }
    /// Chooses among the threads that have something to do; nil: in order.
    package var disorder: Seed?
    package var held: Set<Kind> = []
    package var ledger: Ledger
    package var randomSeed: UInt64 = 1
    /// What stands between the engine and the world: bugs that tests plant there, to see that they are found.
    package var tampering = Tampering()

    package internal(set) var engine: Engine?
    package internal(set) var parts: Recovery.Recovered?
    package internal(set) var payloads: PayloadStore?
    package internal(set) var answers: [UInt64: EngineAnswer] = [:]
    package internal(set) var lines: [QueueLogLine] = []
    /// Snapshots that came out as another state than the live one.
    package internal(set) var mismatches: [String] = []
    package internal(set) var isFinished = false
    /// The engine stopped because its log failed.
    package internal(set) var failure: QueueError?
    /// A call for the log failed in this life, whether the engine was told yet or not.
    package internal(set) var hasLogFailed = false
    package internal(set) var steps = 0
    var effects: [EngineEffect] = []
    let inbox = Guarded<[EngineInput]>([])
    package private(set) var nextTicketNumber: UInt64 = 1
    var submitted: [UInt64: [(id: String, payload: [UInt8])]] = [:]
    /// Runs whose result the engine has and whose record is not known to be synced.
    var unconfirmed: [(id: String, token: UInt64)] = []
    /// Runs that no signal ends.
    package var stuck: Set<UInt64> = []
    /// Runs that were told to end, perhaps before they began.
    var stopped: Set<UInt64> = []
    /// The job of each run under way.
    var running: [UInt64: String] = [:]

    package init(
        storage: SimulatedStorage = SimulatedStorage(),
        clock: SimulatedClock = SimulatedClock(),
        settings: EngineSettings = EngineSettings(),
        terms: Ledger.Terms = Ledger.Terms()
    ) {
        self.storage = storage
        self.clock = clock
        self.runner = SimulatedRunner()
        self.settings = settings
        self.configuration = QueueConfiguration(dataDirectory: "data")
        self.ledger = Ledger(terms)
    }

    // MARK: Life and death

    /// Recovery and the first records of a life; nothing is written yet.
    package func open() throws(QueueError) {
        // The directory is there before recovery begins: its lock is in it.
        if try self.storage.identity(of: self.configuration.dataDirectory) == nil {
            try self.storage.createDirectory(self.configuration.dataDirectory)
        }
        let clock = self.clock
        let words = Guarded(Seed(self.randomSeed))
        let recovery = Recovery(
            storage: self.tampering.storage(self.storage),
            configuration: self.configuration,
            clock: { clock.time() },
            randomWord: { words.withLock { $0.next() } }
        )
        var recovered = try recovery.run { _, _ in }
        self.tampering.recovered(&recovered)
        self.ledger.recordRecovered()
        var settings = self.settings
        self.tampering.settings(&settings)
        let engine = Engine(manager: recovered.manager, settings: settings, randomSeed: self.randomSeed)
        recovered.report.requeued = engine.begin(recovered.start, now: self.tampering.time(clock.time()))
        self.payloads = PayloadStore(
            log: recovered.log,
            snapshots: recovered.snapshots,
            hash: recovered.identity.hash
        )
        self.engine = engine
        self.parts = recovered
        self.lines += recovered.notices
        self.inbox.withLock { $0 = [.tick] }
    }

    /// The process dies, the machine lives on.
    /// - Parameter mayLoseUnsynced: a sync had failed, so that what it was for may be gone.
    package func kill(mayLoseUnsynced: Bool = false) {
        self.end(powerCut: mayLoseUnsynced || self.hasLogFailed)
        self.storage = self.storage.killProcess()
    }

    /// The machine dies; what its disk is found to hold is decided by the seed.
    package func powerCut(seed: UInt64, _ model: CrashModel) {
        self.end(powerCut: true)
        self.storage = self.storage.crash(seed: seed, model)
        self.clock.restartMachine(offForMilliseconds: 1_000)
    }

    /// Another disk, as a crash that was tried out elsewhere left it.
    package func replaceStorage(_ storage: SimulatedStorage) {
        self.end(powerCut: true)
        self.storage = storage
    }

    private func end(powerCut: Bool) {
        self.ledger.recordCrash(powerCut: powerCut)
        if self.tampering.endsOrphans { self.runner.beginLife() }
        self.forgetLife()
    }

    /// After an orderly end: files closed, nothing lost.
    package func close() {
        self.parts?.log.close()
        // The process ends with what it could not end.
        for token in self.runner.running {
            if let id = self.running[token] { self.ledger.recordLostRun(id) }
        }
        self.runner.beginLife()
        self.forgetLife()
    }

    private func forgetLife() {
        self.engine = nil
        self.parts = nil
        self.payloads = nil
        self.effects = []
        self.inbox.withLock { $0 = [] }
        self.submitted = [:]
        self.unconfirmed = []
        self.running = [:]
        self.stopped = []
        self.isFinished = false
        self.failure = nil
        self.hasLogFailed = false
    }

    /// The machine died at a planned call: nothing more happens in this life.
    package var isDead: Bool { self.storage.isDead }

    // MARK: Callers

    /// Sends a command; its answer will be found under the ticket.
    @discardableResult
    package func submit(_ command: EngineCommand) -> Ticket {
        let ticket = Ticket(self.nextTicketNumber)
        self.nextTicketNumber += 1
        self.inbox.withLock { $0.append(.command(ticket, command)) }
        return ticket
    }

    /// One batch, kept in the ledger; ids must not repeat in it.
    @discardableResult
    package func enqueue(_ jobs: [NewJob]) -> Ticket {
        guard let hash = self.parts?.identity.hash else { return Ticket(0) }
        var tampered = jobs
        for place in jobs.indices { self.tampering.job(&tampered[place]) }
        let batch = JobBatch(tampered, hash: hash) { "generated-\(self.nextTicketNumber)-\($0)" }
        let ticket = self.submit(.enqueue(batch))
        for (id, job) in zip(batch.ids, jobs) {
            self.submitted[ticket.number, default: []].append((id, job.payload))
            self.ledger.recordSubmission(
                id,
                payload: job.payload,
                once: job.once,
                maxRetry: job.maxRetry.map { Int($0) }
            )
        }
        return ticket
    }

    package func fingerprint(of id: String) -> JobFingerprint {
        self.parts?.identity.hash(id) ?? JobFingerprint(high: 0, low: 0)
    }

    /// What the engine holds of a job; nil if it has no slot.
    package func slot(_ id: String) -> JobSlot? {
        guard let manager = self.engine?.manager, let number = manager.slots.find(self.fingerprint(of: id)) else {
            return nil
        }
        return manager.slots[number]
    }

    @discardableResult
    package func act(_ action: JobAction, _ ids: [String]) -> Ticket {
        self.submit(.act(action, on: ids.map { .id(self.fingerprint(of: $0)) }))
    }
}

/// Changes that a test makes between the engine and the world around it; by default none.
package struct Tampering {
    package var storage: (SimulatedStorage) -> any Storage = { $0 }
    /// What the engine is told, in place of what happened.
    package var inputs: ([EngineInput]) -> [EngineInput] = { $0 }
    /// What is done, in place of what the engine decided.
    package var effects: ([EngineEffect]) -> [EngineEffect] = { $0 }
    /// The clocks as the engine sees them.
    package var time: (EngineTime) -> EngineTime = { $0 }
    /// What a life begins with.
    package var recovered: (inout Recovery.Recovered) -> Void = { _ in }
    /// The settings as the engine gets them at its start.
    package var settings: (inout EngineSettings) -> Void = { _ in }
    /// A job as the engine gets it.
    package var job: (inout NewJob) -> Void = { _ in }
    /// What an earlier life left running is ended before the next one begins.
    package var endsOrphans = true

    package init() {}
}
