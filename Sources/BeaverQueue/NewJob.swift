/// A job as a caller describes it.
///
/// What is left nil is decided by the handler's settings, then by the queue's.
public struct NewJob: Sendable, Equatable {
    /// 1–255 bytes of printable UTF-8; nil lets the queue generate one.
    ///
    /// The same id twice is one job.
    public var id: String?
    /// One JSON value, kept and handed to the handler byte for byte.
    ///
    /// At most `queue.max_payload` bytes.
    public var payload: [UInt8]
    /// Which handler runs it; 1–255 bytes.
    public var action: String
    /// 0 is none, else 1 … 86,400,000.
    public var timeoutMilliseconds: UInt32?
    /// Retries after the first run, 0 … 10,000.
    public var maxRetry: UInt16?
    /// 0–9, 9 first.
    public var priority: UInt8
    /// When it may run for the first time.
    public var start: Start
    /// Never run twice: a run that was interrupted by a crash ends the job as dead, "interrupted, may have run".
    public var once: Bool
    /// Set for a job that is a command by itself (`--lines`, `-- CMD`); its action is then `exec`.
    public var command: JobCommand?

    /// When a job may run for the first time.
    public enum Start: Sendable, Equatable {
        /// As soon as a worker is free.
        case now
        /// Milliseconds from the moment it is accepted; follows the boot-time clock.
        case after(milliseconds: Int64)
        /// Milliseconds since 1970 UTC; follows the wall clock.
        case at(wallMilliseconds: Int64)
    }

    /// A job whose payload is JSON already; `init(_:_:id:)` takes a value.
    public init(
        id: String? = nil,
        payload: [UInt8],
        action: String = "default",
        timeoutMilliseconds: UInt32? = nil,
        maxRetry: UInt16? = nil,
        priority: UInt8 = 4,
        start: Start = .now,
        once: Bool = false,
        command: JobCommand? = nil
    ) {
        self.id = id
        self.payload = payload
        self.action = action
        self.timeoutMilliseconds = timeoutMilliseconds
        self.maxRetry = maxRetry
        self.priority = priority
        self.start = start
        self.once = once
        self.command = command
    }
}

/// A command that a job carries with itself instead of naming a configured handler.
public struct JobCommand: Sendable, Equatable {
    /// The program and its arguments; a shell line is `["/bin/sh", "-c", LINE]`.
    public var arguments: [String]
    /// Absolute; where it was enqueued.
    public var workingDirectory: String?
    /// `NAME=VALUE`, added to the server's environment.
    public var environment: [String]

    /// What is left out is that of the process that runs the queue.
    public init(arguments: [String], workingDirectory: String? = nil, environment: [String] = []) {
        self.arguments = arguments
        self.workingDirectory = workingDirectory
        self.environment = environment
    }

    /// A line for the shell as it was written; nil for any other command.
    package static func shellLine(_ arguments: [String]) -> String? {
        arguments.count == 3 && arguments[0] == "/bin/sh" && arguments[1] == "-c" ? arguments[2] : nil
    }

    /// For people, who know where one argument ends.
    package static func line(_ arguments: [String]) -> String {
        self.shellLine(arguments) ?? arguments.joined(separator: " ")
    }
}

/// What became of the jobs of one enqueue: each is counted in exactly one of the three.
public struct EnqueueResult: Sendable, Equatable, Codable {
    /// New, and on disk.
    public var enqueued: Int
    /// Known before with the same payload, live or completed.
    public var duplicates: Int
    /// The id was known with another payload; the job was not taken.
    public var differs: Int
    /// The ids of `differs`, the first 20.
    public var differingIDs: [String]
    /// The id of each job of the call, in its order, generated or as given.
    ///
    /// HTTP leaves them out for more than 1,000 jobs.
    public var ids: [String]
    /// Of a comparison, which takes nothing: the actions of these jobs that have no handler, the most frequent 20; nil
    /// where none was looked up.
    public var unhandled: [QueueStatus.ParkedAction]?

    package init(
        enqueued: Int = 0,
        duplicates: Int = 0,
        differs: Int = 0,
        differingIDs: [String] = [],
        ids: [String] = [],
        unhandled: [QueueStatus.ParkedAction]? = nil
    ) {
        self.enqueued = enqueued
        self.duplicates = duplicates
        self.differs = differs
        self.differingIDs = differingIDs
        self.ids = ids
        self.unhandled = unhandled
    }

    static let maxDiffering = 20

    /// Adds another batch's counts; ids are kept as long as they are few enough to be of use.
    package mutating func add(_ other: EnqueueResult) {
        self.enqueued += other.enqueued
        self.duplicates += other.duplicates
        self.differs += other.differs
        self.differingIDs += other.differingIDs.prefix(max(0, Self.maxDiffering - self.differingIDs.count))
        for more in other.unhandled ?? [] { self.add(more) }
        if other.unhandled != nil { self.unhandled = self.unhandled ?? [] }
    }

    private mutating func add(_ more: QueueStatus.ParkedAction) {
        var known = self.unhandled ?? []
        if let place = known.firstIndex(where: { $0.action == more.action }) {
            known[place].jobs += more.jobs
        } else if known.count < Self.maxUnhandled {
            known.append(more)
        }
        self.unhandled = known
    }

    static let maxUnhandled = 20

    private enum CodingKeys: String, CodingKey {
        case enqueued, duplicates, differs
        case differingIDs = "differing_ids"
        case ids, unhandled
    }
}
