internal import BeaverQueue

/// What becomes of the model when something happens: pure, so that every key in every place can be tried in a table.
extension Model {
    package mutating func update(_ message: Message) -> [Effect] {
        let effects = self.take(message)
        self.layOutDetail()
        return effects
    }

    private mutating func take(_ message: Message) -> [Effect] {
        switch message {
        case .key(let key): return self.key(key)
        case .mouse(let mouse, let row, let column): return self.mouse(mouse, row: row, column: column)
        case .paste(let text): return self.paste(text)
        case .resized(let size):
            self.size = size
            return self.askView()
        case .tick: return self.tick()
        case .stopAsked: return [.suspend(self.suspendLine)]
        case .endAsked: return self.endAsked()
        // Nobody has asked for haste, however often the system says it.
        case .hungUp: return self.quitting == nil ? self.quit(.drain) : []
        case .view(let result): return self.took(view: result)
        case .stopped:
            self.quitting = .done
            return []
        case .logLine(let line):
            self.say(line)
            return []
        case .list(let purpose, let result): return self.took(purpose, result)
        case .details, .records, .output: return self.tookDetail(message)
        case .groups(let result): return self.took(groups: result)
        case .selected(let action, let label, let result): return self.selected(action, label, result)
        case .acted(let what, let result): return self.acted(what, result)
        case .completions(let text, let names): return self.took(completions: names, of: text)
        case .checked(let check): return self.took(check: check)
        case .known(let path, let result): return self.took(known: result, of: path)
        case .takeProgress(let count): return self.took(progress: count)
        case .taken(let result): return self.took(taken: result)
        case .crashFacts(let facts): return self.took(facts: facts)
        case .crashed(let outcome): return self.took(outcome: outcome)
        case .account(let number, let account): return self.took(account, of: number)
        case .tookOver(let failure): return self.tookOver(failure)
        }
    }

    /// When `tick` has something to do next, in steady milliseconds.
    package var wakeAt: Int64 {
        let now = self.moment.steadyMilliseconds
        // The clock in the header.
        var next = now + 1_000 - self.moment.wallMilliseconds % 1_000
        if !self.isViewAwaited, !self.isFrozen { next = min(next, max(now, self.nextViewAt)) }
        if let notice = self.notice { next = min(next, max(now, notice.until)) }
        if case .recovery(let state) = self.sheet, state.outcome != nil { next = min(next, max(now, state.nextAt)) }
        if case .detail(let state) = self.sheet, state.follows { next = min(next, now + 250) }
        return next
    }

    private mutating func tick() -> [Effect] {
        let now = self.moment.steadyMilliseconds
        if let notice = self.notice, notice.until <= now { self.notice = nil }
        var effects: [Effect] = []
        if now >= self.nextViewAt, !self.isViewAwaited { effects += self.askView() }
        if !self.isFrozen {
            effects += self.refreshFilter()
            effects += self.refreshDetail()
            effects += self.refreshErrors()
        }
        self.advanceRecovery()
        return effects
    }

    // MARK: Views

    /// Asks for what is in sight, unless an answer is on its way.
    mutating func askView() -> [Effect] {
        guard !self.isFrozen, self.quitting != .done else { return [] }
        if case .recovery(let state) = self.sheet, state.outcome == nil { return [] }
        guard !self.isViewAwaited else {
            self.isViewStale = true
            return []
        }
        self.isViewAwaited = true
        self.isViewStale = false
        self.awaitedView = self.wantedView
        return [.view(self.awaitedView)]
    }

    private mutating func took(view result: Result<QueueView, QueueError>) -> [Effect] {
        self.isViewAwaited = false
        let now = self.moment.steadyMilliseconds
        switch result {
        case .success(let view):
            if self.isLost {
                self.connection = .attached
                self.lastEvent = 0
                self.notify("the server answers again", .good)
            }
            if self.hasChanged(view) { self.changedAt = now }
            self.growingSince = view.status.rates.backlogPerSecond > 0.05 ? self.growingSince ?? now : nil
            self.nextViewAt = now + self.pace(view)
            self.take(events: view.events)
            self.view = view
            self.sayWhatIsParked(view.status)
            for (request, rows) in zip(self.awaitedView.panes, view.panes) {
                guard let pane = Pane.allCases.first(where: { $0.list == request.list }) else { continue }
                self.take(rows, into: pane, asked: request)
            }
            return self.followJob() + (self.isViewStale ? self.askView() : [])
        case .failure(let error):
            self.nextViewAt = now + 500
            self.failed(error)
            return []
        }
    }

    /// Ten views a second would be seen by nobody while nothing happens.
    private func pace(_ view: QueueView) -> Int64 {
        let isBusy = view.status.jobs.inFlight > 0 || view.status.state == .recovering
        let isRecent = self.moment.steadyMilliseconds - self.changedAt < 2_000
        return isBusy && isRecent ? 200 : isRecent ? 300 : 1_000
    }

    private func hasChanged(_ view: QueueView) -> Bool {
        guard let old = self.view else { return true }
        return old.status.jobs.enqueuedTotal != view.status.jobs.enqueuedTotal
            || old.status.wal.lastSequence != view.status.wal.lastSequence || old.status.state != view.status.state
    }

    mutating func failed(_ error: QueueError) {
        switch self.connection {
        case .embedded:
            if self.quitting == nil, self.isRecovering == false { self.notify(error.message, .bad) }
        case .attached:
            self.connection = .lost(since: self.moment.steadyMilliseconds, reason: error.message)
            self.local(.error, "the server does not answer: \(error.message)")
        case .lost: break
        }
    }

    private var isRecovering: Bool { if case .recovery = self.sheet { true } else { false } }

    // MARK: Events and notices

    private mutating func take(events: [QueueEvent]) {
        // Another engine counts anew.
        if let newest = events.last?.number, newest < self.lastEvent { self.lastEvent = 0 }
        let new = events.filter { $0.number > self.lastEvent }
        guard let last = new.last else { return }
        self.lastEvent = last.number
        self.append(events: new)
    }

    private mutating func append(events: [QueueEvent]) {
        // Who has scrolled up goes on reading what is in sight.
        let before = self.eventsUp > 0 ? EventLines(self).all.count : 0
        self.events += events
        if self.eventsUp > 0 { self.eventsUp += EventLines(self).all.count - before }
        if self.events.count > 600 { self.events.removeFirst(self.events.count - 500) }
    }

    mutating func say(_ line: QueueLogLine) { self.local(line.level, line.message) }

    /// A line of the console's own in the events pane.
    mutating func local(_ level: QueueLogLine.Level, _ message: String) {
        self.append(events: [
            QueueEvent(number: 0, time: self.moment.wallMilliseconds, level: level, message: message)
        ])
    }

    /// A sentence in the place of the footer, for a moment.
    mutating func notify(_ text: String, _ style: Style = .plain, seconds: Int64 = 5) {
        self.notice = Notice(text: text, style: style, until: self.moment.steadyMilliseconds + seconds * 1_000)
    }

    mutating func acted(_ what: String, _ result: Result<String, QueueError>) -> [Effect] {
        switch result {
        case .success(let answer):
            self.notify(answer, .good)
            self.local(.info, answer)
        case .failure(let error):
            self.notify("\(what): \(error.message)", .bad, seconds: 8)
            self.local(.warning, "\(what): \(error.message)")
        }
        self.nextViewAt = 0
        return self.askView()
    }

    /// The server that is gone may have had handlers, or `--allow-exec`, that this console was not given.
    private mutating func sayWhatIsParked(_ status: QueueStatus) {
        guard self.hasTakenOver, status.state == .running else { return }
        self.hasTakenOver = false
        guard let parked = status.parkedActions.first else { return }
        let count = Figures.count(status.jobs.parked, "job")
        self.notify("the queue runs in this console now, but \(count) wait: \(parked.reason)", .warning, seconds: 15)
    }

    private mutating func tookOver(_ failure: String?) -> [Effect] {
        if let failure {
            self.notify(failure, .bad, seconds: 8)
            return []
        }
        self.connection = .embedded
        self.lastEvent = 0
        self.hasTakenOver = true
        self.notify("the queue runs in this console now", .good)
        self.nextViewAt = 0
        return self.askView()
    }
}

/// The end.
extension Model {
    /// On the shell when the program is stopped by Ctrl-Z.
    var suspendLine: String {
        let running = self.status?.jobs.inFlight ?? 0
        guard case .embedded = self.connection else { return "the console is stopped; fg goes on\n" }
        let work = running > 0 ? "; \(Figures.count(running, "command")) of it go on" : ""
        return "the console and its engine are stopped, no job is started\(work); fg goes on\n"
    }

    mutating func endAsked() -> [Effect] {
        if case .draining = self.quitting { return self.quit(.now) }
        return self.quit(.drain)
    }

    mutating func quit(_ kind: Effect.Quit) -> [Effect] {
        guard case .embedded = self.connection, kind != .leaveRunning else {
            if case .embedded = self.connection {
                self.quitting = .draining(isSecond: false)
                return [.quit(.leaveRunning)]
            }
            self.quitting = .done
            return []
        }
        if case .draining(let isSecond) = self.quitting {
            if isSecond { return [] }
            self.quitting = .draining(isSecond: true)
            return [.quit(.now)]
        }
        self.quitting = .draining(isSecond: kind == .now)
        self.sheet = .none
        self.question = nil
        self.prompt = nil
        self.help = nil
        return [.quit(kind)]
    }
}
