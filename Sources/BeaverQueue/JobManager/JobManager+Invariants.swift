internal import DequeModule

/// What holds between any two events, checked over the whole state. For tests, the simulator and `verify`: O(jobs).
extension JobManager {
    /// Everything that does not hold, in words; empty if all is well.
    package func invariants() -> [String] {
        var faults: [String] = []
        var counts = Counts()
        var sum = StateFingerprint()
        var used = 0
        for number in self.slots.numbers where self.slots.isInUse(number) {
            let slot = self.slots[number]
            used += 1
            sum.add(slot.fingerprint)
            counts.add(slot)
            faults += self.faults(of: slot, number)
        }
        if used != self.slots.count { faults.append("\(self.slots.count) slots counted, \(used) in use") }
        if counts != self.counts { faults.append("counts are \(self.counts), the slots say \(counts)") }
        faults += self.faultsOfRemembered(&sum)
        if sum != self.jobsSum { faults.append("the fingerprint's sum is \(self.jobsSum), the jobs say \(sum)") }
        faults += self.faults(of: self.completedOrder, expected: self.counts.completed)
        faults += self.faults(of: self.deadOrder, expected: self.counts.dead)
        faults += self.faults(of: self.cancelledOrder, expected: self.counts.cancelled)
        faults += self.faultsOfTotals()
        for (place, name) in self.actionNames.enumerated() where self.actionNumbers[name] != UInt16(place) {
            faults.append(
                "action \(name) is number \(place), but is found as \(String(describing: self.actionNumbers[name]))"
            )
        }
        return faults
    }

    private func faults(of slot: JobSlot, _ number: UInt32) -> [String] {
        var faults: [String] = []
        func check(_ holds: Bool, _ sentence: @autoclosure () -> String) {
            if !holds { faults.append("job \(slot.enqueueSequence): \(sentence())") }
        }
        check(self.slots.find(slot.id) == number, "its fingerprint does not find its slot")
        check(self.slots.find(slot.reference) == number, "its reference does not find its slot")
        check(Int(slot.action) < self.actionNames.count, "action \(slot.action) was never declared")
        check(slot.priority <= 9, "priority \(slot.priority)")
        check(slot.lastSequence <= self.lastSequence, "last record \(slot.lastSequence) of \(self.lastSequence)")
        check(slot.orderSequence >= slot.enqueueSequence, "order \(slot.orderSequence) before its ENQUEUE")
        check(slot.lastSequence >= slot.orderSequence, "order \(slot.orderSequence) after its last record")
        check(slot.runs >= slot.interruptions, "\(slot.interruptions) interruptions in \(slot.runs) runs")
        switch slot.state {
        case .pending:
            check(!slot.isCancelAsked, "waits, and is asked to end")
            check(!slot.isSimulated, "waits, and is called simulated")
        case .inFlight:
            check(slot.runs > 0, "runs, and no run is counted")
            check(slot.token >> 33 <= UInt64(self.epoch), "token of epoch \(slot.token >> 33) in \(self.epoch)")
            check(!slot.isReady, "runs, and is ready to run")
        case .completed, .dead, .cancelled:
            check(!slot.isReady, "is done, and is ready to run")
            check(!slot.isCancelAsked, "is done, and is asked to end")
            check(slot.state == .completed || !slot.isSimulated, "is \(slot.state), and is called simulated")
        }
        return faults
    }

    private func faultsOfRemembered(_ sum: inout StateFingerprint) -> [String] {
        var faults: [String] = []
        let entries = self.remembered.live
        var last: UInt64 = 0
        for entry in entries {
            sum.add(entry.fingerprint)
            if self.remembered.find(entry.id) != entry {
                faults.append("remembered ACK \(entry.ackSequence) is not found")
            }
            if self.slots.find(entry.id) != nil { faults.append("remembered ACK \(entry.ackSequence) has a job too") }
            if entry.ackSequence <= last { faults.append("remembered ACK \(entry.ackSequence) stands after \(last)") }
            if entry.ackSequence > self.forgottenRecordsThrough || entry.ackSequence <= self.forgottenIDsThrough {
                faults.append("ACK \(entry.ackSequence) is remembered out of its range")
            }
            last = entry.ackSequence
        }
        let simulated = entries.count { $0.isSimulated }
        if entries.count != self.remembered.count || simulated != self.remembered.simulatedCount {
            faults.append("\(self.remembered.count) ids remembered, \(entries.count) listed")
        }
        return faults
    }

    /// Every job that ended in this state stands in it once, in the order of the ends.
    private func faults(of order: EndedOrder, expected: Int) -> [String] {
        var faults: [String] = []
        var listed: Set<UInt32> = []
        var last: UInt64 = 0
        for entry in order.entries {
            if entry.sequence <= last { faults.append("\(order.state) \(entry.sequence) stands after \(last)") }
            last = entry.sequence
            guard order.isGood(entry, self.slots) else { continue }
            listed.insert(entry.slot)
            if order.state == .completed, entry.sequence <= self.forgottenRecordsThrough {
                faults.append("ACK \(entry.sequence) was forgotten")
            }
        }
        if listed.count != expected {
            faults.append("\(expected) jobs are \(order.state), \(listed.count) are listed by their end")
        }
        return faults
    }

    private func faultsOfTotals() -> [String] {
        let kept =
            self.counts.pending + self.counts.inFlight + self.completedCount + self.counts.dead + self.counts.cancelled
        let sum = kept + self.totals.purged + self.totals.forgotten
        return sum == self.totals.enqueued ? [] : ["the books: \(self.totals.enqueued) enqueued, \(sum) accounted for"]
    }
}

extension JobManager.Counts {
    fileprivate mutating func add(_ slot: JobSlot) {
        switch slot.state {
        case .pending: self.pending += 1
        case .inFlight: self.inFlight += 1
        case .completed:
            self.completed += 1
            if slot.isSimulated { self.simulated += 1 }
        case .dead: self.dead += 1
        case .cancelled: self.cancelled += 1
        }
    }
}
