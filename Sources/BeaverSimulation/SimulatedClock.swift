package import BeaverQueue

/// Both clocks of a machine, moved by hand.
///
/// Time passes for both at once; besides, the wall clock may be set forward or back, as people and NTP do, which the
/// boot-time clock never notices.
package final class SimulatedClock: Sendable {
    private struct Clocks: Sendable {
        var bootNanoseconds: Int64
        /// In nanoseconds, so that many small steps add up to milliseconds.
        var wallNanoseconds: Int64
    }

    /// Far enough from the ends of `Int64` that no simulated time can leave it: the years 1684 to 2256.
    private static let wallLimitNanoseconds: Int64 = 9_000_000_000_000_000_000

    private let clocks: Guarded<Clocks>

    /// A machine that booted a second ago, in June 2025, unless told otherwise.
    package init(bootNanoseconds: Int64 = 1_000_000_000, wallMilliseconds: Int64 = 1_750_000_000_000) {
        self.clocks = Guarded(
            Clocks(bootNanoseconds: bootNanoseconds, wallNanoseconds: wallMilliseconds * 1_000_000)
        )
    }

    package func time() -> EngineTime {
        self.clocks.withLock { clocks in
            EngineTime(
                bootNanoseconds: clocks.bootNanoseconds,
                wallMilliseconds: clocks.wallNanoseconds / 1_000_000
            )
        }
    }

    /// Lets time pass; a negative step is none.
    package func advance(nanoseconds: Int64) {
        self.clocks.withLock { clocks in
            let step = max(0, nanoseconds)
            clocks.bootNanoseconds += step
            clocks.wallNanoseconds = Self.clamped(clocks.wallNanoseconds, plus: step)
        }
    }

    package func advance(milliseconds: Int64) {
        self.advance(nanoseconds: milliseconds * 1_000_000)
    }

    /// Lets time pass until the boot-time clock shows this; no time passes if it already has.
    package func advance(toBootNanoseconds target: Int64) {
        self.advance(nanoseconds: target - self.time().bootNanoseconds)
    }

    /// Sets the wall clock forward or back.
    package func jumpWall(milliseconds: Int64) {
        self.clocks.withLock { clocks in
            let jump = milliseconds.multipliedReportingOverflow(by: 1_000_000)
            let limit = milliseconds < 0 ? -Self.wallLimitNanoseconds : Self.wallLimitNanoseconds
            clocks.wallNanoseconds = Self.clamped(
                clocks.wallNanoseconds,
                plus: jump.overflow ? limit : jump.partialValue
            )
        }
    }

    /// The machine was off for this long: the boot-time clock begins anew, the wall clock went on.
    package func restartMachine(offForMilliseconds milliseconds: Int64 = 0) {
        self.advance(milliseconds: milliseconds)
        self.clocks.withLock { $0.bootNanoseconds = 1_000_000_000 }
    }

    private static func clamped(_ wall: Int64, plus step: Int64) -> Int64 {
        let sum = wall.addingReportingOverflow(step)
        guard !sum.overflow else { return step < 0 ? -self.wallLimitNanoseconds : self.wallLimitNanoseconds }
        return min(max(sum.partialValue, -self.wallLimitNanoseconds), self.wallLimitNanoseconds)
    }
}
