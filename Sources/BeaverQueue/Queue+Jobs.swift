/// Lists, details and what operators do to jobs.
extension Queue {
    public func jobs(
        matching filter: JobFilter = JobFilter(),
        after cursor: JobCursor? = nil,
        limit: Int = 100
    ) async throws(QueueError) -> JobPage {
        try await self.readyCore().lookup.jobs(matching: filter, after: cursor, limit: limit)
    }

    public func job(_ id: String) async throws(QueueError) -> JobDetails { try await self.job(id, reveals: true) }

    public func job(_ id: String, reveals: Bool) async throws(QueueError) -> JobDetails {
        try await self.readyCore().lookup.job(id, reveals: reveals)
    }

    /// Returns when the job has ended for good: completed, dead or cancelled; all of it is then on disk.
    ///
    /// A job that is retried later ends again. Throws `notFound`, and what ends the queue before the job.
    public func waitUntilEnded(_ id: String) async throws(QueueError) -> JobDetails {
        let core = try await self.readyCore()
        _ = try await self.perform(.wait(core.hash(id)))
        return try await self.job(id)
    }

    public func output(of id: String, run: Int? = nil, from offset: Int64 = 0) async throws(QueueError) -> JobOutput {
        try await self.readyCore().lookup.output(of: id, run: run, from: offset)
    }

    public func retry(_ id: String) async throws(QueueError) { _ = try await self.act(.retry, id) }

    public func cancel(_ id: String) async throws(QueueError) -> JobState {
        switch try await self.act(.cancel, id) {
        case .inFlight: .inFlight
        case .pending, .completed, .dead, .cancelled, nil: .cancelled
        }
    }

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

    public func retry(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.act(.retry, matching: filter)
    }

    public func cancel(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.act(.cancel, matching: filter)
    }

    public func purge(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.act(.purge, matching: filter)
    }

    /// The jobs are collected first; one that changed before its turn is skipped, and counted.
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
            guard case .acted(let result, _) = try await self.perform(.act(action, on: targets)) else { break }
            sum.done += result.done
            start = end
        }
        sum.skipped = sum.matched - sum.done
        return sum
    }

    public func count(matching filter: JobFilter) async throws(QueueError) -> Int {
        try await self.readyCore().lookup.count(matching: filter)
    }

    public func groups(matching filter: JobFilter) async throws(QueueError) -> [FailureGroup] {
        try await self.readyCore().lookup.groups(matching: filter)
    }

    public func select(matching filter: JobFilter) async throws(QueueError) -> JobSelection {
        let token = GeneratedID.make(BootClock.now())
        return try await self.readyCore().lookup.select(matching: filter, token: token)
    }

    public func act(_ action: BulkAction, on selection: JobSelection) async throws(QueueError) -> BulkResult {
        let jobs = try await self.readyCore().lookup.selected(selection)
        return try await self.act(JobAction(action), on: jobs)
    }

    public func records(of id: String) async throws(QueueError) -> [Inspection.Line] {
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
