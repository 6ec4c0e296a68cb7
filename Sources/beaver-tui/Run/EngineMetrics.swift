import BeaverQueue
import BeaverServer

extension QueueMetricsSnapshot {
    /// What the engine counts beyond its status.
    init(_ queue: Queue) {
        self.init()
        if let totals = queue.totals() {
            self.dispatchedTotal = totals.dispatched
            self.deadTotal = totals.dead
        }
        if let sync = queue.syncHistogram() {
            self.walSyncSeconds = Histogram(
                upperBounds: sync.bounds,
                counts: sync.counts.map { UInt64($0) },
                sum: sync.sum
            )
        }
    }
}
