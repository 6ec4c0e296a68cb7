/// An event that does not fit the state it meets.
///
/// In a log that was read back it is damage; in life it is our bug.
package struct MisfitEvent: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    init(_ event: Event, _ why: String) {
        self.description = "event \(event.name) does not fit: \(why)"
    }
}

extension JobSlot {
    /// The change that an event makes to its job; false if the job's state does not allow it.
    ///
    /// Both the live state and the compaction of snapshots go through here, so that they cannot differ.
    package mutating func apply(_ event: Event, sequence: UInt64, wallMilliseconds: Int64) -> Bool {
        let state = self.state
        switch event {
        case .dispatch(_, let token):
            guard state == .pending else { return false }
            self.state = .inFlight
            self.runs += 1
            self.time = wallMilliseconds
            self.isReturned = true
            self.link = token
        case .ack(_, let end, let isSimulated):
            guard state == .inFlight, end.token == self.token else { return false }
            self.finish(.completed, at: wallMilliseconds)
            self.isSimulated = isSimulated
        case .retry(_, let end, let due, let delay), .timeout(_, let end, let due, let delay):
            guard state == .inFlight, end.token == self.token else { return false }
            self.wait(until: due, delay: delay)
        case .dead:
            guard state == .inFlight || state == .pending else { return false }
            self.finish(.dead, at: wallMilliseconds)
        case .cancelAsked:
            guard state == .inFlight else { return false }
            self.isCancelAsked = true
        case .cancel:
            guard state == .inFlight || state == .pending else { return false }
            self.finish(.cancelled, at: wallMilliseconds)
        case .interrupted(_, let end, let isFree, let due, let delay):
            guard state == .inFlight, end.token == self.token else { return false }
            if isFree { self.runs -= 1 } else { self.interruptions += 1 }
            self.wait(until: due, delay: delay)
        case .revive:
            guard self.canBeRevived else { return false }
            self.orderSequence = sequence
            self.runs = 0
            self.interruptions = 0
            self.isSimulated = false
            self.wait(until: wallMilliseconds, delay: 0)
        case .purge:
            guard self.canBePurged else { return false }
        case .action, .enqueue, .forget, .pause, .resume, .settings, .epoch, .recovered:
            return false
        }
        self.lastSequence = sequence
        return true
    }

    private mutating func wait(until due: Int64, delay: Int64) {
        self.state = .pending
        self.isReturned = true
        self.isDueByWallClock = false
        self.isCancelAsked = false
        self.time = due
        self.link = UInt64(clamping: delay)
    }

    private mutating func finish(_ state: State, at wallMilliseconds: Int64) {
        self.state = state
        self.isCancelAsked = false
        self.isDueByWallClock = false
        self.isReturned = true
        self.time = wallMilliseconds
        self.link = 0
    }

    /// Dead, cancelled, waiting for a later time, or completed without work.
    package var canBeRevived: Bool {
        switch self.state {
        case .dead, .cancelled: true
        case .pending: self.isReturned
        case .completed: self.isSimulated
        case .inFlight: false
        }
    }

    package var canBePurged: Bool {
        switch self.state {
        case .dead, .cancelled, .completed: true
        case .pending, .inFlight: false
        }
    }

    /// The slot of a job that was just accepted.
    package init(_ enqueue: Event.Enqueue, sequence: UInt64, wallMilliseconds: Int64) {
        self.init(id: enqueue.id, enqueueSequence: sequence, priority: enqueue.priority, action: enqueue.action)
        self.isOnce = enqueue.isOnce
        self.hasGeneratedID = enqueue.hasGeneratedID
        self.payloadLength = enqueue.payloadLength
        self.payloadChecksum = enqueue.payloadChecksum
        self.time = wallMilliseconds
        switch enqueue.start {
        case .now:
            self.previousSlot = Self.noSlot
            self.nextSlot = Self.noSlot
        case .after(let milliseconds):
            self.wait(until: wallMilliseconds + milliseconds, delay: milliseconds)
        case .at(let due):
            self.wait(until: due, delay: max(0, due - wallMilliseconds))
            self.isDueByWallClock = true
        }
    }
}

extension JobManager {
    /// The only mutation of the state.
    ///
    /// Returns the slot of the job concerned, if it is still there.
    ///
    /// O(1) but for FORGET, which is O(forgotten). `sequence` must follow the last one.
    @discardableResult
    package func apply(_ event: Event, sequence: UInt64, wallMilliseconds: Int64) throws(MisfitEvent) -> UInt32? {
        guard sequence == self.lastSequence + 1 else {
            throw MisfitEvent(event, "sequence \(sequence) after \(self.lastSequence)")
        }
        self.lastSequence = sequence
        if let job = event.job {
            return try self.change(job, by: event, sequence: sequence, wallMilliseconds: wallMilliseconds)
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

    private func change(
        _ job: JobReference,
        by event: Event,
        sequence: UInt64,
        wallMilliseconds: Int64
    ) throws(MisfitEvent) -> UInt32? {
        guard let number = self.slots.find(job) else { throw MisfitEvent(event, "no job \(job.enqueueSequence)") }
        let before = self.slots[number]
        guard self.slots[number].apply(event, sequence: sequence, wallMilliseconds: wallMilliseconds) else {
            throw MisfitEvent(event, "job \(job.enqueueSequence) is \(before.state)")
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
        if after.state == .completed {
            self.completedOrder.append(CompletedEntry(ackSequence: sequence, slot: number))
        }
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
        default:
            break
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
        if !enqueue.hasGeneratedID, let old = self.remembered.remove(enqueue.id) {
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
        while let oldest = self.completedOrder.first, oldest.ackSequence <= self.forgottenRecordsThrough {
            self.completedOrder.removeFirst()
            let slot = self.slots[oldest.slot]
            guard self.slots.isInUse(oldest.slot), slot.state == .completed, slot.lastSequence == oldest.ackSequence
            else {
                continue
            }
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
            if entry.isGone { continue }
            self.jobsSum.subtract(entry.fingerprint)
            self.totals.forgotten += 1
        }
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
