package import BeaverQueue

/// Everything the console knows and shows; changed by `update` alone.
package struct Model: Sendable, Equatable {
    /// What does not change while the console lives.
    package struct Settings: Sendable, Equatable {
        package var isReadOnly = false
        package var vimKeys = false
        package var allowsCrashTest = true
        package var isDemo = false
        package var isASCII = false
        package var allowsExec = false
        /// What a user types to run this program.
        package var program = "beaver-tui"
        /// What names the directory in a command line, with a space before it; empty where it need not be named.
        package var directoryOption = ""

        package init() {}
    }

    /// Where the engine is.
    package enum Connection: Sendable, Equatable {
        case embedded
        case attached
        /// The server does not answer since then (steady milliseconds); what it said last.
        case lost(since: Int64, reason: String)
    }

    package var settings: Settings
    package let keys: KeyMap
    package var size: Size
    package var moment: Moment
    package var connection: Connection

    package var view: QueueView?
    package var isViewAwaited = false
    /// What the view on its way was asked for: an answer belongs to its question, whatever was pressed meanwhile.
    package var awaitedView = ViewRequest(panes: [])
    /// Something else is wanted since: it is asked for as soon as the answer is here.
    package var isViewStale = false
    /// Steady milliseconds.
    package var nextViewAt: Int64 = 0
    /// For the idle pace: when something last changed.
    package var changedAt: Int64 = 0
    /// Since when the backlog has grown in every view; nil: it does not.
    package var growingSince: Int64?
    package var isFrozen = false
    package var events: [QueueEvent] = []
    package var lastEvent: UInt64 = 0

    package var focus = Pane.pending
    /// The list shown below the running jobs where only one fits.
    package var lower = Pane.pending
    package var isZoomed = false
    package var lists: [Pane: ListState] = [:]
    package var eventsUp = 0
    package var filter: FilterState?
    package var marks: Set<String> = []
    package var followed: String?

    package var sheet = Sheet.none
    package var prompt: Prompt?
    package var question: Question?
    package var help: Int?
    package var notice: Notice?
    package var histories: [Prompt.Purpose: [String]] = [:]
    /// The job that was clicked last, and when (steady milliseconds).
    package var lastClick: (id: String, at: Int64)?
    package var quitting: Quitting?
    /// The queue of a server that is gone was taken over, and no view of it has come yet.
    package var hasTakenOver = false
    /// Crash-tests of this console, and the jobs they lost.
    package var crashTests: (count: Int, lost: Int) = (0, 0)
    /// What the newest of them proved, also after it was left.
    package var lastProof: ProofState?

    package enum Quitting: Sendable, Equatable {
        case draining(isSecond: Bool)
        case done
    }

    package struct Notice: Sendable, Equatable {
        package var text: String
        package var style: Style
        /// Steady milliseconds.
        package var until: Int64
    }

    package init(settings: Settings, size: Size, moment: Moment, isEmbedded: Bool) {
        self.settings = settings
        self.keys = KeyMap(vimKeys: settings.vimKeys, readOnly: settings.isReadOnly)
        self.size = size
        self.moment = moment
        self.connection = isEmbedded ? .embedded : .attached
        for pane in Pane.allCases { self.lists[pane] = ListState() }
    }

    package static func == (left: Model, right: Model) -> Bool {
        left.view == right.view && left.moment == right.moment && left.size == right.size
            && left.sheet == right.sheet && left.prompt == right.prompt && left.question == right.question
            && left.lists == right.lists && left.filter == right.filter && left.marks == right.marks
            && left.focus == right.focus && left.notice == right.notice && left.connection == right.connection
            && left.isZoomed == right.isZoomed && left.help == right.help && left.events == right.events
            && left.lower == right.lower && left.quitting == right.quitting
    }

    /// Where the next key goes.
    package var place: Place {
        if self.question != nil { return .question }
        if self.help != nil { return .help }
        return switch self.sheet {
        case .none: .main
        case .detail: .detail
        case .errors: .errors
        case .preview: .preview
        case .crashMenu: .crashMenu
        case .recovery: .recovery
        case .proof: .proof
        }
    }

    /// The list the keys go to: the filter's where there is one.
    package var focused: ListState {
        if let filter = self.filter { return filter.list }
        return self.lists[self.focus] ?? ListState()
    }

    package var status: QueueStatus? { self.view?.status }
    package var isLost: Bool { if case .lost = self.connection { true } else { false } }
}

/// The rows of a list that are known, and the cursor in it, which belongs to a job and not to a row.
package struct ListState: Sendable, Equatable {
    package var rows: [JobSummary] = []
    /// Place of the first known row in the whole list.
    package var position: Int?
    /// nil: the head of the list, whoever is there.
    package var cursor: String?
    /// The job at the cursor left the list and its neighbour took its place: an action asks first.
    package var isUnsure = false
    package var fromEnd = false
    /// The first row shown, among the known ones.
    package var top = 0
    /// Rows to go on, once those beyond the known ones are here: keys do not wait for an answer, and none is lost.
    package var jump: Int?

    package init() {}

    package var cursorIndex: Int? {
        guard let cursor = self.cursor else { return self.rows.isEmpty ? nil : 0 }
        return self.rows.firstIndex { $0.id == cursor }
    }

    package var current: JobSummary? { self.cursorIndex.map { self.rows[$0] } }

    /// The first row to show so that the cursor is in sight.
    package func shownTop(height: Int) -> Int {
        let last = max(0, self.rows.count - height)
        guard let cursor = self.cursorIndex else { return min(self.top, last) }
        return min(last, max(min(self.top, cursor), cursor - height + 1))
    }
}

package struct FilterState: Sendable, Equatable {
    package var text: String
    package var filter: JobFilter
    package var list = ListState()
    /// Where each page known so far began; the last one is shown.
    package var pages: [JobCursor?] = [nil]
    package var next: JobCursor?
    package var isAwaited = false
    package var askedAt: Int64 = 0
    package var hasAnswer = false
    /// An answer comes after some tenths of a second, also where nothing was found until then: what the page has so far, and
    /// where looking for the rest of it goes on.
    package var found: [JobSummary] = []
    package var sought: JobCursor?
    /// When the search began that goes on, and how long the last whole one took (steady milliseconds).
    package var beganAt: Int64 = 0
    package var tookMilliseconds: Int64 = 0
    /// All that match are marked, also those that are not in sight.
    package var marksAll = false
}

/// What covers the main screen.
package enum Sheet: Sendable, Equatable {
    case none
    case detail(DetailState)
    case errors(ErrorsState)
    case preview(PreviewState)
    case crashMenu(CrashMenuState)
    case recovery(RecoveryState)
    case proof(ProofState)
}

package struct DetailState: Sendable, Equatable {
    package var id: String
    package var details: JobDetails?
    package var records: [Inspection.Line]?
    package var failure: String?
    package var output: [UInt8] = []
    package var outputOffset: Int64 = 0
    package var isOutputComplete = false
    package var isOutputAwaited = false
    /// Steady milliseconds.
    package var outputAskedAt: Int64 = 0
    /// Bytes in the last answer.
    package var outputPiece = 0
    package var isAwaited = false
    package var askedAt: Int64 = 0
    /// Which run's output is shown, counted from 1 in the history; nil is the newest.
    package var run: Int?
    /// 1 runs, 2 facts, 3 why, 4 output, 5 payload, 6 records.
    package var part = 4
    package var scroll: [Int: Int] = [:]
    package var isZoomed = false
    package var follows = false
    /// Values of redacted names are shown.
    package var isRevealed = false
    /// The payload has such values, and they are not shown.
    package var hidesValues = false
    /// Output and payload in the lines of their parts, as they stood when one of them or the size last changed.
    var laidOut: [Int: LaidOutText] = [:]
    /// The list it was opened from, for the job before and after.
    package var neighbours: [String] = []
    package var origin: String
    /// The errors by kind, if it was opened there: that is where one goes back to.
    package var errors: ErrorsState?
    /// Jobs of that list before the first neighbour, and of the whole list, where they are known.
    package var before = 0
    package var total: Int?

    package init(id: String, neighbours: [String], origin: String) {
        self.id = id
        self.neighbours = neighbours
        self.origin = origin
    }
}

package struct ErrorsState: Sendable, Equatable {
    package var groups: [FailureGroup]?
    package var failure: String?
    package var kind = 0
    package var jobs: [JobSummary] = []
    package var job = 0
    package var isInJobs = false
    /// The end of what this job wrote last.
    package var outputOf: String?
    package var output = ""
    package var askedAt: Int64 = 0
    package var isAwaited = false

    package init() {}
    package var current: JobSummary? { self.jobs.indices.contains(self.job) ? self.jobs[self.job] : nil }
    package var group: FailureGroup? {
        guard let groups = self.groups, groups.indices.contains(self.kind) else { return nil }
        return groups[self.kind]
    }
}

package struct Prompt: Sendable, Equatable {
    package enum Purpose: Sendable, Hashable {
        case enqueue
        case filter
        case createAction
        case createPayload(action: String)
        case write
        case limits
    }

    package var purpose: Purpose
    package var text: String
    /// Characters before the cursor.
    package var cursor: Int
    package var completions: [String] = []
    /// Tab was pressed, its answer has not come.
    package var isCompleting = false
    /// Enter came before that answer: it takes what is completed, not what was typed so far.
    package var entersCompleted = false
    package var historyPlace: Int?
    package var note: String?

    package init(_ purpose: Purpose, text: String = "") {
        self.purpose = purpose
        self.text = text
        self.cursor = text.count
    }
}

/// Asks before something is done.
package struct Question: Sendable, Equatable {
    package var title: String
    package var lines: [String]
    package var actionLabel: String
    /// The way out: not "Cancel" where that is what is asked about.
    package var noLabel = "Cancel"
    /// What is done on yes.
    package var effect: Effect
    /// The cursor stands on Cancel first.
    package var isYes = false
    /// This must be typed before yes is taken.
    package var mustType: String?
    package var typed = ""
    package var isDangerous = false
}
