/// What an operator can ask of a queue, wherever it runs: the embedded engine, a server behind its control socket, or a
/// directory without a server (which can only answer the reading half).
///
/// Every call either answers from the log's synced state or throws; see `QueueError.Code.outcomeUnknown`.
package protocol QueueControl: Sendable {
    func status() async throws(QueueError) -> QueueStatus
    /// Takes all jobs or none, in one commit.
    func enqueue(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult
    /// What `enqueue` would find known already, at this moment; takes nothing and writes nothing.
    func compare(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult
    /// One page in a fixed order; `nil` cursor begins.
    func jobs(matching filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws(QueueError) -> JobPage
    /// Everything about one job. `id` is whole, or an unambiguous prefix.
    func job(_ id: String) async throws(QueueError) -> JobDetails
    /// The same; without `reveals` the values of redacted keys are hidden.
    func job(_ id: String, reveals: Bool) async throws(QueueError) -> JobDetails
    /// Bytes of a run's output from `offset`; the newest run if `run` is nil.
    func output(of id: String, run: Int?, from offset: Int64) async throws(QueueError) -> JobOutput
    func retry(_ id: String) async throws(QueueError)
    /// Ends a running job too; returns the state it has now (`inFlight`: asked, not ended yet).
    func cancel(_ id: String) async throws(QueueError) -> JobState
    func purge(_ id: String) async throws(QueueError)
    func retry(matching filter: JobFilter) async throws(QueueError) -> BulkResult
    func cancel(matching filter: JobFilter) async throws(QueueError) -> BulkResult
    func purge(matching filter: JobFilter) async throws(QueueError) -> BulkResult
    /// How many jobs match; changes nothing.
    func count(matching filter: JobFilter) async throws(QueueError) -> Int
    func pause() async throws(QueueError)
    func resume() async throws(QueueError)
    func setWorkers(_ count: Int) async throws(QueueError)
    /// Writes a snapshot now and returns the last sequence number it covers.
    func snapshot() async throws(QueueError) -> UInt64
    /// Drains and stops; `now` ends running jobs at once. Returns when it is stopped or has begun to stop.
    func stop(now: Bool) async throws(QueueError)
    /// What a screen shows, all of one moment; costs what it shows.
    func view(_ request: ViewRequest) async throws(QueueError) -> QueueView
    /// Failures by error, the most frequent first; at most 200 groups.
    func groups(matching filter: JobFilter) async throws(QueueError) -> [FailureGroup]
    /// Collects the jobs that match now, for a bulk action on exactly those.
    func select(matching filter: JobFilter) async throws(QueueError) -> JobSelection
    /// A job that changed since it was selected is skipped, and counted.
    func act(_ action: BulkAction, on selection: JobSelection) async throws(QueueError) -> BulkResult
    /// What became of jobs, in the order of their whole ids; nil of one that is not known, or no longer.
    func known(_ ids: [String]) async throws(QueueError) -> [KnownJob?]
    /// What the log still holds about a job, oldest first; the newest 200 records.
    func records(of id: String) async throws(QueueError) -> [Inspection.Line]
}

/// Where a job is in its life.
///
/// `pending`, `scheduled` and `parked` are one stored state, told apart by time and handlers.
public enum JobState: String, Sendable, Codable, CaseIterable {
    /// Due, and its action can run.
    case pending
    /// Not due yet: delayed, or waiting out a backoff.
    case scheduled
    /// Due, but its action has no handler that can start.
    case parked
    /// A run of it goes on, or was asked to end and has not yet.
    case inFlight = "in_flight"
    /// Its handler said so; never run again.
    case completed
    /// Out of runs, or failed for good: a dead letter, until someone retries or purges it.
    case dead
    /// By a client; never run again.
    case cancelled
}

/// Which jobs are meant; all given conditions must hold.
public struct JobFilter: Sendable, Equatable, Codable {
    /// Empty: every state.
    public var states: [JobState] = []
    /// The whole name.
    public var action: String?
    /// A glob (`*`, `?`) over the id.
    public var id: String?
    /// Text contained in the last error, whatever the case of its ASCII letters.
    public var error: String?
    /// Text contained in the id, the work or the last error, whatever the case of its ASCII letters.
    public var text: String?
    /// The key of a `FailureGroup`: jobs whose last failure is of that kind.
    public var group: String?
    /// Accepted at least so long ago.
    public var olderThanMilliseconds: Int64?
    /// Simulated completions only.
    public var simulatedOnly = false
    /// Values of redacted keys are shown; changes nothing about what matches.
    package var reveals = false
    /// The beginning of the id.
    package var idPrefix: String?

    /// Every job.
    public init() {}

    /// As the parameters of a request are called; the beginning of an id is ours alone.
    private enum CodingKeys: String, CodingKey {
        case states = "state"
        case action, id, error, text, group
        case olderThanMilliseconds = "older"
        case simulatedOnly = "simulated"
        case reveals = "reveal"
    }
}

/// A place in a list that stays right while jobs come and go: the ENQUEUE sequence number after which to go on.
public struct JobCursor: Sendable, Equatable, Codable {
    package var enqueueSequence: UInt64
    /// When the list was begun, in nanoseconds of the queue's boot-time clock: what was found out before, for another
    /// list, is too old for this one.
    package var listBegan: Int64 = 0

    package init(enqueueSequence: UInt64) {
        self.enqueueSequence = enqueueSequence
    }

    /// As it goes through HTTP: the number, and behind a hyphen when the list was begun.
    package init?(text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let sequence = UInt64(first) else { return nil }
        self.enqueueSequence = sequence
        guard parts.count == 2 else { return }
        guard let began = Int64(parts[1]), began >= 0 else { return nil }
        self.listBegan = began
    }

    package var text: String {
        self.listBegan == 0 ? String(self.enqueueSequence) : "\(self.enqueueSequence)-\(self.listBegan)"
    }
}

/// What is known of a job by its id alone.
package struct KnownJob: Sendable, Equatable, Codable {
    package var state: JobState
    /// Runs started since it was enqueued or revived; nil where only the id of a completed job is remembered.
    package var runs: Int?

    package init(state: JobState, runs: Int?) {
        self.state = state
        self.runs = runs
    }
}

/// A piece of a list of jobs.
public struct JobPage: Sendable, Equatable, Codable {
    /// In the order they were accepted.
    public var jobs: [JobSummary]
    /// Where the list goes on; nil at its end.
    public var next: JobCursor?

    package init(jobs: [JobSummary], next: JobCursor?) {
        self.jobs = jobs
        self.next = next
    }
}

/// A row of a list.
public struct JobSummary: Sendable, Equatable, Codable {
    /// As it was enqueued with, or as it was generated; unique in the store.
    public var id: String
    /// At the time of the call.
    public var state: JobState
    /// Which handler runs it.
    public var action: String
    /// 0–9, 9 first.
    public var priority: Int
    /// Runs started since it was enqueued or revived.
    public var runs: Int
    /// Completed without having been run: see `QueueStatus.simulated`.
    public var simulated: Bool
    /// Milliseconds since 1970 UTC.
    public var enqueuedAt: Int64
    /// When it is due (scheduled), was started (in flight) or ended (completed, dead, cancelled), in milliseconds since
    /// 1970 UTC; nil while pending.
    public var time: Int64?
    /// The last error; nil if there was none.
    public var error: String?
    /// The command line, or the payload, in one line; at most 200 bytes.
    public var work: String
    /// Grows with each job that the store accepts.
    public var enqueueSequence: UInt64
    /// In flight: the number of its worker, from 1.
    public var worker: Int?
    /// In flight: its limit; nil: none.
    public var limitMilliseconds: Int64?
    /// Completed or dead: when its last run began, where that is known.
    public var startedAt: Int64?
    /// Completed or dead: of its last run, where it was a command.
    public var exitStatus: Int?
    /// Why it waits, in words; nil where it does not wait or nobody asked (views do).
    package var waitsBecause: String?

    package init(
        id: String,
        state: JobState,
        action: String,
        priority: Int,
        runs: Int,
        simulated: Bool,
        enqueuedAt: Int64,
        time: Int64?,
        error: String?,
        work: String,
        enqueueSequence: UInt64
    ) {
        self.id = id
        self.state = state
        self.action = action
        self.priority = priority
        self.runs = runs
        self.simulated = simulated
        self.enqueuedAt = enqueuedAt
        self.time = time
        self.error = error
        self.work = work
        self.enqueueSequence = enqueueSequence
    }

    private enum CodingKeys: String, CodingKey {
        case id, state, action, priority, runs, simulated
        case enqueuedAt = "enqueued_at_ms"
        case time = "time_ms"
        case error, work
        case enqueueSequence = "seq"
        case worker
        case limitMilliseconds = "limit_ms"
        case startedAt = "started_at_ms"
        case exitStatus = "exit_status"
        case waitsBecause = "waits_because"
    }
}

/// Everything about one job.
public struct JobDetails: Sendable, Equatable, Codable {
    /// The row that stands for it in lists.
    public var summary: JobSummary
    /// The payload's JSON text, as it was accepted.
    public var payload: String
    /// Program and arguments; nil for a job that is no command.
    public var arguments: [String]?
    /// Absolute; nil for a job that is no command.
    public var workingDirectory: String?
    /// `NAME=VALUE`, added to the server's; nil for a job that is no command.
    public var environment: [String]?
    /// As the job was enqueued with it; nil where its handler decides.
    public var timeoutMilliseconds: UInt32?
    /// Retries after the first run, as it was enqueued with; nil where its handler decides.
    public var maxRetry: Int?
    /// Never run twice.
    public var once: Bool
    /// Runs ended by a crash of the queue since it was enqueued or revived.
    public var interruptions: Int
    /// The token of the current run; nil if it is not running.
    public var fencingToken: UInt64?
    /// Why it waits, in words; nil if it does not wait.
    public var waitsBecause: String?
    /// What holds for it as the queue is configured now, and who set it; empty where no queue runs.
    public var limits: [JobLimit]
    /// Oldest first; the newest 10.
    public var history: [JobRun]

    package init(
        summary: JobSummary,
        payload: String,
        arguments: [String]?,
        workingDirectory: String?,
        environment: [String]?,
        timeoutMilliseconds: UInt32?,
        maxRetry: Int?,
        once: Bool,
        interruptions: Int,
        fencingToken: UInt64?,
        waitsBecause: String?,
        limits: [JobLimit] = [],
        history: [JobRun]
    ) {
        self.summary = summary
        self.payload = payload
        self.arguments = arguments
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.timeoutMilliseconds = timeoutMilliseconds
        self.maxRetry = maxRetry
        self.once = once
        self.interruptions = interruptions
        self.fencingToken = fencingToken
        self.waitsBecause = waitsBecause
        self.limits = limits
        self.history = history
    }

    /// One flat object: the fields of the summary, then the rest.
    public func encode(to encoder: any Encoder) throws {
        try self.summary.encode(to: encoder)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(self.payload, forKey: .payload)
        try fields.encodeIfPresent(self.arguments, forKey: .arguments)
        try fields.encodeIfPresent(self.workingDirectory, forKey: .workingDirectory)
        try fields.encodeIfPresent(self.environment, forKey: .environment)
        try fields.encodeIfPresent(self.timeoutMilliseconds, forKey: .timeoutMilliseconds)
        try fields.encodeIfPresent(self.maxRetry, forKey: .maxRetry)
        try fields.encode(self.once, forKey: .once)
        try fields.encode(self.interruptions, forKey: .interruptions)
        try fields.encodeIfPresent(self.fencingToken, forKey: .fencingToken)
        try fields.encodeIfPresent(self.waitsBecause, forKey: .waitsBecause)
        if !self.limits.isEmpty { try fields.encode(self.limits, forKey: .limits) }
        try fields.encode(self.history, forKey: .history)
    }

    /// Reads what `encode(to:)` writes, also of a version without `limits`.
    public init(from decoder: any Decoder) throws {
        self.summary = try JobSummary(from: decoder)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.payload = try fields.decode(String.self, forKey: .payload)
        self.arguments = try fields.decodeIfPresent([String].self, forKey: .arguments)
        self.workingDirectory = try fields.decodeIfPresent(String.self, forKey: .workingDirectory)
        self.environment = try fields.decodeIfPresent([String].self, forKey: .environment)
        self.timeoutMilliseconds = try fields.decodeIfPresent(UInt32.self, forKey: .timeoutMilliseconds)
        self.maxRetry = try fields.decodeIfPresent(Int.self, forKey: .maxRetry)
        self.once = try fields.decode(Bool.self, forKey: .once)
        self.interruptions = try fields.decode(Int.self, forKey: .interruptions)
        self.fencingToken = try fields.decodeIfPresent(UInt64.self, forKey: .fencingToken)
        self.waitsBecause = try fields.decodeIfPresent(String.self, forKey: .waitsBecause)
        self.limits = try fields.decodeIfPresent([JobLimit].self, forKey: .limits) ?? []
        self.history = try fields.decode([JobRun].self, forKey: .history)
    }

    private enum CodingKeys: String, CodingKey {
        case payload, arguments
        case workingDirectory = "cwd"
        case environment = "env"
        case timeoutMilliseconds = "timeout_ms"
        case maxRetry = "max_retry"
        case once, interruptions
        case fencingToken = "fencing_token"
        case waitsBecause = "waits_because"
        case limits, history
    }
}

/// One run of a job.
public struct JobRun: Sendable, Equatable, Codable {
    /// How it ended.
    public enum Ending: String, Sendable, Codable {
        /// Not yet.
        case running
        /// Its handler said so, or its command exited with a status that counts as success.
        case completed
        /// To be tried again.
        case failed
        /// The same, ended at its limit.
        case timeout
        /// By a crash of the queue, or by a stop that did not wait for it.
        case interrupted
        /// By a client.
        case cancelled
        /// Failed for good: the job went to the dead letters with this run.
        case dead
    }

    /// Counted since the job was accepted or revived, from 1; nil where older runs are no longer known.
    public var number: Int?
    /// The number of its worker, from 1; nil where it is not known.
    public var worker: Int?
    /// The fencing token names the run and its output file.
    public var token: UInt64
    /// `running` until it has ended.
    public var ending: Ending
    /// Milliseconds since 1970 UTC; nil where the start is no longer in the log.
    public var startedAt: Int64?
    /// Milliseconds since 1970 UTC; nil while it runs.
    public var endedAt: Int64?
    /// Of a command; nil for a closure, and where a signal or a time-out ended it.
    public var exitStatus: Int?
    /// Empty where it completed.
    public var error: String
    /// The last 2 KiB of its output.
    public var outputTail: String

    package init(
        token: UInt64,
        ending: Ending,
        startedAt: Int64?,
        endedAt: Int64?,
        exitStatus: Int?,
        error: String,
        outputTail: String
    ) {
        self.token = token
        self.ending = ending
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitStatus = exitStatus
        self.error = error
        self.outputTail = outputTail
    }

    private enum CodingKeys: String, CodingKey {
        case number, worker, token, ending
        case startedAt = "started_at_ms"
        case endedAt = "ended_at_ms"
        case exitStatus = "exit_status"
        case error
        case outputTail = "output_tail"
    }
}

/// A piece of what a command wrote.
public struct JobOutput: Sendable, Equatable {
    /// As they were written, standard output and standard error mixed; empty where nothing came yet.
    public var bytes: [UInt8]
    /// Where the next read goes on.
    public var nextOffset: Int64
    /// The run has ended and everything was read.
    public var isComplete: Bool

    package init(bytes: [UInt8], nextOffset: Int64, isComplete: Bool) {
        self.bytes = bytes
        self.nextOffset = nextOffset
        self.isComplete = isComplete
    }

    /// How the line begins behind which the end of an output stands that the file does not hold.
    package static let partNote = "[not all of the output is on disk"
}

/// What a bulk action did.
public struct BulkResult: Sendable, Equatable, Codable {
    /// Jobs meant.
    public var matched: Int
    /// Jobs changed.
    public var done: Int
    /// Changed between counting and acting, or not allowed in their state.
    public var skipped: Int

    package init(matched: Int, done: Int, skipped: Int) {
        self.matched = matched
        self.done = done
        self.skipped = skipped
    }
}
