/// What `/metrics` shows beyond `QueueStatus`: the engine's histograms, where they are kept.
///
/// Everything is optional, so that a server over a queue without them still answers.
package struct QueueMetricsSnapshot: Sendable, Equatable {
    /// Enqueue to completion.
    package var jobLatencySeconds: Histogram?
    /// By action: those with a handler, all others under `other`.
    package var jobRunSeconds: [ActionHistogram] = []
    package var walSyncSeconds: Histogram?
    package var snapshotSeconds: Histogram?
    /// Jobs completed since the queue was created, also those forgotten, purged or made real work since.
    package var completedTotal: Int?
    /// On the file system of the data directory.
    package var freeDiskBytes: Int64?
    /// Runs started since the queue was created.
    package var dispatchedTotal: Int?
    /// Jobs that ever died, also those retried or purged since.
    package var deadTotal: Int?

    package init() {}

    package struct ActionHistogram: Sendable, Equatable {
        package var action: String
        package var histogram: Histogram

        package init(action: String, histogram: Histogram) {
            self.action = action
            self.histogram = histogram
        }
    }

    /// Counts by upper bound; each value is counted in one bucket, the last is beyond all bounds.
    package struct Histogram: Sendable, Equatable {
        /// Ascending, in the metric's unit.
        package var upperBounds: [Double]
        /// One more than bounds.
        package var counts: [UInt64]
        package var sum: Double

        package init(upperBounds: [Double], counts: [UInt64], sum: Double) {
            self.upperBounds = upperBounds
            self.counts = counts
            self.sum = sum
        }

        package var count: UInt64 { self.counts.reduce(0, +) }
    }
}
