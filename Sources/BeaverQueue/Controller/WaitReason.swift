/// Why a job waits, before it is put in words: words are made where no lock is held.
package enum WaitReason: Sendable, Equatable {
    case paused
    case stopping
    /// The disk is full, or the handler's condition named here.
    case blocked(String)
    case scheduled(wallMilliseconds: Int64, afterRun: Int)
    case parked(String)
    /// Its action runs as often at the same time as it may; `place` in its line, from 1, nil where it is far behind.
    case behindAction(place: Int?, limit: Int)
    case workersBusy(place: Int?, workers: Int)
    case noWorkers
    case next

    package func text(action: String) -> String {
        switch self {
        case .paused: "paused"
        case .stopping: "the queue is stopping"
        case .blocked(let why): why
        case .scheduled(let time, let run):
            "scheduled for \(Rfc3339.text(wallMilliseconds: time))" + (run > 0 ? " after run \(run)" : "")
        case .parked(let why): why
        case .behindAction(let place, let limit):
            "\(Self.ordinal(place)) in line behind `\(TerminalText.visible(action))` (limit \(limit))"
        case .workersBusy(let place, let workers):
            workers == 1
                ? "\(Self.ordinal(place)) in line: the one worker is busy"
                : "\(Self.ordinal(place)) in line: all \(workers) workers are busy"
        case .noWorkers: "there are no workers; `beaver-tui workers set N` makes some"
        case .next: "about to run"
        }
    }

    private static func ordinal(_ place: Int?) -> String {
        guard let place else { return "far back" }
        let ending =
            switch (place % 100, place % 10) {
            case (11...13, _): "th"
            case (_, 1): "st"
            case (_, 2): "nd"
            case (_, 3): "rd"
            default: "th"
            }
        return "\(place)\(ending)"
    }
}

extension Engine {
    /// How far a line is walked to say who is how far from its head.
    static let maxPlace = 1_000

    /// Why a job waits; nil if it does not.
    ///
    /// `place` is its place in its line where the caller knows it.
    func reasonToWait(_ row: Row, place: Int? = nil) -> WaitReason? {
        switch row.state {
        case .inFlight, .completed, .dead, .cancelled: return nil
        case .parked: return .parked(self.policies[Int(row.slot.action)].parkedBecause ?? "its action cannot run")
        case .scheduled: return .scheduled(wallMilliseconds: row.slot.time, afterRun: row.slot.runs)
        case .pending:
            if self.manager.isPaused { return .paused }
            if self.lifecycle != .running { return .stopping }
            if let spaceFault, !self.hasRoomToStart {
                let why = spaceFault.isDiskWithoutSpace ? "the disk is full" : "the log cannot grow for now"
                return .blocked("\(why): nothing new is started until there is room")
            }
            if let startShortage { return .blocked("\(startShortage.reason); tried again each second") }
            if self.ready.isAtLimit(row.slot.action) {
                let limit = self.policies[Int(row.slot.action)].concurrency ?? 0
                return .behindAction(place: place, limit: limit)
            }
            if self.runs.limit == 0 { return .noWorkers }
            if !self.runs.hasFreeSlot { return .workersBusy(place: place, workers: self.runs.limit) }
            return .next
        }
    }

    /// As above, with the place found by walking its line from the head, so far and no further.
    package func reasonToWaitWithPlace(_ row: Row) -> WaitReason? {
        guard row.state == .pending, row.slot.isReady else { return self.reasonToWait(row) }
        var walk =
            self.ready.isAtLimit(row.slot.action)
            ? self.ready.walk(action: row.slot.action, self.manager.slots)
            : self.ready.walk(isRunnable: true, self.manager.slots)
        for place in 1...Self.maxPlace {
            guard let number = walk.next(self.manager.slots) else { break }
            if number == row.number { return self.reasonToWait(row, place: place) }
        }
        return self.reasonToWait(row)
    }
}
