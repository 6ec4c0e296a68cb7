internal import BeaverQueue

/// The main screen.
extension View {
    mutating func drawMain(_ layout: MainLayout) {
        self.drawHeader()
        self.drawBooks()
        if layout.head > 2 { self.drawProgress() }
        let isNew = !self.isBlank && self.status.jobs.enqueuedTotal == 0 && self.model.filter == nil
        if isNew, self.model.focus != .events, layout.form != .wide || self.size.rows >= 16 {
            self.drawWelcome(layout)
        } else {
            switch layout.form {
            case .stacked: self.drawStacked(layout)
            case .wide: self.drawWide(layout)
            default: self.drawSingle(layout)
            }
        }
        let safetyRows = layout.form == .wide ? 0 : layout.foot - 1
        for place in 0..<safetyRows {
            self.drawSafetyLine(place, row: self.size.rows - 1 - safetyRows + place)
        }
        var actions: [Action] = [.enqueue, .pause, .crashTest, .filter, .groups, .open]
        if self.model.isLost {
            actions = [.takeOver]
        } else if self.size.columns >= 100 {
            actions += [.retry, .cancel, .purge, .zoom, .mark]
        }
        let paused = self.status.workers.paused
        self.drawFooter(.main, actions, labels: ["pause": paused ? "resume" : "pause"])
    }

    // MARK: Counts

    /// Every accepted job is in exactly one of these; a term that is 0 and seldom anything else is left out.
    private func terms(_ jobs: QueueStatus.Jobs) -> [Term] {
        var terms = [
            Term("Pending", "wait", jobs.pending), Term("Running", "run", jobs.inFlight),
            Term("Scheduled", "later", jobs.scheduled), Term("Done", "done", jobs.completed, .good),
            Term("Dead", "dead", jobs.dead, .bad),
        ]
        if jobs.parked > 0 { terms.append(Term("Parked", "parked", jobs.parked, .warning)) }
        if jobs.cancelled > 0 { terms.append(Term("Cancelled", "canc", jobs.cancelled)) }
        if jobs.purged > 0 { terms.append(Term("Purged", "purged", jobs.purged)) }
        if jobs.forgotten > 0 { terms.append(Term("Forgotten", "old", jobs.forgotten)) }
        return terms
    }

    /// The row of counts; `isUnknown` while nothing can be said, as in a recovery.
    mutating func drawBooks(isUnknown: Bool = false) {
        let jobs = self.status.jobs
        let width = self.size.columns
        guard jobs.isBalanced else {
            let sum = self.terms(jobs).reduce(0) { $0 + $1.count }
            let text =
                " NOT BALANCED: \(Figures.grouped(sum)) jobs in all states, \(Figures.grouped(jobs.enqueuedTotal)) "
                + "accepted. This is a bug; run beaver-tui verify."
            self.screen.put(TextWidth.left(text, width), row: 1, column: 0, style: .bad)
            return
        }
        let isBlank = isUnknown || self.isBlank
        let total = isBlank ? "-" : Figures.grouped(jobs.enqueuedTotal)
        let books = Books(self.terms(jobs), total: total, isUnknown: isBlank, width: width)
        var column = 1
        for (place, term) in books.terms.enumerated() {
            if place > 0 { column += self.screen.put(books.gap, row: 1, column: column, style: .dim) }
            let style = term.count > 0 && !isBlank ? term.style : .plain
            column += self.screen.put(books.text(term), row: 1, column: column, style: style)
        }
        self.screen.put(books.right, row: 1, column: width - TextWidth.of(books.right))
    }

    /// How much of all that is wanted is done; purged and forgotten jobs were done too, cancelled ones are not wanted.
    var doneShare: Double {
        let jobs = self.status.jobs
        let wanted = jobs.enqueuedTotal - jobs.cancelled
        guard wanted > 0 else { return 0 }
        return Double(jobs.completed + jobs.purged + jobs.forgotten) / Double(wanted)
    }

    /// From the measured change of the backlog, never from a rate it was not measured with.
    var forecast: (text: String, style: Style) {
        let jobs = self.status.jobs
        let backlog = jobs.pending + jobs.scheduled + jobs.inFlight
        if backlog == 0 { return (jobs.parked > 0 ? "parked jobs wait for a handler" : "nothing waits", .dim) }
        if self.model.isLost { return ("nobody knows now", .warning) }
        if self.status.workers.paused { return ("stalled: paused", .warning) }
        // What the log has room for is still done.
        if self.status.state == .full, self.status.rates.completedPerSecond < 0.05 {
            return ("stalled: no room for more log", .warning)
        }
        if self.status.workers.count == 0 { return ("stalled: no workers", .warning) }
        let change = self.status.rates.backlogPerSecond
        if change > 0.05 {
            // A file that was just taken stays in the mean for ten seconds: only what goes on is growth.
            let now = self.model.moment.steadyMilliseconds
            guard let since = self.model.growingSince, now - since >= 15_000 else {
                return ("new jobs came in", .plain)
            }
            return ("growing \(Figures.rate(change))", .warning)
        }
        if change < -0.05 {
            return ("clears in about \(Self.about(Double(backlog) / -change))", .plain)
        }
        if jobs.pending == 0, jobs.inFlight == 0, let next = self.model.view?.nextDue {
            let wait = max(0, next - self.model.moment.wallMilliseconds)
            return ("next is due in \(Figures.length(milliseconds: wait, spaced: true))", .dim)
        }
        return (jobs.inFlight > 0 ? "working" : "waiting", .dim)
    }

    private static func about(_ seconds: Double) -> String {
        switch seconds {
        case ..<90: return "\(max(1, Int(seconds.rounded()))) s"
        case ..<5_400: return "\(Int((seconds / 60).rounded())) min"
        case ..<172_800: return "\(Int((seconds / 3_600).rounded())) h"
        default: return seconds < 1e8 ? "\(Int((seconds / 86_400).rounded())) days" : "years"
        }
    }

    mutating func drawProgress() {
        guard !self.isBlank, self.status.jobs.enqueuedTotal > self.status.jobs.cancelled else { return }
        let width = self.size.columns
        let bar = max(8, min(width * 45 / 100, 66))
        let (done, rest) = Figures.bar(self.doneShare, columns: bar)
        let used = self.screen.put(done, row: 2, column: 1, style: .bar)
        self.screen.put(rest, row: 2, column: 1 + used, style: .barRest)
        let rates = self.status.rates
        var text = "  \(Int(self.doneShare * 100)) %  \(Figures.rate(rates.completedPerSecond))"
        if width >= 110 { text += " out, \(Figures.rate(rates.enqueuedPerSecond)) in " }
        var column = 1 + bar
        column += self.screen.put(text + "  ", row: 2, column: column)
        let (forecast, style) = self.forecast
        self.screen.put(TextWidth.cut(forecast, to: width - column - 1), row: 2, column: column, style: style)
    }

    // MARK: Boxes

    private mutating func drawStacked(_ layout: MainLayout) {
        guard let upper = layout.area(of: .running), layout.boxes.count == 2 else { return }
        let lower = layout.boxes[1]
        let isUpper = self.model.focus == .running && self.model.filter == nil
        let whole = MainLayout.Area(
            row: upper.row,
            column: 0,
            rows: upper.rows + lower.area.rows,
            columns: upper.columns
        )
        self.drawBox(whole, title: self.runningTitle, foot: self.foot(of: lower.pane), isFocused: isUpper)
        self.drawList(.running, row: upper.row + 1, area: upper, height: layout.height(of: .running))
        let row = lower.area.row
        self.screen.put(
            "├" + String(repeating: "─", count: lower.area.columns - 2) + "┤",
            row: row,
            column: 0,
            style: isUpper ? .focusedBorder : .border
        )
        self.drawTabs(row: row)
        self.drawList(lower.pane, row: row + 1, area: lower.area, height: layout.height(of: lower.pane))
    }

    private mutating func drawSingle(_ layout: MainLayout) {
        guard let box = layout.boxes.first else { return }
        self.drawBox(box.area, title: "", foot: self.foot(of: box.pane), isFocused: true)
        self.drawTabs(row: box.area.row)
        self.drawList(box.pane, row: box.area.row + 1, area: box.area, height: layout.height(of: box.pane))
    }

    /// The lists that share one place, on its upper border.
    private mutating func drawTabs(row: Int) {
        let column = 2
        if let filter = self.model.filter {
            var count = filter.hasAnswer ? self.filterCount(filter) : self.looking
            if !filter.hasAnswer, !filter.list.rows.isEmpty { count = "\(self.filterCount(filter)), \(count)" }
            let text = " [filter \(filter.text)] \(count) "
            self.screen.put(TextWidth.cut(text, to: self.size.columns - 4), row: row, column: column, style: .title)
            return
        }
        let tabs = Tabs(self.model, MainLayout(self.model))
        self.screen.put(" ", row: row, column: column)
        for (place, tab) in tabs.tabs.enumerated() {
            if place > 0 {
                let before = tab.columns.lowerBound - TextWidth.of(tabs.separator)
                self.screen.put(tabs.separator, row: row, column: before, style: .dim)
            }
            let isFocused = tab.text.hasPrefix("[") && self.model.focus == tab.pane
            self.screen.put(tab.text, row: row, column: tab.columns.lowerBound, style: isFocused ? .title : .plain)
        }
        self.screen.put(" ", row: row, column: tabs.end)
    }

    func name(of pane: Pane) -> String { self.model.name(of: pane) }

    func count(of pane: Pane) -> Int { self.model.count(of: pane) }

    var runningTitle: String {
        if self.isBlank { return "1 Running -" }
        let workers = self.status.workers
        var title = "1 Running \(Figures.grouped(self.status.jobs.inFlight)) · Workers \(workers.busy) of "
        title += "\(workers.count) busy"
        if workers.stuck > 0 { title += " · \(workers.stuck) STUCK" }
        return title
    }

    /// "1-5 of 1,860".
    func foot(of pane: Pane) -> String {
        if pane == .events, self.model.filter == nil {
            return self.model.eventsUp > 0 ? "\(self.model.eventsUp) newer below" : ""
        }
        let list = self.model.filter?.list ?? self.model.lists[pane] ?? ListState()
        guard !list.rows.isEmpty else { return "" }
        let height = MainLayout(self.model).height(of: pane)
        let top = list.shownTop(height: height)
        let end = min(list.rows.count, top + height)
        var text: String
        if let filter = self.model.filter {
            let before = (filter.pages.count - 1) * Model.pageRows
            text = "\(before + top + 1)-\(before + end) of \(self.filterCount(filter))"
        } else if let known = list.position {
            let of = Figures.grouped(self.count(of: pane))
            // Rows that stand still while one scrolls are older than the count: the list has become shorter before them.
            let position = max(0, min(known, self.count(of: pane) - list.rows.count))
            text = "\(Figures.grouped(position + top + 1))-\(Figures.grouped(position + end)) of \(of)"
        } else {
            text = "\(Figures.grouped(self.count(of: pane))) in all"
        }
        if self.model.filter?.marksAll == true { text += " · all marked" }
        if !self.model.marks.isEmpty { text += " · \(Figures.grouped(self.model.marks.count)) marked" }
        if let followed = self.model.followed { text += " · following \(TextWidth.cut(followed, to: 20))" }
        return text
    }

    private func filterCount(_ filter: FilterState) -> String {
        let count = (filter.pages.count - 1) * Model.pageRows + filter.list.rows.count
        return Figures.grouped(count) + (filter.next == nil && filter.hasAnswer ? "" : " or more")
    }

    /// How far the search of a page has come: jobs are read in the order in which they were accepted.
    var looking: String {
        guard let place = self.model.filter?.sought, self.status.wal.lastSequence > 0 else { return "looking" }
        let share = Double(place.enqueueSequence) / Double(self.status.wal.lastSequence)
        return "looking, \(min(99, Int(share * 100))) % read"
    }

    // MARK: Welcome

    /// An empty queue says what to press, instead of empty boxes.
    private mutating func drawWelcome(_ layout: MainLayout) {
        let rows = self.size.rows - layout.head - layout.foot
        let area = MainLayout.Area(row: layout.head, column: 0, rows: rows, columns: self.size.columns)
        self.drawBox(area, title: self.runningTitle, isFocused: true)
        let (program, directory) = (self.model.settings.program, self.model.settings.directoryOption)
        let commands = "  \(program) enqueue --lines commands.txt\(directory)"
        var lines = [
            "", "Nothing to do yet. Three ways to begin:", "",
            "  e   then  test/jobs.json  Enter     five sample jobs",
            "  e   then  a file of commands        if started as: run --allow-exec",
            "  c   one job, typed here", "",
            "From another terminal, in this folder:",
            "  \(program) enqueue --file test/jobs.json\(directory)",
            TextWidth.of(commands) < 53 ? TextWidth.left(commands, 53) + "(run --allow-exec)" : commands, "",
        ]
        if self.status.simulated {
            lines += [
                "No handlers are configured and this store is new: sample jobs are simulated",
                "and marked so. Real work: \(program) config init, or run --allow-exec.",
            ]
        }
        if rows < lines.count + 2 { lines.removeAll(where: \.isEmpty) }
        for (place, line) in lines.prefix(max(0, rows - 2)).enumerated() {
            self.screen.put(TextWidth.cut(line, to: self.size.columns - 4), row: area.row + 1 + place, column: 2)
        }
    }
}
