package import BeaverQueue

/// One thing after the other.
extension SteppingDriver {
    /// Does one thing: hands the inputs to the engine, or performs one effect.
    ///
    /// False if there is nothing to do.
    @discardableResult
    package func step() -> Bool {
        guard let engine = self.engine, !self.isDead else { return false }
        let ready = self.performable
        let isHandingOut = ready.first.map { Self.thread(Self.kind(self.effects[$0])) == 0 } ?? false
        let isAsked = self.inbox.withLock { !$0.isEmpty }
        if isAsked, !isHandingOut, ready.isEmpty || !(self.disorder?.chance(1, in: 3) ?? false) {
            self.handle(engine)
            return true
        }
        guard !ready.isEmpty else { return false }
        let place = self.disorder.map { _ in self.disorder?.pick(ready) ?? ready[0] } ?? ready[0]
        self.perform(self.effects.remove(at: place))
        return true
    }

    /// Steps until nothing is left to do at this moment.
    ///
    /// Throws if that takes more than `limit` steps: then the engine asks to be called again and again.
    package func runUntilIdle(limit: Int = 20_000) throws {
        var count = 0
        while true {
            while self.step() {
                count += 1
                if count > limit { throw OutOfSteps(steps: count) }
            }
            guard !self.isDead, let wake = self.engine?.nextWake(), wake <= self.clock.time().bootMilliseconds else {
                return
            }
            count += 1
            if count > limit { throw OutOfSteps(steps: count) }
            self.tick()
        }
    }

    /// Lets time pass, from one wake of the engine to the next.
    package func run(milliseconds: Int64, limit: Int = 20_000) throws {
        try self.runUntilIdle(limit: limit)
        let end = self.clock.time().bootNanoseconds + milliseconds * 1_000_000
        var wakes = 0
        while !self.isDead, let wake = self.engine?.nextWake(), wake * 1_000_000 <= end {
            wakes += 1
            if wakes > limit { throw OutOfSteps(steps: wakes) }
            self.clock.advance(toBootNanoseconds: wake * 1_000_000)
            self.tick()
            try self.runUntilIdle(limit: limit)
        }
        self.clock.advance(toBootNanoseconds: end)
        self.tick()
        try self.runUntilIdle(limit: limit)
    }

    package func tick() { self.inbox.withLock { $0.append(.tick) } }

    /// Hands these to the engine before everything else that waits, at the next step.
    package func post(_ inputs: [EngineInput]) { self.inbox.withLock { $0 = inputs + $0 } }

    /// Effects that wait: held ones, and those not reached yet.
    package var waiting: [EngineEffect] { self.effects }

    /// Puts another effect in place of a waiting one: what a bug in the engine would do.
    package func replaceWaiting(at place: Int, with effect: EngineEffect) { self.effects[place] = effect }

    package func isWaiting(_ kind: Kind) -> Bool { self.effects.contains { Self.kind($0) == kind } }

    /// Performs the first waiting effect of this kind, held or not.
    @discardableResult
    package func release(_ kind: Kind) -> Bool {
        guard let place = self.effects.firstIndex(where: { Self.kind($0) == kind }) else { return false }
        self.perform(self.effects.remove(at: place))
        return true
    }

    private func handle(_ engine: Engine) {
        self.steps += 1
        let inputs = self.inbox.withLock { inputs in
            defer { inputs = [] }
            return inputs
        }
        let now = self.tampering.time(self.clock.time())
        self.effects += self.tampering.effects(engine.handle(self.tampering.inputs(inputs), now: now))
        self.failure = engine.failure
        self.confirm(engine)
    }

    /// Places of the effects that may come next: the first of each thread, unless it is held.
    private var performable: [Int] {
        var seen: Set<Int> = []
        var places: [Int] = []
        for (place, effect) in self.effects.enumerated() {
            let kind = Self.kind(effect)
            let isHeld = kind.map { self.held.contains($0) } ?? false
            // One thread each for writing, syncing, starting and the background; the rest is the engine's own thread.
            guard seen.insert(Self.thread(kind)).inserted, !isHeld else { continue }
            // The engine's thread hands out its effects before it takes inputs again.
            if Self.thread(kind) == 0 { return [place] }
            places.append(place)
        }
        return places
    }

    private static func thread(_ kind: Kind?) -> Int {
        switch kind {
        case .write: 1
        case .sync: 2
        case .start: 3
        case .prepare, .compact, .release: 4
        case .stop, .answer, nil: 0
        }
    }

    static func kind(_ effect: EngineEffect) -> Kind? {
        switch effect {
        case .write: .write
        case .sync: .sync
        case .prepare: .prepare
        case .start: .start
        case .stop: .stop
        case .answer: .answer
        case .compact: .compact
        case .release: .release
        case .log, .finished: nil
        }
    }

    // MARK: What the ledger is told

    func note(_ ticket: Ticket, _ answer: EngineAnswer) {
        self.answers[ticket.number] = answer
        guard let jobs = self.submitted.removeValue(forKey: ticket.number) else { return }
        for (place, job) in jobs.enumerated() {
            self.ledger.recordAnswer(job.id, payload: job.payload, Self.outcome(answer, place))
        }
    }

    private static func outcome(_ answer: EngineAnswer, _ place: Int) -> Ledger.Answer {
        switch answer {
        case .enqueued(_, _, let differing) where differing.contains(place): .differs
        case .enqueued(_, 0, _): .enqueued
        case .enqueued(0, _, _): .duplicate
        case .enqueued: .held
        case .failed(let error): error.code == .outcomeUnknown ? .unknown : .refused
        case .acted, .snapshot, .done: .refused
        }
    }

    /// A result counts once its record is synced.
    private func confirm(_ engine: Engine) {
        self.unconfirmed.removeAll { id, token in
            guard let slot = self.slot(id) else { return true }
            if slot.state == .inFlight, slot.token == token { return false }
            guard slot.lastSequence <= engine.commit.syncedSequence else { return false }
            // Asked to be cancelled before it ended: that is what it became, and it counts for nothing else.
            if slot.state == .cancelled { return true }
            self.ledger.recordResultConfirmed(id, token: token)
            return true
        }
    }
}
