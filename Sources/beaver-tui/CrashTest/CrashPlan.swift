import BeaverSimulation

/// When a life of the server ends, drawn from the seed.
struct CrashPlan: Sendable, Equatable {
    enum Moment: String, Sendable, CaseIterable, Encodable {
        /// While it starts and recovers.
        case starting
        /// The moment it is ready.
        case ready
        /// Under load.
        case load
        /// While it writes a snapshot.
        case snapshot
        /// While it goes on to another segment of the log.
        case rotating
        /// While it ends its work after SIGTERM.
        case draining
        /// Not at all: it stops in order.
        case stopped
    }

    var moment: Moment
    /// From the start of the life, or from its being ready.
    var microseconds: Int
    /// From the request that names the moment to the kill.
    var delayMicroseconds: Int

    init(life: Int, seed: Seed) {
        var seed = seed.stream("life", UInt64(life))
        switch seed.below(100) {
        case 0..<18: self.moment = .starting
        case 18..<23: self.moment = .ready
        case 23..<58: self.moment = .load
        case 58..<70: self.moment = .snapshot
        case 70..<80: self.moment = .rotating
        case 80..<94: self.moment = .draining
        default: self.moment = .stopped
        }
        self.microseconds = self.moment == .starting ? seed.below(90_000) : 5_000 + seed.below(220_000)
        self.delayMicroseconds = seed.below(self.moment == .draining ? 120_000 : 12_000)
    }

    /// SIGTERM comes first.
    var stops: Bool { self.moment == .draining || self.moment == .stopped }
}
