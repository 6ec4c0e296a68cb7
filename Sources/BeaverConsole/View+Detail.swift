internal import BeaverQueue

/// The screen of one job.
extension View {
    mutating func drawDetail(_ state: DetailState) {
        self.drawHeader()
        self.drawDetailTitle(state)
        let parts = DetailParts(self.model, state)
        for (part, area) in parts.areas {
            self.drawPart(part, area, parts, state)
        }
        let job = state.details?.summary
        var actions: [Action] = []
        switch job?.state {
        case .dead, .cancelled, .scheduled: actions.append(.retry)
        default: break
        }
        switch job?.state {
        case .pending, .scheduled, .parked, .inFlight: actions.append(.cancel)
        case .completed, .dead, .cancelled: actions.append(.purge)
        case nil: break
        }
        if (state.details?.history.count ?? 0) > 1 { actions += [.previousRun] }
        if job?.state == .inFlight { actions.append(.followOutput) }
        actions += [.write, .zoom, .previousJob]
        self.drawFooter(.detail, actions, labels: ["job before": "> other job", "run before": "] other run"])
    }

    private mutating func drawDetailTitle(_ state: DetailState) {
        let width = self.size.columns
        var column = self.screen.put(" Job ", row: 1, column: 0)
        column += self.screen.put(TextWidth.cut(state.id, to: width / 2), row: 1, column: column, style: .title)
        if let details = state.details {
            let job = details.summary
            let (word, style) = Self.word(job.state)
            column += self.screen.put("   \(word.uppercased())", row: 1, column: column, style: style)
            var text = ""
            if let time = job.time {
                switch job.state {
                case .scheduled:
                    let wait = Figures.length(milliseconds: max(0, -self.since(time)), spaced: true)
                    text = ", run \(job.runs + 1) in \(wait)"
                case .inFlight: text = " for \(Figures.elapsed(milliseconds: self.since(time)))"
                default: text = " since \(self.model.moment.time(time)), after \(Figures.count(job.runs, "run"))"
                }
            }
            column += self.screen.put(TextWidth.cut(text, to: max(0, width - column)), row: 1, column: column)
        }
        guard let place = state.neighbours.firstIndex(of: state.id) else { return }
        let number = Figures.grouped(state.before + place + 1)
        let total = Figures.grouped(max(state.total ?? 0, state.before + state.neighbours.count))
        let remark = "\(number) of \(total) in \"\(TextWidth.cut(state.origin, to: 20))\" "
        let start = width - TextWidth.of(remark)
        if start > column + 1 { self.screen.put(remark, row: 1, column: start, style: .dim) }
    }

    private mutating func drawPart(_ part: Int, _ area: MainLayout.Area, _ parts: DetailParts, _ state: DetailState) {
        guard area.rows >= 2 else { return }
        let isFocused = state.part == part
        let lines = parts.lines(of: part, width: parts.width(of: area))
        let height = area.rows - 2
        let end = max(0, lines.count - height)
        let place = min(end, state.scroll[part] ?? parts.start(of: part, lines: lines.count, height: height))
        var remark = part == 5 ? Figures.bytes(Int64(state.details?.payload.utf8.count ?? 0)) : ""
        // How large it is with its values is not known here.
        if part == 5, state.hidesValues { remark = ". shows \(Redaction.mark)" }
        if lines.count > height { remark = "\(place + 1)-\(place + min(height, lines.count)) of \(lines.count)" }
        if part == 4, state.follows { remark += (remark.isEmpty ? "" : " · ") + "following" }
        // The end of a path tells more than its beginning.
        let foot = TextWidth.cutFront(parts.foot(of: part), to: area.columns - 6)
        self.drawBox(area, title: parts.title(of: part), remark: remark, foot: foot, isFocused: isFocused)
        for (row, line) in lines.shown(from: place, count: height).enumerated() {
            self.screen.put(
                TextWidth.cut(line.text, to: parts.width(of: area)),
                row: area.row + 1 + row,
                column: area.column + 2,
                style: line.style
            )
        }
    }
}
