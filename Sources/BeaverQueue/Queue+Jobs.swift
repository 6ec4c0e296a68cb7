/// Lists, details and what operators do to jobs.
extension Queue {
    /// One page of the jobs that match, in the order they were accepted; at most `limit`, from 1 on.
    ///
    /// A job that matches from the first page to the last stands on exactly one of them, whatever others do meanwhile. A page
    /// may have fewer jobs than `limit`, even none, and still have a `next`: a search is cut off after two seconds. Costs a look
    /// at each job that the queue holds, and a read of its payload where `text` is searched for.
    public func jobs(
        matching filter: JobFilter = JobFilter(),
        after cursor: JobCursor? = nil,
        limit: Int = 100
    ) async throws(QueueError) -> JobPage {
        try await self.readyCore().lookup.jobs(matching: filter, after: cursor, limit: limit)
    }

    /// Everything about one job; `id` is whole, or the beginning of one id only.
    ///
    /// Throws `notFound`, also where several ids begin like this, and `inputOutput` or `damaged` where its payload
    /// cannot be read.
    public func job(_ id: String) async throws(QueueError) -> JobDetails { try await self.job(id, reveals: true) }

    package func job(_ id: String, reveals: Bool) async throws(QueueError) -> JobDetails {
        try await self.readyCore().lookup.job(id, reveals: reveals)
    }

    /// Returns when the job has ended for good: completed, dead or cancelled; all of it is then on disk.
    ///
    /// A job that is retried later ends again. Throws `notFound`, and what ends the queue before the job.
    public func waitUntilEnded(_ id: String) async throws(QueueError) -> JobDetails {
        let core = try await self.readyCore()
        if case .failed(let error) = await core.controller.submit(.wait(core.hash(id))) { throw error }
        return try await core.lookup.job(id, reveals: true)
    }

    /// Up to 256 KiB of what a command's run has written, from a byte on; of the newest run if `run` is nil.
    ///
    /// Closures have none. The first and the last half of `limits.outputMaxBytes` are kept. Throws `notFound` for a job or a run
    /// that is not known.
    public func output(of id: String, run: Int? = nil, from offset: Int64 = 0) async throws(QueueError) -> JobOutput {
        try await self.readyCore().lookup.output(of: id, run: run, from: offset)
    }

    /// Gives a dead, cancelled, scheduled or simulated job a fresh start: it is due at once, its runs count from 1 again.
    ///
    /// Throws `notFound`, or `conflict` in any other state.
    public func retry(_ id: String) async throws(QueueError) { _ = try await self.act(.retry, id) }

    /// Cancels a job that waits, or ends the one that runs; returns the state it has now: `inFlight` while its end is awaited.
    ///
    /// Throws `notFound`, or `conflict` if it has ended already.
    @discardableResult
    public func cancel(_ id: String) async throws(QueueError) -> JobState {
        switch try await self.act(.cancel, id) {
        case .inFlight: .inFlight
        case .pending, .completed, .dead, .cancelled, nil: .cancelled
        }
    }

    /// Removes a job that has ended, and its id with it: the next job of that id is a new one.
    ///
    /// Throws `notFound`, or `conflict` if it has not ended.
    public func purge(_ id: String) async throws(QueueError) { _ = try await self.act(.purge, id) }

    private func act(_ action: JobAction, _ id: String) async throws(QueueError) -> JobSlot.State? {
        let row = try await self.readyCore().lookup.row(id)
        guard case .acted(let result, let state) = try await self.perform(.act(action, on: [.id(row.slot.id)])) else {
            return nil
        }
        guard result.matched == 1 else { throw QueueError(.notFound, "no job `\(id)` in this queue") }
        guard result.done == 1 else {
            throw QueueError(.conflict, "job `\(id)` is \(row.state.rawValue): \(Self.rule(action))")
        }
        return state
    }

    private static func rule(_ action: JobAction) -> String {
        switch action {
        case .retry: "only dead, cancelled, scheduled or simulated jobs can be retried"
        case .cancel: "only waiting and running jobs can be cancelled"
        case .purge: "only completed, dead and cancelled jobs can be purged; cancel it first"
        }
    }

    /// Retries all jobs that match and may be retried, in commits of 1,000; see `retry(_:)`.
    ///
    /// They are collected first; one that changed before its turn is skipped, and counted.
    @discardableResult
    public func retry(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.act(.retry, matching: filter)
    }

    /// Cancels all jobs that match and have not ended, in commits of 1,000; see `cancel(_:)`.
    @discardableResult
    public func cancel(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.act(.cancel, matching: filter)
    }

    /// Removes all jobs that match and have ended, in commits of 1,000; see `purge(_:)`.
    @discardableResult
    public func purge(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.act(.purge, matching: filter)
    }

    private func act(_ action: JobAction, matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        let lookup = try await self.readyCore().lookup
        var jobs: [Selections.Job] = []
        try await lookup.forEach(matching: filter) { rows in
            for row in rows {
                jobs.append(Selections.Job(reference: row.slot.reference, lastSequence: row.slot.lastSequence))
            }
        }
        return try await self.act(action, on: jobs)
    }

    func act(_ action: JobAction, on jobs: [Selections.Job]) async throws(QueueError) -> BulkResult {
        var sum = BulkResult(matched: jobs.count, done: 0, skipped: 0)
        var start = 0
        while start < jobs.count {
            let end = min(start + 1_000, jobs.count)
            let targets = jobs[start..<end].map { JobTarget.selected($0.reference, lastSequence: $0.lastSequence) }
            let answer: EngineAnswer
            do {
                answer = try await self.perform(.act(action, on: targets))
            } catch {
                guard sum.done > 0 else { throw error }
                let done = "\(sum.done) of \(jobs.count) jobs were changed, then: \(error.message)"
                throw QueueError(error.code, done, errorNumber: error.errorNumber, path: error.path)
            }
            guard case .acted(let result, _) = answer else { break }
            sum.done += result.done
            start = end
        }
        sum.skipped = sum.matched - sum.done
        return sum
    }

    /// How many jobs match; costs a look at each job that the queue holds.
    public func count(matching filter: JobFilter) async throws(QueueError) -> Int {
        try await self.readyCore().lookup.count(matching: filter)
    }

    /// Failures by kind, the most frequent first; at most 200 kinds.
    public func groups(matching filter: JobFilter) async throws(QueueError) -> [FailureGroup] {
        try await self.readyCore().lookup.groups(matching: filter)
    }

    package func select(matching filter: JobFilter) async throws(QueueError) -> JobSelection {
        let token = GeneratedID.make(BootClock.now())
        return try await self.readyCore().lookup.select(matching: filter, token: token)
    }

    package func act(_ action: BulkAction, on selection: JobSelection) async throws(QueueError) -> BulkResult {
        let jobs = try await self.readyCore().lookup.selected(selection)
        return try await self.act(JobAction(action), on: jobs)
    }

    package func known(_ ids: [String]) async throws(QueueError) -> [KnownJob?] {
        await (try await self.readyCore()).lookup.known(ids)
    }

    package func records(of id: String) async throws(QueueError) -> [Inspection.Line] {
        try await self.readyCore().lookup.records(of: id)
    }
}

extension JobAction {
    init(_ action: BulkAction) {
        switch action {
        case .retry: self = .retry
        case .cancel: self = .cancel
        case .purge: self = .purge
        }
    }
}
