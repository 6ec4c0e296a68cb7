/// Which job is next: strict priority, then first in first out, over the actions that can run now.
///
/// Per action ten lists, one a priority, linked through the slots themselves, for jobs in the order they were accepted,
/// and a heap for the returned ones, whose order numbers are older. One heap over the actions, by the best job of each,
/// so that a full or parked action never blocks another and is never scanned past.
package struct ReadyQueue {
    struct Action {
        var heads = [UInt32](repeating: JobSlot.noSlot, count: 10)
        var tails = [UInt32](repeating: JobSlot.noSlot, count: 10)
        /// Bit p: the list of priority p has a job.
        var occupied: UInt16 = 0
        var returned = MinHeap<Returned>()
        /// Jobs in lists and heap, cancelled leftovers in the heap not counted.
        var count = 0
        var running = 0
        var limit = Int.max
        var isRunnable = true
    }

    struct Returned: Comparable {
        var key: UInt64
        var slot: UInt32

        static func < (left: Returned, right: Returned) -> Bool { left.key < right.key }
    }

    private(set) var actions: [Action] = []
    private var runnable = IndexedHeap<UInt64>()
    /// Ready jobs of all actions.
    package private(set) var count = 0
    /// Of them, those of actions that cannot run.
    package private(set) var parkedCount = 0

    package init() {}

    /// Smaller is earlier: priority 9 first, then the order number.
    static func key(_ slot: JobSlot) -> UInt64 {
        UInt64(9 - slot.priority) << 48 | slot.orderSequence
    }

    private mutating func action(_ number: UInt16) -> Int {
        while self.actions.count <= Int(number) { self.actions.append(Action()) }
        return Int(number)
    }

    /// O(log n).
    ///
    /// The job is due, and what made it ready is durable.
    package mutating func add(_ number: UInt32, _ slots: SlotTable) {
        self.update(self.place(number, slots), slots)
    }

    /// As many calls of `add`, in this order; O(1) each for jobs in a list.
    package mutating func add(contentsOf numbers: [UInt32], _ slots: SlotTable) {
        var run = Run()
        for number in numbers {
            let slot = slots[number]
            guard !slot.isReturned, run.isOpen, run.action == slot.action, run.level == slot.priority else {
                self.close(&run)
                _ = self.place(number, slots)
                if !slot.isReturned { run = Run(action: slot.action, level: slot.priority, tail: number, isOpen: true) }
                continue
            }
            precondition(slot.state == .pending && !slot.isReady, "only a waiting job becomes ready")
            slots[number].isReady = true
            slots[number].previousSlot = run.tail
            slots[number].nextSlot = JobSlot.noSlot
            slots[run.tail].nextSlot = number
            run.tail = number
            run.count += 1
        }
        self.close(&run)
        for place in self.actions.indices { self.update(place, slots) }
    }

    /// Jobs one behind the other at the end of the same list, which is told of them at the end.
    private struct Run {
        var action: UInt16 = 0
        var level: UInt8 = 0
        var tail = JobSlot.noSlot
        /// Without the first one.
        var count = 0
        var isOpen = false
    }

    private mutating func close(_ run: inout Run) {
        if run.isOpen, run.count > 0 {
            self.actions[Int(run.action)].tails[Int(run.level)] = run.tail
            self.change(Int(run.action), by: run.count)
        }
        run.isOpen = false
    }

    /// Puts it where it waits; the action's place in the heap is not looked at.
    private mutating func place(_ number: UInt32, _ slots: SlotTable) -> Int {
        let slot = slots[number]
        precondition(slot.state == .pending && !slot.isReady, "only a waiting job becomes ready")
        let place = self.action(slot.action)
        slots[number].isReady = true
        if slot.isReturned {
            self.actions[place].returned.insert(Returned(key: Self.key(slot), slot: number))
        } else {
            let level = Int(slot.priority)
            let tail = self.actions[place].tails[level]
            slots[number].previousSlot = tail
            slots[number].nextSlot = JobSlot.noSlot
            if tail == JobSlot.noSlot {
                self.actions[place].heads[level] = number
                self.actions[place].occupied |= 1 << UInt16(level)
            } else {
                slots[tail].nextSlot = number
            }
            self.actions[place].tails[level] = number
        }
        self.change(place, by: 1)
        return place
    }

    /// O(1) for a job in a list; one in a heap is left there and skipped later.
    ///
    /// Before its state changes.
    package mutating func remove(_ number: UInt32, _ slots: SlotTable) {
        let slot = slots[number]
        precondition(slot.isReady, "only a ready job can be taken out")
        let place = Int(slot.action)
        slots[number].isReady = false
        if !slot.isReturned { self.unlink(number, slot, place, slots) }
        self.change(place, by: -1)
        if slot.isReturned, self.actions[place].returned.count > 2 * self.actions[place].count + 1_024 {
            self.actions[place].returned.removeAll { !Self.isGood($0, slots) }
        }
        self.update(place, slots)
    }

    private mutating func unlink(_ number: UInt32, _ slot: JobSlot, _ place: Int, _ slots: SlotTable) {
        let level = Int(slot.priority)
        if slot.previousSlot == JobSlot.noSlot {
            self.actions[place].heads[level] = slot.nextSlot
        } else {
            slots[slot.previousSlot].nextSlot = slot.nextSlot
        }
        if slot.nextSlot == JobSlot.noSlot {
            self.actions[place].tails[level] = slot.previousSlot
        } else {
            slots[slot.nextSlot].previousSlot = slot.previousSlot
        }
        if self.actions[place].heads[level] == JobSlot.noSlot {
            self.actions[place].occupied &= ~(1 << UInt16(level))
        }
        slots[number].previousSlot = JobSlot.noSlot
        slots[number].nextSlot = JobSlot.noSlot
    }

    private mutating func change(_ place: Int, by change: Int) {
        self.actions[place].count += change
        self.count += change
        if !self.actions[place].isRunnable { self.parkedCount += change }
    }

    /// The job that runs next, taken out and counted as running; nil if none can.
    package mutating func popNext(_ slots: SlotTable) -> UInt32? {
        guard let (place, _) = self.runnable.first, let number = self.head(place, slots) else { return nil }
        self.actions[place].running += 1
        let slot = slots[number]
        slots[number].isReady = false
        if slot.isReturned {
            self.actions[place].returned.removeMin()
        } else {
            self.unlink(number, slot, place, slots)
        }
        self.change(place, by: -1)
        self.update(place, slots)
        return number
    }

    /// A run of this action has ended.
    package mutating func ended(_ action: UInt16, _ slots: SlotTable) {
        let place = self.action(action)
        self.actions[place].running -= 1
        precondition(self.actions[place].running >= 0, "more runs ended than began")
        self.update(place, slots)
    }

    /// The action has, or has no longer, a handler that can run, and so many runs at most.
    package mutating func set(_ action: UInt16, isRunnable: Bool, limit: Int, _ slots: SlotTable) {
        let place = self.action(action)
        if self.actions[place].isRunnable != isRunnable {
            self.parkedCount += isRunnable ? -self.actions[place].count : self.actions[place].count
        }
        self.actions[place].isRunnable = isRunnable
        self.actions[place].limit = limit
        self.update(place, slots)
    }

    package func readyCount(of action: UInt16) -> Int {
        Int(action) < self.actions.count ? self.actions[Int(action)].count : 0
    }

    package func isRunnable(_ action: UInt16) -> Bool {
        Int(action) < self.actions.count ? self.actions[Int(action)].isRunnable : true
    }

    package func isAtLimit(_ action: UInt16) -> Bool {
        Int(action) < self.actions.count && self.actions[Int(action)].running >= self.actions[Int(action)].limit
    }

    /// When the job at the head of a list or heap that has waited longest became ready, in wall milliseconds; parked ones
    /// do not count.
    ///
    /// O(number of actions), and of cancelled jobs at the head of a heap.
    package func oldestTime(_ slots: SlotTable) -> Int64? {
        var oldest: Int64?
        for action in self.actions where action.isRunnable && action.count > 0 {
            for head in action.heads where head != JobSlot.noSlot {
                oldest = min(oldest ?? .max, slots[head].time)
            }
            var returned = action.returned.walk()
            while let next = returned.next() {
                guard Self.isGood(next, slots) else { continue }
                oldest = min(oldest ?? .max, slots[next.slot].time)
                break
            }
        }
        return oldest
    }

    static func isGood(_ returned: Returned, _ slots: SlotTable) -> Bool {
        let slot = slots[returned.slot]
        return slot.isReady && slot.isReturned && Self.key(slot) == returned.key
    }

    private mutating func update(_ place: Int, _ slots: SlotTable) {
        // Field by field: a copy of the action would make the next change of its heap copy the heap.
        guard self.actions[place].isRunnable, self.actions[place].count > 0,
            self.actions[place].running < self.actions[place].limit,
            let number = self.head(place, slots)
        else {
            self.runnable.set(place, nil)
            return
        }
        self.runnable.set(place, Self.key(slots[number]))
    }

    /// The best job of an action; leftovers of cancelled jobs are dropped on the way.
    private mutating func head(_ place: Int, _ slots: SlotTable) -> UInt32? {
        while let returned = self.actions[place].returned.min {
            if Self.isGood(returned, slots) { break }
            self.actions[place].returned.removeMin()
        }
        let occupied = self.actions[place].occupied
        let listed =
            occupied == 0
            ? JobSlot.noSlot : self.actions[place].heads[15 - occupied.leadingZeroBitCount]
        guard let returned = self.actions[place].returned.min else { return listed == JobSlot.noSlot ? nil : listed }
        if listed != JobSlot.noSlot, Self.key(slots[listed]) < returned.key { return listed }
        return returned.slot
    }
}
