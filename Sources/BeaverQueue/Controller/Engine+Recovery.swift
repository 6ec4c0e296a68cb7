/// The first events of a life: a new epoch, what was running given back, recovery complete.
extension Engine {
    package struct Start: Sendable {
        /// Of the log beyond the snapshot, replayed.
        package var replayedBytes: Int64 = 0
        package var snapshotSequence: UInt64 = 0
        /// Of the oldest record beyond the snapshot; nil if it covers all.
        package var oldestUncoveredWallMilliseconds: Int64?
        package var snapshotBytes: Int64 = 0
        package var snapshotCount = 0
        package var space = JournalSpace()
        /// No life has left a record in the store yet: what it was created with.
        package var newStoreSimulates: Bool?

        package init() {}
    }

    /// To be called once, before `handle`.
    ///
    /// Returns how many runs were interrupted.
    package func begin(_ start: Start, now: EngineTime) -> Int {
        self.setNow(now)
        self.snapshots.replayedBytes = start.replayedBytes
        self.snapshots.oldestBehindWallMilliseconds = start.oldestUncoveredWallMilliseconds
        self.snapshots.lastSequence = start.snapshotSequence
        self.snapshots.lastBytes = start.snapshotBytes
        self.snapshots.count = start.snapshotCount
        self.usableLogBytes = start.space.usableBytes
        self.runs.setLimit(self.settings.workers)
        self.record(.epoch(self.manager.epoch + 1))
        if let simulates = start.newStoreSimulates { self.record(.settings(Event.Settings(simulates: simulates))) }
        self.stopSimulatingIfConfigured()
        for action in self.manager.actionNames.indices { self.loadPolicy(UInt16(action)) }
        let interrupted = self.interruptRuns()
        self.placeWaiting()
        let (sequence, _) = self.record(.recovered)
        self.recoveredSequence = sequence
        self.commit.urge(sequence, whateverThePolicy: true)
        self.lifecycle = .running
        return interrupted
    }

    /// For readers of a store that no engine runs: what waits where, and nothing else.
    package func beginReading(now: EngineTime) {
        self.now = now
        for action in self.manager.actionNames.indices { self.loadPolicy(UInt16(action)) }
        self.placeWaiting()
        self.promoteDue()
        self.lifecycle = .finished
    }

    /// What was running when the last life ended goes back in line, or ends: cancelled, dead as poison, dead as `once`.
    private func interruptRuns() -> Int {
        guard self.manager.counts.inFlight > 0 else { return 0 }
        var running: [(token: UInt64, slot: UInt32)] = []
        for number in self.manager.slots.numbers where self.manager.slots.isInUse(number) {
            let slot = self.manager.slots[number]
            if slot.state == .inFlight { running.append((slot.token, number)) }
        }
        running.sort { $0.token < $1.token }
        for (token, number) in running {
            let slot = self.manager.slots[number]
            var end = Event.EndOfRun(token: token, error: "interrupted: the queue ended while it ran")
            if slot.isCancelAsked {
                end.error = "cancelled; the queue ended while it ran"
                self.record(.cancel(slot.reference, end))
            } else if slot.isOnce {
                end.error = "interrupted, may have run"
                self.record(.dead(slot.reference, end))
            } else if slot.interruptions + 1 > Int(self.settings.worker.maxInterrupted) {
                end.error = "poison: \(slot.interruptions + 1) runs ended with a crash of the queue"
                self.record(.dead(slot.reference, end))
            } else {
                self.record(
                    .interrupted(slot.reference, end, isFree: false, due: self.now.wallMilliseconds, delay: 0)
                )
            }
        }
        return running.count
    }

    /// Lists, heaps and times are derived: built here from the slots, in ENQUEUE order.
    private func placeWaiting() {
        let slots = self.manager.slots
        var isSorted = true
        var last: UInt64 = 0
        var listed: [UInt32] = []
        for number in slots.numbers where slots.isInUse(number) && slots[number].state == .pending {
            let slot = slots[number]
            if slot.isReturned {
                self.due.add(number, slot, now: self.now, isFresh: false)
            } else {
                isSorted = isSorted && slot.enqueueSequence > last
                last = slot.enqueueSequence
                listed.append(number)
            }
        }
        if !isSorted { listed.sort { slots[$0].enqueueSequence < slots[$1].enqueueSequence } }
        self.ready.add(contentsOf: listed, slots)
        self.releasedSequence = self.manager.lastSequence
    }
}
