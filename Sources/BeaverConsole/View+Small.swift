internal import BeaverQueue

/// Terminals too small for a list: counts and state, down to one row.
extension View {
    private var shortSafety: String {
        let word = self.safety.word
        return word.isEmpty ? "…" : word
    }

    private var shortBadge: String {
        switch self.badge.word {
        case "RUNNING": "RUN"
        case "DISCONNECTED": "GONE"
        default: self.badge.word
        }
    }

    /// Says that what is open has no room.
    mutating func drawNoRoom() {
        let text = " \(self.model.place.rawValue): needs more room; Esc back"
        self.screen.put(TextWidth.cut(text, to: self.size.columns), row: 0, column: 0, style: .warning)
    }

    mutating func drawRow() {
        if self.isBlank {
            self.screen.put(TextWidth.cut(" ● \(self.shortBadge)", to: self.size.columns), row: 0, column: 0)
            return
        }
        let jobs = self.status.jobs
        let percent = "\(Int(self.doneShare * 100)) %"
        let state = self.badge.style == .goodBadge ? "●" : "● \(self.shortBadge)"
        let width = self.size.columns
        let isNarrow = width < 30
        var parts = [
            percent, "\(Figures.grouped(jobs.pending)) wait", "\(jobs.inFlight) run",
            "\(Figures.grouped(jobs.dead)) dead", self.shortSafety,
        ]
        var text = ""
        // What is left out first: how safe, how many wait, the share; never what runs and what is dead.
        for dropped in [-1, 4, 1, 0] {
            if dropped >= 0 { parts.remove(at: dropped) }
            text = (isNarrow ? "" : " ") + ([state] + parts).joined(separator: " ")
            if TextWidth.of(text) <= width { break }
        }
        self.screen.put(TextWidth.cut(text, to: width), row: 0, column: 0, style: self.tone)
    }

    private var tone: Style { self.badge.style == .goodBadge ? .plain : self.badge.style }

    /// Counts, and what is left out first where they have no room: the heaviest.
    private func tinyParts(_ isWide: Bool) -> [(text: String, weight: Int)] {
        let jobs = self.status.jobs
        let done = isWide ? [("\(Figures.grouped(jobs.completed)) done", 3)] : []
        return [
            ("\(Figures.grouped(jobs.pending)) wait", 2), ("\(Figures.grouped(jobs.inFlight)) run", 1),
            ("\(Figures.grouped(jobs.scheduled)) later", 4),
        ] + done + [("\(Figures.grouped(jobs.dead)) dead", 0)]
    }

    mutating func drawTiny() {
        let jobs = self.status.jobs
        let width = self.size.columns
        let isWide = width >= 60
        let gap = isWide ? "  " : " "
        var column = self.screen.put(" ● \(self.shortBadge)" + gap, row: 0, column: 0, style: self.badge.style)
        var parts = self.isBlank ? [] : self.tinyParts(isWide)
        while TextWidth.of(parts.map(\.text).joined(separator: gap)) + column > width, parts.count > 1 {
            let place = parts.indices.max { parts[$0].weight < parts[$1].weight } ?? 0
            parts.remove(at: place)
        }
        column += self.screen.put(parts.map(\.text).joined(separator: gap), row: 0, column: column)
        if self.isBlank { return self.drawTinyFooter() }
        let total = jobs.isBalanced ? "= \(Figures.grouped(jobs.enqueuedTotal)) accepted " : "NOT BALANCED "
        if column + TextWidth.of(total) + 1 <= width || !jobs.isBalanced {
            self.screen.put(
                total,
                row: 0,
                column: max(0, width - TextWidth.of(total)),
                style: jobs.isBalanced ? .plain : .bad
            )
        }
        if self.size.rows >= 2 { self.drawTinyProgress(isWide) }
        self.drawTinyFooter()
    }

    private mutating func drawTinyFooter() {
        guard self.size.rows >= 3 else { return }
        if self.size.columns >= 50 {
            self.drawFooter(.main, [.enqueue, .pause, .crashTest, .filter, .groups, .open], labels: ["open": "list"])
        } else {
            let actions: [Action] = [.enqueue, .pause, .crashTest, .filter, .groups, .open]
            let names = ["enqueue", "pause", "crash-test", "filter", "errors", "open"]
            self.drawFooter(.main, actions, labels: [String: String](uniqueKeysWithValues: names.map { ($0, "") }))
        }
    }

    private mutating func drawTinyProgress(_ isWide: Bool) {
        var column = 1
        if isWide {
            let (done, rest) = Figures.bar(self.doneShare, columns: 16)
            column += self.screen.put(done, row: 1, column: column, style: .bar)
            column += self.screen.put(rest + " ", row: 1, column: column, style: .barRest)
        }
        let forecast = self.forecast.text.replacingPrefix("clears in ", with: "")
        let gap = isWide ? "  " : " "
        let rate = Figures.rate(self.status.rates.completedPerSecond)
        column += self.screen.put(
            "\(Int(self.doneShare * 100)) %\(gap)\(rate)\(gap)\(forecast)",
            row: 1,
            column: column
        )
        let age =
            self.status.snapshot.count > 0
            ? Figures.length(milliseconds: Int64(self.status.snapshot.ageSeconds * 1_000), spaced: true) : "none"
        let safety =
            isWide
            ? "\(self.shortSafety) · WAL \(Figures.bytes(self.status.wal.bytes)) · snapshot \(age) "
            : "\(self.shortSafety) snap \(age) "
        let start = self.size.columns - TextWidth.of(safety)
        if start > column { self.screen.put(safety, row: 1, column: start, style: self.safety.style) }
    }
}

extension String {
    /// The text with its beginning replaced, if it has it.
    func replacingPrefix(_ prefix: String, with other: String) -> String {
        self.hasPrefix(prefix) ? other + self.dropFirst(prefix.count) : self
    }
}
