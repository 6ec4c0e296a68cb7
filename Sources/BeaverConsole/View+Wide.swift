internal import BeaverQueue

/// The main screen where there is room for every pane.
extension View {
    mutating func drawWide(_ layout: MainLayout) {
        for (pane, area) in layout.boxes {
            let isFocused = self.model.focus == pane
            switch pane {
            case .pending:
                guard let below = layout.area(of: .scheduled) else { continue }
                self.drawWaiting(layout, area, below)
            case .scheduled: break
            case .dead: self.drawDeadPane(layout, area)
            case .events: self.drawEventsRows(area)
            case .running:
                self.drawBox(area, title: self.runningTitle, isFocused: isFocused)
                self.drawList(pane, row: area.row + 1, area: area, height: layout.height(of: pane))
            default:
                let kept = pane == .done ? self.model.view?.completedKeep : nil
                let remark = kept.map { "last \(Figures.grouped($0)) kept" } ?? ""
                let foot = isFocused ? self.foot(of: pane) : ""
                self.drawBox(area, title: self.name(of: pane), remark: remark, foot: foot, isFocused: isFocused)
                self.drawList(pane, row: area.row + 1, area: area, height: layout.height(of: pane))
            }
        }
        if let area = layout.safety { self.drawSafetyPane(area) }
        if let area = layout.throughput { self.drawThroughput(area) }
    }

    /// Pending and scheduled share a border.
    private mutating func drawWaiting(_ layout: MainLayout, _ upper: MainLayout.Area, _ lower: MainLayout.Area) {
        let isUpper = self.model.focus == .pending
        let isLower = self.model.focus == .scheduled
        let whole = MainLayout.Area(
            row: upper.row,
            column: upper.column,
            rows: upper.rows + lower.rows,
            columns: upper.columns
        )
        self.drawBox(whole, title: self.name(of: .pending), remark: self.foot(of: .pending), isFocused: isUpper)
        self.drawList(.pending, row: upper.row + 1, area: upper, height: layout.height(of: .pending))
        let border = "├" + String(repeating: "─", count: lower.columns - 2) + "┤"
        self.screen.put(border, row: lower.row, column: lower.column, style: isLower ? .focusedBorder : .border)
        var remark = isLower ? self.foot(of: .scheduled) : ""
        if let due = self.model.view?.nextDue, !isLower {
            remark = "next in \(Figures.length(milliseconds: max(0, -self.since(due)), spaced: true))"
        }
        self.putOnBorder(self.name(of: .scheduled), remark, row: lower.row, lower, isLower)
        self.drawList(.scheduled, row: lower.row + 1, area: lower, height: layout.height(of: .scheduled))
    }

    /// Dead jobs by kind of error; as a list when the keys go to it.
    private mutating func drawDeadPane(_ layout: MainLayout, _ area: MainLayout.Area) {
        let groups = self.model.view?.deadGroups ?? []
        let isFocused = self.model.focus == .dead
        var title = self.name(of: .dead)
        if !groups.isEmpty { title += " · \(Figures.count(groups.count, "kind")) of error" }
        self.drawBox(area, title: title, foot: isFocused ? self.foot(of: .dead) : "", isFocused: isFocused)
        let width = area.columns - 4
        if isFocused {
            self.drawList(.dead, row: area.row + 1, area: area, height: layout.height(of: .dead))
            return
        }
        var row = area.row + 1
        let end = area.row + area.rows - 1
        let notes = self.deadNotes(width)
        let digits = groups.reduce(1) { max($0, TextWidth.of(Figures.grouped($1.dead))) }
        for group in groups where row + 1 < end - notes.count {
            self.screen.put(Figures.grouped(group.dead), row: row, column: area.column + 2, style: .bad)
            let column = area.column + 4 + digits
            let room = width - 2 - digits
            let text = "\(group.ending): \(group.shownError)"
            self.screen.put(TextWidth.cut(text, to: room), row: row, column: column)
            self.screen.put(Self.examples(group, room), row: row + 1, column: column, width: room, style: .dim)
            row += 2
        }
        row = max(row, end - notes.count)
        for note in notes where row < end {
            self.screen.put(note, row: row, column: area.column + 2, style: .dim)
            row += 1
        }
    }

    /// As many whole ids as there is room for.
    private static func examples(_ group: FailureGroup, _ room: Int) -> String {
        guard var text = group.examples.first else { return "" }
        var count = 1
        for id in group.examples.dropFirst() {
            let rest = count + 1 < group.dead ? 2 : 0
            guard TextWidth.of(text) + 2 + TextWidth.of(id) + rest <= room else { break }
            text += ", " + id
            count += 1
        }
        let more = count < group.dead
        return TextWidth.cut(text, to: room - (more ? 2 : 0)) + (more ? " …" : "")
    }

    private func deadNotes(_ width: Int) -> [String] {
        if self.isBlank { return [] }
        if self.status.jobs.dead == 0 { return ["no dead jobs"] }
        return ["o by error, r retries a whole kind", ""]
            + TextWidth.wrap("No limit is set: dead jobs stay until you decide.", to: width)
    }

    private mutating func drawThroughput(_ area: MainLayout.Area) {
        self.drawBox(area, title: "Throughput, last 60 s")
        guard let view = self.model.view else { return }
        let width = area.columns - 4
        let chart = max(5, width - 17)
        let top = view.completedEachSecond.suffix(chart).max() ?? 0
        let rates = self.status.rates
        let failed = view.failedEachSecond.suffix(10)
        let failedRate = failed.isEmpty ? 0 : Double(failed.reduce(0, +)) / Double(failed.count)
        func times(_ percentiles: QueueView.Percentiles) -> String {
            guard let p50 = percentiles.p50, let p99 = percentiles.p99 else { return "-" }
            return "p50 \(TextWidth.left(Figures.seconds(p50), 9)) p99 \(Figures.seconds(p99))"
        }
        let lines: [(name: String, chart: [Int]?, text: String)] = [
            ("done", view.completedEachSecond, Figures.rate(rates.completedPerSecond)),
            ("failed", view.failedEachSecond, Figures.rate(failedRate)),
            ("run", nil, times(view.runSeconds)),
            ("waited", nil, times(view.waitSeconds)),
        ]
        for (place, line) in lines.enumerated() where place < area.rows - 2 {
            let row = area.row + 1 + place
            self.screen.put(line.name, row: row, column: area.column + 2, style: .dim)
            guard let values = line.chart else {
                self.screen.put(TextWidth.cut(line.text, to: width - 8), row: row, column: area.column + 10)
                continue
            }
            self.screen.put(
                Figures.sparkline(values, columns: chart, top: max(top, values.suffix(chart).max() ?? 0)),
                row: row,
                column: area.column + 10,
                style: place == 0 ? .good : .warning
            )
            self.screen.put(TextWidth.right(line.text, width - 8 - chart), row: row, column: area.column + 10 + chart)
        }
    }

    private mutating func drawEventsRows(_ area: MainLayout.Area) {
        let isFocused = self.model.focus == .events
        self.screen.put(" 6 Events", row: area.row, column: 0, style: isFocused ? .title : .plain)
        let rows = MainLayout.Area(row: area.row, column: 9, rows: area.rows, columns: area.columns - 9)
        self.drawEvents(row: area.row, area: rows, height: area.rows)
    }
}
