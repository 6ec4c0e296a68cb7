internal import DequeModule
internal import HeapModule

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Starts programs, reads their output, and sees them end: one thread that sleeps in the kernel while nothing happens.
///
/// It is one thread for its whole life because the kernel kills a child with the *thread* that started it. Everything in
/// here belongs to that thread; others reach it through the mailbox.
final class ProcessLoop {
    private static let mailboxTag = UInt64.max
    /// Starts between two looks at what has ended: starting takes a third of a millisecond.
    private static let startsPerTurn = 8
    /// Output taken from one run in one turn.
    private static let outputBytesPerTurn = 256 << 10

    private let mailbox: ProcessMailbox
    let watched: PollSet
    /// /dev/null, the standard input of programs that get none.
    let nothing: Int32
    var runs: [UInt64: ProcessRun] = [:]
    private var sleeps: [UInt64: @Sendable (RunResult) -> Void] = [:]
    private var dueTimes = Heap<DueTime>()
    private var backlog = Deque<ProcessMailbox.Order>()
    /// Runs whose leader has ended and whose remains are to be looked at in this turn.
    var lookingAt: [UInt64] = []
    var marked: MarkedProcesses
    let newestProcess: NewestProcess
    /// Of all loops.
    let leaders: RecentLeaders
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    private var isFinishing = false

    /// When to come back to a sleep or to the remains of a run.
    private struct DueTime: Comparable {
        var bootNanoseconds: Int64
        var token: UInt64

        static func < (left: DueTime, right: DueTime) -> Bool {
            (left.bootNanoseconds, left.token) < (right.bootNanoseconds, right.token)
        }
    }

    /// Makes a loop and the thread that runs it.
    ///
    /// The thread ends after `finish`.
    static func start(storeID: String, mailbox: ProcessMailbox, leaders: RecentLeaders) throws(QueueError) {
        let watched = try PollSet()
        do throws(QueueError) {
            let nothing = try SystemCall.check("open", path: "/dev/null") {
                FileStorage.openCall("/dev/null", O_RDWR | O_CLOEXEC, 0)
            }
            do throws(QueueError) {
                do throws(SystemCall.Failure) {
                    try watched.add(mailbox.descriptor, tag: Self.mailboxTag)
                } catch {
                    throw error.queueError("epoll_ctl", path: "process loop")
                }
                try SystemThread.start("beaver-process") {
                    let newestProcess = NewestProcess()
                    ProcessLoop(storeID, mailbox, watched, nothing: nothing, newestProcess, leaders).run()
                    newestProcess.close()
                    SystemCall.close(nothing)
                    watched.close()
                }
            } catch {
                SystemCall.close(nothing)
                throw error
            }
        } catch {
            watched.close()
            throw error
        }
    }

    private init(
        _ storeID: String,
        _ mailbox: ProcessMailbox,
        _ watched: PollSet,
        nothing: Int32,
        _ newestProcess: NewestProcess,
        _ leaders: RecentLeaders
    ) {
        self.mailbox = mailbox
        self.watched = watched
        self.nothing = nothing
        self.newestProcess = newestProcess
        self.leaders = leaders
        self.marked = MarkedProcesses(storeID: storeID, ignoresOwnChildren: true)
    }

    private func run() {
        var tags = [UInt64](repeating: 0, count: 64)
        while !(self.isFinishing && self.runs.isEmpty && self.sleeps.isEmpty && self.backlog.isEmpty) {
            let count = self.watched.wait(&tags, milliseconds: self.waitMilliseconds())
            for tag in tags.prefix(count) { self.handle(tag) }
            self.beginSomeOrders()
            self.visitDueTimes()
            self.lookAtRemains()
        }
    }

    /// Comes back to a run or a sleep later.
    func visit(_ token: UInt64, afterMilliseconds milliseconds: Int64) {
        let due = BootClock.now().bootNanoseconds + milliseconds * 1_000_000
        self.dueTimes.insert(DueTime(bootNanoseconds: due, token: token))
    }

    func readOutput(of run: ProcessRun, limitBytes: Int) {
        run.readOutput(&self.buffer, limitBytes: limitBytes)
    }

    /// A tag is twice the token for the leader's end, plus one for output.
    private func handle(_ tag: UInt64) {
        if tag == Self.mailboxTag { return self.takeOrders() }
        // Tags of one turn may be about a run that an earlier one of them ended.
        guard let run = self.runs[tag >> 1] else { return }
        if tag & 1 == 1 {
            self.readOutput(of: run, limitBytes: Self.outputBytesPerTurn)
        } else {
            self.leaderMayHaveEnded(run)
        }
    }

    private func takeOrders() {
        for order in self.mailbox.take() {
            switch order {
            case .start, .sleep, .stop: self.backlog.append(order)
            case .stopAll: self.stopAll()
            case .finish:
                self.isFinishing = true
                self.stopAll()
            }
        }
    }

    private func beginSomeOrders() {
        for _ in 0..<Self.startsPerTurn {
            guard let order = self.backlog.popFirst() else { return }
            switch order {
            case .start(let launch, let ended): self.begin(launch, ended: ended)
            case .sleep(let token, let milliseconds, let ended):
                if self.isKnown(token) { return ended(Self.tokenInUse) }
                self.sleeps[token] = ended
                self.visit(token, afterMilliseconds: milliseconds)
            case .stop(let token, let how, let reason): self.stop(token, how, reason)
            case .stopAll, .finish: preconditionFailure("only what can wait is put into the backlog")
            }
        }
    }

    private func begin(_ launch: ProcessLaunch, ended: @escaping @Sendable (RunResult) -> Void) {
        if self.isKnown(launch.token) { return ended(Self.tokenInUse) }
        do throws(ProcessGroup.StartFault) {
            self.runs[launch.token] = try self.start(launch, ended: ended)
        } catch {
            ended(RunResult.of(error, launch: launch))
        }
    }

    /// Tokens are never used twice; if one were, the first run's end must not be lost over it.
    private static let tokenInUse = RunResult(.notStarted, error: "a run with this token is still there")

    private func isKnown(_ token: UInt64) -> Bool { self.runs[token] != nil || self.sleeps[token] != nil }

    /// Without a reason nothing is noted in its output.
    private func stop(_ token: UInt64, _ how: StopKind, _ reason: StopReason? = nil) {
        if let ended = self.sleeps.removeValue(forKey: token) { return ended(BuiltinHandlers.stopped) }
        // Once the leader was reaped its group was killed and its id means nothing.
        guard let run = self.runs[token], run.end == nil else { return }
        if let reason {
            // What it wrote before stands before the note.
            self.readOutput(of: run, limitBytes: Self.pipeLimitBytes)
            run.note(how, reason, bootNanoseconds: BootClock.now().bootNanoseconds)
        }
        run.group.signal(how == .terminate ? SIGTERM : SIGKILL)
    }

    private func stopAll() {
        for order in self.backlog {
            switch order {
            case .start(_, let ended), .sleep(_, _, let ended):
                ended(RunResult(.notStarted, error: "the queue is stopping"))
            case .stop, .stopAll, .finish: break
            }
        }
        self.backlog.removeAll()
        for token in Array(self.sleeps.keys) { self.stop(token, .kill) }
        for token in Array(self.runs.keys) { self.stop(token, .kill) }
    }

    private func visitDueTimes() {
        guard self.dueTimes.min != nil else { return }
        let now = BootClock.now().bootNanoseconds
        while let due = self.dueTimes.min, due.bootNanoseconds <= now {
            self.dueTimes.removeMin()
            if let ended = self.sleeps.removeValue(forKey: due.token) {
                ended(RunResult(.completed))
            } else if self.runs[due.token]?.end != nil {
                self.lookingAt.append(due.token)
            }
        }
    }

    /// -1, for ever, when nothing is due: an idle loop uses no processor.
    private func waitMilliseconds() -> Int32 {
        if !self.backlog.isEmpty { return 0 }
        guard let due = self.dueTimes.min else { return -1 }
        let left = due.bootNanoseconds - BootClock.now().bootNanoseconds
        return Int32(clamping: max(0, (left + 999_999) / 1_000_000))
    }
}
