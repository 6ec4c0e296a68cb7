/// How long a failed job waits before its next run: exponential, bounded, with jitter.
package struct Backoff: Sendable, Equatable {
    package var baseMilliseconds: Int64
    package var maxMilliseconds: Int64
    /// 0 … 1.
    package var jitter: Double

    package init(baseMilliseconds: Int64, maxMilliseconds: Int64, jitter: Double) {
        self.baseMilliseconds = baseMilliseconds
        self.maxMilliseconds = maxMilliseconds
        self.jitter = jitter
    }

    /// After the `failures`th failed run, 1 for the first.
    ///
    /// Jitter keeps jobs that failed together from coming back together; `randomBits` decides it.
    package func delayMilliseconds(failures: Int, randomBits: UInt64) -> Int64 {
        let exponent = min(max(0, failures - 1), 40)
        let (product, overflow) = self.baseMilliseconds.multipliedReportingOverflow(by: 1 << Int64(exponent))
        let delay = overflow ? self.maxMilliseconds : min(product, self.maxMilliseconds)
        let unit = Double(randomBits >> 11) / Double(1 << 53)
        let factor = 1 + self.jitter * (2 * unit - 1)
        return max(0, Int64(Double(delay) * factor))
    }
}
