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

    mutating func drawRow() {
        let place = self.model.place
        if place != .main, place != .question {
            let text = " \(place.rawValue): needs more rows; Esc back"
            self.screen.put(TextWidth.cut(text, to: self.size.columns), row: 0, column: 0, style: .warning)
            return
        }
        if self.isBlank {
            self.screen.put(TextWidth.cut(" ● \(self.shortBadge)", to: self.size.columns), row: 0, column: 0)
            return
        }
        let jobs = self.status.jobs
        let percent = "\(Int(self.doneShare * 100)) %"
        let state = self.badge.style == .goodBadge ? "●" : "● \(self.shortBadge)"
        let parts = [
            percent, "\(Figures.grouped(jobs.pending)) wait", "\(jobs.inFlight) run",
            "\(Figures.grouped(jobs.dead)) dead", self.shortSafety,
        ]
        let width = self.size.columns
        let isNarrow = width < 30
        var shown = isNarrow ? [parts[0], parts[2], parts[3]] : parts
        var text = ""
        repeat {
            text = (isNarrow ? "" : " ") + ([state] + shown).joined(separator: " ")
            if TextWidth.of(text) <= width { break }
            shown.removeLast()
        } while !shown.isEmpty
        self.screen.put(TextWidth.cut(text, to: width), row: 0, column: 0, style: self.tone)
    }

    private var tone: Style { self.badge.style == .goodBadge ? .plain : self.badge.style }

    mutating func drawTiny() {
        let jobs = self.status.jobs
        let width = self.size.columns
        let isWide = width >= 60
        let gap = isWide ? "  " : " "
        var column = self.screen.put(" ● \(self.shortBadge)" + gap, row: 0, column: 0, style: self.badge.style)
        var parts =
            self.isBlank
            ? []
            : [
                "\(Figures.grouped(jobs.pending)) wait", "\(Figures.grouped(jobs.inFlight)) run",
                "\(Figures.grouped(jobs.scheduled)) later",
            ]
        if isWide, !self.isBlank { parts.append("\(Figures.grouped(jobs.completed)) done") }
        if !self.isBlank { parts.append("\(Figures.grouped(jobs.dead)) dead") }
        while TextWidth.of(parts.joined(separator: gap)) + column > width, parts.count > 1 {
            parts.remove(at: 2 % parts.count)
        }
        column += self.screen.put(parts.joined(separator: gap), row: 0, column: column)
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
