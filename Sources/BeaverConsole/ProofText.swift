internal import BeaverQueue

/// What a crash-test has shown, in words and figures; also when something was lost.
package struct ProofText {
    typealias Line = (text: String, style: Style)

    let before: CrashBefore
    let outcome: CrashOutcome

    package init(_ state: ProofState) {
        self.before = state.before
        self.outcome = state.outcome
    }

    private var isSame: Bool { self.outcome.fingerprintBefore == self.outcome.fingerprintReplayed }
    private var isBalanced: Bool { self.outcome.replayed.isBalanced && self.outcome.after.jobs.isBalanced }

    package var isGood: Bool {
        if let lie = self.outcome.lie { return LieText(lie, self.outcome).isGood }
        return self.outcome.lost == 0 && self.outcome.doneTwice.isEmpty && self.isSame && self.isBalanced
    }

    package var headline: String {
        if let lie = self.outcome.lie { return LieText(lie, self.outcome).headline }
        let back = "back in \(Figures.precise(self.outcome.downSeconds))"
        let sync = self.before.status.wal.sync
        if self.outcome.lost > 0 {
            let count = Figures.count(self.outcome.lost, "ANSWERED JOB").replacingSuffix("s", with: "S")
            return sync == .always
                ? "LOST \(count) · sync is \"always\": this is a bug" : "LOST \(count) · sync is \"\(sync.rawValue)\""
        }
        if !self.outcome.doneTwice.isEmpty {
            return "DONE TWICE \(Figures.grouped(self.outcome.doneTwice.count)) · this is a bug"
        }
        if !self.isSame { return "THE STATE DIFFERS · this is a bug" }
        if !self.isBalanced { return "THE BOOKS DO NOT BALANCE · this is a bug" }
        let lead = self.outcome.kind == .powerCut ? "Power cut, on a copy · back" : "Back"
        let twice = self.outcome.ownDone > 0 ? " · done twice 0" : ""
        return "\(lead) in \(back.dropFirst(8)) · lost 0\(self.part)\(twice)"
    }

    /// Of how many that holds, where not all were asked for.
    private var part: String {
        guard let account = self.outcome.account, account.stage != .complete else { return "" }
        return " of \(Figures.grouped(account.asked)) asked" + (account.stage == .going ? " so far" : "")
    }

    /// What asking a server came to, in a sentence.
    var askedSentence: String {
        guard let account = self.outcome.account else { return "" }
        let (count, total) = (Figures.grouped(account.asked), Figures.grouped(account.total))
        let asked =
            "own jobs: " + (account.asked == account.total ? "all \(total)" : "\(count) of \(total)") + " asked for"
        let lost = self.outcome.lost > 0 ? "\(Figures.grouped(self.outcome.lost)) LOST" : "none lost"
        let again = self.outcome.doneTwice.count
        let twice = "\(again == 0 ? "none" : Figures.grouped(again)) done twice"
        let end =
            switch account.stage {
            case .going, .complete: ""
            case .ended: "; asking was ended"
            case .failed(let reason): "; then: \(reason)"
            }
        return "\(asked) in \(Figures.precise(account.seconds)), \(lost), \(twice)\(end)"
    }

    var lines: [Line] {
        if let lie = self.outcome.lie { return LieText(lie, self.outcome).lines }
        var lines: [Line] = []
        if self.outcome.lost > 0 { lines += self.lossLines }
        func heads(_ words: [String]) -> Line {
            (TextWidth.left("", 10) + words.map { TextWidth.right($0, 10) }.joined(), .heading)
        }
        lines += [heads(["TOLD", "AT THE", "AFTER"]), heads(["BEFORE", "CRASH", "RECOVERY"])]
        let (told, crash, after) = (self.before.status.jobs, self.outcome.replayed, self.outcome.after.jobs)
        func row(_ name: String, _ path: (QueueStatus.Jobs) -> Int, _ note: String = "") -> Line {
            let numbers = [told, crash, after].map { TextWidth.right(Figures.grouped(path($0)), 10) }.joined()
            return (TextWidth.left(name, 10) + numbers + (note.isEmpty ? "" : "   " + note), .plain)
        }
        lines.append(row("accepted", { $0.enqueuedTotal }, self.ownNote))
        lines.append(row("done", { $0.completed }, self.doneNote))
        lines.append(row("running", { $0.inFlight }, self.runningNote))
        lines.append(row("pending", { $0.pending + $0.parked }, self.pendingNote))
        lines.append(row("scheduled", { $0.scheduled }))
        lines.append(row("dead", { $0.dead }))
        if told.cancelled + told.purged + told.forgotten + after.cancelled + after.purged + after.forgotten > 0 {
            lines.append(row("the rest", { $0.cancelled + $0.purged + $0.forgotten }, "cancelled, purged, forgotten"))
        }
        lines.append(row("sum", Self.sum, self.sumNote))
        lines += self.askingLines
        lines.append(("", .plain))
        lines += self.fingerprintLines
        lines.append(("", .plain))
        lines += self.otherLines
        return lines
    }

    private static func sum(_ jobs: QueueStatus.Jobs) -> Int {
        jobs.pending + jobs.scheduled + jobs.parked + jobs.inFlight + jobs.completed + jobs.dead + jobs.cancelled
            + jobs.purged + jobs.forgotten
    }

    private var ownNote: String {
        guard self.outcome.ownCount > 0 else { return "none enqueued from this console" }
        let found = self.outcome.ownChecked - self.outcome.lost
        let (count, checked) = (Figures.grouped(self.outcome.ownCount), Figures.grouped(self.outcome.ownChecked))
        if let account = self.outcome.account, account.asked < account.total {
            return "own: \(Figures.grouped(account.asked)) of \(count) asked"
        }
        let part = self.outcome.ownChecked < self.outcome.ownCount ? " (not those purged)" : ""
        let note = "own: \(checked) ids asked\(part), \(Figures.grouped(found)) found"
        // The column has room for this many at 80 columns.
        guard TextWidth.of(note) > 33, part.isEmpty, self.outcome.lost == 0 else { return note }
        return "own: all \(checked) asked, found"
    }

    /// How far asking a server has come, and how it ended where it did not come to its end.
    private var askingLines: [Line] {
        guard let account = self.outcome.account else { return [] }
        switch account.stage {
        case .complete:
            let seconds = Figures.precise(account.seconds)
            return [("asked     the server for every own id, in \(seconds)", .dim)]
        case .ended, .failed: return [("asked     \(self.askedSentence)", .warning)]
        case .going:
            let share = Double(account.asked) / Double(max(1, account.total))
            let (done, rest) = Figures.bar(share, columns: 20)
            var text = "asking    \(done)\(rest) \(Int(share * 100)) %"
            if account.asked > 0, account.seconds > 0 {
                let left = account.seconds / share - account.seconds
                text += ", about \(Figures.length(milliseconds: Int64(left * 1_000), spaced: true)) more"
            }
            return [(text + "   c asks no more", .plain)]
        }
    }

    private var doneNote: String {
        guard self.outcome.ownDone > 0 else { return "" }
        let again = self.outcome.doneTwice.count
        let end = again == 0 ? "none ran again" : "\(Figures.grouped(again)) RAN AGAIN"
        let note = "own: \(Figures.grouped(self.outcome.ownDone)) asked, \(end)"
        guard TextWidth.of(note) > 33, again == 0 else { return note }
        return "own: none of \(Figures.grouped(self.outcome.ownDone)) ran again"
    }

    /// Only where the figures say so: a queue that works on has other ones by now.
    private var pendingNote: String {
        let (crash, after) = (self.outcome.replayed, self.outcome.after.jobs)
        let (old, put) = (crash.pending + crash.parked, self.outcome.recovery.requeued)
        guard put > 0, after.pending + after.parked == old + put else { return "" }
        return "= \(Figures.grouped(old)) + \(Figures.grouped(put))"
    }

    private var sumNote: String {
        guard self.isBalanced else { return "NOT BALANCED" }
        let fewer = Self.sum(self.before.status.jobs) - Self.sum(self.outcome.replayed)
        return fewer > 0 ? "\(Figures.grouped(fewer)) FEWER THAN TOLD" : "balanced at the crash and after"
    }

    private var runningNote: String {
        let count = self.outcome.recovery.requeued
        return count > 0 ? "interrupted: \(count) put back" : ""
    }

    private var fingerprintLines: [Line] {
        let sequence = Figures.grouped(self.outcome.fingerprintSequence)
        return [
            ("fingerprint of all jobs at record \(sequence), before recovery's own events", .plain),
            (
                "  told \(TextWidth.cut(self.outcome.fingerprintBefore, to: 24))   replayed "
                    + "\(TextWidth.cut(self.outcome.fingerprintReplayed, to: 24))   \(self.isSame ? "same" : "DIFFERENT")",
                self.isSame ? .good : .bad
            ),
        ]
    }

    /// An engine that dies in this process takes those of its jobs with it; a recovery ends those that outlived theirs.
    private var processesText: String {
        let ended = self.outcome.recovery.orphansEnded
        return self.outcome.kind == .kill && ended == 0 ? "none outlived it" : "\(Figures.grouped(ended)) ended"
    }

    private var otherLines: [Line] {
        let recovery = self.outcome.recovery
        let end =
            self.outcome.cutBytes > 0
            ? "torn: \(Figures.bytes(self.outcome.cutBytes)) of the last write cut, kept as .torn" : "clean, 0 B cut"
        var entries = [
            ("log end", end), ("not answered", self.unansweredText),
            ("processes", self.processesText),
            (
                "recovery",
                "\(Figures.count(recovery.replayedRecords, "record")) in \(Figures.precise(recovery.seconds))"
            ),
        ]
        if let seconds = self.outcome.firstJobSeconds {
            entries.append(("down", "\(Figures.precise(seconds)) to the first job"))
        }
        if let seconds = self.outcome.restartedAfterSeconds {
            let text = "none in \(Figures.precise(seconds)), not counted: started again from here"
            entries.append(("supervisor", text))
        }
        if self.outcome.kind == .powerCut { entries.append(("your store", "untouched, it went on working")) }
        var lines: [Line] = []
        while let (name, text) = entries.first {
            entries.removeFirst()
            var line = TextWidth.left(name, 14) + text
            // Two short ones share a line.
            if TextWidth.of(line) <= 34, let (second, more) = entries.first, TextWidth.of(more) <= 27 {
                line = TextWidth.left(line, 36) + TextWidth.left(second, 13) + more
                entries.removeFirst()
            }
            lines.append((line, .plain))
        }
        return lines + [
            ("", .plain),
            (
                "\"Told before\" is what this console had been shown before the crash, and its own list of answers; "
                    + "the jobs of others are covered by the counts and the fingerprint.", .dim
            ),
        ]
    }

    private var unansweredText: String {
        let (all, found) = (self.outcome.unanswered, self.outcome.unansweredFound)
        guard all > 0 else { return "0 requests" }
        func are(_ count: Int) -> String { "\(Figures.grouped(count)) \(count == 1 ? "is" : "are")" }
        return "\(Figures.count(all, "request")): \(are(found)) there, \(are(all - found)) gone; either is right"
    }

    private var lossLines: [Line] {
        let missing = self.outcome.ownMissing.prefix(3).joined(separator: ", ")
        var lines: [Line] = [("missing: \(missing)\(self.outcome.lost > 3 ? " …" : "")", .bad)]
        let wal = self.before.status.wal
        if wal.sync == .always {
            lines.append(("Every answer was given after a sync: nothing may be lost. This is a bug.", .bad))
            if let evidence = self.outcome.evidence { lines.append(("The evidence is kept in \(evidence)", .bad)) }
        } else {
            let ago = wal.atRiskMilliseconds > 0 ? " of the last \(Int(wal.atRiskMilliseconds.rounded())) ms" : ""
            lines.append(
                (
                    "This is what sync: \(wal.sync.rawValue) allows: answers\(ago) were not synced yet. "
                        + "With sync: always the loss is 0.", .warning
                )
            )
        }
        return lines + [("", .plain)]
    }

    /// The lines, broken where they are wider than `columns`.
    func wrapped(to columns: Int) -> [Line] {
        self.lines.flatMap { line in
            TextWidth.of(line.text) <= columns
                ? [line] : TextWidth.wrap(line.text, to: columns).map { ($0, line.style) }
        }
    }

    /// The whole proof as lines of text, with every missing id.
    package var report: [String] {
        [self.headline, ""] + self.lines.map(\.text) + self.outcome.ownMissing.map { "missing \($0)" }
            + self.outcome.doneTwice.map { "done twice \($0)" }
    }
}
