/// A limit that holds for a job as the queue is configured now, and who set it.
public struct JobLimit: Sendable, Equatable, Codable {
    /// Which one, as in jobs and in the configuration.
    public enum Name: String, Sendable, Codable, CaseIterable {
        /// Milliseconds a run may take; 0 is none.
        case timeout = "timeout_ms"
        /// Retries after the first run.
        case maxRetry = "max_retry"
        /// Runs that a crash of the queue may end before the job is given up.
        case maxInterrupted = "max_interrupted"
        /// Milliseconds before the first retry; they double with each one that follows.
        case backoffBase = "backoff_base_ms"
        /// Milliseconds before a retry at most.
        case backoffMax = "backoff_max_ms"
        /// Runs of the job's action at the same time.
        case concurrency
        /// Failed runs of the job's action in a row that pause it.
        case pauseOnFailures = "pause_on_failures"
    }

    /// Says the unit of `value` too.
    public var name: Name
    /// In the unit of `name`, 0 or more.
    public var value: Int64
    /// For people: "the job", "handler resize, /srv/beaver.yaml:4", "worker.max_retry, --max-retry", "default".
    public var from: String

    package init(_ name: Name, _ value: Int64, from: String) {
        self.name = name
        self.value = value
        self.from = from
    }
}
