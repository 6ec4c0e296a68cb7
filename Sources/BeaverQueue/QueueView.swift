/// What a screen wants to see: lists around a place, bounded by what fits on it.
///
/// A view costs what it shows, never what the queue holds.
package struct ViewRequest: Sendable, Equatable, Codable {
    /// The lists a screen can show, each in the order that matters there.
    package enum List: String, Sendable, Codable, CaseIterable {
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
    package struct Pane: Sendable, Equatable, Codable {
        package var list: List
        /// The whole id of the job at the cursor; nil: the head of the list, or its end with `fromEnd`.
        package var anchor: String?
        /// Rows wanted before the anchor.
        package var before: Int
        /// Rows wanted from the anchor on.
        package var count: Int
        package var fromEnd: Bool

        package init(_ list: List, anchor: String? = nil, before: Int = 0, count: Int, fromEnd: Bool = false) {
            self.list = list
            self.anchor = anchor
            self.before = before
            self.count = count
            self.fromEnd = fromEnd
        }
    }

    /// At most 8, of at most 500 rows in all.
    package var panes: [Pane]
    /// Events after this number are wanted; 0: the newest 100.
    package var eventsAfter: UInt64
    /// Values of redacted keys are shown.
    package var reveals: Bool

    package init(panes: [Pane], eventsAfter: UInt64 = 0, reveals: Bool = false) {
        self.panes = panes
        self.eventsAfter = eventsAfter
        self.reveals = reveals
    }

    package static let maxPanes = 8
    package static let maxRows = 500

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
package struct QueueView: Sendable, Equatable, Codable {
    package struct Pane: Sendable, Equatable, Codable {
        package var rows: [JobSummary]
        /// The place of the first row in its list, from 0; nil where counting it would cost too much.
        package var position: Int?
        /// The job at the anchor has left this list; the rows begin at its head.
        package var isAnchorGone: Bool

        package init(rows: [JobSummary], position: Int?, isAnchorGone: Bool) {
            self.rows = rows
            self.position = position
            self.isAnchorGone = isAnchorGone
        }
    }

    /// A distribution in seconds; nil while there is nothing to tell.
    package struct Percentiles: Sendable, Equatable, Codable {
        package var p50: Double?
        package var p99: Double?

        package init(p50: Double? = nil, p99: Double? = nil) {
            self.p50 = p50
            self.p99 = p99
        }
    }

    package var status: QueueStatus
    /// As they were asked for.
    package var panes: [Pane] = []
    /// Oldest first, at most 100.
    package var events: [QueueEvent] = []
    package var syncSeconds = Percentiles()
    package var runSeconds = Percentiles()
    package var waitSeconds = Percentiles()
    /// Jobs completed, and runs failed, in each of the last 60 whole seconds; the newest last.
    package var completedEachSecond: [Int] = []
    package var failedEachSecond: [Int] = []
    /// What a crash now would replay, and how long that takes here; nil where nothing was measured yet.
    package var recordsToReplay = 0
    package var secondsToRecover: Double?
    package var device = ""
    package var freeDiskBytes: Int64 = 0
    /// Kinds of error among the dead, the most frequent first; at most 20.
    package var deadGroups: [FailureGroup] = []
    /// The next due time among the scheduled, in wall milliseconds.
    package var nextDue: Int64?
    /// Dead and completed jobs kept at most; nil: no limit.
    package var completedKeep: Int?

    package init(status: QueueStatus) { self.status = status }
}

/// Jobs collected for one bulk action: exactly those, as they were at that moment.
package struct JobSelection: Sendable, Equatable, Codable {
    /// Names it for ten minutes.
    package var token: String
    package var count: Int
    /// The log position at which they matched.
    package var sequence: UInt64

    package init(token: String, count: Int, sequence: UInt64) {
        self.token = token
        self.count = count
        self.sequence = sequence
    }
}

/// What operators do to many jobs at once.
package enum BulkAction: String, Sendable, Codable, CaseIterable {
    case retry, cancel, purge
}
