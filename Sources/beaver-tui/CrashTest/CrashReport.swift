import BeaverQueue

/// What a crash test did and found.
struct CrashReport: Encodable {
    var seed: UInt64
    var cycles = 0
    var seconds = 0.0
    /// Ends of lives by moment.
    var ended: [String: Int] = [:]
    var acknowledged = 0
    var runs = 0
    /// Runs that a crash or a stop cut short.
    var interrupted = 0
    var completed = 0
    var dead = 0
    var cancelled = 0
    /// Starts that found a torn tail.
    var torn_tails = 0
    var longest_recovery_seconds = 0.0
    var losses: [String] = []
    /// Where everything lies, if something was lost.
    var evidence: String?

    func progress(of cycles: Int) -> String {
        "\(self.cycles) of \(PeopleText.count(cycles, "cycle")), \(PeopleText.count(self.acknowledged, "job")) acknowledged, "
            + "\(PeopleText.count(self.runs, "run")), \(self.interrupted) interrupted, \(self.losses.count) losses"
    }

    var lines: [String] {
        let ends = self.ended.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        var lines = [
            "\(PeopleText.count(self.cycles, "cycle")) in \(PeopleText.duration(seconds: self.seconds)), seed \(self.seed); "
                + "ended: \(ends)",
            "\(PeopleText.count(self.acknowledged, "job")) acknowledged: \(PeopleText.grouped(self.completed)) completed, "
                + "\(PeopleText.grouped(self.dead)) dead, \(PeopleText.grouped(self.cancelled)) cancelled, as each was meant to",
            "\(PeopleText.count(self.runs, "run")) by the outside ledger, \(PeopleText.grouped(self.interrupted)) of them "
                + "interrupted and repeated",
            "\(PeopleText.count(self.torn_tails, "torn tail")) cut; longest recovery "
                + PeopleText.duration(seconds: self.longest_recovery_seconds),
        ]
        if self.losses.isEmpty {
            lines.append("Nothing was lost, and nothing completed ran again.")
        } else {
            lines = Array(lines.prefix(1)) + self.losses.prefix(20).map { "LOSS: \($0)" }
            if self.losses.count > 20 { lines.append("and \(self.losses.count - 20) more") }
        }
        if let evidence = self.evidence {
            lines.append("Everything that speaks about it lies in \(evidence)")
        }
        return lines
    }
}
