import Testing

@testable import BeaverQueue

/// Percentiles that people compare with the times they see.
@Suite struct FineDurationsTests {
    /// A doubling was one step: of runs that all took 303 ms the middle one was called 393 ms.
    @Test(arguments: [Int64(0), 1, 63, 64, 127, 128, 1_000, 303_000, 303_999, 20_000_000, 3_600_000_000, 1 << 40])
    func allAlikeAreCalledWhatTheyTook(microseconds: Int64) throws {
        var durations = FineDurations()
        for _ in 0..<1_000 { durations.observe(microseconds: microseconds) }
        let seconds = Double(microseconds) / 1e6
        for part in [0.5, 0.99] {
            let value = try #require(durations.quantile(part))
            #expect(value <= seconds)
            #expect(value >= min(seconds, 274_000) * 0.88 - 8e-6)
        }
    }

    @Test func percentilesGrowAndNoneIsAboveTheLongest() throws {
        var durations = FineDurations()
        #expect(durations.quantile(0.5) == nil)
        var other = FineDurations()
        for value in 1...500 { durations.observe(microseconds: Int64(value) * 1_000) }
        for value in 501...1_000 { other.observe(microseconds: Int64(value) * 1_000) }
        durations.add(other)
        #expect(durations.count == 1_000)
        let middle = try #require(durations.quantile(0.5))
        let high = try #require(durations.quantile(0.99))
        #expect(abs(middle - 0.5) < 0.03 && abs(high - 0.99) < 0.05)
        #expect(try #require(durations.quantile(1)) <= 1)
        var last = 0.0
        for part in stride(from: 0.0, through: 1, by: 0.01) {
            let value = try #require(durations.quantile(part))
            #expect(value >= last)
            last = value
        }
    }
}
