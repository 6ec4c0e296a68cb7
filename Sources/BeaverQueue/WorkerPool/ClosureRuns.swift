/// Runs Swift closures, each alone in a task.
///
/// A task can be asked to end, not made to: a closure that ignores its cancellation keeps its worker until it returns.
///
/// A task that has ended its run waits for the next one, unless it was cancelled: that is half the price of a new task. So
/// there are as many as ran at the same time at most, and `close` ends them.
final class ClosureRuns: Sendable {
    typealias Body = @Sendable (HandledJob) async throws -> Void

    private struct Start: Sendable {
        var job: HandledJob
        var body: Body
        var ended: @Sendable (RunResult) -> Void
    }

    /// One task and what it does.
    ///
    /// Its continuation is `Unsafe` because it is resumed in two places only, `start` and `close`, which take it out of here
    /// with the lock held: never twice, and never not, as long as `close` is called.
    private struct Lane {
        var task: Task<Void, Never>?
        /// Of the run that it has; nil between two.
        var token: UInt64?
        /// On its way to a task that has not begun yet.
        var first: Start?
        var waiting: UnsafeContinuation<Start?, Never>?
        var isStopped = false

        mutating func takeFirst() -> Start? {
            defer { self.first = nil }
            return self.first
        }
    }

    private struct State {
        var lanes: [Lane] = []
        /// Lanes whose task waits; the one that waited least is taken next, its memory is still in the cache.
        var idle: [Int] = []
        /// Lanes without a task.
        var free: [Int] = []
        var isClosed = false
    }

    private let state = Lock(State())

    /// `run.token` is not used for another run that is under way.
    func start(_ run: RunRequest, _ body: @escaping Body, ended: @escaping @Sendable (RunResult) -> Void) {
        let job = HandledJob(
            id: run.jobID,
            action: run.action,
            payload: run.payload,
            runNumber: run.runNumber,
            fencingToken: run.token
        )
        let start = Start(job: job, body: body, ended: ended)
        let waiting: UnsafeContinuation<Start?, Never>? = self.state.withLock { state in
            if let lane = state.idle.popLast(), let waiting = state.lanes[lane].waiting {
                state.lanes[lane].waiting = nil
                state.lanes[lane].token = run.token
                return waiting
            }
            let lane = state.free.popLast() ?? state.lanes.count
            if lane == state.lanes.count { state.lanes.append(Lane()) }
            // A task of its own, since nothing that could be its parent lives as long as it.
            let task = Task { await self.serve(lane) }
            state.lanes[lane] = Lane(task: task, token: run.token, first: start)
            return nil
        }
        waiting?.resume(returning: start)
    }

    /// Cancels the task; true if there is one.
    ///
    /// O(runs under way).
    func stop(_ token: UInt64) -> Bool {
        let task: Task<Void, Never>? = self.state.withLock { state in
            guard let lane = state.lanes.firstIndex(where: { $0.token == token }) else { return nil }
            state.lanes[lane].isStopped = true
            return state.lanes[lane].task
        }
        task?.cancel()
        return task != nil
    }

    func stopAll() {
        let tasks = self.state.withLock { state in
            state.lanes.indices.filter { state.lanes[$0].token != nil }.map { lane in
                state.lanes[lane].isStopped = true
                return state.lanes[lane].task
            }
        }
        for task in tasks { task?.cancel() }
    }

    /// Ends the tasks that wait; those that run end when their closures return.
    func close() {
        let waiting = self.state.withLock { state in
            state.isClosed = true
            let idle = state.idle
            state.idle = []
            return idle.compactMap { lane in
                defer { state.lanes[lane].waiting = nil }
                return state.lanes[lane].waiting
            }
        }
        for continuation in waiting { continuation.resume(returning: nil) }
    }

    // MARK: The tasks

    private func serve(_ lane: Int) async {
        while let start = await self.next(lane) {
            let result = await Self.result(of: start.body, start.job) {
                self.state.withLock { $0.lanes[lane].isStopped }
            }
            start.ended(result)
        }
    }

    /// The run to do next; nil ends the task.
    private func next(_ lane: Int) async -> Start? {
        if let first = self.state.withLock({ $0.lanes[lane].takeFirst() }) { return first }
        // A closure may have cancelled its own task, too: the next one must not find that.
        let isCancelled = Task.isCancelled
        return await withUnsafeContinuation { continuation in
            let mustWait = self.state.withLock { state in
                guard !state.isClosed, !state.lanes[lane].isStopped, !isCancelled else {
                    state.lanes[lane] = Lane()
                    state.free.append(lane)
                    return false
                }
                state.lanes[lane].token = nil
                state.lanes[lane].waiting = continuation
                state.idle.append(lane)
                return true
            }
            if !mustWait { continuation.resume(returning: nil) }
        }
    }

    private static func result(of body: Body, _ job: HandledJob, isStopped: () -> Bool) async -> RunResult {
        do {
            try await body(job)
            return RunResult(.completed)
        } catch let failure as PermanentFailure {
            return RunResult(.failedPermanently, error: TerminalText.visible(failure.description))
        } catch is CancellationError where isStopped() {
            return RunResult(.failed, error: "cancelled")
        } catch {
            return RunResult(.failed, error: TerminalText.visible("\(error)"))
        }
    }
}
