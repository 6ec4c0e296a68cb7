internal import DequeModule

/// The lists of a screen: rows around a place, in the order that matters in each list, at a cost that does not grow with
/// the number of jobs.
extension Engine {
    /// One pane's wish, its anchor already an identity.
    package struct Place: Sendable {
        package var list: ViewRequest.List
        package var anchor: JobFingerprint?
        package var before: Int
        package var count: Int
        package var fromEnd: Bool
    }

    package struct Rows: Sendable {
        package var rows: [Row] = []
        package var position: Int?
        package var isAnchorGone = false
        /// The place is too far from the head to be walked to: it is found by its key, in slices.
        package var farKey: UInt64?
    }

    /// Steps from a list's head before a place counts as far.
    private static let maxSteps = 1_000

    package func rows(_ place: Place) -> Rows {
        switch place.list {
        case .running: self.running(place)
        case .completed: self.ended(self.manager.completedOrder, place)
        case .dead: self.ended(self.manager.deadOrder, place)
        case .cancelled: self.ended(self.manager.cancelledOrder, place)
        case .pending, .parked, .scheduled: self.waiting(place)
        }
    }

    /// The slot of the anchor, if it is in the list.
    private func anchor(_ place: Place) -> UInt32? {
        guard let id = place.anchor, let number = self.manager.slots.find(id),
            self.state(of: self.manager.slots[number]) == place.list.state
        else { return nil }
        return number
    }

    /// Of those that all stand in memory, `wanted` around `anchor`.
    private func cut(_ numbers: [UInt32], _ place: Place) -> Rows {
        var rows = Rows(position: 0)
        var start = place.fromEnd ? max(0, numbers.count - place.count) : 0
        var end = min(numbers.count, start + place.count)
        if place.anchor != nil {
            if let anchor = self.anchor(place), let index = numbers.firstIndex(of: anchor) {
                start = max(0, index - place.before)
                end = min(numbers.count, index + place.count)
            } else {
                rows.isAnchorGone = true
            }
        }
        rows.position = start
        rows.rows = numbers[start..<end].map { self.row($0) }
        return rows
    }

    private func running(_ place: Place) -> Rows {
        var numbers: [UInt32] = []
        for case .some(let run) in self.runs.runs { numbers.append(run.slot) }
        return self.cut(numbers, place)
    }

    // MARK: Ended

    private func ended(_ order: EndedOrder, _ place: Place) -> Rows {
        var rows = Rows()
        var index = place.fromEnd ? 0 : order.count - 1
        if place.anchor != nil {
            if let anchor = self.anchor(place), let found = order.index(of: self.manager.slots[anchor].lastSequence) {
                index = found
            } else {
                rows.isAnchorGone = true
            }
        }
        let step = place.fromEnd && place.anchor == nil ? 1 : -1
        var numbers = self.collect(order, from: index, step: step, count: place.count)
        if step > 0 { numbers.reverse() }
        if place.anchor != nil, !rows.isAnchorGone {
            let newer = self.collect(order, from: index + 1, step: 1, count: place.before)
            numbers = newer.reversed() + numbers
        }
        rows.rows = numbers.map { self.row($0) }
        if let first = rows.rows.first, let index = order.index(of: first.slot.lastSequence) {
            rows.position = self.position(order, index)
        }
        return rows
    }

    private func collect(_ order: EndedOrder, from start: Int, step: Int, count: Int) -> [UInt32] {
        var numbers: [UInt32] = []
        var index = start
        var steps = 0
        // Entries of jobs that have left the state are passed over, but not without end.
        while numbers.count < count, order.entries.indices.contains(index), steps < 4 * Self.maxSteps {
            let entry = order.entries[index]
            if order.isGood(entry, self.manager.slots) { numbers.append(entry.slot) }
            index += step
            steps += 1
        }
        return numbers
    }

    /// How many newer ones there are: known where no entry is out of date, or where they are few.
    private func position(_ order: EndedOrder, _ index: Int) -> Int? {
        let newer = order.count - 1 - index
        let live =
            switch order.state {
            case .completed: self.manager.counts.completed
            case .dead: self.manager.counts.dead
            case .cancelled, .pending, .inFlight: self.manager.counts.cancelled
            }
        if order.count == live { return newer }
        guard newer <= Self.maxSteps else { return nil }
        return order.entries[(index + 1)...].count { order.isGood($0, self.manager.slots) }
    }

    // MARK: Waiting

    private func waiting(_ place: Place) -> Rows {
        let slots = self.manager.slots
        let next = self.walker(place.list)
        var numbers: [UInt32] = []
        let anchor = self.anchor(place)
        if place.anchor != nil, anchor == nil {
            while numbers.count < place.count, let number = next() { numbers.append(number) }
            var rows = self.described(numbers, from: 0, place.list)
            rows.isAnchorGone = true
            return rows
        }
        let wanted = place.fromEnd || anchor != nil ? Self.maxSteps : place.count
        var after = Int.max
        while numbers.count < wanted, after > 1, let number = next() {
            numbers.append(number)
            after -= 1
            if number == anchor { after = place.count }
        }
        if let anchor {
            guard let index = numbers.firstIndex(of: anchor) else {
                return Rows(farKey: self.key(slots[anchor], place.list))
            }
            // The anchor stands near the walk's limit: walk on for what follows it.
            while numbers.count < index + place.count, let number = next() { numbers.append(number) }
            let start = max(0, index - place.before)
            return self.described(Array(numbers.prefix(index + place.count)), from: start, place.list)
        }
        if place.fromEnd {
            guard numbers.count < Self.maxSteps else { return Rows(farKey: .max) }
            return self.described(numbers, from: max(0, numbers.count - place.count), place.list)
        }
        return self.described(numbers, from: 0, place.list)
    }

    private func walker(_ list: ViewRequest.List) -> () -> UInt32? {
        let slots = self.manager.slots
        if list == .scheduled {
            var walk = self.due.walk(self.now)
            return { walk.next(slots) }
        }
        var walk = self.ready.walk(isRunnable: list == .pending, slots)
        return { walk.next(slots) }
    }

    /// Rows from `start` on of a list that was walked from its head.
    private func described(_ numbers: [UInt32], from start: Int, _ list: ViewRequest.List) -> Rows {
        var rows = Rows(position: start)
        var lines: [UInt16: Int] = [:]
        for (index, number) in numbers.enumerated() {
            let action = self.manager.slots[number].action
            if list == .pending, self.ready.isAtLimit(action) { lines[action, default: 0] += 1 }
            guard index >= start else { continue }
            var row = self.row(number)
            row.wait = self.reasonToWait(row, place: list == .pending ? lines[action] ?? index + 1 : nil)
            rows.rows.append(row)
        }
        return rows
    }

    // MARK: Far

    /// Orders a waiting list as its walk does.
    func key(_ slot: JobSlot, _ list: ViewRequest.List) -> UInt64 {
        list == .scheduled ? UInt64(clamping: slot.time) : ReadyQueue.key(slot)
    }

    func isIn(_ list: ViewRequest.List, _ slot: JobSlot) -> Bool {
        guard slot.state == .pending else { return false }
        switch list {
        case .pending: return slot.isReady && self.ready.isRunnable(slot.action)
        case .parked: return slot.isReady && !self.ready.isRunnable(slot.action)
        case .scheduled: return self.state(of: slot) == .scheduled
        case .running, .completed, .dead, .cancelled: return false
        }
    }

    /// Calls `body` for the readable jobs in `count` slots from `start` on; returns where to go on, nil at the end.
    ///
    /// Blocks of slots in which every ENQUEUE number is `bound` or greater are left out.
    @inline(__always)
    func scan(
        from start: UInt32,
        count: UInt32,
        below bound: UInt64 = .max,
        _ body: (UInt32, JobSlot) -> Void
    ) -> UInt32? {
        let slots = self.manager.slots
        let first = slots.next(from: start, below: bound)
        let end = min(slots.numbers.upperBound, first &+ count)
        var lowest = UInt64.max
        var number = first
        while number < end {
            let slot = slots[number]
            if slot.enqueueSequence != 0 {
                lowest = min(lowest, slot.enqueueSequence)
                if self.isReadable(slot) { body(number, slot) }
            }
            number += 1
        }
        if count == SlotTable.blockSlots, first % count == 0, first < end {
            slots.sawAll(ofBlockAt: first, lowest: lowest)
        }
        return number < slots.numbers.upperBound ? number : nil
    }

    /// The row of an entry found by a scan, if it still stands there.
    func row(_ entry: SmallestKeys.Entry, in list: ViewRequest.List) -> Row? {
        let slot = self.manager.slots[entry.slot]
        guard self.isIn(list, slot), self.key(slot, list) == entry.key else { return nil }
        var row = self.row(entry.slot)
        row.wait = self.reasonToWait(row)
        return row
    }
}

extension ViewRequest.List {
    package var state: JobState {
        switch self {
        case .running: .inFlight
        case .pending: .pending
        case .scheduled: .scheduled
        case .parked: .parked
        case .completed: .completed
        case .dead: .dead
        case .cancelled: .cancelled
        }
    }
}
