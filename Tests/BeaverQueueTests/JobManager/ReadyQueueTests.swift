import BeaverSimulation
import Testing

@testable import BeaverQueue

/// The queue's order against a list that is searched from one end to the other.
@Suite struct ReadyQueueTests {
    private struct Model {
        struct Action {
            var running = 0
            var limit = Int.max
            var isRunnable = true
        }
        var waiting: [UInt32] = []
        var actions = [Action](repeating: Action(), count: 5)

        func next(_ slots: SlotTable) -> UInt32? {
            self.waiting.filter { number in
                let action = self.actions[Int(slots[number].action)]
                return action.isRunnable && action.running < action.limit
            }.min { left, right in
                (9 - Int(slots[left].priority), slots[left].orderSequence)
                    < (9 - Int(slots[right].priority), slots[right].orderSequence)
            }
        }
    }

    /// Retried and revived jobs wait as well as new ones; those that were taken out, and those that cannot run, do not.
    @Test func theOldestIsFoundInListsAndHeaps() {
        let slots = SlotTable()
        var queue = ReadyQueue()
        func add(_ sequence: UInt64, time: Int64, action: UInt16 = 0, isReturned: Bool) -> UInt32 {
            let id = JobFingerprint(high: 1, low: sequence)
            var slot = JobSlot(id: id, enqueueSequence: sequence, priority: 4, action: action)
            slot.isReturned = isReturned
            slot.time = time
            let number = slots.insert(slot)
            queue.add(number, slots)
            return number
        }
        #expect(queue.oldestTime(slots) == nil)
        _ = add(5, time: 500, isReturned: false)
        let cancelled = add(1, time: 100, isReturned: true)
        _ = add(2, time: 200, isReturned: true)
        #expect(queue.oldestTime(slots) == 100)
        queue.set(0, isRunnable: true, limit: 0, slots)
        queue.remove(cancelled, slots)
        #expect(queue.oldestTime(slots) == 200)
        _ = add(3, time: 50, action: 1, isReturned: true)
        queue.set(1, isRunnable: false, limit: .max, slots)
        #expect(queue.oldestTime(slots) == 200)
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func theNextJobIsTheFirstOfTheHighestPriorityThatCanRun(_ value: UInt64) {
        var seed = Seed(value)
        let slots = SlotTable()
        var queue = ReadyQueue()
        var model = Model()
        var running: [UInt32] = []
        var sequence: UInt64 = 0
        for _ in 0..<2_500 {
            switch seed.below(8) {
            case 0, 1, 2:
                sequence += 1
                var slot = JobSlot(
                    id: JobFingerprint(high: 1, low: sequence),
                    enqueueSequence: sequence,
                    priority: UInt8(seed.below(10)),
                    action: UInt16(seed.below(5))
                )
                if seed.chance(1, in: 3) { slot.isReturned = true }
                let number = slots.insert(slot)
                queue.add(number, slots)
                model.waiting.append(number)
            case 3, 4:
                let expected = model.next(slots)
                let found = queue.popNext(slots)
                #expect(found == expected, "seed \(value)")
                guard let number = expected else { continue }
                model.waiting.removeAll { $0 == number }
                model.actions[Int(slots[number].action)].running += 1
                slots[number].state = .inFlight
                running.append(number)
            case 5:
                guard let place = seed.pick(running.indices) else { continue }
                let number = running.remove(at: place)
                queue.ended(slots[number].action, slots)
                model.actions[Int(slots[number].action)].running -= 1
                // Retried: it comes back with its old number.
                slots[number].state = .pending
                slots[number].isReturned = true
                queue.add(number, slots)
                model.waiting.append(number)
            case 6:
                guard let place = seed.pick(model.waiting.indices) else { continue }
                let number = model.waiting.remove(at: place)
                queue.remove(number, slots)
                if seed.chance(1, in: 2) {
                    slots.remove(number)
                } else {
                    // Revived: a new number, in the heap.
                    sequence += 1
                    slots[number].isReturned = true
                    slots[number].orderSequence = sequence
                    queue.add(number, slots)
                    model.waiting.append(number)
                }
            default:
                let action = seed.below(5)
                model.actions[action].isRunnable = seed.chance(2, in: 3)
                model.actions[action].limit = seed.chance(1, in: 2) ? .max : seed.range(1...3)
                queue.set(
                    UInt16(action),
                    isRunnable: model.actions[action].isRunnable,
                    limit: model.actions[action].limit,
                    slots
                )
            }
            let hasPending = model.waiting.contains { model.actions[Int(slots[$0].action)].isRunnable }
            #expect((queue.oldestTime(slots) != nil) == hasPending, "seed \(value)")
            #expect(queue.count == model.waiting.count, "seed \(value)")
            let parked = model.waiting.count { !model.actions[Int(slots[$0].action)].isRunnable }
            #expect(queue.parkedCount == parked, "seed \(value)")
        }
    }
}
