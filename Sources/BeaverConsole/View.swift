internal import BeaverQueue

/// Draws a model: the same model gives the same screen, always.
package struct View {
    let model: Model
    var screen: Screen

    package static func screen(of model: Model) -> Screen {
        var view = View(model: model, screen: Screen(model.size))
        view.screen.isASCII = model.settings.isASCII
        guard model.size.rows > 0, model.size.columns > 0 else { return view.screen }
        view.draw()
        return view.screen
    }

    var size: Size { self.model.size }
    var status: QueueStatus { self.model.view?.status ?? QueueStatus() }
    /// Nothing has been answered yet.
    var isBlank: Bool { self.model.view == nil }

    private mutating func draw() {
        let layout = MainLayout(self.model)
        let isCovered = self.model.sheet != .none || self.model.help != nil
        switch layout.form {
        case _ where isCovered && (self.size.rows < 5 || self.size.columns < 24): self.drawNoRoom()
        case .row: self.drawRow()
        case .tiny where !isCovered: self.drawTiny()
        default: self.drawWhole(layout)
        }
        self.drawNotice()
        self.drawPrompt()
        self.drawQuestion()
        self.drawQuitting()
    }

    private mutating func drawWhole(_ layout: MainLayout) {
        if let line = self.model.help {
            self.drawHeader()
            self.drawHelp(from: line)
            return
        }
        switch self.model.sheet {
        case .none: self.drawMain(layout)
        case .detail(let state): self.drawDetail(state)
        case .errors(let state): self.drawErrors(state)
        case .preview(let state): self.drawPreview(state)
        case .crashMenu(let state): self.drawCrashMenu(state)
        case .recovery(let state): self.drawRecovery(state)
        case .proof(let state): self.drawProof(state)
        }
    }

    // MARK: Pieces that every screen has

    /// State in a word, with its style.
    var badge: (word: String, style: Style) {
        if case .recovery(let state) = self.model.sheet, !state.kind.isOnCopy { return ("CRASHED", .badBadge) }
        if self.model.isLost { return ("DISCONNECTED", .badBadge) }
        if self.isBlank { return ("STARTING", .warningBadge) }
        switch self.status.state {
        case .running: return ("RUNNING", .goodBadge)
        case .paused: return ("PAUSED", .warningBadge)
        case .recovering: return ("RECOVERING", .warningBadge)
        case .draining: return ("DRAINING", .warningBadge)
        case .full: return ("FULL", .badBadge)
        case .degraded: return ("DEGRADED", .badBadge)
        case .failed: return ("FAILED", .badBadge)
        case .stopped: return ("STOPPED", .badBadge)
        }
    }

    mutating func drawHeader() {
        let width = self.size.columns
        let clock = self.model.moment.time(self.model.moment.wallMilliseconds)
        let (word, style) = self.badge
        var rest = "  \(clock) "
        if case .lost(let since, _) = self.model.connection {
            let gone = (self.model.moment.steadyMilliseconds - since) / 1_000
            if width >= 70 { rest = " for \(Figures.clockLength(seconds: gone))" + rest }
        } else if width >= 70, !self.isBlank {
            let uptime = Figures.clockLength(seconds: Int64(self.status.uptimeSeconds))
            rest = "  sync \(self.status.wal.sync.rawValue)  up \(uptime)" + rest
        }
        if width >= 110 { rest = rest.dropLast() + " \(self.model.moment.zoneName) " }
        let state = (self.model.isFrozen ? "FROZEN " : "") + "● " + word
        let right = TextWidth.of(state) + TextWidth.of(rest)
        let name = width >= 110 ? " beaver-tui" : width >= right + 8 ? " beaver" : ""
        self.screen.put(name, row: 0, column: 0, style: .title)
        let room = width - right - name.utf8.count - 3
        if room > 4 {
            self.screen.put(
                self.place(room),
                row: 0,
                column: name.utf8.count + 2,
                width: room
            )
        }
        let column = max(0, width - right)
        self.screen.put(state, row: 0, column: column, style: style)
        self.screen.put(rest, row: 0, column: column + TextWidth.of(state))
    }

    /// The directory, and how the console hangs on to it.
    private func place(_ room: Int) -> String {
        var parts: [String] = []
        if self.model.settings.isDemo { parts.append("demo") }
        switch self.model.connection {
        case .embedded:
            if self.size.columns >= 110 { parts.append("embedded") }
            if self.status.jobs.enqueuedTotal == 0, !self.isBlank { parts.append("new") }
        case .attached: parts.append("attached")
        case .lost: parts.append("server gone")
        }
        if self.model.settings.isReadOnly { parts.append("read-only") }
        let directory = self.status.dataDirectory.isEmpty ? "…" : self.status.dataDirectory
        // The end of a long path tells more than its beginning, and how it is held more than both.
        let words = parts.map { " · \($0)" }.joined()
        return TextWidth.cut(TextWidth.cutFront(directory, to: max(6, room - TextWidth.of(words))) + words, to: room)
    }

    /// The line of keys at the bottom: what does not fit is left out from the end, but never help and the way out.
    mutating func drawFooter(_ entries: [(key: String, label: String)], last: [(key: String, label: String)]) {
        let row = self.size.rows - 1
        func width(_ entry: (key: String, label: String), _ gap: Int) -> Int {
            TextWidth.of(entry.key) + (entry.label.isEmpty ? 0 : 1 + TextWidth.of(entry.label)) + gap
        }
        var shown = entries
        while !shown.isEmpty, (shown + last).reduce(1, { $0 + width($1, 1) }) > self.size.columns {
            shown.removeLast()
        }
        let all = shown + last
        // What is left over sets the keys further apart, from the left.
        var spare = self.size.columns - all.reduce(1, { $0 + width($1, 1) })
        self.screen.clear(row: row, columns: 0..<self.size.columns)
        var column = 1
        for entry in all {
            column += self.screen.put(entry.key, row: row, column: column, style: .key)
            if !entry.label.isEmpty {
                column += self.screen.put(" " + entry.label, row: row, column: column)
            }
            column += spare > 0 ? 2 : 1
            spare -= 1
        }
    }

    /// The footer of a place, from the table of keys.
    mutating func drawFooter(_ place: Place, _ actions: [Action], labels: [String: String] = [:]) {
        func entry(_ action: Action) -> (key: String, label: String)? {
            guard let binding = self.model.keys.bindings(in: place).first(where: { $0.action == action }),
                let key = binding.keys.first
            else { return nil }
            return (key.name, labels[binding.label] ?? binding.label)
        }
        let last: [Action] = place == .main ? [.help, .quit] : [.back]
        self.drawFooter(actions.compactMap(entry), last: last.compactMap(entry))
    }

    /// A box with a title in its upper border and a remark at the upper right; `foot` stands in the lower one.
    mutating func drawBox(
        _ area: MainLayout.Area,
        title: String,
        remark: String = "",
        foot: String = "",
        isFocused: Bool = false,
        style: Style? = nil
    ) {
        guard area.rows >= 2, area.columns >= 4 else { return }
        let border = style ?? (isFocused ? Style.focusedBorder : .border)
        let inner = area.columns - 2
        let (top, bottom) = (area.row, area.row + area.rows - 1)
        let line = String(repeating: "─", count: inner)
        self.screen.put("┌" + line + "┐", row: top, column: area.column, style: border)
        self.screen.put("└" + line + "┘", row: bottom, column: area.column, style: border)
        for row in (top + 1)..<max(top + 1, bottom) {
            self.screen.clear(row: row, columns: area.column..<area.column + area.columns)
            self.screen.put("│", row: row, column: area.column, style: border)
            self.screen.put("│", row: row, column: area.column + area.columns - 1, style: border)
        }
        self.putOnBorder(title, remark, row: top, area, isFocused, style)
        if !foot.isEmpty {
            let text = " " + TextWidth.cut(foot, to: inner - 4) + " "
            self.screen.put(text, row: bottom, column: area.column + 2)
        }
    }

    mutating func putOnBorder(
        _ title: String,
        _ remark: String,
        row: Int,
        _ area: MainLayout.Area,
        _ isFocused: Bool,
        _ style: Style? = nil
    ) {
        let inner = area.columns - 2
        let shown = remark.isEmpty || TextWidth.of(title) + TextWidth.of(remark) + 8 > inner ? "" : " \(remark) "
        let text = " " + TextWidth.cut(title, to: inner - 4 - TextWidth.of(shown)) + " "
        self.screen.put(text, row: row, column: area.column + 2, style: style ?? (isFocused ? .title : .plain))
        if !shown.isEmpty {
            self.screen.put(shown, row: row, column: area.column + area.columns - 2 - TextWidth.of(shown), style: .dim)
        }
    }

    // MARK: What lies over a screen

    private mutating func drawNotice() {
        guard let notice = self.model.notice, self.model.prompt == nil else { return }
        let rows = self.size.rows
        // Where it would stand on the question itself, the question is more.
        guard self.model.question == nil || rows >= 20 else { return }
        // Nor does a word of ours stand where there is one row for the counts, unless something went wrong.
        guard rows > 1 || notice.style == .bad else { return }
        let row = rows >= 6 ? rows - 2 : rows - 1
        self.screen.clear(row: row, columns: 0..<self.size.columns)
        self.screen.put(
            TextWidth.cut(notice.text, to: self.size.columns - 2),
            row: row,
            column: min(1, self.size.columns - 1),
            style: notice.style
        )
    }

    private mutating func drawPrompt() {
        guard let prompt = self.model.prompt else { return }
        let row = self.size.rows - 1
        let width = self.size.columns
        if row > 0 {
            self.screen.clear(row: row - 1, columns: 0..<width)
            let hint = prompt.note ?? (prompt.completions.isEmpty ? prompt.hint : self.list(prompt.completions))
            self.screen.put(
                TextWidth.cut(hint, to: width - 2),
                row: row - 1,
                column: 1,
                style: prompt.note != nil && prompt.purpose != .write && prompt.purpose != .limits ? .warning : .dim
            )
        }
        self.screen.clear(row: row, columns: 0..<width)
        var column = self.screen.put(" \(prompt.label) ", row: row, column: 0, style: .key)
        // Long text slides so that the cursor stays in sight.
        let room = max(1, width - column - 1)
        let head = String(prompt.text.prefix(prompt.cursor))
        var from = head.startIndex
        while TextWidth.of(String(head[from...])) >= room, from < head.endIndex { from = head.index(after: from) }
        let shown = String(head[from...])
        column += self.screen.put(shown, row: row, column: column)
        self.screen.put(String(prompt.text.dropFirst(prompt.cursor)), row: row, column: column)
        self.screen.cursor = (row, min(column, width - 1))
    }

    /// Names without the folder they share.
    private func list(_ names: [String]) -> String {
        names.map { name in
            let isFolder = name.hasSuffix("/")
            let last = name.split(separator: "/").last.map(String.init) ?? name
            return last + (isFolder ? "/" : "")
        }.joined(separator: "  ")
    }

    private mutating func drawQuestion() {
        guard let question = self.model.question else { return }
        let width = min(80, self.size.columns)
        let lines = question.lines.flatMap { TextWidth.wrap($0, to: width - 4) }
        let rows = min(self.size.rows, lines.count + 5)
        let area = MainLayout.Area(
            row: max(0, (self.size.rows - rows) / 2),
            column: (self.size.columns - width) / 2,
            rows: rows,
            columns: width
        )
        let no = question.noLabel
        let answer = "  \(question.isYes ? "  " : "> ")\(no)        \(question.isYes ? "> " : "  ")"
        guard rows >= 3 else {
            // One row: the answer is more than the question.
            let last = question.mustType.map { " type \($0): \(question.typed)_" } ?? answer + question.actionLabel
            self.screen.clear(row: 0, columns: 0..<self.size.columns)
            let used = self.screen.put(
                TextWidth.cut(question.title, to: max(0, self.size.columns - TextWidth.of(last))),
                row: 0,
                column: 0
            )
            self.screen.put(last, row: 0, column: used)
            return
        }
        self.drawBox(
            area,
            title: question.title,
            foot: question.mustType == nil ? "left, right   Enter   Esc" : "type the number   Enter   Esc",
            style: question.isDangerous ? .bad : .warning
        )
        for (place, line) in lines.prefix(max(0, rows - 4)).enumerated() {
            self.screen.put(line, row: area.row + 1 + place, column: area.column + 2)
        }
        let row = area.row + rows - 2
        if question.mustType != nil {
            self.screen.put("  > \(question.typed)_", row: row, column: area.column + 8, style: .figure)
            return
        }
        let column = area.column + 8
        let used = self.screen.put(answer, row: row, column: column)
        self.screen.put(question.actionLabel, row: row, column: column + used)
        let cancel = column + 2..<column + 4 + no.utf8.count
        let yes = column + used - 2..<column + used + TextWidth.of(question.actionLabel)
        self.screen.paint(row: row, columns: question.isYes ? yes : cancel, style: .cursor)
    }

    private mutating func drawQuitting() {
        guard case .draining(let isSecond) = self.model.quitting else { return }
        let jobs = self.status.jobs
        let running = self.model.lists[.running]?.rows ?? []
        var lines = [
            isSecond
                ? "Ending \(Figures.count(jobs.inFlight, "running job")); they run again at the next start."
                : "Waiting for \(Figures.count(jobs.inFlight, "running job")) to finish."
        ]
        if !isSecond, !running.isEmpty {
            lines.append(running.prefix(5).map(\.id).joined(separator: ", ") + (running.count > 5 ? " …" : ""))
        }
        let width = min(72, self.size.columns)
        guard self.size.rows >= 6, width >= 20 else {
            self.screen.clear(row: 0, columns: 0..<self.size.columns)
            self.screen.put(TextWidth.cut(lines[0], to: self.size.columns), row: 0, column: 0, style: .warning)
            return
        }
        let area = MainLayout.Area(
            row: (self.size.rows - 5) / 2,
            column: (self.size.columns - width) / 2,
            rows: 5,
            columns: width
        )
        self.drawBox(
            area,
            title: isSecond ? "Stopping" : "Draining",
            foot: isSecond ? "" : "q stops now",
            style: .warning
        )
        for (place, line) in lines.enumerated() {
            self.screen.put(TextWidth.cut(line, to: width - 4), row: area.row + 1 + place, column: area.column + 2)
        }
    }
}

extension Prompt {
    var label: String {
        switch self.purpose {
        case .enqueue: "enqueue file:"
        case .filter: "/"
        case .createAction: "action:"
        case .createPayload(let action): "payload for \(TextWidth.cut(action, to: 20)):"
        case .write: "write to:"
        case .limits: "limits:"
        }
    }

    var hint: String {
        switch self.purpose {
        case .enqueue: "jobs as JSON, or a text file of shell commands   Tab completes   Up history   Esc back"
        case .filter: "text  action:resize  error:timeout  state:dead  id:a*  age>30s   Esc clears"
        case .createAction: "which handler runs it; empty is default   Esc back"
        case .createPayload: "one JSON value; empty is {}   Enter takes the job   Esc back"
        case .write, .limits: "Esc back"
        }
    }
}
