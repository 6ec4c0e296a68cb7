import Testing

@testable import BeaverQueue

@Suite struct ThreadTimesTests {
    /// Both only grow, and work counts as work.
    @Test func timesOfTheThreadGrow() {
        let clock = ThreadClock()
        let before = clock.now()
        var sum: UInt64 = 1
        for number in 0..<2_000_000 as Range<UInt64> { sum = sum &* 31 &+ number }
        let after = clock.now()
        #expect(sum != 0)
        #expect(after.workedNanoseconds > before.workedNanoseconds)
        #expect(after.queuedNanoseconds >= before.queuedNanoseconds)
    }
}
