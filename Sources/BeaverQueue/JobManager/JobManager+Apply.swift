internal import DequeModule

/// An event that does not fit the state it meets.
///
/// In a log that was read back it is damage; in life it is our bug.
package struct MisfitEvent: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    init(_ event: Event, _ why: String) {
        self.description = "event \(event.name) does not fit: \(why)"
    }
}

extension JobManager {
    /// The only mutation of the state.
    ///
    /// Returns the slot of the job concerned, if it is still there.
    ///
    /// O(1) but for FORGET, which is O(forgotten). `sequence` must follow the last one. `slot` is where the job stands, if
    /// the caller knows; a wrong one costs a search.
    @discardableResult
    package func apply(
        _ event: Event,
        sequence: UInt64,
        wallMilliseconds: Int64,
        slot: UInt32? = nil
    ) throws(MisfitEvent) -> UInt32? {
        guard sequence == self.lastSequence + 1 else {
            throw MisfitEvent(event, "sequence \(sequence) after \(self.lastSequence)")
        }
        self.lastSequence = sequence
        if let job = event.job {
            guard let number = self.slots.find(job, at: slot) else {
                throw MisfitEvent(event, "no job \(job.enqueueSequence)")
            }
            return try self.change(number, by: event, sequence: sequence, wallMilliseconds: wallMilliseconds)
        }
        switch event {
        case .enqueue(let enqueue):
            return try self.insert(enqueue, sequence: sequence, wallMilliseconds: wallMilliseconds)
        case .action(let name):
            guard self.actionNumbers[name] == nil, self.actionNames.count < Int(UInt16.max) else {
                throw MisfitEvent(event, "action \(name) is known, or one too many")
            }
            self.actionNumbers[name] = UInt16(self.actionNames.count)
            self.actionNames.append(name)
        case .forget(let records, let ids):
            self.forget(recordsThrough: records, idsThrough: ids)
        case .pause:
            self.isPaused = true
        case .resume:
            self.isPaused = false
        case .settings(let settings):
            self.settings = settings
        case .epoch(let epoch):
            guard epoch > self.epoch else { throw MisfitEvent(event, "epoch \(epoch) after \(self.epoch)") }
            self.epoch = epoch
            self.startsInEpoch = 0
        case .recovered:
            break
        case .dispatch, .ack, .retry, .timeout, .dead, .cancelAsked, .cancel, .interrupted, .revive, .purge:
            preconditionFailure("an event about a job was handled above")
        }
        return nil
    }

    /// Asks the processor for what `apply` will look at.
    @inline(__always)
    package func prefetch(_ event: Event) {
        if case .enqueue(let enqueue) = event {
            self.slots.prefetch(enqueue.id)
        } else if let job = event.job {
            self.slots.prefetch(JobFingerprint(high: 0, low: job.idLow))
        }
    }

    private func change(
        _ number: UInt32,
        by event: Event,
        sequence: UInt64,
        wallMilliseconds: Int64
    ) throws(MisfitEvent) -> UInt32? {
        let before = self.slots[number]
        guard self.slots[number].apply(event, sequence: sequence, wallMilliseconds: wallMilliseconds) else {
            throw MisfitEvent(event, "job \(before.enqueueSequence) is \(before.state)")
        }
        self.jobsSum.subtract(before.fingerprint)
        self.count(before, by: -1)
        if case .purge = event {
            self.totals.purged += 1
            self.slots.remove(number)
            return nil
        }
        let after = self.slots[number]
        self.jobsSum.add(after.fingerprint)
        self.count(after, by: 1)
        self.total(event, before: before)
        self.noteEnded(after.state, sequence, number)
        return number
    }

    private func total(_ event: Event, before: JobSlot) {
        switch event {
        case .dispatch(_, let token):
            self.totals.dispatched += 1
            self.startsInEpoch = token & (1 << 33 - 1)
        case .ack:
            self.totals.completed += 1
        case .retry, .timeout:
            self.totals.failedRuns += 1
        case .dead:
            self.totals.dead += 1
            if before.state == .inFlight { self.totals.failedRuns += 1 }
        case .cancelAsked, .cancel, .interrupted, .revive, .purge:
            break
        case .action, .enqueue, .forget, .pause, .resume, .settings, .epoch, .recovered:
            preconditionFailure("an event that is about no job changes none")
        }
    }

    private func insert(
        _ enqueue: Event.Enqueue,
        sequence: UInt64,
        wallMilliseconds: Int64
    ) throws(MisfitEvent) -> UInt32 {
        guard Int(enqueue.action) < self.actionNames.count else {
            throw MisfitEvent(.enqueue(enqueue), "action \(enqueue.action) was not declared")
        }
        if let number = self.slots.find(enqueue.id) {
            // A simulated completion does not block its id once the store does real work.
            let old = self.slots[number]
            guard old.state == .completed, old.isSimulated, !self.settings.simulates else {
                throw MisfitEvent(.enqueue(enqueue), "its id is taken by job \(old.enqueueSequence)")
            }
            self.jobsSum.subtract(old.fingerprint)
            self.count(old, by: -1)
            self.slots.remove(number)
            self.totals.forgotten += 1
        }
        if !enqueue.hasGeneratedID, self.remembered.count > 0, let old = self.remembered.remove(enqueue.id) {
            guard old.isSimulated, !self.settings.simulates else {
                throw MisfitEvent(.enqueue(enqueue), "its id was completed at \(old.ackSequence)")
            }
            self.jobsSum.subtract(old.fingerprint)
            self.totals.forgotten += 1
        }
        let slot = JobSlot(enqueue, sequence: sequence, wallMilliseconds: wallMilliseconds)
        self.jobsSum.add(slot.fingerprint)
        self.counts.pending += 1
        self.totals.enqueued += 1
        return self.slots.insert(slot)
    }

    private func forget(recordsThrough records: UInt64, idsThrough ids: UInt64) {
        self.forgottenRecordsThrough = max(records, self.forgottenRecordsThrough)
        self.forgottenIDsThrough = max(ids, self.forgottenIDsThrough)
        while let oldest = self.completedOrder.entries.first, oldest.sequence <= self.forgottenRecordsThrough {
            self.prefetchForgotten()
            self.completedOrder.removeFirst()
            guard self.completedOrder.isGood(oldest, self.slots) else { continue }
            let slot = self.slots[oldest.slot]
            self.jobsSum.subtract(slot.fingerprint)
            self.count(slot, by: -1)
            self.slots.remove(oldest.slot)
            if slot.hasGeneratedID {
                self.totals.forgotten += 1
            } else {
                let entry = RememberedIDs.Entry(slot)
                self.jobsSum.add(entry.fingerprint)
                self.remembered.append(entry)
            }
        }
        while let entry = self.remembered.removeFirst(through: self.forgottenIDsThrough) {
            self.remembered.prefetch(ahead: SlotTable.prefetchCount)
            if entry.isGone { continue }
            self.jobsSum.subtract(entry.fingerprint)
            self.totals.forgotten += 1
        }
    }
}

extension JobManager {
    /// Asks the processor for what forgetting the completed jobs behind the oldest will look at: first for the slot of one,
    /// and when that is there for the places of its id.
    @inline(__always)
    private func prefetchForgotten() {
        let entries = self.completedOrder.entries
        let (near, far) = (SlotTable.prefetchCount, 2 * SlotTable.prefetchCount)
        if far < entries.count { self.slots.prefetch(entries[far].slot) }
        guard near < entries.count else { return }
        let id = self.slots[entries[near].slot].id
        self.slots.prefetch(id)
        self.remembered.prefetch(id)
    }
}

extension RememberedIDs.Entry {
    /// What stays of a completed job.
    package init(_ slot: JobSlot) {
        self.init(
            id: slot.id,
            payloadChecksum: slot.payloadChecksum,
            wallMilliseconds: slot.time,
            isSimulated: slot.isSimulated,
            ackSequence: slot.lastSequence
        )
    }
}

extension Event {
    /// As it is written in documents and by `inspect`.
    package var name: String {
        switch self {
        case .action: "ACTION"
        case .enqueue: "ENQUEUE"
        case .dispatch: "DISPATCH"
        case .ack: "ACK"
        case .retry: "RETRY"
        case .timeout: "TIMEOUT"
        case .dead: "DEAD"
        case .cancelAsked: "CANCEL_ASKED"
        case .cancel: "CANCEL"
        case .interrupted: "INTERRUPTED"
        case .revive: "REVIVE"
        case .purge: "PURGE"
        case .forget: "FORGET"
        case .pause: "PAUSE"
        case .resume: "RESUME"
        case .settings: "SETTINGS"
        case .epoch: "EPOCH"
        case .recovered: "RECOVERED"
        }
    }
}
