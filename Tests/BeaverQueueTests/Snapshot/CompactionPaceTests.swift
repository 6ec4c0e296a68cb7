import Testing

@testable import BeaverQueue

/// When the making of a snapshot rests.
@Suite struct CompactionPaceTests {
    private static let moment = CompactionPace.workNanoseconds

    @Test func `it rests several times as long as it has worked while others write`() {
        var pace = CompactionPace(now: 0, appendedBytes: 100, leisureBytes: 1_000)
        #expect(pace.rest(now: Self.moment - 1, appendedBytes: 200) == 0)
        let rest = pace.rest(now: Self.moment * 2, appendedBytes: 200)
        #expect(rest == Self.moment * 2 * CompactionPace.restsPerWork)
        pace.resumed(now: Self.moment * 2 + rest)
        #expect(pace.rest(now: Self.moment * 3 + rest - 1, appendedBytes: 300) == 0)
        #expect(pace.rest(now: Self.moment * 3 + rest, appendedBytes: 300) == Self.moment * CompactionPace.restsPerWork)
    }

    @Test func `no rest is long, however long the work was`() {
        var pace = CompactionPace(now: 0, appendedBytes: 0, leisureBytes: 1_000)
        #expect(pace.rest(now: 1 << 60, appendedBytes: 1) == CompactionPace.greatestRestNanoseconds)
    }

    @Test func `it goes on where nobody writes`() {
        var pace = CompactionPace(now: 0, appendedBytes: 100, leisureBytes: 1_000)
        for turn in 1...5 as ClosedRange<Int64> { #expect(pace.rest(now: turn * Self.moment, appendedBytes: 100) == 0) }
        #expect(pace.rest(now: 6 * Self.moment, appendedBytes: 101) == Self.moment * CompactionPace.restsPerWork)
    }

    /// Else a load without end would leave a snapshot without an end, and the log with it.
    @Test func `it goes on where the log has grown much`() {
        var pace = CompactionPace(now: 0, appendedBytes: 100, leisureBytes: 1_000)
        #expect(pace.rest(now: Self.moment, appendedBytes: 1_100) > 0)
        pace.resumed(now: Self.moment)
        #expect(pace.rest(now: 2 * Self.moment, appendedBytes: 1_101) == 0)
    }
}
