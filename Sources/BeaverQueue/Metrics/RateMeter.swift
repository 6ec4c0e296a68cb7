/// Rates over the last ten seconds, from totals sampled about once a second.
package struct RateMeter: Sendable {
    private struct Sample {
        var bootNanoseconds: Int64
        var enqueued: Int
        var ended: Int
    }

    private var samples: [Sample] = []
    package private(set) var enqueuedPerSecond = 0.0
    package private(set) var completedPerSecond = 0.0

    package init() {}

    package mutating func sample(_ totals: JobManager.Totals, at now: EngineTime) {
        if let last = self.samples.last, now.bootNanoseconds - last.bootNanoseconds < 900_000_000 { return }
        self.samples.append(
            Sample(bootNanoseconds: now.bootNanoseconds, enqueued: totals.enqueued, ended: totals.completed)
        )
        if self.samples.count > 11 { self.samples.removeFirst() }
        guard let first = self.samples.first, let last = self.samples.last, self.samples.count > 1 else { return }
        let seconds = Double(last.bootNanoseconds - first.bootNanoseconds) / 1e9
        self.enqueuedPerSecond = Double(last.enqueued - first.enqueued) / seconds
        self.completedPerSecond = Double(last.ended - first.ended) / seconds
    }
}
