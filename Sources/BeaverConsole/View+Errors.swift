internal import BeaverQueue

/// Failures by kind: how many problems there are, not how many jobs have them.
extension View {
    mutating func drawErrors(_ state: ErrorsState) {
        self.drawHeader()
        let groups = state.groups ?? []
        let dead = groups.reduce(0) { $0 + $1.dead }
        let waiting = groups.reduce(0) { $0 + $1.waiting }
        let kinds = Figures.count(groups.count, "kind")
        let title =
            state.groups == nil
            ? " Errors: \(state.failure ?? "counting")"
            : " Errors: \(Figures.grouped(dead)) dead and \(Figures.grouped(waiting)) waiting to be run again, of \(kinds)"
        self.screen.put(TextWidth.cut(title, to: self.size.columns), row: 1, column: 0)
        let body = self.size.rows - 3
        let hasOutput = body >= 22
        let upper = max(4, min(groups.count + 3, body * (hasOutput ? 40 : 50) / 100))
        let output = hasOutput ? min(7, body / 4) : 0
        let width = self.size.columns
        self.drawKinds(state, MainLayout.Area(row: 2, column: 0, rows: upper, columns: width))
        self.drawKindJobs(
            state,
            MainLayout.Area(row: 2 + upper, column: 0, rows: body - upper - output, columns: width)
        )
        if hasOutput {
            self.drawKindError(
                state,
                MainLayout.Area(row: 2 + body - output, column: 0, rows: output, columns: width)
            )
        }
        let count = state.group.map { Self.allOfThisKind($0.dead + $0.waiting) } ?? ""
        let label = self.model.marks.isEmpty && !state.isInJobs ? "retry" + count : "retry"
        self.drawFooter(
            .errors,
            [.retry, .cancel, .purge, .open, .mark, .write, .filter, .nextPane],
            labels: ["retry": label, "next pane": "jobs"]
        )
    }

    private static func allOfThisKind(_ count: Int) -> String {
        count == 1 ? " the one of this kind" : " all \(Figures.grouped(count)) of this kind"
    }

    private mutating func drawKinds(_ state: ErrorsState, _ area: MainLayout.Area) {
        let groups = state.groups ?? []
        self.drawBox(area, title: "Kinds \(groups.count)", isFocused: !state.isInJobs)
        let isWide = area.columns >= 100
        let action = 8
        let head =
            isWide
            ? "   DEAD  WAITING FIRST    LAST     ACTION   ENDED BY   ERROR (numbers and ids folded to #)"
            : "   DEAD  WAITING ENDED BY   ERROR (numbers and ids folded to #)"
        self.screen.put(TextWidth.cut(head, to: area.columns - 3), row: area.row + 1, column: 1, style: .heading)
        let height = area.rows - 3
        let top = max(0, state.kind - height + 1)
        if groups.isEmpty, state.groups != nil, height > 0 {
            self.screen.put("no failures", row: area.row + 2, column: 2, style: .dim)
        }
        for (place, group) in groups.enumerated().dropFirst(top).prefix(max(0, height)) {
            let row = area.row + 2 + place - top
            var text = place == state.kind ? ">" : " "
            text += TextWidth.right(Figures.grouped(group.dead), 6)
            text += TextWidth.right(Figures.grouped(group.waiting), 9) + " "
            if isWide {
                text += TextWidth.left(self.model.moment.time(group.firstAt), 9)
                text += TextWidth.left(self.model.moment.time(group.lastAt), 9)
                text += TextWidth.left(group.action, action) + " "
            }
            text += TextWidth.left(group.ending, 10) + " "
            let room = area.columns - 3 - TextWidth.of(text)
            self.screen.put(text + TextWidth.cut(group.shownError, to: room), row: row, column: 1)
            if place == state.kind, !state.isInJobs {
                self.screen.paint(row: row, columns: 1..<area.columns - 1, style: .cursor)
            }
        }
    }

    private mutating func drawKindJobs(_ state: ErrorsState, _ area: MainLayout.Area) {
        let total = state.group.map { $0.dead + $0.waiting } ?? 0
        let height = area.rows - 3
        let top = max(0, state.job - height + 1)
        var remark = ""
        if !state.jobs.isEmpty, height > 0 {
            let range = "\(top + 1)-\(min(top + height, state.jobs.count))"
            let first = total > state.jobs.count ? "the first \(Figures.grouped(state.jobs.count)), " : ""
            remark = "\(first)\(range) of \(Figures.grouped(total))"
        }
        self.drawBox(
            area,
            title: "Jobs of this kind \(Figures.grouped(total))",
            remark: remark,
            isFocused: state.isInJobs
        )
        guard area.rows > 3 else { return }
        let longest = state.jobs.prefix(100).reduce(11) { max($0, TextWidth.of($1.id)) }
        let id = min(longest, max(10, area.columns / 4))
        let head = " " + TextWidth.left("JOB", id + 1) + "STATE     RUN   EXIT ENDED    WORK"
        self.screen.put(TextWidth.cut(head, to: area.columns - 3), row: area.row + 1, column: 1, style: .heading)
        for (place, job) in state.jobs.enumerated().dropFirst(top).prefix(height) {
            let row = area.row + 2 + place - top
            let isMarked = self.model.marks.contains(job.id)
            let isCursor = place == state.job && state.isInJobs
            var text = isCursor ? ">" : isMarked ? "*" : " "
            text += TextWidth.left(job.id, id + 1) + TextWidth.left(Self.word(job.state).text, 9)
            text += TextWidth.right(String(job.runs), 4)
            text += TextWidth.right(job.exitStatus.map(String.init) ?? "", 7) + " "
            text += TextWidth.left(job.time.map { self.model.moment.time($0) } ?? "", 9)
            let room = area.columns - 3 - TextWidth.of(text)
            self.screen.put(text + TextWidth.cut(job.work, to: room), row: row, column: 1)
            if isMarked { self.screen.paint(row: row, columns: 1..<area.columns - 1, style: .marked) }
            if isCursor { self.screen.paint(row: row, columns: 1..<area.columns - 1, style: .cursor) }
        }
    }

    /// The end of what the job at the cursor wrote; its error where it wrote nothing.
    private mutating func drawKindError(_ state: ErrorsState, _ area: MainLayout.Area) {
        guard let job = state.current else { return self.drawBox(area, title: "Output") }
        let id = TextWidth.cut(job.id, to: 40)
        let height = area.rows - 2
        let written = state.outputOf == job.id ? OutputText.lines(state.output) : []
        var title = "Last error of \(id)"
        var lines = TextWidth.wrap(job.error ?? "", to: area.columns - 4)
        if !written.isEmpty {
            lines = written.suffix(height)
            let count = lines.count == 1 ? "the last line" : "the last \(lines.count) lines"
            title = "Output of \(id), run \(Figures.grouped(job.runs)), \(count)"
        }
        self.drawBox(area, title: title, remark: state.isInJobs ? "" : "Tab goes through the jobs")
        for (place, line) in lines.prefix(height).enumerated() {
            self.screen.put(TextWidth.cut(line, to: area.columns - 4), row: area.row + 1 + place, column: 2)
        }
    }
}
