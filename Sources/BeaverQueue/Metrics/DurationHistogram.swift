/// Counts of durations by upper bound: 64 µs, then each bound twice the one before, up to 38 hours.
///
/// To observe costs a few nanoseconds.
package struct DurationHistogram: Sendable, Equatable {
    private static let firstBoundShift = 6
    private static let bucketCount = 32

    /// One a bound, then one for everything above.
    ///
    /// Not cumulative.
    package private(set) var counts = [Int](repeating: 0, count: bucketCount)
    package private(set) var sumMicroseconds: Int64 = 0

    package init() {}

    /// In seconds; the last count has none.
    package static let bounds: [Double] = (0..<bucketCount - 1).map { Double(Int64(1) << (firstBoundShift + $0)) / 1e6 }

    package var count: Int { self.counts.reduce(0, +) }
    package var sumSeconds: Double { Double(self.sumMicroseconds) / 1e6 }

    package mutating func observe(microseconds: Int64) {
        let value = max(0, microseconds)
        let above = UInt64(max(0, value - 1)) >> UInt64(Self.firstBoundShift)
        self.counts[min(Self.bucketCount - 1, UInt64.bitWidth - above.leadingZeroBitCount)] += 1
        self.sumMicroseconds += value
    }

    package mutating func add(_ other: DurationHistogram) {
        for place in self.counts.indices { self.counts[place] += other.counts[place] }
        self.sumMicroseconds += other.sumMicroseconds
    }
}

/// Durations since the start, and those of the last half to whole minute by themselves.
package struct RecentDurations: Sendable {
    package private(set) var all = DurationHistogram()
    private var current = FineDurations()
    private var previous = FineDurations()
    /// All that are older.
    private var past = FineDurations()
    private var began: Int64 = 0

    private static let halfNanoseconds: Int64 = 30_000_000_000

    package init() {}

    package mutating func observe(microseconds: Int64, at now: EngineTime) {
        self.turn(now)
        self.all.observe(microseconds: microseconds)
        self.current.observe(microseconds: microseconds)
    }

    private mutating func turn(_ now: EngineTime) {
        let age = now.bootNanoseconds - self.began
        guard age >= Self.halfNanoseconds else { return }
        self.past.add(self.previous)
        self.previous = self.current
        self.current = FineDurations()
        if age >= 2 * Self.halfNanoseconds {
            self.past.add(self.previous)
            self.previous = FineDurations()
        }
        self.began = now.bootNanoseconds
    }

    /// Of the last minute; where nothing happened in it, of all.
    package func percentiles(at now: EngineTime) -> QueueView.Percentiles {
        var turned = self
        turned.turn(now)
        var recent = turned.current
        recent.add(turned.previous)
        if recent.count == 0 { recent = turned.past }
        return QueueView.Percentiles(p50: recent.quantile(0.5), p99: recent.quantile(0.99))
    }
}
