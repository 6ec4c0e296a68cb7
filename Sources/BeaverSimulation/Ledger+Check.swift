/// A job as an engine shows it, reduced to what can be compared.
package struct ObservedJob: Sendable, Equatable {
    package enum State: String, CaseIterable, Sendable {
        /// Also scheduled and parked.
        case pending
        case inFlight
        case completed
        case cancelled
        case dead
    }

    package var id: String
    package var state: State
    /// Nil if nobody looked.
    package var payload: [UInt8]?

    package init(_ id: String, _ state: State, payload: [UInt8]? = nil) {
        self.id = id
        self.state = state
        self.payload = payload
    }
}

extension Ledger {
    /// What the engine's state contradicts, in words, each beginning with its rule (docs/architecture.md); empty if all is well.
    /// - Parameters:
    ///   - jobs: every job the engine holds.
    ///   - counts: how many it says there are by state; a state that is not named is not compared.
    package func check(against jobs: [ObservedJob], counts: [ObservedJob.State: Int] = [:]) -> [String] {
        var faults = self.violations
        var states: [String: ObservedJob.State] = [:]
        for job in jobs {
            if states.updateValue(job.state, forKey: job.id) != nil {
                faults.append("rule 5: \(job.id) is there twice")
            }
            faults += self.check(job)
        }
        for id in self.order where states[id] == nil {
            guard let entry = self.entries[id] else { continue }
            faults += self.checkMissing(id, entry)
        }
        for state in ObservedJob.State.allCases {
            guard let count = counts[state] else { continue }
            let listed = jobs.count { $0.state == state }
            let isLess = state == .completed && !self.terms.completedAreListed ? count < listed : count != listed
            if isLess { faults.append("rule 1: \(count) \(state.rawValue) counted, \(listed) listed") }
        }
        return faults
    }

    /// What has not come to an end although nothing hinders it any more.
    package func checkFinished(_ jobs: [ObservedJob]) -> [String] {
        jobs.filter { $0.state == .pending || $0.state == .inFlight }.map { "liveness: \($0.id) is still \($0.state)" }
    }

    private func check(_ job: ObservedJob) -> [String] {
        guard let entry = self.entries[job.id], entry.mayExist else {
            return ["rule 1: \(job.id) is there, but was never taken"]
        }
        var faults: [String] = []
        if let payload = job.payload, !entry.mayHold({ $0 == payload }) {
            faults.append("rule 1: \(job.id) has another payload than was sent")
        }
        if entry.isCompletionConfirmed, job.state != .completed {
            faults.append("rule 2: \(job.id) was completed and is \(job.state)")
        }
        if entry.isCancelConfirmed, job.state != .cancelled {
            faults.append("rule 1: \(job.id) was cancelled and is \(job.state)")
        }
        if entry.isDeathConfirmed, job.state != .dead, !entry.mayBeCancelled {
            faults.append("rule 3: \(job.id) failed permanently and is \(job.state)")
        }
        switch job.state {
        case .completed where entry.completions == 0 && !entry.mayBeSimulated && !entry.mayBeUnrevived:
            faults.append("rule 8: \(job.id) is completed, but no run of it succeeded")
        case .dead where !entry.mayBeDead(self.terms):
            faults.append("rule 3: \(job.id) is dead with runs left: \(entry.budget)")
        case .cancelled where !entry.mayBeCancelled && !entry.mayBeUnrevived:
            faults.append("rule 1: \(job.id) is cancelled, but nobody asked for it")
        case .pending, .inFlight, .completed, .cancelled, .dead:
            break
        }
        return faults
    }

    private func checkMissing(_ id: String, _ entry: Entry) -> [String] {
        guard entry.payload != nil, !entry.mayBeForgotten else { return [] }
        if entry.completions > 0, !self.terms.completedAreListed { return [] }
        return ["rule 1: \(id) was acknowledged and is lost"]
    }
}

extension Ledger.Entry {
    /// Whether a payload that the engine may have accepted satisfies the condition.
    func mayHold(_ condition: ([UInt8]) -> Bool) -> Bool {
        if let payload = self.payload { return condition(payload) }
        return self.candidates.contains(where: condition) || self.pending.contains(where: condition)
    }

    /// What may have been forgotten may be taken as a new job, and may still be there as it was.
    mutating func beForgotten() {
        guard self.mayBeForgotten else { return }
        if let payload = self.payload { self.candidates.append(payload) }
        self.renew()
        self.payload = nil
        self.mayBeForgotten = true
        self.mayBeUnrevived = true
    }

    /// Whether this was taken is never told.
    ///
    /// A purge that was asked for meanwhile may have come first: an enqueue that waits for room in the log is passed by it.
    mutating func noteUnknown(_ payload: [UInt8]) {
        if self.mayBeForgottenSinceSent { self.beForgotten() }
        if self.payload == nil { self.candidates.append(payload) }
    }

    /// A new job under a known id; what was asked of it since it was sent still stands.
    mutating func renewAsTaken() {
        let (mayBeCancelled, mayBeForgotten) = (self.mayBeCancelled, self.mayBeForgottenSinceSent)
        self.renew()
        self.mayBeCancelled = mayBeCancelled
        self.mayBeForgotten = mayBeForgotten
    }

    /// The same job with a fresh budget, and nothing that happened to it before counts.
    mutating func renew() {
        var entry = Ledger.Entry(maxRetry: self.maxRetry)
        entry.payload = self.payload
        entry.candidates = self.candidates
        entry.pending = self.pending
        entry.mayBeForgottenSinceSent = self.mayBeForgottenSinceSent
        entry.isOnce = self.isOnce
        entry.currentToken = self.currentToken
        entry.lastToken = self.lastToken
        // Where answers do not wait for the sync, a power cut may bring back what it was before.
        entry.wasRevived = true
        self = entry
    }

    /// A power cut where answers do not wait for the sync: nothing that was said need hold.
    mutating func becomeUncertain() {
        if let payload = self.payload { self.candidates.append(payload) }
        self.payload = nil
        self.isCompletionConfirmed = false
        self.isDeathConfirmed = false
        self.isCancelConfirmed = false
        self.confirmedFailures = 0
        self.confirmedInterruptions = 0
        if self.wasRevived { self.mayBeUnrevived = true }
    }

    func faultsOfStart(_ id: String, payload: [UInt8], _ terms: Ledger.Terms) -> [String] {
        var faults: [String] = []
        if !self.mayHold({ $0 == payload }) {
            faults.append("rule 1: \(id) runs with another payload than was sent")
        }
        if self.currentToken != nil {
            faults.append("rule 2: \(id) runs twice at the same time")
        }
        if self.isCompletionConfirmed {
            faults.append("rule 2: \(id) was completed and runs again")
        }
        if self.isCancelConfirmed {
            faults.append("rule 2: \(id) was cancelled and runs again")
        }
        if self.isDeathConfirmed || self.confirmedFailures > self.maxRetry {
            faults.append("rule 3: \(id) runs although its runs are used up")
        }
        if self.confirmedInterruptions > terms.maxInterrupted {
            faults.append("rule 3: \(id) runs although it was interrupted \(self.confirmedInterruptions) times")
        }
        if self.isOnce, self.starts > 0 {
            faults.append("rule 2: \(id) may run once and was started before")
        }
        return faults
    }

    var budget: String {
        "\(self.failures) failures of \(self.maxRetry + 1), \(self.stops) stops, \(self.crashes) crashes, once \(self.isOnce)"
    }

    /// Whether enough has gone wrong for this job to be given up.
    func mayBeDead(_ terms: Ledger.Terms) -> Bool {
        if self.mayBeUnrevived { return true }
        if self.isOnce, self.failures + self.stops + self.crashes > 0 { return true }
        return self.permanentFailures > 0 || self.failures + self.stops > self.maxRetry
            || self.crashes >= terms.maxInterrupted
    }
}
