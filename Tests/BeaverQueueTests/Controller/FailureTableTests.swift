import Testing

@testable import BeaverQueue

/// Kinds of failure, learnt by several views at the same time.
@Suite struct FailureTableTests {
    private static func row(_ sequence: UInt64) -> Engine.Row {
        var slot = JobSlot(id: JobFingerprint(high: 0, low: sequence), enqueueSequence: 1, priority: 4, action: 0)
        slot.lastSequence = sequence
        return Engine.Row(slot: slot, number: UInt32(sequence), state: .dead, action: "work")
    }

    private static func learn(_ table: inout FailureTable, _ sequence: UInt64, after known: UInt64) -> Bool {
        table.learn(Self.row(sequence), LookupMemory.End(error: "no"), after: known)
    }

    @Test func eachDeathIsLearntOnceAndNoneIsLeftOut() {
        var table = FailureTable()
        let first = Self.learn(&table, 5, after: 0)
        // Another view read the same death at the same time, one more behind it, and a third one began before the table
        // was emptied.
        let again = Self.learn(&table, 5, after: 0)
        let next = Self.learn(&table, 9, after: 5)
        let late = Self.learn(&table, 12, after: 5)
        #expect(first && !again && next && !late)
        #expect(table.jobs.map(\.entry.sequence) == [5, 9] && table.through == 9)
        #expect(table.groups.map(\.key) == ["work: failed: no"])
    }

    /// Two views counted the dead at the same time: what the slower one says is gone takes nothing that was learnt since.
    @Test func whatWasLearntMeanwhileStays() {
        var table = FailureTable()
        for (sequence, known) in [(5, 0), (9, 5), (12, 9)] as [(UInt64, UInt64)] {
            #expect(Self.learn(&table, sequence, after: known))
        }
        table.drop([5])
        table.drop([5])
        #expect(table.jobs.map(\.entry.sequence) == [9, 12])
    }

    /// What is beyond the number of kinds is one of its own, which no job's key equals: nothing is done to all of them by the
    /// name of one.
    @Test func kindsBeyondTheLimitHaveNoNameOfAnyJob() {
        var table = FailureTable()
        let letters = Array("abcdefghij")
        for number in 0..<1_200 {
            let word = String([letters[number / 1_000], letters[number / 100 % 10], letters[number / 10 % 10]])
            let error = word + String(letters[number % 10])
            let row = Self.row(UInt64(number) + 1)
            let isLearnt = table.learn(row, LookupMemory.End(error: error), after: UInt64(number))
            #expect(isLearnt)
        }
        #expect(table.groups.count == 1_000)
        let last = table.jobs.filter { $0.group == 999 }
        #expect(last.count == 201)
        let others = table.groups[999]
        #expect(others.error == "kinds of error beyond 999")
        #expect(!table.groups.dropLast().contains { $0.key == others.key })
        #expect(others.empty([.dead]).filter.group == others.empty([.dead]).key)
    }

    /// A key that is hidden from now on is hidden in what was read before, too.
    @Test func aNewRedactionForgetsWhatTheOldOneLetThrough() {
        let memory = LookupMemory(Redaction([]))
        memory.ends.withLock { $0.set(7, LookupMemory.End(error: "pin=1234")) }
        memory.bodies.withLock { $0.set(7, LookupMemory.Body(id: "a", work: "pin=1234", enqueuedAt: 0)) }
        memory.failures.withLock { _ = Self.learn(&$0, 5, after: 0) }
        memory.setRedaction(Redaction(["pin"]))
        #expect(memory.ends.withLock { $0.value(7) } == nil)
        #expect(memory.bodies.withLock { $0.value(7) } == nil)
        #expect(memory.failures.withLock { $0.jobs.isEmpty && $0.through == 0 })
    }
}
