package import BeaverQueue

/// What must hold at any moment, and after any crash.
extension SteppingDriver {
    /// Everything that contradicts a rule, in words.
    package func faults() -> [String] {
        var faults = self.runner.violations
        guard let engine = self.engine else { return faults + self.ledger.violations }
        faults += engine.manager.invariants()
        do {
            let jobs = try self.observedJobs()
            faults += self.ledger.check(against: jobs)
        } catch {
            faults.append("rule 1: a job cannot be read: \(error)")
        }
        return faults
    }

    /// Every job that has a slot, read back from the files.
    package func observedJobs() throws(QueueError) -> [ObservedJob] {
        guard let manager = self.engine?.manager, let payloads = self.payloads else { return [] }
        var jobs: [ObservedJob] = []
        for number in manager.slots.numbers where manager.slots.isInUse(number) {
            let slot = manager.slots[number]
            // A record on its way to the log cannot be read yet, and nobody was told of it.
            guard slot.enqueueSequence <= (self.engine?.commit.writtenSequence ?? 0) else { continue }
            let body = try payloads.body(of: slot.enqueueSequence, id: slot.id).body
            let state: ObservedJob.State =
                switch slot.state {
                case .pending: .pending
                case .inFlight: .inFlight
                case .completed: .completed
                case .dead: .dead
                case .cancelled: .cancelled
                }
            jobs.append(ObservedJob(body.id, state, payload: body.payload))
        }
        return jobs
    }

    /// A copy of the files as they are, replayed: the state that a start after SIGKILL would find.
    package func replayed(on disk: SimulatedStorage? = nil) throws(QueueError) -> JobManager {
        let clock = self.clock
        let recovery = Recovery(
            storage: disk ?? self.storage.clone(),
            configuration: self.configuration,
            clock: { clock.time() },
            randomWord: { 7 }
        )
        return try recovery.run { _, _ in }.manager
    }
}
