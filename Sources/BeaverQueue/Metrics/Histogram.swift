/// Counts of observations by upper bound, as Prometheus defines a histogram.
package struct Histogram: Sendable, Equatable {
    package let bounds: [Double]
    /// One a bound, then one for everything above.
    ///
    /// Not cumulative.
    package private(set) var counts: [Int]
    package private(set) var sum = 0.0

    package init(bounds: [Double]) {
        self.bounds = bounds
        self.counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    /// 50 µs to 6.6 s, each bound twice the one before.
    package static var syncSeconds: Histogram { Histogram(bounds: (0..<18).map { 0.000_05 * Double(1 << $0) }) }

    package mutating func observe(_ value: Double) {
        self.counts[self.bounds.firstIndex { value <= $0 } ?? self.bounds.count] += 1
        self.sum += value
    }

    package var count: Int { self.counts.reduce(0, +) }

    /// An upper bound of the quantile: the bound of the bucket it falls into.
    package func quantile(_ part: Double) -> Double {
        let wanted = Int((Double(self.count) * part).rounded(.up))
        var seen = 0
        for (place, count) in self.counts.enumerated() {
            seen += count
            if seen >= wanted, wanted > 0 { return place < self.bounds.count ? self.bounds[place] : .infinity }
        }
        return 0
    }
}
