import Testing

@testable import beaver_tui

/// When memory goes back to the system: after many jobs, and not while they come.
@Suite struct HeapTrimTests {
    @Test func aBurstIsOverWhenNothingHappensForASecond() {
        var bursts = HeapTrim.Bursts()
        #expect([0, 99_999, 99_999, 100_000].map { bursts.isOver($0) } == [false, false, false, false])
        #expect([150_000, 150_000, 150_000, 200_000].map { bursts.isOver($0) } == [false, true, false, false])
        #expect([260_000, 260_000, 260_000].map { bursts.isOver($0) } == [false, true, false])
    }
}
