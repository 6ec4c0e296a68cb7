/// The values of `status --json`, `GET /v1/status` and the console.
///
/// The field names are part of the contract.
public struct QueueStatus: Sendable, Equatable, Codable {
    public enum State: String, Sendable, Codable, CaseIterable {
        case running, paused, recovering, draining, full, degraded, failed, stopped
    }

    public var state = State.stopped
    /// Why the state is `full`, `degraded` or `failed`: a sentence, else nil.
    public var reason: String?
    public var pid: Int32 = 0
    public var uptimeSeconds = 0.0
    public var version = ""
    public var dataDirectory = ""
    public var simulated = false
    public var fileSystem = ""
    public var jobs = Jobs()
    public var workers = Workers()
    public var rates = Rates()
    public var wal = WAL()
    public var snapshot = Snapshot()
    public var recovery = Recovery()
    public var dedup = Dedup()
    /// `host:port` of the TCP listener; nil if there is none.
    public var http: String?
    public var fingerprint = ""
    /// Actions that cannot run now, with the reason; empty if all can.
    public var parkedActions: [ParkedAction] = []

    public init() {}

    public struct Jobs: Sendable, Equatable, Codable {
        public var pending = 0
        public var scheduled = 0
        public var parked = 0
        public var inFlight = 0
        public var completed = 0
        public var simulated = 0
        public var dead = 0
        public var cancelled = 0
        public var purged = 0
        public var forgotten = 0
        public var enqueuedTotal = 0
        public var duplicatesTotal = 0
        public var lateResultsTotal = 0
        public var failedRunsTotal = 0
        public var oldestPendingSeconds = 0.0

        public init() {}

        /// The books: every accepted job is in exactly one place.
        public var isBalanced: Bool {
            self.enqueuedTotal
                == self.pending + self.scheduled + self.parked + self.inFlight + self.completed + self.dead
                + self.cancelled + self.purged + self.forgotten
        }

        private enum CodingKeys: String, CodingKey {
            case pending, scheduled, parked
            case inFlight = "in_flight"
            case completed, simulated, dead, cancelled, purged, forgotten
            case enqueuedTotal = "enqueued_total"
            case duplicatesTotal = "duplicates_total"
            case lateResultsTotal = "late_results_total"
            case failedRunsTotal = "failed_runs_total"
            case oldestPendingSeconds = "oldest_pending_seconds"
        }
    }

    public struct Workers: Sendable, Equatable, Codable {
        public var count = 0
        public var busy = 0
        /// Slots held by runs that did not end when they were told to.
        public var stuck = 0
        public var paused = false

        public init() {}
    }

    public struct Rates: Sendable, Equatable, Codable {
        public var enqueuedPerSecond = 0.0
        public var completedPerSecond = 0.0
        public var backlogPerSecond = 0.0

        public init() {}

        private enum CodingKeys: String, CodingKey {
            case enqueuedPerSecond = "enqueued_per_second"
            case completedPerSecond = "completed_per_second"
            case backlogPerSecond = "backlog_per_second"
        }
    }

    public struct WAL: Sendable, Equatable, Codable {
        /// Bytes in use, headers included, without what is allocated ahead.
        public var bytes: Int64 = 0
        public var segments = 0
        public var lastSequence: UInt64 = 0
        public var syncedSequence: UInt64 = 0
        public var sync = SyncPolicy.always
        public var atRiskBytes: Int64 = 0
        public var atRiskMilliseconds = 0.0

        public init() {}

        private enum CodingKeys: String, CodingKey {
            case bytes, segments
            case lastSequence = "last_seq"
            case syncedSequence = "synced_seq"
            case sync
            case atRiskBytes = "at_risk_bytes"
            case atRiskMilliseconds = "at_risk_ms"
        }
    }

    public struct Snapshot: Sendable, Equatable, Codable {
        /// Age of the oldest record it does not cover; 0 if it covers all.
        public var ageSeconds = 0.0
        public var lastSequence: UInt64 = 0
        public var bytes: Int64 = 0
        public var count = 0

        public init() {}

        private enum CodingKeys: String, CodingKey {
            case ageSeconds = "age_seconds"
            case lastSequence = "last_seq"
            case bytes, count
        }
    }

    public struct Recovery: Sendable, Equatable, Codable {
        public struct Phase: Sendable, Equatable, Codable {
            public var name: String
            public var seconds: Double

            public init(name: String, seconds: Double) {
                self.name = name
                self.seconds = seconds
            }
        }

        public var seconds = 0.0
        public var snapshotSequence: UInt64 = 0
        public var replayedRecords = 0
        public var requeued = 0
        public var tornBytes: Int64 = 0
        public var orphansEnded = 0
        public var phases: [Phase] = []

        public init() {}

        private enum CodingKeys: String, CodingKey {
            case seconds
            case snapshotSequence = "snapshot_seq"
            case replayedRecords = "replayed_records"
            case requeued
            case tornBytes = "torn_bytes"
            case orphansEnded = "orphans_ended"
            case phases
        }
    }

    public struct Dedup: Sendable, Equatable, Codable {
        public var ids = 0
        public var reachesBackSeconds = 0.0

        public init() {}

        private enum CodingKeys: String, CodingKey {
            case ids
            case reachesBackSeconds = "reaches_back_seconds"
        }
    }

    public struct ParkedAction: Sendable, Equatable, Codable {
        public var action: String
        public var jobs: Int
        public var reason: String

        public init(action: String, jobs: Int, reason: String) {
            self.action = action
            self.jobs = jobs
            self.reason = reason
        }
    }

    private enum CodingKeys: String, CodingKey {
        case state, reason, pid
        case uptimeSeconds = "uptime_seconds"
        case version
        case dataDirectory = "data_dir"
        case simulated
        case fileSystem = "file_system"
        case jobs, workers, rates, wal, snapshot, recovery, dedup, http, fingerprint
        case parkedActions = "parked_actions"
    }
}
