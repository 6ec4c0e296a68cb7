internal import BeaverQueue

/// A column of a list.
private struct Column {
    var title: String
    /// 0: takes what is left.
    var width: Int
    var isRight = false
}

/// Lists of jobs.
extension View {
    /// Column heads and rows of a pane's list, from `row` on.
    mutating func drawList(_ pane: Pane, row: Int, area: MainLayout.Area, height: Int) {
        if pane == .events, self.model.filter == nil {
            self.drawEvents(row: row, area: area, height: height)
            return
        }
        let isFiltered = self.model.filter != nil && pane != .running
        let list = isFiltered ? self.model.filter?.list ?? ListState() : self.model.lists[pane] ?? ListState()
        let inner = area.columns - 2
        let isWide = MainLayout(self.model).form == .wide
        var rows = list.rows
        if isWide, pane == .pending || pane == .scheduled {
            // Two lists under one head: their columns stand below one another.
            rows = [.pending, .scheduled].flatMap { (self.model.lists[$0] ?? ListState()).rows }
        }
        let columns = self.widths(self.columns(pane, inner, isFiltered, rows), inner - 1)
        var first = row
        if !(isWide && pane == .scheduled) {
            self.drawHeads(columns, row: row, column: area.column + 2)
            first += 1
        }
        let top = list.cursor == nil ? 0 : list.shownTop(height: height)
        let isFocused = isFiltered || (pane == self.model.focus && self.model.filter == nil)
        let cursor = isFocused ? list.cursorIndex : nil
        for place in 0..<height {
            let index = top + place
            guard list.rows.indices.contains(index) else { break }
            self.drawJob(
                list.rows[index],
                self.cells(list.rows[index], index, list, columns),
                columns,
                row: first + place,
                area: area,
                isCursor: index == cursor,
                isFiltered: isFiltered
            )
        }
        if list.rows.isEmpty { self.drawEmpty(pane, isFiltered, row: first, area: area) }
    }

    private mutating func drawEmpty(_ pane: Pane, _ isFiltered: Bool, row: Int, area: MainLayout.Area) {
        let text: String
        if isFiltered {
            let isHere = self.model.filter?.hasAnswer == true
            text = isHere ? "no job matches; Esc clears the filter" : "\(self.looking); Esc clears the filter"
        } else if self.isBlank || self.count(of: pane) > 0 {
            text = ""
        } else {
            text = pane.facts.empty(self.status)
        }
        self.screen.put(TextWidth.cut(text, to: area.columns - 4), row: row, column: area.column + 2, style: .dim)
    }

    private mutating func drawHeads(_ columns: [Column], row: Int, column: Int) {
        var place = column
        for head in columns where head.width > 0 {
            let text = head.isRight ? TextWidth.right(head.title, head.width) : TextWidth.left(head.title, head.width)
            self.screen.put(text, row: row, column: place, style: .heading)
            place += head.width + 1
        }
    }

    private mutating func drawJob(
        _ job: JobSummary,
        _ cells: [(text: String, style: Style)],
        _ columns: [Column],
        row: Int,
        area: MainLayout.Area,
        isCursor: Bool,
        isFiltered: Bool
    ) {
        let isMarked = self.model.marks.contains(job.id) || isFiltered && self.model.filter?.marksAll == true
        var place = area.column + 2
        for (cell, column) in zip(cells, columns) where column.width > 0 {
            let text =
                column.isRight ? TextWidth.right(cell.text, column.width) : TextWidth.left(cell.text, column.width)
            self.screen.put(text, row: row, column: place, width: column.width, style: cell.style)
            place += column.width + 1
        }
        let sign = isCursor ? ">" : isMarked ? "*" : " "
        self.screen.put(sign, row: row, column: area.column + 1)
        let whole = area.column + 1..<area.column + area.columns - 1
        if isMarked { self.screen.paint(row: row, columns: whole, style: .marked) }
        if isCursor { self.screen.paint(row: row, columns: whole, style: .cursor) }
    }

    // MARK: Columns

    private func columns(_ pane: Pane, _ inner: Int, _ isFiltered: Bool, _ rows: [JobSummary]) -> [Column] {
        let longest = rows.prefix(100).reduce(3) { max($0, TextWidth.of($1.id)) }
        let id = Column(title: "JOB", width: min(max(11, longest), max(inner < 36 ? 8 : 11, inner / 4)))
        let work = Column(title: "WORK", width: 0)
        let isNarrow = inner < 56
        if isFiltered {
            let columns = [Column(title: "STATE", width: 9), id, work, Column(title: "RUN", width: 3, isRight: true)]
            return isNarrow ? columns : columns + [Column(title: "LAST ERROR", width: inner / 3)]
        }
        switch pane {
        case .running:
            let columns = [
                id, work, Column(title: "RUN", width: 3, isRight: true), Column(title: "TIME", width: 6, isRight: true),
            ]
            return isNarrow ? columns : columns + [Column(title: "LIMIT", width: 14)]
        case .pending, .scheduled:
            let isWide = MainLayout(self.model).form == .wide
            let why = pane == .pending && !isWide && inner < 90 ? 8 : max(20, inner / 4)
            let title = why > 10 ? "WHY IT WAITS" : "NEXT"
            let columns = [Column(title: "PRI", width: 3), id, work, Column(title: "WAITED", width: 7, isRight: true)]
            return isNarrow
                ? Array(columns.dropFirst())
                : columns + [Column(title: title, width: why, isRight: why <= 10)]
        case .done:
            let columns = [id, work, Column(title: "EXIT", width: 4, isRight: true)]
            return columns
                + (isNarrow ? [] : [Column(title: "TOOK", width: 6, isRight: true)])
                + [Column(title: "ENDED", width: 8)]
        case .dead:
            return [id, Column(title: "ERROR", width: 0)]
                + (isNarrow
                    ? [] : [Column(title: "WORK", width: inner / 4), Column(title: "RUN", width: 3, isRight: true)])
                + [Column(title: "DEAD AT", width: 8)]
        case .events: return []
        }
    }

    /// The column without a width takes what the others leave.
    private func widths(_ columns: [Column], _ inner: Int) -> [Column] {
        let fixed = columns.reduce(0) { $0 + ($1.width > 0 ? $1.width + 1 : 0) }
        return columns.map { column in
            var column = column
            if column.width == 0 { column.width = max(4, inner - fixed - 1) }
            return column
        }
    }

    private func cells(
        _ job: JobSummary,
        _ index: Int,
        _ list: ListState,
        _ columns: [Column]
    ) -> [(text: String, style: Style)] {
        columns.map { column in
            switch column.title {
            case "JOB": return (job.id, .plain)
            case "WORK": return ((job.simulated ? "(simulated) " : "") + job.work, .plain)
            case "PRI": return (String(job.priority), .dim)
            case "RUN": return (String(job.runs), job.runs > 1 ? .warning : .dim)
            case "STATE": return Self.word(job.state)
            case "LAST ERROR", "ERROR": return (job.error ?? "", job.error == nil ? .dim : .bad)
            case "TIME": return (self.running(job).time, self.running(job).style)
            case "LIMIT": return (self.running(job).limit, self.running(job).style)
            case "WAITED": return (Figures.elapsed(milliseconds: self.since(job.enqueuedAt)), .plain)
            case "NEXT", "WHY IT WAITS": return (self.why(job, index, list, column.width), .plain)
            case "EXIT": return (job.exitStatus.map(String.init) ?? "", .dim)
            case "TOOK":
                guard let start = job.startedAt, let end = job.time else { return ("", .plain) }
                return (Figures.took(milliseconds: end - start), .plain)
            case "ENDED", "DEAD AT": return (job.time.map { self.model.moment.time($0) } ?? "", .plain)
            default: return ("", .plain)
            }
        }
    }

    static func word(_ state: JobState) -> (text: String, style: Style) {
        switch state {
        case .pending: ("pending", .plain)
        case .scheduled: ("scheduled", .plain)
        case .parked: ("parked", .warning)
        case .inFlight: ("running", .good)
        case .completed: ("done", .good)
        case .dead: ("dead", .bad)
        case .cancelled: ("cancelled", .dim)
        }
    }

    /// Of a server that does not answer nothing is known since: its times stand still.
    func since(_ wallMilliseconds: Int64) -> Int64 {
        var now = self.model.moment.wallMilliseconds
        if case .lost(let since, _) = self.model.connection { now -= self.model.moment.steadyMilliseconds - since }
        return now - wallMilliseconds
    }

    /// How long it runs, and how close that is to its limit; `!` from nine tenths on.
    private func running(_ job: JobSummary) -> (time: String, limit: String, style: Style) {
        let elapsed = job.time.map { max(0, self.since($0)) } ?? 0
        let time = Figures.elapsed(milliseconds: elapsed)
        guard let limit = job.limitMilliseconds, limit > 0 else { return (time, " none", .plain) }
        let share = Double(elapsed) / Double(limit)
        let (done, rest) = Figures.bar(share, columns: 6)
        let isClose = share >= 0.9
        let name = TextWidth.right(Figures.length(milliseconds: limit), 5)
        return (time, "\(name) \(done)\(rest)" + (isClose ? " !" : ""), isClose ? .warning : .plain)
    }

    private func why(_ job: JobSummary, _ index: Int, _ list: ListState, _ width: Int) -> String {
        if job.state == .scheduled, let due = job.time {
            let wait = Figures.length(milliseconds: max(0, -self.since(due)), spaced: true)
            guard job.runs > 0, let error = job.error else { return "in " + wait }
            return "\(wait), after " + Self.head(of: error, width - wait.utf8.count - 8)
        }
        if let reason = job.waitsBecause, width > 10 {
            if TextWidth.of(reason) <= width { return reason }
            // "3rd in line behind `import` (limit 2)": the action says more than the words before it.
            return Self.head(of: reason.replacing(" in line behind ", with: " behind "), width)
        }
        guard let position = list.position, job.state == .pending else { return job.waitsBecause ?? "" }
        return Figures.ordinal(position + index + 1) + (width > 14 ? " in line" : "")
    }

    /// A sentence, or what stands before its colon where the whole has no room.
    static func head(of sentence: String, _ columns: Int) -> String {
        guard TextWidth.of(sentence) > columns, let colon = sentence.firstRange(of: ": ") else { return sentence }
        return String(sentence[..<colon.lowerBound])
    }

    // MARK: Events

    mutating func drawEvents(row: Int, area: MainLayout.Area, height: Int) {
        let isWide = MainLayout(self.model).form == .wide
        let lines = EventLines(self.model, columns: area.columns - 13, wraps: !isWide).all
        let end = max(0, lines.count - self.model.eventsUp)
        for (place, line) in lines[max(0, end - height)..<end].enumerated() {
            let column = area.column + 2
            self.screen.put(line.time, row: row + place, column: column, style: .dim)
            self.screen.put(line.text, row: row + place, column: column + 9, style: line.style)
        }
    }
}
