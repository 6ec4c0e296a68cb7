/// The values of `status --json`, `GET /v1/status` and the console.
///
/// The field names are part of the contract.
public struct QueueStatus: Sendable, Equatable, Codable {
    /// What the queue as a whole does.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// All is well.
        case running
        /// By an operator: nothing is started, jobs are taken.
        case paused
        /// Reads its files after a start; calls wait for the end of it.
        case recovering
        /// Stops: running jobs end, nothing new is taken.
        case draining
        /// No room on the disk for more log: jobs are refused, results are still taken. Ends by itself.
        case full
        /// Works, but something needs a look; see `reason`.
        case degraded
        /// The disk failed: nothing is taken any more.
        case failed
        /// Not started, or stopped in order.
        case stopped
    }

    /// Where several hold, the one that keeps the most from happening.
    public var state = State.stopped
    /// Why the state is `full`, `degraded` or `failed`, and how far `recovering` is: a sentence, else nil.
    public var reason: String?
    /// Of the process that owns the directory; 0 where nothing runs.
    public var pid: Int32 = 0
    /// Since the start.
    public var uptimeSeconds = 0.0
    /// Of this package.
    public var version = ""
    /// Absolute.
    public var dataDirectory = ""
    /// Jobs without a handler are only simulated: the store was made without any configuration.
    public var simulated = false
    /// Of the data directory, as the system calls it: `ext4`.
    public var fileSystem = ""
    /// Counts of jobs, by state and in sum.
    public var jobs = Jobs()
    /// How many jobs may run at a time, and how many do.
    public var workers = Workers()
    /// Jobs a second.
    public var rates = Rates()
    /// Size and place of the log, and what of it a power cut would lose.
    public var wal = WAL()
    /// What a start would begin with.
    public var snapshot = Snapshot()
    /// How long the last start took, and what it found; all zero where nothing runs.
    public var recovery = Recovery()
    /// How far back a repeated id is noticed.
    public var dedup = Dedup()
    /// `host:port` of the TCP listener; nil if there is none.
    public var http: String?
    /// Of the whole state, in hexadecimal digits: equal states have equal ones, whatever way they came about.
    public var fingerprint = ""
    /// Actions that cannot run now, with the reason; empty if all can.
    public var parkedActions: [ParkedAction] = []

    package init() {}

    /// Jobs by state (see `JobState`), and sums.
    public struct Jobs: Sendable, Equatable, Codable {
        /// Due, and waiting for a worker.
        public var pending = 0
        /// Waiting for their time.
        public var scheduled = 0
        /// Waiting for a handler; `parkedActions` says why.
        public var parked = 0
        /// With a run that has not ended.
        public var inFlight = 0
        /// Those whose id is still known; the newest `completedKeep` of them are kept in full.
        public var completed = 0
        /// How many of `completed` were only simulated.
        public var simulated = 0
        /// Dead letters.
        public var dead = 0
        /// Ended by a client before their end.
        public var cancelled = 0
        /// Removed by an operator.
        public var purged = 0
        /// Completed, and not even the id is known any more: see `completedKeep` and `dedupMax`.
        public var forgotten = 0
        /// Ever accepted by this store.
        public var enqueuedTotal = 0
        /// Refused as known already, since the start.
        public var duplicatesTotal = 0
        /// Results that came after their run had been given up, since the start; none of them counted.
        public var lateResultsTotal = 0
        /// Runs that failed, in the life of this store.
        public var failedRunsTotal = 0
        /// How long the oldest pending job has waited.
        public var oldestPendingSeconds = 0.0

        package init() {}

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

    /// The slots in which jobs run.
    public struct Workers: Sendable, Equatable, Codable {
        /// As set by an operator, else as configured.
        public var count = 0
        /// With a run in them.
        public var busy = 0
        /// Slots held by runs that did not end when they were told to.
        public var stuck = 0
        /// By an operator.
        public var paused = false

        package init() {}
    }

    /// Means of the last seconds.
    public struct Rates: Sendable, Equatable, Codable {
        /// Accepted.
        public var enqueuedPerSecond = 0.0
        /// Completed, simulated ones among them.
        public var completedPerSecond = 0.0
        /// What waits grows by this; negative while it shrinks.
        public var backlogPerSecond = 0.0

        package init() {}

        private enum CodingKeys: String, CodingKey {
            case enqueuedPerSecond = "enqueued_per_second"
            case completedPerSecond = "completed_per_second"
            case backlogPerSecond = "backlog_per_second"
        }
    }

    /// The log.
    public struct WAL: Sendable, Equatable, Codable {
        /// Bytes in use, headers included, without what is allocated ahead.
        public var bytes: Int64 = 0
        /// Files.
        public var segments = 0
        /// The number of the newest record.
        public var lastSequence: UInt64 = 0
        /// Up to this record a power cut loses nothing.
        public var syncedSequence: UInt64 = 0
        /// When the log is forced to the disk.
        public var sync = SyncPolicy.always
        /// Written and not synced yet.
        public var atRiskBytes: Int64 = 0
        /// How long the oldest of them has waited.
        public var atRiskMilliseconds = 0.0

        package init() {}

        private enum CodingKeys: String, CodingKey {
            case bytes, segments
            case lastSequence = "last_seq"
            case syncedSequence = "synced_seq"
            case sync
            case atRiskBytes = "at_risk_bytes"
            case atRiskMilliseconds = "at_risk_ms"
        }
    }

    /// The newest snapshot.
    public struct Snapshot: Sendable, Equatable, Codable {
        /// Age of the oldest record it does not cover; 0 if it covers all.
        public var ageSeconds = 0.0
        /// The last record it covers.
        public var lastSequence: UInt64 = 0
        /// The size of its file.
        public var bytes: Int64 = 0
        /// Snapshots kept.
        public var count = 0

        package init() {}

        private enum CodingKeys: String, CodingKey {
            case ageSeconds = "age_seconds"
            case lastSequence = "last_seq"
            case bytes, count
        }
    }

    /// What the last start did.
    public struct Recovery: Sendable, Equatable, Codable {
        /// One step of it, and how long it took.
        public struct Phase: Sendable, Equatable, Codable {
            /// `lock`, `snapshot`, `replay` and so on.
            public var name: String
            /// How long it took, by a clock that never goes back.
            public var seconds: Double

            package init(name: String, seconds: Double) {
                self.name = name
                self.seconds = seconds
            }
        }

        /// The sum of `phases`.
        public var seconds = 0.0
        /// The last record of the snapshot it began with.
        public var snapshotSequence: UInt64 = 0
        /// Records of the log behind that snapshot.
        public var replayedRecords = 0
        /// Runs that a crash had interrupted, and whose jobs were given back.
        public var requeued = 0
        /// Cut from the end of the log: written when the machine stopped, acknowledged to nobody.
        public var tornBytes: Int64 = 0
        /// Processes of the life before that still ran, and were ended.
        public var orphansEnded = 0
        /// One after the other, as they were taken.
        public var phases: [Phase] = []

        package init() {}

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

    /// The ids of ended jobs that are still known, so that they are not taken twice.
    public struct Dedup: Sendable, Equatable, Codable {
        /// How many.
        public var ids = 0
        /// How long ago the oldest of them ended.
        public var reachesBackSeconds = 0.0

        package init() {}

        private enum CodingKeys: String, CodingKey {
            case ids
            case reachesBackSeconds = "reaches_back_seconds"
        }
    }

    /// An action whose jobs wait, because it cannot run.
    public struct ParkedAction: Sendable, Equatable, Codable {
        /// The name that no handler can take.
        public var action: String
        /// How many wait for it.
        public var jobs: Int
        /// A sentence for people.
        public var reason: String

        package init(action: String, jobs: Int, reason: String) {
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
