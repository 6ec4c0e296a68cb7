/// A durable job queue over one directory: what it acknowledges survives a crash of the process and of the machine.
///
/// ```swift
/// let queue = Queue(QueueConfiguration(dataDirectory: "data"))
/// queue.handle("resize", of: Thumbnail.self) { thumbnail, job in try await resize(thumbnail) }
/// try await queue.start()
/// try await queue.enqueue("resize", Thumbnail(file: "a.png", width: 400), id: "a.png")
/// let job = try await queue.waitUntilEnded("a.png")
/// try await queue.stop()
/// ```
///
/// Every call may come from any task at any time. One that comes while the queue recovers waits for the end of that; one that
/// comes before `start` or after the end throws `stopped`, or what ended the queue.
public final class Queue: QueueControl, Sendable {
    /// As given to `init`; `reconfigure` does not change it.
    public let configuration: QueueConfiguration
    let storage: any Storage
    let life: Lock<Life>
    let eventRing = Lock(EventRing())
    private let repeatedLines = Lock(RepeatedLines())

    /// What a queue is made of while it runs.
    ///
    /// A class, because each call takes it: one reference is counted, and not one for each of its parts.
    final class Core: Sendable {
        let controller: Controller
        let runner: CommandRunner
        let lookup: JobLookup
        let lock: DirectoryLock
        let report: QueueStatus.Recovery
        let startedAt: EngineTime
        let dataDirectory: String
        let fileSystem: String
        let device: String
        var hash: KeyedHash { self.controller.parts.hash }

        init(
            controller: Controller,
            runner: CommandRunner,
            lookup: JobLookup,
            lock: DirectoryLock,
            report: QueueStatus.Recovery,
            startedAt: EngineTime,
            dataDirectory: String,
            fileSystem: String,
            device: String
        ) {
            self.controller = controller
            self.runner = runner
            self.lookup = lookup
            self.lock = lock
            self.report = report
            self.startedAt = startedAt
            self.dataDirectory = dataDirectory
            self.fileSystem = fileSystem
            self.device = device
        }
    }

    /// The directory is ours, and nothing was read yet.
    struct Held {
        var lock: DirectoryLock
        var report: QueueStatus.Recovery
    }

    struct Life {
        enum Stage {
            case idle
            case recovering(phase: String, records: Int)
            case running(Core)
            case ended(Controller.Ending)
        }

        var stage = Stage.idle
        var held: Held?
        var closures: [String: @Sendable (HandledJob) async throws -> Void] = [:]
        var logLine: @Sendable (QueueLogLine) -> Void = { _ in }
        var eachSecond: @Sendable () -> Void = {}
        var redaction = Redaction([])
        var startWaiters: [@Sendable () -> Void] = []
        var stopWaiters: [@Sendable (Controller.Ending) -> Void] = []
    }

    /// Nothing is opened yet; `status()` answers `stopped`.
    public convenience init(_ configuration: QueueConfiguration) { self.init(configuration, storage: FileStorage()) }

    /// On a disk of the caller's; a crash-test takes it away.
    package init(_ configuration: QueueConfiguration, storage: any Storage) {
        self.configuration = configuration
        self.storage = storage
        self.life = Lock(Life(redaction: Redaction(configuration.redact)))
    }

    /// Registers a closure for an action; before `start`.
    ///
    /// It runs as a task of its own, at most `worker.count` at a time, and is cancelled at its time-out: what it may throw, and
    /// why it may run twice, says <doc:WritingHandlers>. A second closure for an action replaces the first. One that comes after
    /// `start` is not used, which an event says.
    public func handle(_ action: String, _ body: @escaping @Sendable (HandledJob) async throws -> Void) {
        let isTaken = self.life.withLock { life in
            guard case .idle = life.stage else { return false }
            life.closures[action] = body
            return true
        }
        if !isTaken {
            let sentence = "the handler for `\(action)` came after the start and is not used; its jobs wait"
            self.log(QueueLogLine(.error, sentence))
        }
    }

    /// Called for every line worth logging, from any thread; before `start`.
    package func onLogLine(_ body: @escaping @Sendable (QueueLogLine) -> Void) {
        self.life.withLock { $0.logLine = body }
    }

    /// Called each second while the queue runs, from a thread of its own that others wait for: for moments only; before `start`.
    package func onEachSecond(_ body: @escaping @Sendable () -> Void) {
        self.life.withLock { $0.eachSecond = body }
    }

    /// To the events that views show, and to whoever listens; redacted.
    func log(_ line: QueueLogLine, evenIfAlike: Bool = false) {
        let (body, redaction) = self.life.withLock { ($0.logLine, $0.redaction) }
        let now = BootClock.now()
        for line in self.repeatedLines.withLock({ $0.lines(line, evenIfAlike: evenIfAlike, now: now.bootMilliseconds) })
        {
            let line = QueueLogLine(line.level, redaction.text(line.message))
            self.eventRing.withLock { $0.add(line, wallMilliseconds: now.wallMilliseconds) }
            body(line)
        }
    }

    /// Takes the directory's lock, recovers, and begins to dispatch; returns when it takes jobs.
    ///
    /// A queue is started once. It creates the directory if need be, and takes as long as the newest snapshot and the log
    /// behind it take to read. Throws, and then holds nothing:
    /// - `configuration`: settings that cannot be, or that do not fit this store;
    /// - `locked`: another process owns the directory;
    /// - `noSuchQueue`: with `mustExist`, where there is none;
    /// - `damaged`: what was acknowledged cannot be read; nothing was changed;
    /// - `cannotCreate`, `inputOutput`, `full`: what the system said.
    public func start() async throws(QueueError) {
        let result: Result<Void, QueueError> = await withCheckedContinuation { continuation in
            do throws(QueueError) {
                // Recovery blocks on the disk for as long as it takes: not on a thread of Swift's pool.
                try SystemThread.start("beaver-recover") { continuation.resume(returning: self.startBlocking()) }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        try result.get()
        // An answer comes when all before it is synced, the new epoch among it: only then is the queue ready.
        _ = try await self.perform(.act(.cancel, on: []))
    }

    /// Returns once the queue takes jobs, for who did not call `start` itself; throws what kept it from starting, or
    /// `stopped` if it has ended since.
    public func waitUntilStarted() async throws(QueueError) { _ = try await self.readyCore(evenBeforeStart: true) }

    /// Returns when the queue has stopped in order; throws what ended it otherwise.
    public func waitUntilStopped() async throws(QueueError) {
        let ending = await withCheckedContinuation { continuation in
            let ended: Controller.Ending? = self.life.withLock { life in
                if case .ended(let ending) = life.stage { return ending }
                life.stopWaiters.append { continuation.resume(returning: $0) }
                return nil
            }
            if let ended { continuation.resume(returning: ended) }
        }
        if case .failed(let error) = ending { throw error }
    }

    /// Returns when nothing is pending, scheduled or running (parked jobs may remain), or the queue is paused or stops.
    public func waitUntilIdle() async throws(QueueError) {
        let core = try self.core()
        await withCheckedContinuation { continuation in
            core.controller.whenIdle { continuation.resume() }
        }
    }

    /// Drains and stops: running jobs have `worker.drain_timeout` to end, with `now` they are ended at once and run
    /// again at the next start.
    ///
    /// Returns when all is on disk and the directory is free; at once if the queue does not run. A queue that still recovers
    /// does so first. Throws what ended the queue otherwise.
    public func stop(now: Bool = false) async throws(QueueError) {
        let core: Core
        do {
            core = try await self.readyCore()
        } catch {
            return
        }
        _ = await core.controller.submit(.drain(now: now))
        try await self.waitUntilStopped()
    }

    /// What is running now; throws why there is nothing.
    func core() throws(QueueError) -> Core {
        let stage = self.life.withLock { $0.stage }
        switch stage {
        case .running(let core): return core
        case .idle: throw QueueError(.stopped, "the queue has not been started")
        case .recovering: throw QueueError(.stopped, "the queue is recovering; try again in a moment")
        case .ended(.inOrder): throw .draining
        case .ended(.failed(let error)): throw error
        }
    }

    /// As `core`, but a caller who comes during recovery waits for its end.
    func readyCore(evenBeforeStart: Bool = false) async throws(QueueError) -> Core {
        // Nearly always; to wait, even for nothing, costs an allocation and a change of tasks.
        let running: Core? = self.life.withLock { if case .running(let core) = $0.stage { core } else { nil } }
        if let running { return running }
        await withCheckedContinuation { continuation in
            let mustWait = self.life.withLock { life in
                switch life.stage {
                case .recovering: break
                case .idle where evenBeforeStart: break
                case .idle, .running, .ended: return false
                }
                life.startWaiters.append { continuation.resume() }
                return true
            }
            if !mustWait { continuation.resume() }
        }
        return try self.core()
    }

    /// Moves on, and wakes who waits for the end of recovery.
    func enter(_ stage: Life.Stage) {
        let waiters = self.life.withLock { life in
            // The end is final: it may come before the start has said that it is done.
            if case .ended = life.stage {} else { life.stage = stage }
            defer { life.startWaiters = [] }
            return life.startWaiters
        }
        for waiter in waiters { waiter() }
    }

    /// Sends one command and waits until its answer is durable.
    func perform(_ command: EngineCommand) async throws(QueueError) -> EngineAnswer {
        let answer = try await self.readyCore().controller.submit(command)
        if case .failed(let error) = answer { throw error }
        return answer
    }
}

/// What a closure handler is given.
public struct HandledJob: Sendable {
    /// As the job was enqueued with it, or as it was generated: the same in each run.
    public let id: String
    /// The name that the closure was registered for; `default` serves any action where `unknown` says so.
    public let action: String
    /// One JSON value, byte for byte as it was enqueued; see `decode(_:)`.
    public let payload: [UInt8]
    /// 1 for the first run; runs that a crash interrupted count too.
    public let runNumber: Int
    /// Grows with every run of any job: pass it on to make effects elsewhere idempotent.
    public let fencingToken: UInt64
}

/// Thrown by a closure to send its job to the dead letters without a retry.
public struct PermanentFailure: Error, Sendable, CustomStringConvertible {
    /// What the job's error will be.
    public let description: String

    /// `description` is what the error of the job will be.
    public init(_ description: String) { self.description = description }
}

/// One line for a log.
package struct QueueLogLine: Sendable, Equatable {
    package typealias Level = QueueEvent.Level

    package var level: Level
    package var message: String

    package init(_ level: Level, _ message: String) {
        self.level = level
        self.message = message
    }
}
