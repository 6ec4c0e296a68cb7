/// Runs Swift closures as tasks.
///
/// A task can be asked to end, not made to: a closure that ignores its cancellation keeps its worker until it returns.
final class ClosureRuns: Sendable {
    typealias Body = @Sendable (HandledJob) async throws -> Void

    private struct Entry {
        var task: Task<Void, Never>?
        var isStopped = false
    }

    private let entries = Lock<[UInt64: Entry]>([:])

    func start(_ run: RunRequest, _ body: @escaping Body, ended: @escaping @Sendable (RunResult) -> Void) {
        let isNew = self.entries.withLock { entries in
            if entries[run.token] != nil { return false }
            entries[run.token] = Entry()
            return true
        }
        guard isNew else { return ended(RunResult(.notStarted, error: "a run with this token is still there")) }
        let job = HandledJob(
            id: run.jobID,
            action: run.action,
            payload: run.payload,
            runNumber: run.runNumber,
            fencingToken: run.token
        )
        // A task of its own, since nothing that could be its parent lives as long as it; it ends in `entries` and `ended`.
        let task = Task {
            let result = await Self.result(of: body, job) { self.isStopped(run.token) }
            self.entries.withLock { entries in entries[run.token] = nil }
            ended(result)
        }
        let isStoppedAlready = self.entries.withLock { entries in
            // The task may have ended by now, and then its entry is gone.
            guard entries[run.token] != nil else { return false }
            entries[run.token]?.task = task
            return entries[run.token]?.isStopped ?? false
        }
        if isStoppedAlready { task.cancel() }
    }

    /// Cancels the task; true if there is one.
    func stop(_ token: UInt64) -> Bool {
        let (isKnown, task) = self.entries.withLock { entries in
            entries[token]?.isStopped = true
            return (entries[token] != nil, entries[token]?.task)
        }
        task?.cancel()
        return isKnown
    }

    func stopAll() {
        let tokens = self.entries.withLock { entries in Array(entries.keys) }
        for token in tokens { _ = self.stop(token) }
    }

    private func isStopped(_ token: UInt64) -> Bool {
        self.entries.withLock { entries in entries[token]?.isStopped ?? false }
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
