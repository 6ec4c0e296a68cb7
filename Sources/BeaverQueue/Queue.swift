/// A durable job queue over one directory: what it acknowledges survives a crash of the process and of the machine.
///
/// ```swift
/// let queue = Queue(QueueConfiguration(dataDirectory: "data"))
/// queue.handle("resize") { job in try await resize(job.payload) }
/// try await queue.start()
/// _ = try await queue.enqueue([NewJob(payload: Array(#"{"file":"a.png"}"#.utf8), action: "resize")])
/// try await queue.stop(now: false)
/// ```
public final class Queue: QueueControl, Sendable {
    public let configuration: QueueConfiguration

    /// Nothing is opened yet; `status()` answers `stopped`.
    public init(_ configuration: QueueConfiguration) {
        self.configuration = configuration
    }

    /// Takes the directory's lock, recovers, and begins to dispatch. Throws what the directory does not allow; then the
    /// queue holds nothing.
    public func start() async throws(QueueError) {
        throw QueueError(.stopped, "not built yet")
    }

    /// Registers a closure for an action; before `start`. It runs as a task that is cancelled at its time-out.
    public func handle(_ action: String, _ body: @escaping @Sendable (HandledJob) async throws -> Void) {}

    /// Called for every line worth logging, from any thread; before `start`.
    public func onLogLine(_ body: @escaping @Sendable (QueueLogLine) -> Void) {}

    /// Returns when the queue has stopped in order; throws what ended it otherwise.
    public func waitUntilStopped() async throws(QueueError) {}

    /// Returns when nothing is pending, scheduled or running (parked jobs may remain), or the queue stops.
    public func waitUntilIdle() async throws(QueueError) {}

    /// Replaces handlers, concurrency, workers, time-outs and limits while running; nothing is lost or restarted.
    public func reconfigure(_ configuration: QueueConfiguration) async throws(QueueError) {}

    public func status() async throws(QueueError) -> QueueStatus { QueueStatus() }
    public func enqueue(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult { EnqueueResult() }
    public func jobs(
        matching filter: JobFilter,
        after cursor: JobCursor?,
        limit: Int
    ) async throws(QueueError) -> JobPage { JobPage(jobs: [], next: nil) }
    public func job(_ id: String) async throws(QueueError) -> JobDetails { throw .draining }
    public func output(of id: String, run: Int?, from offset: Int64) async throws(QueueError) -> JobOutput {
        throw .draining
    }
    public func retry(_ id: String) async throws(QueueError) {}
    public func cancel(_ id: String) async throws(QueueError) -> JobState { .cancelled }
    public func purge(_ id: String) async throws(QueueError) {}
    public func retry(matching filter: JobFilter) async throws(QueueError) -> BulkResult { throw .draining }
    public func cancel(matching filter: JobFilter) async throws(QueueError) -> BulkResult { throw .draining }
    public func purge(matching filter: JobFilter) async throws(QueueError) -> BulkResult { throw .draining }
    public func count(matching filter: JobFilter) async throws(QueueError) -> Int { 0 }
    public func pause() async throws(QueueError) {}
    public func resume() async throws(QueueError) {}
    public func setWorkers(_ count: Int) async throws(QueueError) {}
    public func snapshot() async throws(QueueError) -> UInt64 { 0 }
    public func stop(now: Bool) async throws(QueueError) {}
}

/// What a closure handler is given.
public struct HandledJob: Sendable {
    public let id: String
    public let action: String
    public let payload: [UInt8]
    /// 1 for the first run.
    public let runNumber: Int
    /// Grows with every start: pass it on to make effects elsewhere idempotent.
    public let fencingToken: UInt64
}

/// Thrown by a closure to send its job to the dead letters without a retry.
public struct PermanentFailure: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// One line for a log.
public struct QueueLogLine: Sendable, Equatable {
    public enum Level: String, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error

        public static func < (left: Level, right: Level) -> Bool {
            Self.allCases.firstIndex(of: left) ?? 0 < Self.allCases.firstIndex(of: right) ?? 0
        }
    }

    public var level: Level
    public var message: String

    public init(_ level: Level, _ message: String) {
        self.level = level
        self.message = message
    }
}
