internal import BeaverQueue

/// Keys, wherever they go.
extension Model {
    mutating func key(_ key: Key) -> [Effect] {
        if self.quitting != nil { return self.keyWhileQuitting(key) }
        if self.prompt != nil, key != .control("z"), key != .control("l") { return self.promptKey(key) }
        if self.question?.mustType != nil, let effects = self.typedKey(key) { return effects }
        if case .crashMenu(let menu) = self.sheet, menu.chosen == 4, let effects = self.crashTypedKey(key) {
            return effects
        }
        let place = self.place
        guard let action = self.keys.action(for: key, in: place) else { return self.unknown(key, place) }
        return self.perform(action, place)
    }

    private mutating func keyWhileQuitting(_ key: Key) -> [Effect] {
        switch key {
        case .character("q"), .control("c"): return self.quit(.now)
        case .control("z"): return [.suspend(self.suspendLine)]
        case .control("l"): return [.redraw]
        default: return []
        }
    }

    private mutating func unknown(_ key: Key, _ place: Place) -> [Effect] {
        if case .recovery = self.sheet { return self.hurryRecovery() }
        if self.settings.isReadOnly, KeyMap.isWithheld(key, in: place, vimKeys: self.settings.vimKeys) {
            self.notify("\(key.name) changes the queue, and this console was started with --read-only", .warning)
        } else if key != .other {
            self.notify("\(key.name) does nothing here; ? shows every key", .dim, seconds: 3)
        }
        return []
    }

    private mutating func perform(_ action: Action, _ place: Place) -> [Effect] {
        switch action {
        case .redraw: return [.redraw]
        case .suspend: return [.suspend(self.suspendLine)]
        case .help:
            // What holds here is read first; all else stands above and below it.
            self.help = 0
            guard place != .main else { return [] }
            return self.scrollHelp(to: HelpText.start(of: place, self.keys, width: self.helpWidth))
        case .quit: return self.quit(.drain)
        default: break
        }
        switch place {
        case .main: return self.mainKey(action)
        case .detail: return self.detailKey(action)
        case .errors: return self.errorsKey(action)
        case .preview: return self.previewKey(action)
        case .crashMenu: return self.crashMenuKey(action)
        case .recovery: return self.hurryRecovery()
        case .proof: return self.proofKey(action)
        case .question: return self.questionKey(action)
        case .help: return self.helpKey(action)
        }
    }

    private mutating func helpKey(_ action: Action) -> [Effect] {
        let line = self.help ?? 0
        switch action {
        case .up: self.help = max(0, line - 1)
        case .down: self.help = line + 1
        case .pageUp: self.help = max(0, line - max(1, self.size.rows - 4))
        case .pageDown: self.help = line + max(1, self.size.rows - 4)
        case .first: self.help = 0
        case .last: self.help = 10_000
        default: self.help = nil
        }
        return self.help.map { self.scrollHelp(to: $0) } ?? []
    }

    private var helpWidth: Int { self.size.columns - 4 }

    private mutating func scrollHelp(to line: Int) -> [Effect] {
        let count = HelpText.lines(self.keys, width: self.helpWidth).count
        self.help = min(line, max(0, count - max(1, self.size.rows - 3)))
        return []
    }

    // MARK: Main screen

    private mutating func mainKey(_ action: Action) -> [Effect] {
        switch action {
        case .up, .down, .pageUp, .pageDown, .first, .last: return self.move(action)
        case .nextPane: return self.choose(self.neighbour(1))
        case .previousPane: return self.choose(self.neighbour(-1))
        case .pane(let number): return self.choose(Pane(rawValue: number) ?? .pending)
        case .zoom:
            self.isZoomed.toggle()
            return self.askView()
        case .filter:
            self.prompt = Prompt(.filter, text: self.filter?.text ?? "")
            return []
        case .nextMatch, .previousMatch:
            guard self.filter != nil else {
                self.notify("there is no filter; / sets one", .dim)
                return []
            }
            return self.move(action == .nextMatch ? .down : .up)
        case .back: return self.back()
        case .freeze:
            self.isFrozen.toggle()
            self.notify(self.isFrozen ? "frozen; Z lets it go on" : "live again", .warning)
            return self.isFrozen ? [] : self.askView()
        case .groups: return self.openErrors()
        case .open, .followOutput: return self.openDetail(follows: action == .followOutput)
        case .mark, .markAll: return self.mark(all: action == .markAll)
        case .followJob: return self.toggleFollow()
        case .unbound:
            self.notify("j is not bound, lest a finger press k, which is the crash-test; arrows move", .warning)
            return []
        case .write: return self.askWrite()
        case .quitLeaving: return self.quitLeaving()
        default: return self.workKey(action)
        }
    }

    /// Keys that change the queue: they need its answer.
    private mutating func workKey(_ action: Action) -> [Effect] {
        if action == .takeOver {
            guard self.isLost else {
                self.notify("the queue has its server; t is for when it is gone", .dim)
                return []
            }
            self.notify("taking the queue over", .warning)
            return [.takeOver]
        }
        if case .lost = self.connection {
            self.notify("the server does not answer: nothing can be changed now; t runs the queue here", .warning)
            return []
        }
        let workers = self.status?.workers
        switch action {
        case .enqueue:
            self.prompt = Prompt(.enqueue)
            return []
        case .create:
            self.prompt = Prompt(.createAction)
            return []
        case .pause: return [.pause(!(workers?.paused ?? false))]
        case .moreWorkers: return [.setWorkers(min(4_096, (workers?.count ?? 0) + 1))]
        case .fewerWorkers: return [.setWorkers(max(0, (workers?.count ?? 1) - 1))]
        case .snapshot: return [.snapshot]
        case .reload: return [.reload]
        case .crashTest: return self.openCrashMenu()
        case .retry: return self.act(.retry)
        case .cancel: return self.act(.cancel)
        case .purge: return self.act(.purge)
        default: return []
        }
    }

    private mutating func back() -> [Effect] {
        if self.filter != nil {
            self.filter = nil
        } else if !self.marks.isEmpty {
            self.marks = []
            self.notify("no mark", .dim)
        } else if self.isZoomed {
            self.isZoomed = false
        } else if self.followed != nil {
            self.followed = nil
        } else {
            self.lists[self.focus]?.cursor = nil
            self.lists[self.focus]?.fromEnd = false
            self.lists[self.focus]?.top = 0
            self.notice = nil
        }
        return self.askView()
    }

    private mutating func quitLeaving() -> [Effect] {
        guard case .embedded = self.connection else { return self.quit(.drain) }
        self.question = Question(
            title: "Quit and leave the queue running?",
            lines: [
                "A server without a console goes on in the background on this directory;",
                "jobs that run now finish first. beaver-tui brings the console back.",
            ],
            actionLabel: "Leave it running",
            effect: .quit(.leaveRunning)
        )
        return [.dropTyped]
    }

    // MARK: Mouse and paste

    mutating func mouse(_ mouse: Mouse, row: Int, column: Int) -> [Effect] {
        guard self.prompt == nil, self.question == nil, self.quitting == nil else { return [] }
        switch mouse {
        case .wheelUp: return self.wheel(.up, row: row, column: column)
        case .wheelDown: return self.wheel(.down, row: row, column: column)
        case .click:
            guard self.place == .main else { return [] }
            return self.click(row: row, column: column)
        }
    }

    /// Moves in what is under the pointer.
    private mutating func wheel(_ action: Action, row: Int, column: Int) -> [Effect] {
        var effects: [Effect] = []
        if self.place == .main, self.filter == nil, let hit = MainLayout(self).hit(row: row, column: column),
            hit.pane != self.focus
        {
            effects = self.choose(hit.pane)
        }
        return effects + (0..<3).flatMap { _ in self.perform(action, self.place) }
    }

    /// What two clicks on one place within this time mean is decided here: a terminal knows presses only.
    private static var doubleClickMilliseconds: Int64 { 500 }

    private mutating func click(row: Int, column: Int) -> [Effect] {
        let layout = MainLayout(self)
        if let pane = Tabs(self, layout).hit(row: row, column: column) { return self.choose(pane) }
        guard let hit = layout.hit(row: row, column: column) else { return [] }
        var effects: [Effect] = []
        if self.filter != nil {
            // Its rows are in the place of the list below; a click elsewhere must not take it away.
            guard hit.pane == self.lower else { return [] }
        } else if hit.pane != self.focus {
            effects += self.choose(hit.pane)
        }
        guard let place = hit.row else { return effects }
        self.chooseRow(place, in: hit.pane)
        let (now, before) = (self.moment.steadyMilliseconds, self.lastClick)
        self.lastClick = self.focused.current.map { ($0.id, now) }
        guard let before, let id = self.lastClick?.id, before.id == id,
            now - before.at <= Self.doubleClickMilliseconds
        else { return effects }
        self.lastClick = nil
        return effects + self.openDetail(follows: false)
    }

    /// Pasted text is text: it goes into a prompt and nowhere else.
    mutating func paste(_ text: String) -> [Effect] {
        guard self.prompt != nil else {
            self.notify("pasted text is taken in prompts only", .dim)
            return []
        }
        return self.pasteIntoPrompt(text)
    }
}
