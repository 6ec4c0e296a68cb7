/// A key as it comes from a terminal.
package enum Key: Sendable, Hashable {
    case character(Unicode.Scalar)
    /// Ctrl with a letter.
    case control(Unicode.Scalar)
    case up
    case down
    case left
    case right
    case home
    case end
    case pageUp
    case pageDown
    case tab
    case backTab
    case enter
    case escape
    case backspace
    case delete
    case other

    /// As help and footer write it.
    package var name: String {
        switch self {
        case .character(" "): "Space"
        case .character(let scalar): String(scalar)
        case .control(let scalar): "Ctrl-\(scalar)"
        case .up: "Up"
        case .down: "Down"
        case .left: "Left"
        case .right: "Right"
        case .home: "Home"
        case .end: "End"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .tab: "Tab"
        case .backTab: "Shift-Tab"
        case .enter: "Enter"
        case .escape: "Esc"
        case .backspace: "Backspace"
        case .delete: "Del"
        case .other: "?"
        }
    }
}

/// What a key does.
package enum Action: Sendable, Hashable {
    case up, down, pageUp, pageDown, first, last
    case nextPane, previousPane
    case pane(Int)
    case zoom, filter, nextMatch, previousMatch, groups, open, mark, markAll
    case followOutput, followJob, freeze
    case retry, cancel, purge
    case write, help, redraw, back
    case enqueue, create, pause, moreWorkers, fewerWorkers, snapshot, reload, crashTest
    case takeOver, reveal, previousRun, nextRun, previousJob, nextJob
    case quit, quitLeaving, suspend
    /// Chooses the entry of a menu with this number.
    case choose(Int)
    case confirm, readAgain, takeGood, limits, lookThrough, addLoad, saveReport, records, endAsking
    /// Does nothing and says so.
    case unbound
}

/// Where a key holds.
package enum Place: String, Sendable, CaseIterable {
    case main = "Main screen"
    case detail = "A job"
    case errors = "Errors by kind"
    case preview = "Preview of a file"
    case crashMenu = "Crash-test"
    case recovery = "Recovery"
    case proof = "The proof"
    case question = "Questions"
    case help = "Help"
}

/// One row of the table of keys.
package struct Binding: Sendable, Equatable {
    package let keys: [Key]
    package let action: Action
    /// For the footer: one or two words.
    package let label: String
    /// For the help: a line.
    package let help: String
    package let places: [Place]
    /// Changes the queue: not there with --read-only.
    package let changes: Bool
}

/// The one table of keys: what handles them, and what help, footer and docs/console.md say.
package struct KeyMap: Sendable, Equatable {
    package let bindings: [Binding]

    /// The table, as the settings want it.
    ///
    /// With `vimKeys` h, j, k and l move, and the crash-test is X. With `readOnly` no key is bound that changes something.
    package init(vimKeys: Bool = false, readOnly: Bool = false) {
        self.bindings = Self.table(vimKeys).filter { !readOnly || !$0.changes }
    }

    package func action(for key: Key, in place: Place) -> Action? {
        self.bindings.first { $0.places.contains(place) && $0.keys.contains(key) }?.action
    }

    /// Whether a key would act here if the console were not read-only.
    package static func isWithheld(_ key: Key, in place: Place, vimKeys: Bool) -> Bool {
        self.table(vimKeys).contains { $0.changes && $0.places.contains(place) && $0.keys.contains(key) }
    }

    package func bindings(in place: Place) -> [Binding] { self.bindings.filter { $0.places.contains(place) } }

    private static func bind(
        _ keys: [Key],
        _ action: Action,
        _ label: String,
        _ help: String,
        _ places: [Place],
        changes: Bool = false
    ) -> Binding {
        Binding(keys: keys, action: action, label: label, help: help, places: places, changes: changes)
    }

    private static func table(_ vimKeys: Bool) -> [Binding] {
        self.work(vimKeys) + self.looking + self.jobs + self.moving(vimKeys) + self.sheets + self.program
    }

    private static func work(_ vimKeys: Bool) -> [Binding] {
        [
            self.bind(
                [.character("e")],
                .enqueue,
                "enqueue",
                "take a file of jobs or commands; Tab completes, a preview comes first",
                [.main],
                changes: true
            ),
            self.bind(
                [.character("c")],
                .create,
                "create",
                "create one job: action, then payload",
                [.main],
                changes: true
            ),
            self.bind(
                [.character("p")],
                .pause,
                "pause",
                "pause the workers, or let them go on; running jobs finish",
                [.main],
                changes: true
            ),
            self.bind(
                [.character(vimKeys ? "X" : "k")],
                .crashTest,
                "crash-test",
                "crash the engine and read the proof; a menu comes first",
                [.main],
                changes: true
            ),
            self.bind([.character("+")], .moreWorkers, "worker more", "one worker more", [.main], changes: true),
            self.bind([.character("-")], .fewerWorkers, "worker fewer", "one worker fewer", [.main], changes: true),
            self.bind([.character("s")], .snapshot, "snapshot", "write a snapshot now", [.main], changes: true),
            self.bind(
                [.character("L")],
                .reload,
                "reload",
                "read the configuration file again",
                [.main],
                changes: true
            ),
            self.bind(
                [.character("t")],
                .takeOver,
                "take over",
                "run the queue here once its server is gone",
                [.main],
                changes: true
            ),
        ]
    }

    private static let looking: [Binding] = [
        bind(
            [.character("/")],
            .filter,
            "filter",
            "filter: text, action:resize, error:timeout, state:dead, id:a*, age>30s; Esc clears",
            [.main, .errors]
        ),
        bind([.character("n")], .nextMatch, "next", "next match", [.main]),
        bind([.character("N")], .previousMatch, "previous", "match before", [.main]),
        bind([.character("o")], .groups, "errors", "failures by kind of error", [.main]),
        bind([.enter], .open, "open", "everything about the job at the cursor", [.main, .errors]),
        bind([.character("z")], .zoom, "zoom", "this pane on the whole screen, and back", [.main, .detail]),
        bind([.character("f")], .followOutput, "output", "follow the output of the job", [.main, .detail]),
        bind([.character("F")], .followJob, "follow", "follow the job wherever it goes", [.main]),
        bind([.character("Z")], .freeze, "freeze", "freeze the screen to read, and let it go on", [.main]),
        bind(
            [.character("w")],
            .write,
            "write",
            "write what the pane shows to a file that enqueue takes back",
            [.main, .detail, .errors]
        ),
        bind([.character(".")], .reveal, "reveal", "show values that are hidden in payloads", [.detail]),
        bind([.character("[")], .previousRun, "run before", "output of the run before", [.detail]),
        bind([.character("]")], .nextRun, "next run", "output of the next run", [.detail]),
        bind([.character("<")], .previousJob, "job before", "the job before in the list", [.detail]),
        bind([.character(">")], .nextJob, "next job", "the next job in the list", [.detail]),
    ]

    private static let jobs: [Binding] = [
        bind([.character(" ")], .mark, "mark", "mark the job, or take the mark away", [.main, .errors]),
        bind([.character("*")], .markAll, "mark all", "mark all that match the filter", [.main, .errors]),
        bind(
            [.character("r")],
            .retry,
            "retry",
            "retry the marked jobs, or this one",
            [.main, .detail, .errors],
            changes: true
        ),
        bind(
            [.character("d")],
            .cancel,
            "cancel",
            "cancel the marked jobs, or this one; a running one is ended",
            [.main, .detail, .errors],
            changes: true
        ),
        bind(
            [.character("x")],
            .purge,
            "purge",
            "purge the marked jobs, or this one: it is gone for good",
            [.main, .detail, .errors],
            changes: true
        ),
    ]

    private static func moving(_ vimKeys: Bool) -> [Binding] {
        let places: [Place] = [.main, .detail, .errors, .help, .preview, .crashMenu, .question, .proof]
        func vim(_ scalar: Unicode.Scalar) -> [Key] { vimKeys ? [.character(scalar)] : [] }
        var rows = [
            self.bind([.up] + vim("k"), .up, "up", "up", places),
            self.bind([.down] + vim("j"), .down, "down", "down", places),
            self.bind([.pageUp, .control("b")], .pageUp, "page up", "a page up", places),
            self.bind([.pageDown, .control("f")], .pageDown, "page down", "a page down", places),
            self.bind([.home, .character("g")], .first, "first", "the first row", places),
            self.bind([.end, .character("G")], .last, "last", "the last row", places),
            self.bind([.tab, .right] + vim("l"), .nextPane, "next pane", "the next pane", [.main, .detail, .errors]),
            self.bind(
                [.backTab, .left] + vim("h"),
                .previousPane,
                "pane before",
                "the pane before",
                [.main, .detail, .errors]
            ),
        ]
        // The panes of the main screen, and the parts of a job's screen.
        for number in 1...max(Pane.allCases.count, DetailParts.names.count) {
            let key = Unicode.Scalar(UInt8(48 + number))
            let places: [Place] =
                (number <= Pane.allCases.count ? [.main] : []) + (number <= DetailParts.names.count ? [.detail] : [])
            rows.append(self.bind([.character(key)], .pane(number), "pane", "pane \(number)", places))
        }
        if !vimKeys {
            rows.append(
                self.bind(
                    [.character("j")],
                    .unbound,
                    "",
                    "not bound, lest fingers press k; see console.vim_keys",
                    [.main]
                )
            )
        }
        return rows
    }

    private static let sheets: [Binding] =
        [
            bind([.enter], .confirm, "take", "take what is good, all or nothing", [.preview], changes: true),
            bind([.character("R")], .readAgain, "read again", "read the file again", [.preview]),
            bind(
                [.character("S")],
                .takeGood,
                "take the good ones",
                "take the good ones; the bad ones go to a file beside it",
                [.preview],
                changes: true
            ),
            bind([.character("t")], .limits, "limits", "limits of commands: time-out and retries", [.preview]),
            bind([.character("l")], .lookThrough, "look through", "look through the jobs, and back", [.preview]),
            bind([.enter], .confirm, "do it", "do what is chosen", [.crashMenu, .question]),
            bind([.left, .backTab], .up, "left", "the choice before", [.question]),
            bind([.right, .tab], .down, "right", "the next choice", [.question]),
            bind(
                [.character("l")],
                .addLoad,
                "add load",
                "add labelled test jobs first, removed afterwards",
                [.crashMenu],
                changes: true
            ),
            bind([.enter], .back, "back", "back to work", [.proof, .help]),
            bind([.character("v")], .records, "records", "the steps of the recovery, with their times", [.proof]),
            bind([.character("v")], .records, "proof", "the newest proof again", [.crashMenu]),
            bind([.character("c")], .endAsking, "ask no more", "ask for no more of the jobs, and say so", [.proof]),
            bind([.character("w")], .saveReport, "save report", "write the proof to a file", [.proof]),
        ]
        + (0...4).map { number in
            bind(
                [.character(Unicode.Scalar(UInt8(48 + number)))],
                .choose(number),
                "choose",
                "choose entry \(number)",
                [.crashMenu]
            )
        }

    private static let program: [Binding] = [
        bind([.character("?")], .help, "help", "every key", [.main, .detail, .errors, .preview, .crashMenu, .proof]),
        bind([.escape], .back, "back", "back; clears filter and marks", Place.allCases),
        bind(
            [.character("q")],
            .back,
            "back",
            "back",
            [.detail, .errors, .preview, .crashMenu, .proof, .help, .question]
        ),
        bind(
            [.character("q"), .control("c")],
            .quit,
            "quit",
            "quit: running jobs finish first; a second time stops now",
            [.main]
        ),
        bind(
            [.control("c")],
            .quit,
            "quit",
            "quit",
            [.detail, .errors, .preview, .crashMenu, .recovery, .proof, .help]
        ),
        bind(
            [.character("Q")],
            .quitLeaving,
            "quit, go on",
            "quit and leave the queue running without a console",
            [.main],
            changes: true
        ),
        bind([.control("l")], .redraw, "redraw", "draw everything again", Place.allCases),
        bind([.control("z")], .suspend, "suspend", "stop as in any program; fg goes on", Place.allCases),
    ]
}
