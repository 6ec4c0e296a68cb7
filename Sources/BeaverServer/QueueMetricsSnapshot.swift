/// What `/metrics` shows beyond `QueueStatus`: the engine's histograms, where they are kept.
///
/// Everything is optional, so that a server over a queue without them still answers.
public struct QueueMetricsSnapshot: Sendable, Equatable {
    /// Enqueue to completion.
    public var jobLatencySeconds: Histogram?
    /// By action: those with a handler, all others under `other`.
    public var jobRunSeconds: [ActionHistogram] = []
    public var walSyncSeconds: Histogram?
    public var snapshotSeconds: Histogram?
    /// Jobs completed since the queue was created, also those forgotten, purged or made real work since.
    public var completedTotal: Int?
    /// On the file system of the data directory.
    public var freeDiskBytes: Int64?
    /// Runs started since the queue was created.
    public var dispatchedTotal: Int?
    /// Jobs that ever died, also those retried or purged since.
    public var deadTotal: Int?

    public init() {}

    public struct ActionHistogram: Sendable, Equatable {
        public var action: String
        public var histogram: Histogram

        public init(action: String, histogram: Histogram) {
            self.action = action
            self.histogram = histogram
        }
    }

    /// Counts by upper bound; each value is counted in one bucket, the last is beyond all bounds.
    public struct Histogram: Sendable, Equatable {
        /// Ascending, in the metric's unit.
        public var upperBounds: [Double]
        /// One more than bounds.
        public var counts: [UInt64]
        public var sum: Double

        public init(upperBounds: [Double], counts: [UInt64], sum: Double) {
            self.upperBounds = upperBounds
            self.counts = counts
            self.sum = sum
        }

        public var count: UInt64 { self.counts.reduce(0, +) }
    }
}
