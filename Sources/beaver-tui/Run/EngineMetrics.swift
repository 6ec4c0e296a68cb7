import BeaverQueue
import BeaverServer

extension QueueMetricsSnapshot {
    /// What the engine counts beyond its status.
    init(_ queue: Queue) {
        self.init()
        if let totals = queue.totals() {
            self.dispatchedTotal = totals.dispatched
            self.deadTotal = totals.dead
            self.completedTotal = totals.completed
        }
        self.freeDiskBytes = queue.freeDiskBytes()
        guard let meters = queue.meters() else { return }
        self.walSyncSeconds = Histogram(meters.sync)
        self.jobLatencySeconds = Histogram(meters.engine.latency)
        self.snapshotSeconds = Histogram(meters.engine.snapshot)
        self.jobRunSeconds = Self.byAction(meters.engine.runByAction, meters.actions, queue.actionsWithHandler())
    }

    /// A label for each action that has a handler, and one for all others: their number is nobody's choice but ours.
    private static func byAction(
        _ histograms: [DurationHistogram?],
        _ names: [String],
        _ handled: Set<String>
    ) -> [ActionHistogram] {
        var other: DurationHistogram?
        var result: [ActionHistogram] = []
        for (name, histogram) in zip(names, histograms) {
            guard let histogram else { continue }
            if handled.contains(name) {
                result.append(ActionHistogram(action: name, histogram: Histogram(histogram)))
            } else {
                other = other ?? DurationHistogram()
                other?.add(histogram)
            }
        }
        result.sort { $0.action < $1.action }
        if let other { result.append(ActionHistogram(action: "other", histogram: Histogram(other))) }
        return result
    }
}

extension QueueMetricsSnapshot.Histogram {
    /// Every second bound of the engine's: still each four times the one before.
    fileprivate init(_ durations: DurationHistogram) {
        let bounds = DurationHistogram.bounds.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        var counts: [UInt64] = []
        var sum: UInt64 = 0
        for (place, count) in durations.counts.enumerated() {
            sum += UInt64(count)
            let isLast = place == durations.counts.count - 1
            guard isLast || place % 2 == 1 else { continue }
            counts.append(sum)
            sum = 0
        }
        self.init(upperBounds: bounds, counts: counts, sum: durations.sumSeconds)
    }
}
