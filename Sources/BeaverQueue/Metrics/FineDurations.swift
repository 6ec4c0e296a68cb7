/// Counts of durations in eight steps for each doubling, for percentiles that people compare with what they see: a step is at
/// most an eighth of the duration.
///
/// The exported histogram has wider ones, because each of its bounds is a time series somewhere.
struct FineDurations: Sendable {
    /// Below this one, in microseconds, the steps are even.
    private static let firstShift = 6
    private static let lastShift = 37
    private static let steps = 8

    private(set) var counts = [Int](repeating: 0, count: (lastShift - firstShift + 2) * steps)
    private(set) var count = 0
    private var longest: Int64 = 0

    mutating func observe(microseconds: Int64) {
        let value = max(0, microseconds)
        self.counts[Self.place(of: value)] += 1
        self.count += 1
        self.longest = max(self.longest, value)
    }

    mutating func add(_ other: FineDurations) {
        for place in self.counts.indices { self.counts[place] += other.counts[place] }
        self.count += other.count
        self.longest = max(self.longest, other.longest)
    }

    /// Seconds below which this part of the observations lies, straight between the bounds of its step, and never more than the
    /// longest; nil without any.
    func quantile(_ part: Double) -> Double? {
        guard self.count > 0 else { return nil }
        let wanted = Double(self.count) * part
        var seen = 0.0
        for (place, inStep) in self.counts.enumerated() where inStep > 0 {
            if seen + Double(inStep) >= wanted {
                let (low, high) = (Double(Self.bound(place)), Double(Self.bound(place + 1)))
                let value = low + (high - low) * max(0, wanted - seen) / Double(inStep)
                return min(value, Double(self.longest)) / 1e6
            }
            seen += Double(inStep)
        }
        return Double(self.longest) / 1e6
    }

    private static func place(of value: Int64) -> Int {
        guard value >= 1 << Int64(self.firstShift) else { return Int(value >> Int64(self.firstShift - 3)) }
        let shift = min(self.lastShift, Int64.bitWidth - 1 - value.leadingZeroBitCount)
        let step = min(Int64(self.steps - 1), (value >> Int64(shift - 3)) - Int64(self.steps))
        return (shift - self.firstShift + 1) * self.steps + Int(step)
    }

    /// Where a step begins, in microseconds.
    private static func bound(_ place: Int) -> Int64 {
        let (octave, step) = (place / self.steps, Int64(place % self.steps))
        guard octave > 0 else { return step << Int64(self.firstShift - 3) }
        return (Int64(self.steps) + step) << Int64(octave - 1 + self.firstShift - 3)
    }
}
