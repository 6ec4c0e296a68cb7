extension ReadyQueue {
    /// The ready jobs of actions that can run, or of those that cannot, or of one action, in the order in which they
    /// would run if workers and limits allowed all of them.
    ///
    /// O(number of actions) to begin, then O(log n) each.
    package func walk(isRunnable: Bool, _ slots: SlotTable) -> Walk {
        var walk = Walk()
        for action in self.actions where action.count > 0 && action.isRunnable == isRunnable { walk.add(action, slots) }
        return walk
    }

    package func walk(action: UInt16, _ slots: SlotTable) -> Walk {
        var walk = Walk()
        if Int(action) < self.actions.count { walk.add(self.actions[Int(action)], slots) }
        return walk
    }

    package struct Walk {
        private struct Front: Comparable {
            var key: UInt64
            var slot: UInt32
            /// Of the heap it came from; -1: a list.
            var source: Int

            static func < (left: Front, right: Front) -> Bool { left.key < right.key }
        }

        private var fronts = MinHeap<Front>()
        private var heaps: [MinHeap<Returned>.Walk] = []

        fileprivate mutating func add(_ action: Action, _ slots: SlotTable) {
            for head in action.heads where head != JobSlot.noSlot {
                self.fronts.insert(Front(key: ReadyQueue.key(slots[head]), slot: head, source: -1))
            }
            guard action.returned.count > 0 else { return }
            self.heaps.append(action.returned.walk())
            self.advance(self.heaps.count - 1, slots)
        }

        private mutating func advance(_ source: Int, _ slots: SlotTable) {
            while let returned = self.heaps[source].next() {
                guard ReadyQueue.isGood(returned, slots) else { continue }
                self.fronts.insert(Front(key: returned.key, slot: returned.slot, source: source))
                return
            }
        }

        package mutating func next(_ slots: SlotTable) -> UInt32? {
            guard let front = self.fronts.removeMin() else { return nil }
            if front.source >= 0 {
                self.advance(front.source, slots)
            } else {
                let next = slots[front.slot].nextSlot
                if next != JobSlot.noSlot {
                    self.fronts.insert(Front(key: ReadyQueue.key(slots[next]), slot: next, source: -1))
                }
            }
            return front.slot
        }
    }
}
