import BeaverQueue
import Synchronization

/// A queue in memory that does what it is told and remembers it: the routes' other half, without an engine.
final class FakeQueue: QueueControl {
    struct State: Sendable {
        var jobs: [NewJob] = []
        var batchSizes: [Int] = []
        var calls: [String] = []
        var status = QueueStatus()
        /// Thrown by every call, if set.
        var failure: QueueError?
    }

    private let state = Mutex(State())

    init(state: QueueStatus.State = .running) {
        self.state.withLock { $0.status.state = state }
    }

    var jobs: [NewJob] { self.state.withLock { $0.jobs } }
    var batchSizes: [Int] { self.state.withLock { $0.batchSizes } }
    var calls: [String] { self.state.withLock { $0.calls } }

    func fail(with error: QueueError?) { self.state.withLock { $0.failure = error } }

    func setStatus(_ change: (inout QueueStatus) -> Void) { self.state.withLock { change(&$0.status) } }

    static func summary(_ id: String, sequence: UInt64) -> JobSummary {
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
        let failure = self.state.withLock { state in
            state.calls.append(call)
            return state.failure
        }
        if let failure { throw failure }
    }

    func status() async throws(QueueError) -> QueueStatus {
        try self.note("status")
        return self.state.withLock { $0.status }
    }

    func enqueue(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult {
        try self.note("enqueue \(jobs.count)")
        return self.state.withLock { state in
            state.jobs += jobs
            state.batchSizes.append(jobs.count)
            return EnqueueResult(enqueued: jobs.count, ids: jobs.count == 1 ? jobs.map { $0.id ?? "made-1" } : [])
        }
    }

    func jobs(
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

    func job(_ id: String) async throws(QueueError) -> JobDetails {
        try self.note("job \(id)")
        return JobDetails(
            summary: Self.summary(id, sequence: 7),
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

    func output(of id: String, run: Int?, from offset: Int64) async throws(QueueError) -> JobOutput {
        try self.note("output \(id) run \(run ?? 0) from \(offset)")
        return JobOutput(bytes: [0, 255, 10], nextOffset: offset + 3, isComplete: true)
    }

    func retry(_ id: String) async throws(QueueError) { try self.note("retry \(id)") }

    func cancel(_ id: String) async throws(QueueError) -> JobState {
        try self.note("cancel \(id)")
        return .inFlight
    }

    func purge(_ id: String) async throws(QueueError) { try self.note("purge \(id)") }

    func retry(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try self.note("retry \(filter)")
        return BulkResult(matched: 2, done: 1, skipped: 1)
    }

    func cancel(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try self.note("cancel \(filter)")
        return BulkResult(matched: 2, done: 2, skipped: 0)
    }

    func purge(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try self.note("purge \(filter)")
        return BulkResult(matched: 2, done: 2, skipped: 0)
    }

    func count(matching filter: JobFilter) async throws(QueueError) -> Int {
        try self.note("count \(filter)")
        return 2
    }

    func pause() async throws(QueueError) { try self.note("pause") }
    func resume() async throws(QueueError) { try self.note("resume") }
    func setWorkers(_ count: Int) async throws(QueueError) { try self.note("workers \(count)") }

    func snapshot() async throws(QueueError) -> UInt64 {
        try self.note("snapshot")
        return 42
    }

    func stop(now: Bool) async throws(QueueError) { try self.note("stop \(now)") }
}
