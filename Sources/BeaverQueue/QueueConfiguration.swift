/// Every setting of the engine with its unit and default.
///
/// Text forms ("10s", "64MiB") are the business of whoever reads the configuration file; here are plain numbers.
public struct QueueConfiguration: Sendable, Equatable {
    /// Absolute or relative path of the data directory.
    public var dataDirectory: String
    /// How jobs run.
    public var worker = Worker()
    /// The log, and when it is forced to disk.
    public var log = Log()
    /// The state written whole from time to time, and how much of that is kept.
    public var snapshot = Snapshot()
    /// What the queue keeps and takes at most.
    public var limits = Limits()
    /// Action name → handler.
    ///
    /// Closures are registered on `Queue` instead.
    public var handlers: [String: HandlerConfiguration] = [:]
    /// What becomes of jobs whose action has no handler.
    public var unknown = UnknownAction.park
    /// Jobs may be commands of their own (`--lines`, `-- CMD`).
    public var allowExec = false
    /// Never create a store: for data directories on mounts that may be missing.
    public var mustExist = false
    /// Names of keys whose values people see as dots: in lists, logs and on screens.
    public var redact = ["password", "token", "secret", "authorization"]
    /// Where settings and fields of handlers that somebody gave were read, for people: by key, as in the file.
    package var origins: [String: String] = [:]
    /// False for a tool that takes or changes jobs while no server runs: it starts none.
    package var dispatches = true
    /// No configuration file and no handlers were given: a store created now simulates jobs without a handler.
    package var isUnconfigured = false

    /// Everything else as its default says; `faults()` tells what of it cannot be.
    public init(dataDirectory: String) {
        self.dataDirectory = dataDirectory
    }

    /// How jobs run.
    public struct Worker: Sendable, Equatable {
        /// Runs at the same time, 1 … 4,096.
        public var count = 8
        /// How long one run may take, where neither job nor handler says; 0 is no limit, else at most a day.
        public var taskTimeoutMilliseconds: UInt32 = 10_000
        /// Retries after the first run, 0 … 10,000.
        public var maxRetry: UInt16 = 3
        /// Runs ended by a crash of the queue before a job is given up as poison, 0 … 100.
        public var maxInterrupted: UInt8 = 3
        /// How long a stop waits for running jobs; what still runs then is ended, and runs again at the next start.
        public var drainTimeoutMilliseconds: Int64 = 30_000
        /// Between SIGTERM and SIGKILL of a command.
        public var graceMilliseconds: Int64 = 5_000
        /// The delay before the first retry; it doubles with each one that follows.
        public var backoffBaseMilliseconds: Int64 = 1_000
        /// The longest delay.
        public var backoffMaxMilliseconds: Int64 = 300_000
        /// 0 … 1: a delay is multiplied by a random factor between 1 − jitter and 1 + jitter.
        public var backoffJitter = 0.2
    }

    /// The log, and when it is forced to disk.
    public struct Log: Sendable, Equatable {
        /// Relative to the data directory, or absolute.
        public var directory = "wal"
        /// The size of one file of it, 1 MiB … 1 GiB.
        public var maxSegmentBytes: Int64 = 64 << 20
        /// What an answer waits for.
        public var sync = SyncPolicy.always
        /// For `SyncPolicy.interval`, 1 … 60,000.
        public var syncIntervalMilliseconds: Int64 = 10
        /// Log kept beyond what recovery needs.
        public var keepBytes: Int64 = 256 << 20
    }

    /// The state written whole from time to time, so that a start has little log to replay.
    public struct Snapshot: Sendable, Equatable {
        /// Relative to the data directory, or absolute.
        public var directory = "snapshot"
        /// The shortest distance between two snapshots.
        public var intervalMilliseconds: Int64 = 10_000
        /// Files kept, 2 … 100.
        public var retentionCount = 5
    }

    /// What the queue keeps and takes at most.
    public struct Limits: Sendable, Equatable {
        /// 1 byte … 16 MiB less one.
        public var maxPayloadBytes = 1 << 20
        /// Bytes of engine memory above which enqueue is refused; nil is 60 % of the smaller of cgroup limit and RAM.
        public var maxMemoryBytes: Int64?
        /// Completed jobs kept in full.
        public var completedKeep = 100_000
        /// How long the ids of completed jobs are remembered.
        public var dedupRetentionMilliseconds: Int64 = 7 * 86_400_000
        /// How many of them at most.
        public var dedupMax = 5_000_000
        /// Output kept of one run; first and last half.
        public var outputMaxBytes: Int64 = 16 << 20
    }
}

/// When the log is forced to disk, like Redis's `appendfsync`.
public enum SyncPolicy: String, Sendable, Codable, CaseIterable {
    /// Before every answer.
    case always
    /// Each `syncIntervalMilliseconds`; answers wait for *written* only.
    case interval
    /// Left to the operating system, but for epochs, `once` jobs, snapshots and a clean stop.
    case never
}

/// What becomes of a job whose action has no handler.
public enum UnknownAction: String, Sendable, Codable, CaseIterable {
    /// Keep them, counted and with the reason shown.
    case park
    /// Dead at once.
    case dead
    /// Hand them to the handler named `default`.
    case useDefault = "default"
}

/// What an action maps to.
public struct HandlerConfiguration: Sendable, Equatable {
    /// What runs.
    public enum Kind: Sendable, Equatable {
        /// Program and arguments; a relative program path was made absolute by the reader of the file.
        case command([String])
        /// Sleeps for `payload.ms` milliseconds.
        case sleep
        /// Completes at once.
        case noop
        /// Fails at once.
        case fail
        /// Runs the command the job carries; only with `allowExec`.
        case exec
        /// A Swift closure registered on `Queue`.
        case closure
    }

    /// A program, a closure, or one of the built-in handlers.
    public var kind: Kind
    /// nil: `worker.task_timeout`.
    ///
    /// 0: none.
    public var timeoutMilliseconds: UInt32?
    /// Runs of this action at the same time; nil: as many as there are workers.
    public var concurrency: Int?
    /// nil: `worker.max_retry`.
    public var maxRetry: UInt16?
    /// Absolute; nil: that of this process.
    public var workingDirectory: String?
    /// `NAME=VALUE`, added to that of this process.
    public var environment: [String] = []
    /// Exit statuses besides 0 that complete a job.
    public var okExitStatuses: [Int32] = []
    /// Pause the action after so many failed runs in a row; nil: never.
    public var pauseOnFailures: Int?

    /// What is left out is decided by the queue's settings.
    public init(
        _ kind: Kind,
        timeoutMilliseconds: UInt32? = nil,
        concurrency: Int? = nil,
        maxRetry: UInt16? = nil,
        workingDirectory: String? = nil,
        environment: [String] = [],
        okExitStatuses: [Int32] = [],
        pauseOnFailures: Int? = nil
    ) {
        self.kind = kind
        self.timeoutMilliseconds = timeoutMilliseconds
        self.concurrency = concurrency
        self.maxRetry = maxRetry
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.okExitStatuses = okExitStatuses
        self.pauseOnFailures = pauseOnFailures
    }
}

extension QueueConfiguration {
    /// The store's file has room for two of them.
    private static let maxPathBytes = 1_024

    /// All faults at once, each a sentence that names the setting as the configuration file does.
    public func faults() -> [String] {
        var faults: [String] = []
        func check(_ holds: Bool, _ sentence: String) {
            if !holds { faults.append(sentence) }
        }
        check(
            (1...4_096).contains(self.worker.count),
            "worker.worker_count is \(self.worker.count); it must be 1 to 4096"
        )
        check(
            self.worker.taskTimeoutMilliseconds <= 86_400_000,
            "worker.task_timeout is \(self.worker.taskTimeoutMilliseconds) ms; it must be at most 24h, or 0 for none"
        )
        check(self.worker.maxRetry <= 10_000, "worker.max_retry is \(self.worker.maxRetry); it must be at most 10000")
        check(
            self.worker.maxInterrupted <= 100,
            "worker.max_interrupted is \(self.worker.maxInterrupted); it must be at most 100"
        )
        check(self.worker.backoffBaseMilliseconds >= 1, "worker.backoff.base must be at least 1ms")
        check(
            self.worker.backoffMaxMilliseconds >= self.worker.backoffBaseMilliseconds,
            "worker.backoff.max must not be smaller than worker.backoff.base"
        )
        check((0...1).contains(self.worker.backoffJitter), "worker.backoff.jitter must be 0 to 1")
        check(
            (1 << 20...1 << 30).contains(self.log.maxSegmentBytes),
            "wal.max_segment_size is \(self.log.maxSegmentBytes) bytes; it must be 1MiB to 1GiB"
        )
        check(
            (1...60_000).contains(self.log.syncIntervalMilliseconds),
            "wal.sync_interval must be 1ms to 60s"
        )
        check(self.log.keepBytes >= 0, "wal.keep must not be negative")
        // They are added to clocks.
        for (name, milliseconds) in [
            ("worker.drain_timeout", self.worker.drainTimeoutMilliseconds),
            ("the time between SIGTERM and SIGKILL", self.worker.graceMilliseconds),
            ("worker.backoff.max", self.worker.backoffMaxMilliseconds),
            ("snapshot.interval_seconds", self.snapshot.intervalMilliseconds),
            ("queue.dedup_retention", self.limits.dedupRetentionMilliseconds),
        ] {
            check(
                (0...DurationText.maxMilliseconds).contains(milliseconds),
                "\(name) is \(milliseconds) ms; it must be 0 to a hundred years"
            )
        }
        for (name, path) in [("wal.dir", self.log.directory), ("snapshot.dir", self.snapshot.directory)] {
            check(
                (1...Self.maxPathBytes).contains(path.utf8.count),
                "\(name) is \(path.utf8.count) bytes long; it must be 1 to \(Self.maxPathBytes)"
            )
        }
        check(
            (2...100).contains(self.snapshot.retentionCount),
            "snapshot.retention_count is \(self.snapshot.retentionCount); it must be 2 to 100"
        )
        check(
            (1...16 << 20 - 1).contains(self.limits.maxPayloadBytes),
            "queue.max_payload is \(self.limits.maxPayloadBytes) bytes; it must be 1 byte to 16 MiB less one"
        )
        check(self.limits.completedKeep >= 0, "queue.completed_keep must not be negative")
        check(self.limits.dedupMax >= 0, "queue.dedup_max must not be negative")
        check(self.limits.outputMaxBytes >= 4_096, "queue.output_max must be at least 4KiB")
        for (action, handler) in self.handlers.sorted(by: { $0.key < $1.key }) {
            faults += handler.faults("handlers.\(action)")
        }
        return faults
    }
}

extension HandlerConfiguration {
    fileprivate func faults(_ name: String) -> [String] {
        var faults: [String] = []
        func check(_ holds: Bool, _ sentence: String) {
            if !holds { faults.append("\(name).\(sentence)") }
        }
        if case .command(let arguments) = self.kind {
            check(!arguments.isEmpty && arguments[0] != "", "command is empty")
        }
        check(self.concurrency ?? 1 >= 1, "concurrency must be at least 1")
        check(
            self.timeoutMilliseconds ?? 0 <= NewJob.maxTimeoutMilliseconds,
            "timeout must be at most 24h, or 0 for none"
        )
        check(self.maxRetry ?? 0 <= NewJob.maxRetryLimit, "max_retry must be at most \(NewJob.maxRetryLimit)")
        check(self.pauseOnFailures ?? 1 >= 1, "pause_on_failures must be at least 1")
        return faults
    }
}
