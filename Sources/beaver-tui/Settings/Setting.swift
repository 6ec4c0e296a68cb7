import BeaverQueue
import BeaverServer

/// One setting: its name in the file and in the environment, what it is without either, and how its text is read.
///
/// `Setting.all` is the one table of them. Reading, `config show`, `config init` and the messages all go by it.
struct Setting: Sendable {
    /// As in the file, sections joined by dots.
    let key: String
    let environment: String
    /// The default, as it would be written.
    let standard: String
    let meaning: String
    let apply: @Sendable (String, inout SettingsValues) throws -> Void

    init(
        _ key: String,
        _ environment: String,
        _ standard: String,
        _ meaning: String,
        _ apply: @escaping @Sendable (String, inout SettingsValues) throws -> Void
    ) {
        self.key = key
        self.environment = environment
        self.standard = standard
        self.meaning = meaning
        self.apply = apply
    }

    static let all: [Setting] = worker + log + snapshot + queue + service

    static func named(_ key: String) -> Setting? { self.all.first { $0.key == key } }
}

/// What all layers together say.
struct SettingsValues: Sendable, Equatable {
    var queue: QueueConfiguration
    /// nil: off.
    var listen: ListenAddress? = .standard
    var tokenFile: String?
    var readOnlyTokenFile: String?
    var offersCrashTest = true
    var usesViKeys = false

    /// Jobs may be commands of their own, or a handler is configured to take them.
    var allowsCommands: Bool { self.queue.allowExec || self.queue.handlers[JobCommand.action] != nil }
}

extension Setting {
    private static let worker: [Setting] = [
        Setting("worker.worker_count", "BEAVER_WORKER_COUNT", "8", "runs at the same time, 1 to 4096") {
            $1.queue.worker.count = try SettingText.integer($0)
        },
        Setting(
            "worker.task_timeout",
            "BEAVER_TASK_TIMEOUT",
            "10s",
            "time-out of jobs and handlers without one; 0: none"
        ) {
            $1.queue.worker.taskTimeoutMilliseconds = try SettingText.shortDuration($0)
        },
        Setting("worker.max_retry", "BEAVER_MAX_RETRY", "3", "retries after the first run") {
            $1.queue.worker.maxRetry = try SettingText.integer($0)
        },
        Setting(
            "worker.max_interrupted",
            "BEAVER_MAX_INTERRUPTED",
            "3",
            "runs ended by a crash before a job is given up"
        ) {
            $1.queue.worker.maxInterrupted = try SettingText.integer($0)
        },
        Setting("worker.drain_timeout", "BEAVER_DRAIN_TIMEOUT", "30s", "how long a stop waits for running jobs") {
            $1.queue.worker.drainTimeoutMilliseconds = try DurationText.milliseconds($0)
        },
        Setting("worker.backoff.base", "BEAVER_BACKOFF_BASE", "1s", "wait before the first retry; doubles each time") {
            $1.queue.worker.backoffBaseMilliseconds = try DurationText.milliseconds($0)
        },
        Setting("worker.backoff.max", "BEAVER_BACKOFF_MAX", "5m", "the longest wait before a retry") {
            $1.queue.worker.backoffMaxMilliseconds = try DurationText.milliseconds($0)
        },
        Setting("worker.backoff.jitter", "BEAVER_BACKOFF_JITTER", "0.2", "random part of that wait, 0 to 1") {
            $1.queue.worker.backoffJitter = try SettingText.fraction($0)
        },
    ]

    private static let log: [Setting] = [
        Setting("wal.dir", "BEAVER_WAL_DIR", "wal", "where the log lies, from the data directory") {
            $1.queue.log.directory = try SettingText.path($0)
        },
        Setting("wal.max_segment_size", "BEAVER_WAL_MAX_SEGMENT_SIZE", "64MiB", "largest log file, 1MiB to 1GiB") {
            $1.queue.log.maxSegmentBytes = try ByteText.bytes($0)
        },
        Setting("wal.sync", "BEAVER_WAL_SYNC", "always", "when the log is forced to disk: always, interval or never") {
            $1.queue.log.sync = try SettingText.choice($0)
        },
        Setting("wal.sync_interval", "BEAVER_WAL_SYNC_INTERVAL", "10ms", "for sync: interval") {
            $1.queue.log.syncIntervalMilliseconds = try DurationText.milliseconds($0)
        },
        Setting("wal.keep", "BEAVER_WAL_KEEP", "256MiB", "log kept beyond what recovery needs") {
            $1.queue.log.keepBytes = try ByteText.bytes($0)
        },
    ]

    private static let snapshot: [Setting] = [
        Setting("snapshot.dir", "BEAVER_SNAPSHOT_DIR", "snapshot", "where snapshots lie, from the data directory") {
            $1.queue.snapshot.directory = try SettingText.path($0)
        },
        Setting(
            "snapshot.interval_seconds",
            "BEAVER_SNAPSHOT_INTERVAL_SECONDS",
            "10",
            "the shortest distance between two, in seconds"
        ) {
            $1.queue.snapshot.intervalMilliseconds = try SettingText.seconds($0)
        },
        Setting("snapshot.retention_count", "BEAVER_SNAPSHOT_RETENTION_COUNT", "5", "files kept, 2 to 100") {
            $1.queue.snapshot.retentionCount = try SettingText.integer($0)
        },
    ]

    private static let queue: [Setting] = [
        Setting("queue.max_payload", "BEAVER_MAX_PAYLOAD", "1MiB", "largest payload of a job") {
            $1.queue.limits.maxPayloadBytes = Int(try ByteText.bytes($0))
        },
        Setting("queue.max_memory", "BEAVER_MAX_MEMORY", "60%", "above it nothing is taken: a size, or a share of RAM")
        {
            $1.queue.limits.maxMemoryBytes = try MemoryShare.bytes($0)
        },
        Setting("queue.completed_keep", "BEAVER_COMPLETED_KEEP", "100000", "completed jobs kept in full") {
            $1.queue.limits.completedKeep = try SettingText.integer($0)
        },
        Setting("queue.dedup_retention", "BEAVER_DEDUP_RETENTION", "7d", "how long ids of completed jobs are known") {
            $1.queue.limits.dedupRetentionMilliseconds = try DurationText.milliseconds($0)
        },
        Setting("queue.dedup_max", "BEAVER_DEDUP_MAX", "5000000", "how many of them at most") {
            $1.queue.limits.dedupMax = try SettingText.integer($0)
        },
        Setting("queue.output_max", "BEAVER_OUTPUT_MAX", "16MiB", "output kept of one run; first and last half") {
            $1.queue.limits.outputMaxBytes = try ByteText.bytes($0)
        },
    ]

    private static let service: [Setting] = [
        Setting("http.listen", "BEAVER_HTTP_LISTEN", "127.0.0.1:9090", "address of the HTTP server, or off") {
            $1.listen = try SettingText.listenAddress($0)
        },
        Setting(
            "http.token_file",
            "BEAVER_HTTP_TOKEN_FILE",
            "null",
            "file of tokens, one a line, that open all of HTTP"
        ) {
            $1.tokenFile = SettingText.optional($0)
        },
        Setting(
            "http.read_only_token_file",
            "BEAVER_HTTP_READ_ONLY_TOKEN_FILE",
            "null",
            "file of tokens that may only read"
        ) {
            $1.readOnlyTokenFile = SettingText.optional($0)
        },
        Setting("console.crash_test", "BEAVER_CONSOLE_CRASH_TEST", "on", "offer the crash test in the console") {
            $1.offersCrashTest = try SettingText.flag($0)
        },
        Setting("console.vim_keys", "BEAVER_CONSOLE_VIM_KEYS", "off", "move with h j k l") {
            $1.usesViKeys = try SettingText.flag($0)
        },
        Setting(
            "redact",
            "BEAVER_REDACT",
            "password,token,secret,authorization",
            "keys of payloads whose values are not shown"
        ) {
            $1.queue.redact = SettingText.list($0)
        },
        Setting("unknown", "BEAVER_UNKNOWN", "park", "jobs without a handler: park, dead or default") {
            $1.queue.unknown = try SettingText.choice($0)
        },
    ]
}
