/// Names a caller that waits for an answer.
package struct Ticket: Sendable, Hashable {
    package var number: UInt64

    package init(_ number: UInt64) { self.number = number }
}

/// What the outside world tells the engine.
package enum EngineInput: Sendable {
    case command(Ticket, EngineCommand)
    /// The log has all up to here, and room for so many bytes more.
    case written(UInt64, JournalSpace)
    case synced(UInt64)
    /// Room was made, or could not be: an error is a full disk.
    case space(JournalSpace, QueueError?)
    /// A write or sync failed: the end of this engine.
    case logFailed(QueueError)
    /// A run that was started: its limits, read with its payload.
    case runStarted(worker: Int, token: UInt64, RunLimits)
    case runEnded(worker: Int, token: UInt64, RunResult)
    case snapshotWritten(SnapshotReport)
    case snapshotFailed(QueueError, isMismatch: Bool)
    /// Time has passed; nothing else happened.
    case tick
}

/// What a job or its handler says about its runs; nil: the queue's default.
package struct RunLimits: Sendable, Equatable {
    package var timeoutMilliseconds: UInt32?
    package var maxRetry: UInt16?
    /// When the job was accepted, in wall milliseconds: for measuring only.
    package var enqueuedAt: Int64?

    package init(timeoutMilliseconds: UInt32? = nil, maxRetry: UInt16? = nil, enqueuedAt: Int64? = nil) {
        self.timeoutMilliseconds = timeoutMilliseconds
        self.maxRetry = maxRetry
        self.enqueuedAt = enqueuedAt
    }
}

extension EngineInput {
    var isOfRun: Bool {
        switch self {
        case .runStarted, .runEnded: true
        default: false
        }
    }

    var mayStopRuns: Bool {
        switch self {
        case .command(_, .act(.cancel, _)), .command(_, .drain): true
        default: false
        }
    }
}

package enum EngineCommand: Sendable {
    case enqueue(JobBatch)
    case act(JobAction, on: [JobTarget])
    case pause
    case resume
    case setWorkers(Int)
    case reconfigure(EngineSettings)
    case snapshot
    /// Answered once the job has ended: completed, dead or cancelled.
    case wait(JobFingerprint)
    /// Stop in order: no dispatch, wait for runs up to the drain time-out (0 with `now`), sync, say so in the log.
    case drain(now: Bool)
}

/// Commands whose records may be more than the log has room for: they wait until there is some.
enum LogChange: Sendable {
    case enqueue(JobBatch)
    case act(JobAction, on: [JobTarget])
}

package enum JobAction: Sendable, Equatable {
    case retry
    case cancel
    case purge
}

package enum JobTarget: Sendable, Equatable {
    case id(JobFingerprint)
    /// A job as it was when it was selected: skipped if it has changed since.
    case selected(JobReference, lastSequence: UInt64)
}

package enum EngineAnswer: Sendable {
    /// Counts; `differing` are places in the batch.
    case enqueued(enqueued: Int, duplicates: Int, differing: [Int])
    case acted(BulkResult, lastState: JobSlot.State?)
    case snapshot(UInt64)
    case done
    case failed(QueueError)
}

/// Settings that the engine decides with.
///
/// Everything else in the configuration is for its surroundings.
package struct EngineSettings: Sendable {
    package var workers = 8
    package var worker = QueueConfiguration.Worker()
    package var commit = GroupCommit.Settings()
    package var snapshot = QueueConfiguration.Snapshot()
    package var limits = QueueConfiguration.Limits()
    package var keepLogBytes: Int64 = 256 << 20
    /// Room in the log that enqueue never takes: for recovery and for operators.
    package var reservedLogBytes: Int64 = 256 << 10
    package var maxMemoryBytes = Int.max
    /// There are handlers now: a store that simulated stops doing so.
    package var hasHandlers = false
    /// How an action is run, by its name.
    ///
    /// Pure.
    package var policy: @Sendable (String) -> ActionPolicy = { _ in ActionPolicy() }

    package init() {}
}

/// What the engine must know of an action's handler.
package struct ActionPolicy: Sendable, Equatable {
    /// Nil if it can run; else why not, in words.
    package var parkedBecause: String?
    /// Nobody will ever run it as the configuration stands (`unknown: dead`): its jobs are dead at once, not parked.
    package var isRefused = false
    package var concurrency: Int?
    package var timeoutMilliseconds: UInt32?
    package var maxRetry: UInt16?
    package var pauseOnFailures: Int?

    package init(
        parkedBecause: String? = nil,
        isRefused: Bool = false,
        concurrency: Int? = nil,
        timeoutMilliseconds: UInt32? = nil,
        maxRetry: UInt16? = nil,
        pauseOnFailures: Int? = nil
    ) {
        self.parkedBecause = parkedBecause
        self.isRefused = isRefused
        self.concurrency = concurrency
        self.timeoutMilliseconds = timeoutMilliseconds
        self.maxRetry = maxRetry
        self.pauseOnFailures = pauseOnFailures
    }
}
