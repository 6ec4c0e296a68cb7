/// Says in the log that jobs died: whoever reads only the log, or the events, must hear of it.
extension Queue {
    /// Each second.
    func glance(_ notice: Lock<DeadLetterNotice>) {
        self.noteDeadLetters(notice)
        self.life.withLock { $0.eachSecond }()
    }

    /// Says nothing where nobody died.
    private func noteDeadLetters(_ notice: Lock<DeadLetterNotice>) {
        guard case .running(let core) = self.life.withLock({ $0.stage }) else { return }
        let total = core.controller.look { $0.manager.totals.dead }
        let now = BootClock.now().bootMilliseconds
        guard notice.withLock({ $0.isDue(total: total, now: now) }) else { return }
        let place = Engine.Place(list: .dead, anchor: nil, before: 0, count: 1, fromEnd: false)
        let (kept, row) = core.controller.look { ($0.manager.counts.dead, $0.rows(place).rows.first) }
        let newest: JobSummary?
        do {
            newest = try row.flatMap { row throws(QueueError) in try core.lookup.shown(row, matching: JobFilter()) }
        } catch {
            // What cannot be read now is said in another second.
            return
        }
        let sentence = notice.withLock { $0.sentence(total: total, kept: kept, newest: newest, now) }
        // Its rhythm is its own, and its lines differ by their numbers.
        self.log(QueueLogLine(.warning, sentence), evenIfAlike: true)
    }
}

/// When the dead are spoken of, and how: the first at once, then together, so that a flood of them is a few lines.
struct DeadLetterNotice {
    private var totalSaid: Int
    private var lastMilliseconds: Int64?
    private static let intervalMilliseconds: Int64 = 10_000

    init(totalBefore: Int) { self.totalSaid = totalBefore }

    func isDue(total: Int, now: Int64) -> Bool {
        guard total > self.totalSaid else { return false }
        return self.lastMilliseconds.map { now - $0 >= Self.intervalMilliseconds } ?? true
    }

    /// `kept` are the dead that are there now, `newest` one of them.
    mutating func sentence(total: Int, kept: Int, newest: JobSummary?, _ now: Int64) -> String {
        let died = total - self.totalSaid
        self.totalSaid = total
        self.lastMilliseconds = now
        var sentence = died == 1 ? "1 job died" : "\(died) jobs died"
        if let newest {
            sentence += died == 1 ? ", `\(newest.id)`" : ", the newest is `\(newest.id)`"
            if let error = newest.error, !error.isEmpty { sentence += ": \(error)" }
        }
        return sentence + ". \(kept) \(kept == 1 ? "is" : "are") dead; `beaver-tui jobs errors` has them by kind"
    }
}
