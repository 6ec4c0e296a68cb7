/// The state of the queue and its only mutation, `apply`.
///
/// It knows nothing of time, files, handlers or threads: the same events in the same order give the same state, and the
/// same fingerprint, on every machine. What waits where (`ReadyQueue`, `DueTimes`) is derived from it by the engine.
package final class JobManager {
    package struct Counts: Sendable, Equatable {
        package var pending = 0
        package var inFlight = 0
        package var completed = 0
        package var dead = 0
        package var cancelled = 0
        /// Of `completed`, those without work.
        package var simulated = 0
    }

    /// Sums over the whole life of the store.
    package struct Totals: Sendable, Equatable {
        package var enqueued = 0
        package var purged = 0
        package var forgotten = 0
        package var failedRuns = 0
        package var dispatched = 0
        package var completed = 0
        package var dead = 0
    }

    // Not checked for overlapping accesses, here and in the engine: one owner calls from one thread, no method hands a
    // property out while another changes it, and the check at each access is a tenth of all work.
    package let slots = SlotTable()
    @exclusivity(unchecked) package internal(set) var remembered = RememberedIDs()
    @exclusivity(unchecked) package internal(set) var actionNames: [String] = []
    package internal(set) var actionNumbers: [String: UInt16] = [:]
    @exclusivity(unchecked) package internal(set) var counts = Counts()
    @exclusivity(unchecked) package internal(set) var totals = Totals()
    package internal(set) var isPaused = false
    @exclusivity(unchecked) package internal(set) var settings = Event.Settings()
    package internal(set) var epoch: UInt32 = 0
    /// Starts of handlers in this epoch: the lower part of the next token.
    @exclusivity(unchecked) package internal(set) var startsInEpoch: UInt64 = 0
    @exclusivity(unchecked) package internal(set) var lastSequence: UInt64 = 0
    package internal(set) var forgottenRecordsThrough: UInt64 = 0
    package internal(set) var forgottenIDsThrough: UInt64 = 0
    /// Jobs that ended, oldest first.
    @exclusivity(unchecked) package internal(set) var completedOrder = EndedOrder(.completed)
    package internal(set) var deadOrder = EndedOrder(.dead)
    package internal(set) var cancelledOrder = EndedOrder(.cancelled)
    /// Sum over slots and remembered ids.
    @exclusivity(unchecked) package internal(set) var jobsSum = StateFingerprint()

    package init() {}

    /// Equal fingerprints mean equal states.
    ///
    /// O(number of actions).
    package var fingerprint: StateFingerprint {
        var sum = self.jobsSum
        sum.add(self.globals.fingerprint)
        return sum
    }

    /// The next token: epoch × 2^33 + starts in this epoch, below 2^53 for 2^20 epochs.
    package var nextToken: UInt64 { UInt64(self.epoch) << 33 | (self.startsInEpoch + 1) }

    package var memoryBytes: Int {
        self.slots.memoryBytes + self.remembered.memoryBytes + self.completedOrder.memoryBytes
            + self.deadOrder.memoryBytes + self.cancelledOrder.memoryBytes
    }

    /// Completed by record or by id: what the books call completed.
    package var completedCount: Int { self.counts.completed + self.remembered.count }
    package var simulatedCount: Int { self.counts.simulated + self.remembered.simulatedCount }
}

/// All state that is not a job: small, copied whole into each snapshot.
package struct GlobalState: Sendable, Equatable {
    package var lastSequence: UInt64 = 0
    package var totals = JobManager.Totals()
    package var isPaused = false
    package var settings = Event.Settings()
    package var epoch: UInt32 = 0
    package var startsInEpoch: UInt64 = 0
    package var forgottenRecordsThrough: UInt64 = 0
    package var forgottenIDsThrough: UInt64 = 0
    package var actionNames: [String] = []

    package init() {}

    package var fingerprint: StateFingerprint {
        var mixer = FingerprintMixer(domain: 3)
        mixer.mix(UInt64(self.totals.enqueued))
        mixer.mix(UInt64(self.totals.purged))
        mixer.mix(UInt64(self.totals.forgotten))
        mixer.mix(UInt64(self.totals.failedRuns))
        mixer.mix(UInt64(self.totals.dispatched))
        mixer.mix(UInt64(self.totals.completed))
        mixer.mix(UInt64(self.totals.dead))
        mixer.mix((self.isPaused ? 1 : 0) | (self.settings.simulates ? 2 : 0))
        mixer.mix(UInt64(self.epoch))
        mixer.mix(self.startsInEpoch)
        mixer.mix(self.forgottenRecordsThrough)
        mixer.mix(self.forgottenIDsThrough)
        mixer.mix(UInt64(self.actionNames.count))
        return mixer.finish()
    }
}

extension JobManager {
    package var globals: GlobalState {
        get {
            var globals = GlobalState()
            globals.lastSequence = self.lastSequence
            globals.totals = self.totals
            globals.isPaused = self.isPaused
            globals.settings = self.settings
            globals.epoch = self.epoch
            globals.startsInEpoch = self.startsInEpoch
            globals.forgottenRecordsThrough = self.forgottenRecordsThrough
            globals.forgottenIDsThrough = self.forgottenIDsThrough
            globals.actionNames = self.actionNames
            return globals
        }
        set {
            self.lastSequence = newValue.lastSequence
            self.totals = newValue.totals
            self.isPaused = newValue.isPaused
            self.settings = newValue.settings
            self.epoch = newValue.epoch
            self.startsInEpoch = newValue.startsInEpoch
            self.forgottenRecordsThrough = newValue.forgottenRecordsThrough
            self.forgottenIDsThrough = newValue.forgottenIDsThrough
            self.actionNames = newValue.actionNames
            self.actionNumbers = [:]
            for (number, name) in newValue.actionNames.enumerated() {
                self.actionNumbers[name] = UInt16(truncatingIfNeeded: number)
            }
        }
    }
}

/// Loading from a snapshot.
extension JobManager {
    /// In ENQUEUE order, with the sum of their fingerprints; false if the id of one is there already, which no sound
    /// snapshot holds.
    package func load(_ slots: [JobSlot], sum: StateFingerprint) -> Bool {
        for slot in slots { self.count(slot, by: 1) }
        self.jobsSum.add(sum)
        return self.slots.insert(contentsOf: slots)
    }

    package func load(_ entry: RememberedIDs.Entry) {
        self.jobsSum.add(entry.fingerprint)
        self.remembered.append(entry)
    }

    /// After the last `load`: ended jobs are listed in the order of their ends, which is not the order of a snapshot.
    package func finishLoading() {
        guard self.counts.completed + self.counts.dead + self.counts.cancelled > 0 else { return }
        var completed: [EndedOrder.Entry] = []
        var dead: [EndedOrder.Entry] = []
        var cancelled: [EndedOrder.Entry] = []
        for number in self.slots.numbers where self.slots.isInUse(number) {
            let entry = EndedOrder.Entry(sequence: self.slots[number].lastSequence, slot: number)
            switch self.slots[number].state {
            case .completed: completed.append(entry)
            case .dead: dead.append(entry)
            case .cancelled: cancelled.append(entry)
            case .pending, .inFlight: break
            }
        }
        self.completedOrder.load(completed)
        self.deadOrder.load(dead)
        self.cancelledOrder.load(cancelled)
    }

    /// A job that has just ended in `state`.
    @inline(__always)
    func noteEnded(_ state: JobSlot.State, _ sequence: UInt64, _ number: UInt32) {
        let entry = EndedOrder.Entry(sequence: sequence, slot: number)
        switch state {
        case .completed: self.completedOrder.append(entry, live: self.counts.completed, self.slots)
        case .dead: self.deadOrder.append(entry, live: self.counts.dead, self.slots)
        case .cancelled: self.cancelledOrder.append(entry, live: self.counts.cancelled, self.slots)
        case .pending, .inFlight: break
        }
    }

    func count(_ slot: JobSlot, by change: Int) {
        switch slot.state {
        case .pending: self.counts.pending += change
        case .inFlight: self.counts.inFlight += change
        case .completed:
            self.counts.completed += change
            if slot.isSimulated { self.counts.simulated += change }
        case .dead: self.counts.dead += change
        case .cancelled: self.counts.cancelled += change
        }
    }
}
