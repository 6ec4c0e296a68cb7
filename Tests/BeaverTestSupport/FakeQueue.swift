package import BeaverQueue
import Synchronization

/// A queue in memory that does what it is told and remembers it: the routes' other half, without an engine.
package final class FakeQueue: QueueControl {
    private struct State: Sendable {
        var jobs: [NewJob] = []
        var batchSizes: [Int] = []
        var calls: [String] = []
        var status = QueueStatus()
        /// Jobs that are found by the beginning of their ids.
        var found: [String: JobSummary] = [:]
        /// Thrown by every call whose name begins like this, if set.
        var failure: (call: String, error: QueueError)?
    }

    private let state = Mutex(State())
    /// Told of each call, on the thread that it comes from.
    private let onCall: @Sendable (String) -> Void

    package init(state: QueueStatus.State = .running, onCall: @escaping @Sendable (String) -> Void = { _ in }) {
        self.onCall = onCall
        self.state.withLock { $0.status.state = state }
    }

    package var jobs: [NewJob] { self.state.withLock { $0.jobs } }
    package var batchSizes: [Int] { self.state.withLock { $0.batchSizes } }
    package var calls: [String] { self.state.withLock { $0.calls } }

    package func fail(with error: QueueError) { self.failOnly("", with: error) }

    package func failOnly(_ call: String, with error: QueueError) {
        self.state.withLock { $0.failure = (call, error) }
    }

    /// From now on this job is what is found where `id` is asked for.
    package func setFound(_ job: JobSummary, for id: String) { self.state.withLock { $0.found[id] = job } }

    package func setStatus(_ change: (inout QueueStatus) -> Void) { self.state.withLock { change(&$0.status) } }

    package static func summary(_ id: String, sequence: UInt64) -> JobSummary {
        JobSummary(
            id: id,
            state: .pending,
            action: "resize",
            priority: 4,
            runs: 0,
            simulated: false,
            enqueuedAt: 1_700_000_000_000,
            time: nil,
            error: nil,
            work: "{}",
            enqueueSequence: sequence
        )
    }

    private func note(_ call: String) throws(QueueError) {
        self.onCall(call)
        let failure = self.state.withLock { state in
            state.calls.append(call)
            return state.failure.flatMap { call.hasPrefix($0.call) ? $0.error : nil }
        }
        if let failure { throw failure }
    }

    package func compare(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult {
        try self.note("compare \(jobs.count)")
        let known = Set(self.jobs.compactMap(\.id))
        let duplicates = jobs.count { job in job.id.map(known.contains) ?? false }
        return EnqueueResult(enqueued: jobs.count - duplicates, duplicates: duplicates)
    }

    package func known(_ ids: [String]) async throws(QueueError) -> [KnownJob?] {
        try self.note("known \(ids)")
        return ids.map { $0 == "unknown" ? nil : KnownJob(state: .completed, runs: $0 == "old" ? nil : 2) }
    }

    package func status() async throws(QueueError) -> QueueStatus {
        try self.note("status")
        return self.state.withLock { $0.status }
    }

    package func enqueue(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult {
        try self.note("enqueue \(jobs.count)")
        return self.state.withLock { state in
            state.jobs += jobs
            state.status.jobs.enqueuedTotal += jobs.count
            state.batchSizes.append(jobs.count)
            return EnqueueResult(enqueued: jobs.count, ids: jobs.count == 1 ? jobs.map { $0.id ?? "made-1" } : [])
        }
    }

    package func jobs(
        matching filter: JobFilter,
        after cursor: JobCursor?,
        limit: Int
    ) async throws(QueueError) -> JobPage {
        try self.note("jobs \(filter) after \(cursor?.enqueueSequence ?? 0) limit \(limit)")
        let first = (cursor?.enqueueSequence ?? 0) + 1
        return JobPage(
            jobs: [Self.summary("a-\(first)", sequence: first)],
            next: first < 3 ? JobCursor(enqueueSequence: first) : nil
        )
    }

    package func job(_ id: String) async throws(QueueError) -> JobDetails { try await self.job(id, reveals: true) }

    package func job(_ id: String, reveals: Bool) async throws(QueueError) -> JobDetails {
        try self.note("job \(id)")
        return JobDetails(
            summary: self.state.withLock { $0.found[id] } ?? Self.summary(id, sequence: 7),
            payload: #"{"a/b":"ü"}"#,
            arguments: nil,
            workingDirectory: nil,
            environment: nil,
            timeoutMilliseconds: 5_000,
            maxRetry: 3,
            once: false,
            interruptions: 0,
            fencingToken: nil,
            waitsBecause: nil,
            history: []
        )
    }

    package func output(of id: String, run: Int?, from offset: Int64) async throws(QueueError) -> JobOutput {
        try self.note("output \(id) run \(run ?? 0) from \(offset)")
        if id == "endless" {
            let bytes = [UInt8](repeating: 7, count: 256 << 10)
            return JobOutput(bytes: bytes, nextOffset: offset + Int64(bytes.count), isComplete: false)
        }
        return JobOutput(bytes: [0, 255, 10], nextOffset: offset + 3, isComplete: true)
    }

    package func retry(_ id: String) async throws(QueueError) { try self.note("retry \(id)") }

    package func cancel(_ id: String) async throws(QueueError) -> JobState {
        try self.note("cancel \(id)")
        return .inFlight
    }

    package func purge(_ id: String) async throws(QueueError) { try self.note("purge \(id)") }

    package func retry(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try self.note("retry \(filter)")
        return BulkResult(matched: 2, done: 1, skipped: 1)
    }

    package func cancel(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try self.note("cancel \(filter)")
        return BulkResult(matched: 2, done: 2, skipped: 0)
    }

    package func purge(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try self.note("purge \(filter)")
        return BulkResult(matched: 2, done: 2, skipped: 0)
    }

    package func count(matching filter: JobFilter) async throws(QueueError) -> Int {
        try self.note("count \(filter)")
        return 2
    }

    package func pause() async throws(QueueError) { try self.note("pause") }
    package func resume() async throws(QueueError) { try self.note("resume") }
    package func setWorkers(_ count: Int) async throws(QueueError) { try self.note("workers \(count)") }

    package func snapshot() async throws(QueueError) -> UInt64 {
        try self.note("snapshot")
        return 42
    }

    package func view(_ request: ViewRequest) async throws(QueueError) -> QueueView {
        try self.note("view \(request)")
        var view = QueueView(status: self.state.withLock { $0.status })
        view.panes = request.panes.map { pane in
            QueueView.Pane(
                rows: (0..<min(pane.count, 2)).map { Self.summary("a-\($0)", sequence: UInt64($0) + 1) },
                position: 0,
                isAnchorGone: pane.anchor == "gone"
            )
        }
        view.events = [QueueEvent(number: 7, time: 1_000, level: .warning, message: "seven")]
            .filter { $0.number > request.eventsAfter }
        return view
    }

    package func groups(matching filter: JobFilter) async throws(QueueError) -> [FailureGroup] {
        try self.note("groups \(filter)")
        return [
            FailureGroup(
                action: "resize",
                ending: "exit 1",
                error: "no file #",
                dead: 2,
                waiting: 1,
                firstAt: 1,
                lastAt: 2,
                examples: ["a-1"],
                filter: filter
            )
        ]
    }

    package func select(matching filter: JobFilter) async throws(QueueError) -> JobSelection {
        try self.note("select \(filter)")
        return JobSelection(token: "token", count: 2, sequence: 42)
    }

    package func act(_ action: BulkAction, on selection: JobSelection) async throws(QueueError) -> BulkResult {
        try self.note("act \(action) \(selection.token)")
        return BulkResult(matched: 2, done: 1, skipped: 1)
    }

    package func records(of id: String) async throws(QueueError) -> [Inspection.Line] {
        try self.note("records \(id)")
        return [Inspection.Line(sequence: 7, time: 1, event: "ENQUEUE", job: id, details: "priority=4")]
    }

    package func stop(now: Bool) async throws(QueueError) { try self.note("stop \(now)") }
}
