import BeaverQueue
import Testing

/// A job that leaves a line by another way leaves an entry behind; when most entries are such, they are dropped.
@Suite("Leftovers in lines") struct LeftoverTests {
    private static let count: UInt32 = 3_000
    private static let kept: UInt32 = 50

    private static func slot(_ sequence: UInt64) -> JobSlot {
        var slot = JobSlot(
            id: JobFingerprint(high: 0, low: sequence),
            enqueueSequence: sequence,
            priority: 4,
            action: 0
        )
        slot.isReturned = true
        return slot
    }

    @Test("of thousands of delayed jobs, most of them cancelled, the rest becomes due in its order")
    func due() {
        let slots = SlotTable()
        var due = DueTimes()
        let now = EngineTime(bootNanoseconds: 0, wallMilliseconds: 1_000_000)
        var expected: [UInt32] = []
        for sequence in 1...UInt64(Self.count) {
            var slot = Self.slot(sequence)
            slot.isDueByWallClock = sequence.isMultiple(of: 2)
            slot.time = now.wallMilliseconds + Int64(sequence)
            slot.link = sequence
            let number = slots.insert(slot)
            due.add(number, slot, now: now, isFresh: true)
            expected.append(number)
        }
        for number in expected.dropLast(Int(Self.kept)) {
            slots[number].state = .cancelled
            due.noteRemoved(slots)
        }
        #expect(due.count == Int(Self.kept))
        let later = EngineTime(bootNanoseconds: 10_000_000_000, wallMilliseconds: 1_010_000)
        var found: [UInt32] = []
        while let number = due.popDue(later, slots) { found.append(number) }
        // Each clock has a line of its own, in the order of its times.
        let rest = expected.suffix(Int(Self.kept))
        let byBootClock = rest.filter { !slots[$0].isDueByWallClock }
        #expect(found == byBootClock + rest.filter { slots[$0].isDueByWallClock })
    }

    @Test("of thousands that came back to the line, most of them cancelled, the rest is next in its order")
    func returned() {
        let slots = SlotTable()
        var queue = ReadyQueue()
        let numbers = (1...UInt64(Self.count)).map { slots.insert(Self.slot($0)) }
        for number in numbers { queue.add(number, slots) }
        // One at the front is dropped at once; those behind it are what piles up.
        for number in numbers.dropFirst(Int(Self.kept)) {
            queue.remove(number, slots)
            slots[number].state = .cancelled
        }
        var found: [UInt32] = []
        while let number = queue.popNext(slots) { found.append(number) }
        #expect(found == Array(numbers.prefix(Int(Self.kept))))
    }
}
