/// What happened in each of the last 60 whole seconds.
package struct ActivityMeter: Sendable {
    package struct Second: Sendable, Equatable {
        package var enqueued = 0
        package var completed = 0
        package var failedRuns = 0
    }

    /// Oldest first.
    package private(set) var seconds: [Second] = []
    private var current: Int64?
    private var base = JobManager.Totals()

    static let kept = 60
    /// Rates are means over so many seconds at most.
    private static let rateSeconds = 10

    package init() {}

    /// To be called with the totals as they were left at the last call, before anything changes them now.
    @inline(__always)
    package mutating func turn(_ now: EngineTime, _ totals: JobManager.Totals) {
        let second = now.bootNanoseconds / 1_000_000_000
        if second != self.current { self.close(until: second, totals) }
    }

    private mutating func close(until second: Int64, _ totals: JobManager.Totals) {
        defer {
            self.current = second
            self.base = totals
        }
        guard let current, second > current else { return }
        self.seconds.append(
            Second(
                enqueued: totals.enqueued - self.base.enqueued,
                completed: totals.completed - self.base.completed,
                failedRuns: totals.failedRuns - self.base.failedRuns
            )
        )
        // Seconds in which the engine slept.
        for _ in 0..<min(Int64(Self.kept), second - current - 1) { self.seconds.append(Second()) }
        if self.seconds.count > Self.kept { self.seconds.removeFirst(self.seconds.count - Self.kept) }
    }

    package func rates() -> QueueStatus.Rates {
        var rates = QueueStatus.Rates()
        let recent = self.seconds.suffix(Self.rateSeconds)
        guard !recent.isEmpty else { return rates }
        rates.enqueuedPerSecond = Double(recent.reduce(0) { $0 + $1.enqueued }) / Double(recent.count)
        rates.completedPerSecond = Double(recent.reduce(0) { $0 + $1.completed }) / Double(recent.count)
        rates.backlogPerSecond = rates.enqueuedPerSecond - rates.completedPerSecond
        return rates
    }
}
