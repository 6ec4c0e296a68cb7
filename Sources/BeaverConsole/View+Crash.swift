internal import BeaverQueue

/// The crash-test: menu, recovery, proof.
extension View {
    private var sheetArea: MainLayout.Area {
        let foot = self.size.rows >= 20 ? 2 : 0
        return MainLayout.Area(
            row: 3,
            column: 0,
            rows: max(3, self.size.rows - 3 - foot),
            columns: self.size.columns
        )
    }

    /// Lines in a box; where not all fit, from `top` on.
    private mutating func drawLines(
        _ lines: [(text: String, style: Style)],
        in area: MainLayout.Area,
        from top: Int = 0
    ) {
        let height = max(0, area.rows - 2)
        for (place, line) in lines.dropFirst(max(0, min(top, lines.count - height))).prefix(height).enumerated() {
            self.screen.put(
                TextWidth.cut(line.text, to: area.columns - 4),
                row: area.row + 1 + place,
                column: area.column + 2,
                style: line.style
            )
        }
    }

    // MARK: Menu

    mutating func drawCrashMenu(_ state: CrashMenuState) {
        self.drawHeader()
        self.drawBooks()
        self.drawProgress()
        let area = self.sheetArea
        self.drawBox(
            area,
            title: "Crash-test",
            foot: "0-4 choose   Enter do it   Esc back",
            isFocused: true,
            style: .warning
        )
        let lines = self.crashLines(state)
        // What is chosen is in sight, with its second line.
        let chosen = lines.firstIndex { $0.text.hasPrefix(">") } ?? 0
        self.drawLines(lines, in: area, from: max(0, chosen + 4 - area.rows))
        guard self.size.rows >= 20 else { return }
        self.drawSafetyLine(0, row: self.size.rows - 2)
        let tests = self.model.crashTests
        var last = tests.count == 0 ? "never from this console" : "\(tests.count), lost \(tests.lost)"
        if let proof = self.model.lastProof {
            if let account = proof.outcome.account, account.stage == .going {
                last += " of \(Figures.grouped(account.asked)) asked so far"
            }
            last += "; v shows the proof"
        }
        self.screen.put("Last crash-test: \(last)", row: self.size.rows - 1, column: 1, style: .dim)
    }

    private func crashLines(_ state: CrashMenuState) -> [(text: String, style: Style)] {
        let facts = state.facts
        let entries: [(name: String, lines: [String])] = [
            ("Cancel", [""]),
            ("Kill", self.killLines),
            (
                "Power cut",
                [
                    "What was not synced is gone, the last write is torn.",
                    "On a copy (\(Figures.bytes(facts.storeBytes))) made then; yours is untouched.",
                ]
            ),
            (
                "Lying disk",
                [
                    "For a second it says \"synced\" and keeps nothing; then the",
                    "power goes. On a copy: see how the loss is noticed.",
                ]
            ),
            ("kill -9", ["The server, pid \(facts.serverPid), by the real signal."]),
        ]
        var lines: [(text: String, style: Style)] = [("", .plain)]
        for (number, entry) in entries.enumerated() {
            let sign = number == state.chosen ? ">" : " "
            var texts = entry.lines
            let whyNot = Model.whyNot(number, facts)
            if let whyNot { texts = TextWidth.wrap("Not here: \(whyNot)", to: max(20, self.size.columns - 24)) }
            let style: Style = number == state.chosen ? .figure : whyNot == nil ? .plain : .dim
            lines.append(("\(sign) \(number)  \(TextWidth.left(entry.name, 11)) \(texts.first ?? "")", style))
            for text in texts.dropFirst() { lines.append((String(repeating: " ", count: 17) + text, style)) }
            if number == 0 { lines.append(("", .plain)) }
        }
        if state.chosen == 4, Model.whyNot(4, facts) == nil {
            lines += [("", .plain), ("Type kill, then Enter:  \(state.typed)_", .warning)]
        }
        lines.append(("", .plain))
        return lines + self.costLines(state)
    }

    private var killLines: [String] {
        let promise =
            self.status.wal.sync == .always
            ? "On this store: a kill loses nothing that was answered."
            : "On this store: a kill loses nothing that was written."
        return ["The engine dies between two steps, as by kill -9.", promise]
    }

    /// What it costs now: commands that die and run again.
    private func costLines(_ state: CrashMenuState) -> [(text: String, style: Style)] {
        let running = self.status.jobs.inFlight
        let rows = self.model.lists[.running]?.rows ?? []
        let seldom = rows.first { $0.runs > 2 }.map { " (\($0.id): its \(Figures.ordinal($0.runs + 1)) run)" } ?? ""
        let rate = Figures.rate(self.status.rates.completedPerSecond).replacingSuffix("/s", with: " jobs/s")
        let kill = state.facts.isEmbedded ? 1 : 4
        let once = state.facts.runningOnce.map { " among them: \(Figures.grouped($0)) (they would end" } ?? " (they end"
        return [
            (
                running == 0
                    ? "With \(kill), no command dies: none runs now."
                    : running == 1
                        ? "With \(kill), the command that runs now dies and runs again\(seldom)."
                        : "With \(kill), \(Figures.grouped(running)) commands that run now die and run again\(seldom).",
                .plain
            ),
            ("Jobs marked \"once\"\(once) as dead, not run again).", .plain),
            (
                state.facts.openRequests.map {
                    "Not answered at this moment: \(Figures.count($0, "request"))."
                } ?? "", .plain
            ),
            ("", .plain),
            (
                state.addsLoad
                    ? "Load \(rate).  2,000 labelled test jobs are added first, removed afterwards (l: without)"
                    : "Load \(rate).  l  add 2,000 labelled test jobs first, removed afterwards",
                .plain
            ),
        ]
    }

    // MARK: Recovery

    mutating func drawRecovery(_ state: RecoveryState) {
        self.drawHeader()
        if state.kind.isOnCopy {
            self.drawBooks()
        } else {
            self.drawBooks(isUnknown: true)
        }
        let area = self.sheetArea
        let time = self.model.moment.preciseTime(state.before.wallMilliseconds)
        self.drawBox(
            area,
            title: "Crash-test: \(state.kind.isOnCopy ? "power cut" : "killed") \(time), coming back",
            foot: "any key: real speed",
            style: .warning
        )
        let before = state.before.status
        var lines: [(text: String, style: Style)] = [
            ("", .plain),
            (
                "at the kill   \(before.jobs.inFlight) running, record \(Figures.grouped(before.wal.lastSequence)) written, "
                    + "\(Figures.grouped(before.wal.syncedSequence)) synced", .plain
            ),
            ("", .plain),
        ]
        lines += self.stepLines(state.kind, state.outcome, shown: state.shown)
        lines.append(("", .plain))
        if state.outcome == nil {
            lines.append(("the store is coming back", .dim))
        } else if !state.isHurried {
            lines.append(("shown slowly so that you can read it; the times are the true ones", .dim))
        }
        lines += [("", .plain), ("The same times are in beaver-tui status --json after every start.", .dim)]
        self.drawLines(lines, in: area)
    }

    static let phaseNames: [String: String] = [
        "lock": "directory locked", "identity": "store recognized", "snapshot": "snapshot read",
        "replay": "log replayed", "cut": "end of log judged", "orphans": "processes left behind ended",
        "epoch": "new epoch synced",
    ]

    /// The steps of a recovery, and how long each took where that was measured by itself.
    static func steps(_ outcome: CrashOutcome) -> [(name: String, seconds: Double?, remark: String)] {
        let recovery = outcome.recovery
        var steps: [(name: String, seconds: Double?, remark: String)] = recovery.phases.map { phase in
            let remark =
                switch phase.name {
                case "snapshot": "record \(Figures.grouped(recovery.snapshotSequence))"
                case "replay": Figures.count(recovery.replayedRecords, "record")
                case "orphans": "\(Figures.grouped(recovery.orphansEnded)) ended"
                default: ""
                }
            return (Self.phaseNames[phase.name] ?? phase.name, phase.seconds, remark)
        }
        // On a copy nothing is put to work.
        guard !outcome.kind.isOnCopy, !steps.isEmpty else { return steps }
        steps.append(("interrupted jobs put back", nil, Figures.count(recovery.requeued, "job")))
        if let seconds = outcome.firstJobSeconds {
            steps.append(("first job started", nil, "\(Figures.precise(seconds)) after the kill"))
        }
        return steps
    }

    private static func awaited(_ kind: CrashKind) -> String {
        switch kind {
        case .kill: "> waiting for the directory"
        case .powerCut: "> cutting the power of a copy, and reading what is left"
        case .lyingDisk: "> cutting the power of a disk that has lied, and reading what is left"
        case .signal: "> its supervisor has 5 s to start it again, then this console does"
        }
    }

    private func stepLines(
        _ kind: CrashKind,
        _ outcome: CrashOutcome?,
        shown: Int
    ) -> [(text: String, style: Style)] {
        guard let outcome else { return [(Self.awaited(kind), .plain)] }
        return Self.steps(outcome).enumerated().map { place, step in
            if place > shown { return ("·  \(step.name)", .dim) }
            var text = TextWidth.left("\(place == shown ? ">" : "✓")  \(step.name)", 44)
            text += TextWidth.right(step.seconds.map(Figures.seconds) ?? "", 10)
            if !step.remark.isEmpty { text += "  " + step.remark }
            return (text, place == shown ? .figure : .good)
        }
    }

    // MARK: Proof

    mutating func drawProof(_ state: ProofState) {
        self.drawHeader()
        self.drawBooks()
        let proof = ProofText(state)
        let rows = self.size.rows - 2 - (self.size.rows >= 20 ? 1 : 0)
        let area = MainLayout.Area(row: 2, column: 0, rows: max(3, rows), columns: self.size.columns)
        let lines =
            state.showsSteps
            ? [("", .plain)] + self.stepLines(state.outcome.kind, state.outcome, shown: .max - 1)
            : proof.wrapped(to: area.columns - 4)
        let height = area.rows - 2
        let top = max(0, min(state.scroll, lines.count - height))
        self.drawBox(
            area,
            title: proof.headline,
            remark: lines.count > height ? "\(top + 1)-\(top + height) of \(lines.count)" : "",
            foot: "Enter back to work   v \(state.showsSteps ? "proof" : "steps")   w save report"
                + (state.outcome.isAsking ? "   c asks no more" : ""),
            isFocused: true,
            style: proof.isGood ? .good : .bad
        )
        self.drawLines(lines, in: area, from: top)
        if self.size.rows >= 20 { self.drawSafetyLine(0, row: self.size.rows - 1) }
    }
}

extension String {
    /// The text with its end replaced, if it has it.
    func replacingSuffix(_ suffix: String, with other: String) -> String {
        self.hasSuffix(suffix) ? self.dropLast(suffix.count) + other : self
    }
}
