internal import HeapModule

/// Jobs that wait for a time: delays and backoffs by the boot-time clock, `run_at` by the wall clock.
package struct DueTimes {
    private struct Entry: Comparable {
        var due: Int64
        var slot: UInt32
        /// The job's last record when it began to wait: another one means that it no longer waits here.
        var lastSequence: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.due, left.lastSequence) < (right.due, right.lastSequence)
        }
    }

    private var byBootClock = Heap<Entry>()
    private var byWallClock = Heap<Entry>()
    /// Jobs that wait, those whose entry is only a leftover not counted.
    package private(set) var count = 0

    package init() {}

    /// O(log n).
    ///
    /// The time left of a delay never exceeds the delay itself, whatever the wall clock says, nor is negative.
    package mutating func add(_ number: UInt32, _ slot: JobSlot, now: EngineTime, isFresh: Bool) {
        self.count += 1
        if slot.isDueByWallClock {
            self.byWallClock.insert(Entry(due: slot.time, slot: number, lastSequence: slot.lastSequence))
            return
        }
        let left =
            isFresh
            ? slot.delayMilliseconds
            : min(max(0, slot.time - now.wallMilliseconds), slot.delayMilliseconds)
        self.byBootClock.insert(
            Entry(due: now.bootMilliseconds + left, slot: number, lastSequence: slot.lastSequence)
        )
    }

    /// The job left by another way (cancelled, revived): its entry stays and is skipped when its time comes.
    package mutating func noteRemoved() { self.count -= 1 }

    /// The next job whose time has come.
    ///
    /// O(log n).
    package mutating func popDue(_ now: EngineTime, _ slots: SlotTable) -> UInt32? {
        if let number = Self.pop(&self.byBootClock, until: now.bootMilliseconds, slots)
            ?? Self.pop(&self.byWallClock, until: now.wallMilliseconds, slots)
        {
            self.count -= 1
            return number
        }
        return nil
    }

    private static func pop(_ heap: inout Heap<Entry>, until time: Int64, _ slots: SlotTable) -> UInt32? {
        while let first = heap.min {
            let slot = slots[first.slot]
            let isLive =
                slot.state == .pending && slot.isReturned && !slot.isReady && slot.lastSequence == first.lastSequence
            if isLive, first.due > time { return nil }
            heap.removeMin()
            if isLive { return first.slot }
        }
        return nil
    }

    /// Boot-time milliseconds at which to look again; a wall clock that jumps is looked at each second at least.
    package func nextWake(_ now: EngineTime) -> Int64? {
        let boot = self.byBootClock.min?.due
        let wall = self.byWallClock.min.map { entry in
            now.bootMilliseconds + min(max(0, entry.due - now.wallMilliseconds), 1_000)
        }
        guard let boot else { return wall }
        return min(boot, wall ?? boot)
    }
}
