/// Jobs that wait for a time: delays and backoffs by the boot-time clock, `run_at` by the wall clock.
package struct DueTimes {
    fileprivate struct Entry: Comparable {
        var due: Int64
        var slot: UInt32
        /// The job's last record when it began to wait: another one means that it no longer waits here.
        var lastSequence: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.due, left.lastSequence) < (right.due, right.lastSequence)
        }
    }

    private var byBootClock = MinHeap<Entry>()
    private var byWallClock = MinHeap<Entry>()
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

    /// The job leaves by another way (cancelled, revived): its entry stays and is skipped when its time comes.
    ///
    /// O(1) amortized: when most entries are such, they are dropped.
    package mutating func noteRemoved(_ slots: SlotTable) {
        self.count -= 1
        guard self.byBootClock.count + self.byWallClock.count > 2 * self.count + 1_024 else { return }
        self.byBootClock.removeAll { !Self.isGood($0, slots) }
        self.byWallClock.removeAll { !Self.isGood($0, slots) }
    }

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

    private static func pop(_ heap: inout MinHeap<Entry>, until time: Int64, _ slots: SlotTable) -> UInt32? {
        while let first = heap.min {
            let isGood = Self.isGood(first, slots)
            if isGood, first.due > time { return nil }
            heap.removeMin()
            if isGood { return first.slot }
        }
        return nil
    }

    private static func isGood(_ entry: Entry, _ slots: SlotTable) -> Bool {
        let slot = slots[entry.slot]
        return slot.state == .pending && slot.isReturned && !slot.isReady && slot.lastSequence == entry.lastSequence
    }

    /// The jobs that wait, the next due first: the first k cost O(k log k).
    package func walk(_ now: EngineTime) -> Walk {
        Walk(
            boot: self.byBootClock.walk(),
            wall: self.byWallClock.walk(),
            bootToWall: now.wallMilliseconds - now.bootMilliseconds
        )
    }

    package struct Walk {
        private var boot: MinHeap<Entry>.Walk
        private var wall: MinHeap<Entry>.Walk
        private let bootToWall: Int64
        private var nextBoot: Entry?
        private var nextWall: Entry?

        fileprivate init(boot: MinHeap<Entry>.Walk, wall: MinHeap<Entry>.Walk, bootToWall: Int64) {
            self.boot = boot
            self.wall = wall
            self.bootToWall = bootToWall
            self.nextBoot = self.boot.next()
            self.nextWall = self.wall.next()
        }

        package mutating func next(_ slots: SlotTable) -> UInt32? {
            while true {
                let isBoot: Bool
                switch (self.nextBoot, self.nextWall) {
                case (nil, nil): return nil
                case (_?, nil): isBoot = true
                case (nil, _?): isBoot = false
                case (let boot?, let wall?): isBoot = boot.due + self.bootToWall <= wall.due
                }
                guard let entry = isBoot ? self.nextBoot : self.nextWall else { return nil }
                if isBoot { self.nextBoot = self.boot.next() } else { self.nextWall = self.wall.next() }
                if DueTimes.isGood(entry, slots) { return entry.slot }
            }
        }
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
