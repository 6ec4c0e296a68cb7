internal import BeaverQueue

/// What a file holds, before anything of it is taken.
extension View {
    mutating func drawPreview(_ state: PreviewState) {
        self.drawHeader()
        self.drawBooks()
        if self.size.rows >= 12 { self.drawProgress() }
        let area = Self.previewArea(self.size)
        let isBad = (state.check?.badCount ?? 0) > 0
        let isReady = state.check.map { $0.failure == nil } ?? false
        let verdict = isBad && isReady ? ": refused, nothing taken" : ""
        // However long the path: the verdict is read.
        let path = TextWidth.cutFront(state.path, to: max(8, area.columns - 6 - TextWidth.of("Enqueue " + verdict)))
        let title = "Enqueue \(path)\(verdict)"
        self.drawBox(area, title: title, foot: self.previewKeys(state), isFocused: true, style: isBad ? .bad : nil)
        let width = area.columns - 4
        for (place, line) in self.previewLines(state, width).prefix(area.rows - 2).enumerated() {
            self.screen.put(
                TextWidth.cut(line.text, to: width),
                row: area.row + 1 + place,
                column: 2,
                style: line.style
            )
        }
        guard self.size.rows >= 20, isReady else { return }
        let settings = self.model.settings
        let option = state.check?.areCommands == true ? "--lines" : "--file"
        let command = "\(settings.program) enqueue \(option) \(state.path) --dry-run\(settings.directoryOption)"
        self.screen.put(
            TextWidth.cut("The same without the console: \(command)", to: width + 2),
            row: self.size.rows - 2,
            column: 1,
            style: .dim
        )
    }

    static func previewArea(_ size: Size) -> MainLayout.Area {
        let head = size.rows >= 12 ? 3 : 2
        let foot = size.rows >= 20 ? 3 : 1
        return MainLayout.Area(row: head, column: 0, rows: max(3, size.rows - head - foot), columns: size.columns)
    }

    private func previewKeys(_ state: PreviewState) -> String {
        guard let check = state.check else { return "Esc back" }
        if state.taken != nil {
            if state.isEnding { return "ends after this batch" }
            return check.isTakenInBatches ? "Esc takes no more of it" : "being taken"
        }
        if state.looksFrom != nil { return "arrows, PgDn   l, Esc back to the preview" }
        if check.failure != nil { return "R read again   Esc back" }
        if check.badCount > 0 {
            let good = check.jobCount > 0 ? "S take the good ones   " : ""
            return "R read again   \(good)l look through   arrows   Esc back"
        }
        guard check.jobCount > 0 else { return "Esc back" }
        if state.refusal != nil { return "R read again   Esc back" }
        let limits = check.areCommands ? "t limits   " : ""
        return "Enter take \(Figures.grouped(check.jobCount))   \(limits)l look through   R read again   Esc back"
    }

    private func previewLines(_ state: PreviewState, _ width: Int) -> [(text: String, style: Style)] {
        if let taken = state.taken, let check = state.check {
            let total = max(1, check.jobCount)
            let (done, rest) = Figures.bar(Double(taken) / Double(total), columns: min(40, width / 2))
            return [
                ("", .plain),
                ("\(done)\(rest) \(Figures.grouped(taken)) of \(Figures.grouped(total)) on disk", .plain),
            ]
        }
        guard let check = state.check else { return [("reading it", .dim)] }
        if let failure = check.failure { return TextWidth.wrap(failure, to: width).map { ($0, .bad) } }
        if let from = state.looksFrom { return self.entryLines(check, from, width) }
        let size = Figures.bytes(check.byteCount)
        if check.badCount > 0 {
            let entries = Figures.count(check.jobCount + check.badCount, "entry")
            return [
                ("\(check.form)    \(size)    \(entries), \(Figures.grouped(check.badCount)) bad", .plain),
                ("", .plain),
            ]
                + self.faultLines(check, state, width)
        }
        let first: (text: String, style: Style) = (
            "\(check.form)    \(size)    checked whole in \(Figures.seconds(check.seconds))", .plain
        )
        return [first, ("", .plain)] + self.goodLines(check, state, width)
    }

    private func goodLines(_ check: FileCheck, _ state: PreviewState, _ width: Int) -> [(text: String, style: Style)] {
        func figure(_ number: Int, _ text: String) -> (text: String, style: Style) {
            (TextWidth.right(Figures.grouped(number), Self.countColumns) + "  " + text, number > 0 ? .plain : .dim)
        }
        var ids = ""
        if let first = check.firstID {
            ids = "   \(first)" + (check.lastID.map { $0 == first ? "" : " … \($0)" } ?? "")
        }
        var lines = [figure(check.jobCount, "jobs to take" + ids)] + self.knownLines(check, state, width)
        if check.areCommands { lines.append(figure(check.leftOut, "empty lines or comments left out")) }
        lines += [figure(0, "bad"), ("", .plain)]
        if check.areCommands {
            let limits = state.limits
            let time = limits.timeoutMilliseconds.map { Figures.length(milliseconds: Int64($0), spaced: true) }
            let retries = limits.maxRetry.map { "\($0) retries" }
            lines.append(("run as     /bin/sh -c LINE   in \(check.workingDirectory)   input /dev/null", .plain))
            lines.append(
                ("limits     \(time ?? "no time limit"), \(retries ?? "no retries") (t sets them)", .plain)
            )
            lines.append(("after a crash   a command that ran is run again", .plain))
            if !self.status.dataDirectory.isEmpty {
                lines.append(("output     \(self.status.dataDirectory)/output, one file a run", .plain))
            }
            if let refusal = state.refusal { lines += TextWidth.wrap(refusal, to: width).map { ($0, .warning) } }
        } else {
            lines += self.actionLines(check, state)
        }
        lines.append(("", .plain))
        if let first = check.first { lines.append(("first      \(first)", .plain)) }
        if let last = check.last, check.jobCount > 1 { lines.append(("last       \(last)", .plain)) }
        lines += [
            ("", .plain),
            (
                (check.isTakenInBatches ? "In acknowledged batches, safe to repeat." : "All or nothing: one commit.")
                    + " Nothing has been taken yet.", .plain
            ),
        ]
        return lines
    }

    /// The actions in it: first those that nothing would run, however few jobs name them.
    private func actionLines(_ check: FileCheck, _ state: PreviewState) -> [(text: String, style: Style)] {
        let unhandled = state.known?.unhandled ?? []
        func line(_ count: Int, _ name: String) -> (text: String, style: Style) {
            (TextWidth.right(Figures.grouped(count), Self.countColumns) + "  action \(name)", .plain)
        }
        var lines: [(text: String, style: Style)] = []
        for action in unhandled.prefix(Self.shownActions) {
            let count = check.actions.first { $0.name == action.action }?.count ?? action.jobs
            lines.append(line(count, action.action))
            lines.append((TextWidth.right("", Self.countColumns + 2) + "would wait: \(action.reason)", .warning))
        }
        let others = check.actions.filter { action in !unhandled.contains { $0.action == action.name } }
        let room = max(0, Self.shownActions - unhandled.count)
        lines += others.prefix(room).map { line($0.count, $0.name) }
        let left = max(0, unhandled.count - Self.shownActions) + max(0, others.count - room)
        if left > 0 {
            lines.append(
                (TextWidth.right("", Self.countColumns + 2) + "and \(Figures.count(left, "more action"))", .dim)
            )
        }
        return lines
    }

    private static var shownActions: Int { 5 }
    /// Room for ten millions.
    private static var countColumns: Int { 10 }

    /// What the queue knows of them: asked for in pieces, so that it may be of a part only.
    private func knownLines(
        _ check: FileCheck,
        _ state: PreviewState,
        _ width: Int
    ) -> [(text: String, style: Style)] {
        if state.refusal != nil { return [] }
        if let reason = state.whyNotKnown {
            let lead = TextWidth.right("?", Self.countColumns) + "  "
            return TextWidth.wrap("known already: \(reason)", to: width - lead.count).enumerated().map {
                (($0 == 0 ? lead : String(repeating: " ", count: lead.count)) + $1, .warning)
            }
        }
        let known = state.known ?? EnqueueResult()
        let compared = known.enqueued + known.duplicates + known.differs
        let isPart = compared < check.jobCount
        let count = state.known == nil ? "?" : Figures.grouped(known.duplicates)
        var text = TextWidth.right(count, Self.countColumns) + "  known already"
        if known.duplicates > 0 { text += ": not taken again" }
        if isPart, compared > 0 { text += ", of the first \(Figures.grouped(compared))" }
        var lines: [(text: String, style: Style)] = [(text, known.duplicates > 0 ? .plain : .dim)]
        if known.differs > 0 {
            let count = TextWidth.right(Figures.grouped(known.differs), Self.countColumns)
            lines.append(("\(count)  refused: the id is known with another payload", .warning))
        }
        return lines
    }

    /// The jobs themselves, as they would be listed.
    private func entryLines(_ check: FileCheck, _ from: Int, _ width: Int) -> [(text: String, style: Style)] {
        let height = max(1, Self.previewArea(self.size).rows - 3)
        let shown = check.entries.dropFirst(from).prefix(height)
        let longest = shown.reduce(3) { max($0, TextWidth.of($1.id ?? "")) }
        let id = max(3, min(longest, width / 3))
        var lines: [(text: String, style: Style)] = [
            ("\(TextWidth.right("JOB", Self.countColumns))  \(TextWidth.left("ID", id)) WORK", .heading)
        ]
        for (place, entry) in shown.enumerated() {
            let number = TextWidth.right(Figures.grouped(from + place + 1), Self.countColumns)
            lines.append(("\(number)  \(TextWidth.left(entry.id ?? "-", id)) \(entry.work)", .plain))
        }
        return lines
    }

    /// Columns before the message of a fault.
    private static var faultLead: Int { 19 }

    private static func ones(_ count: Int, _ kind: String) -> String {
        count == 1 ? "\(kind) one" : "\(Figures.grouped(count)) \(kind) ones"
    }

    private func faultLines(_ check: FileCheck, _ state: PreviewState, _ width: Int) -> [(text: String, style: Style)] {
        var lines: [(text: String, style: Style)] = [("ENTRY   LINE  COL  WHAT", .heading)]
        let shown = max(1, min(check.faults.count, 5))
        let top = max(0, min(state.fault - shown / 2, check.faults.count - shown))
        for (place, fault) in check.faults.enumerated().dropFirst(top).prefix(shown) {
            let entry = TextWidth.right(fault.entry == 0 ? "-" : Figures.grouped(fault.entry), 5)
            let line = TextWidth.right(Figures.grouped(fault.line), 7)
            let text = "\(entry)\(line)\(TextWidth.right(String(fault.column), 5))  \(fault.message)"
            lines.append((text, place == state.fault ? .cursor : .plain))
        }
        if check.badCount > check.faults.count {
            lines.append(("      and \(Figures.grouped(check.badCount - check.faults.count)) more", .dim))
        }
        lines.append(("", .plain))
        if check.faultLines.indices.contains(state.fault), check.faults.indices.contains(state.fault) {
            let fault = check.faults[state.fault]
            let lead = "> \(fault.line) | "
            // What stands before the place is cut so that the place itself can be seen.
            let room = max(10, width - TextWidth.of(lead))
            let skip = max(0, fault.column - 1 - room * 2 / 3)
            let text = String(check.faultLines[state.fault].unicodeScalars.dropFirst(skip).map(Character.init))
            lines.append((lead + text, .plain))
            let before = String(
                check.faultLines[state.fault].unicodeScalars.prefix(fault.column - 1).dropFirst(skip).map(
                    Character.init
                )
            )
            lines.append((String(repeating: " ", count: TextWidth.of(lead + before)) + "^", .bad))
            // What the list has no room for.
            if TextWidth.of(fault.message) > width - Self.faultLead {
                lines += TextWidth.wrap(fault.message, to: width).map { ($0, .plain) }
            }
            lines.append(("", .plain))
        }
        if check.jobCount > 0 {
            var ids = ""
            if let first = check.firstID, let last = check.lastID {
                ids = first == last ? ": \(first)" : ": \(first) … \(last)"
            }
            let count = Figures.count(check.jobCount, "entry") + (check.jobCount == 1 ? " is" : " are")
            lines.append(("\(count) good" + ids, .plain))
            lines.append(("", .plain))
        }
        lines.append(("Mend the file and press R to read it again" + (check.jobCount > 0 ? "," : "."), .plain))
        if check.jobCount > 0 {
            let text =
                "or press S to take the \(Self.ones(check.jobCount, "good")) and write the "
                + "\(Self.ones(check.badCount, "bad")) to \(check.path).bad"
            lines += TextWidth.wrap(text, to: width).map { ($0, .plain) }
        }
        return lines
    }
}
