/// What a screen wants to see: lists around a place, bounded by what fits on it.
///
/// A view costs what it shows, never what the queue holds.
public struct ViewRequest: Sendable, Equatable, Codable {
    /// The lists a screen can show, each in the order that matters there.
    public enum List: String, Sendable, Codable, CaseIterable {
        /// By worker.
        case running
        /// The next to run first.
        case pending
        /// The next due first.
        case scheduled
        /// As they would run: by priority, then in the order they were accepted.
        case parked
        /// The newest first.
        case completed, dead, cancelled
    }

    /// One list, and the rows wanted of it.
    public struct Pane: Sendable, Equatable, Codable {
        public var list: List
        /// The whole id of the job at the cursor; nil: the head of the list, or its end with `fromEnd`.
        public var anchor: String?
        /// Rows wanted before the anchor.
        public var before: Int
        /// Rows wanted from the anchor on.
        public var count: Int
        public var fromEnd: Bool

        public init(_ list: List, anchor: String? = nil, before: Int = 0, count: Int, fromEnd: Bool = false) {
            self.list = list
            self.anchor = anchor
            self.before = before
            self.count = count
            self.fromEnd = fromEnd
        }
    }

    /// At most 8, of at most 500 rows in all.
    public var panes: [Pane]
    /// Events after this number are wanted; 0: the newest 100.
    public var eventsAfter: UInt64
    /// Values of redacted keys are shown.
    public var reveals: Bool

    public init(panes: [Pane], eventsAfter: UInt64 = 0, reveals: Bool = false) {
        self.panes = panes
        self.eventsAfter = eventsAfter
        self.reveals = reveals
    }

    public static let maxPanes = 8
    public static let maxRows = 500

    /// Why this is too much for one screen; nil if it is not.
    package var fault: QueueError? {
        guard self.panes.count <= Self.maxPanes else {
            return .invalidInput("\(self.panes.count) panes; a view has at most \(Self.maxPanes)")
        }
        var rows = 0
        for pane in self.panes {
            guard (0...Self.maxRows).contains(pane.count), (0...Self.maxRows).contains(pane.before) else {
                return .invalidInput("a pane has 0 to \(Self.maxRows) rows")
            }
            rows += pane.count + pane.before
        }
        return rows > Self.maxRows ? .invalidInput("\(rows) rows; a view has at most \(Self.maxRows)") : nil
    }
}

/// What a screen shows, all of one moment.
public struct QueueView: Sendable, Equatable, Codable {
    public struct Pane: Sendable, Equatable, Codable {
        public var rows: [JobSummary]
        /// The place of the first row in its list, from 0; nil where counting it would cost too much.
        public var position: Int?
        /// The job at the anchor has left this list; the rows begin at its head.
        public var isAnchorGone: Bool

        public init(rows: [JobSummary], position: Int?, isAnchorGone: Bool) {
            self.rows = rows
            self.position = position
            self.isAnchorGone = isAnchorGone
        }
    }

    /// A line of the events list.
    public struct Event: Sendable, Equatable, Codable {
        /// Grows by one with each event of this life of the engine, from 1.
        public var number: UInt64
        /// Milliseconds since 1970 UTC.
        public var time: Int64
        public var level: QueueLogLine.Level
        public var message: String

        public init(number: UInt64, time: Int64, level: QueueLogLine.Level, message: String) {
            self.number = number
            self.time = time
            self.level = level
            self.message = message
        }
    }

    /// A distribution in seconds; nil while there is nothing to tell.
    public struct Percentiles: Sendable, Equatable, Codable {
        public var p50: Double?
        public var p99: Double?

        public init(p50: Double? = nil, p99: Double? = nil) {
            self.p50 = p50
            self.p99 = p99
        }
    }

    public var status: QueueStatus
    /// As they were asked for.
    public var panes: [Pane] = []
    /// Oldest first, at most 100.
    public var events: [Event] = []
    public var syncSeconds = Percentiles()
    public var runSeconds = Percentiles()
    public var waitSeconds = Percentiles()
    /// Jobs completed, and runs failed, in each of the last 60 whole seconds; the newest last.
    public var completedEachSecond: [Int] = []
    public var failedEachSecond: [Int] = []
    /// What a crash now would replay, and how long that takes here; nil where nothing was measured yet.
    public var recordsToReplay = 0
    public var secondsToRecover: Double?
    public var device = ""
    public var freeDiskBytes: Int64 = 0
    /// Kinds of error among the dead, the most frequent first; at most 20.
    public var deadGroups: [FailureGroup] = []
    /// The next due time among the scheduled, in wall milliseconds.
    public var nextDue: Int64?
    /// Dead and completed jobs kept at most; nil: no limit.
    public var completedKeep: Int?

    public init(status: QueueStatus) { self.status = status }
}

/// Failures of one kind: the same action and ending, and the same error once digits and ids are folded to `#`.
public struct FailureGroup: Sendable, Equatable, Codable {
    public var action: String
    /// How the last run ended: `exit 1`, `signal 9`, `time-out`, `interrupted`.
    public var ending: String
    /// The folded text.
    public var error: String
    public var dead: Int
    /// Failed and waiting to be run again.
    public var waiting: Int
    /// Milliseconds since 1970 UTC.
    public var first: Int64
    public var last: Int64
    /// Ids of up to 3 of them.
    public var examples: [String]
    /// Matches exactly these jobs now.
    public var filter: JobFilter
    /// Folds everything that makes it one group; `JobFilter.group` takes it.
    public var key: String { "\(self.action): \(self.ending): \(self.error)" }

    public init(
        action: String,
        ending: String,
        error: String,
        dead: Int,
        waiting: Int,
        first: Int64,
        last: Int64,
        examples: [String],
        filter: JobFilter
    ) {
        self.action = action
        self.ending = ending
        self.error = error
        self.dead = dead
        self.waiting = waiting
        self.first = first
        self.last = last
        self.examples = examples
        self.filter = filter
    }
}

/// Jobs collected for one bulk action: exactly those, as they were at that moment.
public struct JobSelection: Sendable, Equatable, Codable {
    /// Names it for ten minutes.
    public var token: String
    public var count: Int
    /// The log position at which they matched.
    public var sequence: UInt64

    public init(token: String, count: Int, sequence: UInt64) {
        self.token = token
        self.count = count
        self.sequence = sequence
    }
}

/// What operators do to many jobs at once.
public enum BulkAction: String, Sendable, Codable, CaseIterable {
    case retry, cancel, purge
}
