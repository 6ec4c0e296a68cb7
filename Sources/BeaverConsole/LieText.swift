internal import BeaverQueue

/// What came of a disk that said "synced" and had not: no queue can prevent it, a good one notices.
struct LieText {
    let lie: CrashLie
    let outcome: CrashOutcome

    init(_ lie: CrashLie, _ outcome: CrashOutcome) {
        self.lie = lie
        self.outcome = outcome
    }

    /// How many of the records that were called synced are not in what the start took for the end of the log.
    private var missingRecords: UInt64 {
        self.lie.lastSequence - min(self.lie.lastSequence, max(self.lie.afterSequence, self.outcome.sequence))
    }

    /// Whether nobody was told that all is well while something is missing.
    var isGood: Bool { self.lie.refusal != nil || self.missingRecords == 0 }

    var headline: String {
        if self.lie.refusal != nil { return "Lying disk, on a copy · the loss was noticed: start refused" }
        if self.missingRecords == 0 { return "Lying disk, on a copy · all survived by chance" }
        return "Lying disk, on a copy · \(Figures.count(Int(clamping: self.missingRecords), "record")) LOST, UNSEEN"
    }

    var lines: [ProofText.Line] {
        let (first, last) = (Figures.grouped(self.lie.afterSequence), Figures.grouped(self.lie.lastSequence))
        var lines: [ProofText.Line] = [
            ("For one second the disk said \"synced\" and kept all in its own memory.", .plain),
            ("Then the power went.", .plain),
            ("", .plain),
            (TextWidth.left("really on disk", 20) + "up to record \(first)", .plain),
            (TextWidth.left("said to be", 20) + "up to record \(last)", .plain),
            (
                TextWidth.left("what survived", 20)
                    + "\(Figures.grouped(self.lie.keptSectors)) of \(Figures.count(self.lie.sectors, "sector")), by chance",
                .plain
            ),
            ("", .plain),
        ]
        if let refusal = self.lie.refusal {
            lines += [
                ("The next start is refused, exit status 65:", .good),
                ("  " + refusal, .plain),
                ("A record that survived says that others before it were synced. They are not", .dim),
                ("there, so this is no torn tail, and nothing is cut in silence.", .dim),
                ("", .plain),
                (
                    TextWidth.left("verify --salvage", 20)
                        + "saves \(Figures.count(self.lie.salvagedJobs, "job")); names "
                        + "\(Figures.count(self.lie.uncertainJobs, "job")) as uncertain, and", .plain
                ),
                (TextWidth.left("", 20) + "\(Figures.count(self.lie.losses, "place")) that cannot be read", .plain),
            ]
        } else if self.missingRecords == 0 {
            lines.append(("Every sector that matters survived: the next start finds all of it.", .good))
        } else {
            let (asked, lost) = (self.outcome.ownChecked, self.outcome.lost)
            lines += [
                ("The next start takes record \(Figures.grouped(self.outcome.sequence)) for the last one.", .bad),
                (
                    "Nothing that survived behind it tells of more: it looks like a torn tail. Of the "
                        + "\(Figures.count(asked, "job")) enqueued here \(Figures.grouped(lost)) are gone.", .bad
                ),
            ]
        }
        return lines + [
            ("", .plain),
            (TextWidth.left("your store", 20) + "untouched, it went on working", .plain),
            ("", .plain),
            (
                "No program can make such a disk keep what it does not keep: use one that honours a flush. "
                    + "See docs/durability.md, \"what is not promised\".", .dim
            ),
        ]
    }
}
