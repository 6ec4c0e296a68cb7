package import DequeModule

/// The jobs that ended in one state, in the order in which they ended: for lists, newest first, and for retention.
///
/// Not stored state: it follows from the slots. An entry whose job has left the state since is skipped, and dropped when
/// there are more such than others.
package struct EndedOrder: Sendable {
    package struct Entry: Sendable, Equatable {
        /// Of the record that ended the job: still its last one as long as the entry is good.
        package var sequence: UInt64
        package var slot: UInt32
    }

    package let state: JobSlot.State
    /// Ascending.
    package private(set) var entries: Deque<Entry> = []

    package init(_ state: JobSlot.State) { self.state = state }

    package var count: Int { self.entries.count }
    package var memoryBytes: Int { self.entries.count * MemoryLayout<Entry>.stride }

    package func isGood(_ entry: Entry, _ slots: SlotTable) -> Bool {
        let slot = slots[entry.slot]
        return slot.lastSequence == entry.sequence && slot.state == self.state && slots.isInUse(entry.slot)
    }

    /// O(1) amortized; `live` is how many jobs are in this state.
    package mutating func append(_ entry: Entry, live: Int, _ slots: SlotTable) {
        self.entries.append(entry)
        guard self.entries.count > 2 * live + 1_024 else { return }
        let state = self.state
        self.entries.removeAll { entry in
            let slot = slots[entry.slot]
            return slot.lastSequence != entry.sequence || slot.state != state || !slots.isInUse(entry.slot)
        }
    }

    package mutating func removeFirst() { self.entries.removeFirst() }

    /// After loading a snapshot, whose order is another one.
    package mutating func load(_ entries: [Entry]) {
        self.entries = Deque(entries.sorted { $0.sequence < $1.sequence })
    }

    /// Where the job that ended with this record stands.
    ///
    /// O(log n).
    package func index(of sequence: UInt64) -> Int? {
        guard sequence > 0 else { return nil }
        let place = self.firstIndex(after: sequence - 1)
        return place < self.entries.count && self.entries[place].sequence == sequence ? place : nil
    }

    /// The first that ended later than this record.
    ///
    /// O(log n).
    package func firstIndex(after sequence: UInt64) -> Int {
        var low = 0
        var high = self.entries.count
        while low < high {
            let middle = (low + high) / 2
            if self.entries[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
