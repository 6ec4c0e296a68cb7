internal import BeaverQueue

/// What a crash-test has shown, in words and figures; also when something was lost.
package struct ProofText {
    typealias Line = (text: String, style: Style)

    let before: CrashBefore
    let outcome: CrashOutcome
    let moment: Moment

    package init(_ state: ProofState, _ moment: Moment) {
        self.before = state.before
        self.outcome = state.outcome
        self.moment = moment
    }

    private var isSame: Bool { self.outcome.fingerprintBefore == self.outcome.fingerprintReplayed }
    private var isBalanced: Bool { self.outcome.replayed.isBalanced && self.outcome.after.jobs.isBalanced }

    package var isGood: Bool { self.outcome.lost == 0 && self.isSame && self.isBalanced }

    package var headline: String {
        let back = "back in \(Figures.precise(self.outcome.downSeconds))"
        let sync = self.before.status.wal.sync
        if self.outcome.lost > 0 {
            let count = Figures.count(self.outcome.lost, "ANSWERED JOB").replacingSuffix("s", with: "S")
            return sync == .always
                ? "LOST \(count) · sync is \"always\": this is a bug" : "LOST \(count) · sync is \"\(sync.rawValue)\""
        }
        if !self.isSame { return "THE STATE DIFFERS · this is a bug" }
        if !self.isBalanced { return "THE BOOKS DO NOT BALANCE · this is a bug" }
        let lead = self.outcome.kind == .powerCut ? "Power cut, on a copy · back" : "Back"
        return "\(lead) in \(back.dropFirst(8)) · lost 0"
    }

    var lines: [Line] {
        var lines: [Line] = []
        if self.outcome.lost > 0 { lines += self.lossLines }
        lines.append(("                 TOLD     AT THE   AFTER", .heading))
        lines.append(("                 BEFORE   CRASH    RECOVERY", .heading))
        let (told, crash, after) = (self.before.status.jobs, self.outcome.replayed, self.outcome.after.jobs)
        func row(_ name: String, _ path: (QueueStatus.Jobs) -> Int, _ note: String = "") -> Line {
            let numbers = [told, crash, after].map { TextWidth.right(Figures.grouped(path($0)), 9) }.joined()
            return (TextWidth.left(name, 12) + numbers + "   " + note, .plain)
        }
        lines.append(row("accepted", { $0.enqueuedTotal }, self.ownNote))
        lines.append(row("done", { $0.completed }, "none of them will run again"))
        lines.append(row("running", { $0.inFlight }, self.runningNote))
        lines.append(row("pending", { $0.pending + $0.parked }))
        lines.append(row("scheduled", { $0.scheduled }))
        lines.append(row("dead", { $0.dead }))
        if told.cancelled + told.purged + told.forgotten + after.cancelled + after.purged + after.forgotten > 0 {
            lines.append(row("the rest", { $0.cancelled + $0.purged + $0.forgotten }, "cancelled, purged, forgotten"))
        }
        let balance = self.isBalanced ? "balanced at the crash and after" : "NOT BALANCED"
        lines.append(row("sum", Self.sum, balance))
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
        let sample = self.outcome.ownChecked < self.outcome.ownCount ? " (a sample)" : ""
        return "own: \(Figures.grouped(self.outcome.ownChecked)) ids asked\(sample), \(Figures.grouped(found)) found"
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

    private var otherLines: [Line] {
        let end =
            self.outcome.cutBytes > 0
            ? "torn: \(Figures.bytes(self.outcome.cutBytes)) of the last write cut, kept as .torn" : "clean, 0 B cut"
        var lines: [Line] = [
            ("log end      \(end)", .plain),
            ("processes    \(self.outcome.recovery.orphansEnded) ended", .plain),
            (
                "recovery     \(Figures.count(self.outcome.recovery.replayedRecords, "record")) replayed in "
                    + Figures.precise(self.outcome.recovery.seconds), .plain
            ),
        ]
        if self.outcome.unanswered > 0 {
            let gone = self.outcome.unanswered - self.outcome.unansweredFound
            lines.append(
                (
                    "not answered \(self.outcome.unanswered) requests: \(self.outcome.unansweredFound) are there, "
                        + "\(gone) gone; either is right", .plain
                )
            )
        }
        if self.outcome.kind == .powerCut { lines.append(("your store   untouched, it went on working", .plain)) }
        lines += [
            ("", .plain),
            ("\"Told before\" is what this console had been shown before the crash, and its own", .dim),
            ("list of answers; the jobs of others are covered by the counts and the fingerprint.", .dim),
        ]
        return lines
    }

    private var lossLines: [Line] {
        let missing = self.outcome.ownMissing.prefix(3).joined(separator: ", ")
        var lines: [Line] = [("missing: \(missing)\(self.outcome.lost > 3 ? " …" : "")", .bad)]
        let wal = self.before.status.wal
        if wal.sync == .always {
            lines.append(("Every answer was given after a sync: nothing may be lost. This is a bug.", .bad))
            if let evidence = self.outcome.evidence { lines.append(("The evidence is kept in \(evidence)", .bad)) }
        } else {
            lines.append(
                (
                    "This is what sync: \(wal.sync.rawValue) allows: \(Figures.bytes(wal.atRiskBytes)) of "
                        + "\(Int(wal.atRiskMilliseconds)) ms were at risk. With sync: always the loss is 0.", .warning
                )
            )
        }
        return lines + [("", .plain)]
    }

    /// The whole proof as lines of text, with every missing id.
    package var report: [String] {
        [self.headline, ""] + self.lines.map(\.text) + self.outcome.ownMissing.map { "missing \($0)" }
    }
}
