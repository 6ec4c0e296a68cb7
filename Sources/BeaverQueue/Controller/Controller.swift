internal import Synchronization

/// The thin driver: threads that do what the engine decides, and tell it the outcome.
///
/// | thread | does |
/// |---|---|
/// | engine (2) | the one that leads takes inputs, asks the engine, hands out its effects, writes small frames; to sync it resigns |
/// | writer | writes large frames, and those that need room first |
/// | starter | reads payloads, starts handlers |
/// | background | makes room in the log, releases log, looks each second whether the files are still there |
/// | compact | one snapshot, behind all others where processors are short |
///
/// A lone caller is served by one thread that decides, writes, syncs and answers: nothing on the way waits for a thread to
/// wake up, and while it is in the disk, the other one takes what comes.
///
/// Nothing here decides anything. An idle controller sleeps in all threads but the background's glance each second.
package final class Controller: Sendable {
    package struct Parts: Sendable {
        package var log: any Journal
        package var snapshots: SnapshotManager
        package var payloads: PayloadStore
        package var runner: any HandlerRunner
        package var hash: KeyedHash
        package var logDirectory: String
        package var clock: @Sendable () -> EngineTime
        package var logLine: @Sendable (QueueLogLine) -> Void
        /// What else is looked at each second.
        package var eachSecond: @Sendable () -> Void
    }

    package enum Ending: Sendable {
        case inOrder
        case failed(QueueError)
    }

    enum Background: Sendable {
        case prepare(Int64)
        case release(through: UInt64, keepBytes: Int64)
    }

    struct Tickets: Sendable {
        var next: UInt64 = 1
        var waiting: [UInt64: @Sendable (EngineAnswer) -> Void] = [:]
    }

    let parts: Parts
    let engine: Lock<Engine>
    let inbox: LeaderMailbox<EngineInput>
    let writer = Mailbox<(CommitFrame, [FrameMark])>()
    let starter = Mailbox<StartRun>()
    let background = Mailbox<Background>()
    let tickets = Lock(Tickets())
    let syncDurations = Lock(RecentDurations())
    /// Of log, since this queue was started.
    let appendedBytes = Atomic<Int64>(0)
    /// Nothing that can wait is worth waiting for any more.
    let isStopping = Atomic<Bool>(false)
    private let idleWaiters = Lock<[@Sendable () -> Void]>([])
    private let ended = Lock<Ending?>(nil)
    /// Nothing is left to be done of it: the directory is free.
    private let isOver = Lock(false)
    private let onEnd: @Sendable (Ending) -> Void

    package init(parts: Parts, engine: sending Engine, onEnd: @escaping @Sendable (Ending) -> Void) {
        let clock = parts.clock
        self.parts = parts
        self.engine = Lock(engine)
        self.inbox = LeaderMailbox { clock().bootNanoseconds }
        self.onEnd = onEnd
    }

    package func start() throws(QueueError) {
        do {
            try SystemThread.start("beaver-writer") { self.write() }
            try SystemThread.start("beaver-starter") { self.startRuns() }
            try SystemThread.start("beaver-backgr") { self.workInBackground() }
            for _ in 0..<2 {
                try SystemThread.start("beaver-engine") { self.loop() }
            }
        } catch {
            // Those that began hold all of this, and would wait for ever.
            self.end(.failed(error))
            throw error
        }
        self.inbox.post(.tick)
    }

    // MARK: Callers

    /// `answered` is called once, from one of the engine's threads; it must not block.
    package func submit(_ command: EngineCommand, answered: @escaping @Sendable (EngineAnswer) -> Void) {
        let number = self.tickets.withLock { tickets in
            let number = tickets.next
            tickets.next += 1
            tickets.waiting[number] = answered
            return number
        }
        if case .drain = command { self.isStopping.store(true, ordering: .relaxed) }
        self.inbox.post(.command(Ticket(number), command))
        if let ending = self.ended.withLock({ $0 }) { self.answerLeftovers(ending) }
    }

    package func submit(_ command: EngineCommand) async -> EngineAnswer {
        await withCheckedContinuation { continuation in
            self.submit(command) { continuation.resume(returning: $0) }
        }
    }

    /// Requests that were taken and have no answer yet.
    package var openRequests: Int { self.tickets.withLock { $0.waiting.count } }

    /// Calls back once, when nothing is left that will run by itself, or at the end.
    package func whenIdle(_ body: @escaping @Sendable () -> Void) {
        self.idleWaiters.withLock { $0.append(body) }
        self.inbox.post(.tick)
        if self.ended.withLock({ $0 }) != nil { self.tellIdle() }
    }

    private func tellIdle() {
        let waiters = self.idleWaiters.withLock { waiters in
            defer { waiters = [] }
            return waiters
        }
        for waiter in waiters { waiter() }
    }

    /// Looks at the engine between two of its steps: for moments only.
    package func look<Result: Sendable>(_ body: (Engine) -> Result) -> Result {
        self.engine.withLock { body($0) }
    }

    /// Before this process is stopped, and after: see `Engine.hold`.
    package func hold() { self.engine.withLock { $0.hold(self.parts.clock()) } }

    package func goOn() {
        self.engine.withLock { $0.goOn(self.parts.clock()) }
        self.inbox.post(.tick)
    }

    // MARK: The engine's threads

    private func loop() {
        let parking = LeaderMailbox<EngineInput>.Parking()
        var inputs: [EngineInput] = []
        var leads = self.inbox.lead(&inputs, parking)
        while leads {
            let time = self.parts.clock()
            let (effects, failure, isIdle, wake) = self.engine.withLock { [inputs] engine in
                (engine.handle(inputs, now: time), engine.failure, engine.isIdle, engine.nextWake())
            }
            let mustSync = self.perform(effects)
            if isIdle { self.tellIdle() }
            if let failure { self.end(.failed(failure)) }
            // Half a millisecond later, the millisecond has come for certain.
            let wakeNanoseconds = wake.map { $0 * 1_000_000 + 500_000 }
            if mustSync {
                self.inbox.resign(wake: wakeNanoseconds)
                leads = self.inbox.lead(after: self.synchronize(), &inputs, parking)
            } else {
                leads = self.inbox.leadOn(wake: wakeNanoseconds, &inputs, parking)
            }
        }
    }

    /// Bytes of a frame that the engine's thread writes itself.
    private static let greatestOwnFrame = 32 << 10

    /// Hands out effects, in order; a sync is left to the caller, who is told whether there is one.
    private func perform(_ effects: [EngineEffect]) -> Bool {
        var mustSync = false
        var starts: [StartRun] = []
        for effect in effects {
            if case .start(let start) = effect {
                starts.append(start)
                continue
            }
            // Whatever comes after a start may speak of it.
            if !starts.isEmpty { self.starter.post(starts) }
            starts.removeAll(keepingCapacity: true)
            if case .sync = effect { mustSync = true } else { self.perform(effect) }
        }
        if !starts.isEmpty { self.starter.post(starts) }
        return mustSync
    }

    private func perform(_ effect: EngineEffect) {
        switch effect {
        case .write(let frame, let marks):
            // There never is another one under way. A small one is in the page cache before the writer would have woken
            // up; where room must be made first, that may take the disk's time, and the engine does not wait for it.
            if frame.byteCount <= Self.greatestOwnFrame, self.parts.log.takesAtOnce(frame.byteCount) {
                self.write(frame, marks)
            } else {
                self.writer.post((frame, marks))
            }
        case .prepare(let byteCount): self.background.post(.prepare(byteCount))
        case .start, .sync: break  // done by the caller, together with others
        case .stop(_, let token, let how, let reason): self.parts.runner.stop(token: token, how, because: reason)
        case .answer(let ticket, let answer):
            let waiting = self.tickets.withLock { $0.waiting.removeValue(forKey: ticket.number) }
            waiting?(answer)
        case .compact(let target):
            let count = self.engine.withLock { $0.settings.snapshot.retentionCount }
            self.compact(target, retentionCount: count)
        case .release(let sequence, let keepBytes):
            self.background.post(.release(through: sequence, keepBytes: keepBytes))
        case .log(let line): self.parts.logLine(line)
        case .finished: self.end(.inOrder)
        }
    }

    /// Once: closes all mailboxes, ends handlers, tells whoever still waits.
    private func end(_ ending: Ending) {
        let isFirst = self.ended.withLock { ended in
            if ended != nil { return false }
            ended = ending
            return true
        }
        guard isFirst else { return }
        self.isStopping.store(true, ordering: .relaxed)
        self.parts.runner.endAll(within: 5)
        self.inbox.close()
        self.writer.close()
        self.starter.close()
        self.background.close()
        self.parts.log.close()
        self.answerLeftovers(ending)
        self.tellIdle()
        self.onEnd(ending)
        self.isOver.withLock { $0 = true }
        self.isOver.broadcast()
    }

    /// Ends as by SIGKILL, between two steps; returns how many requests were left without an answer.
    ///
    /// The storage is severed, so that whatever a thread still does reaches no file.
    package func die() -> Int {
        let open = self.openRequests
        self.end(.failed(.outcomeUnknown))
        // A thread of the engine may have met the severed storage first, and be on its way to the end.
        _ = self.isOver.wait { $0 ? true : nil }
        return open
    }

    private func answerLeftovers(_ ending: Ending) {
        let waiting = self.tickets.withLock { tickets in
            defer { tickets.waiting = [:] }
            return tickets.waiting
        }
        let error: QueueError =
            switch ending {
            case .inOrder: .draining
            case .failed(let error): error
            }
        for (_, answered) in waiting.sorted(by: { $0.key < $1.key }) { answered(.failed(error)) }
    }
}
