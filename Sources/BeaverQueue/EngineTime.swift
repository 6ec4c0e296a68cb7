/// One reading of both clocks.
///
/// The engine never asks for the time; it is told.
package struct EngineTime: Sendable, Equatable {
    /// Nanoseconds of the boot-time clock: never goes back, counts through suspend.
    ///
    /// For durations within one run.
    package var bootNanoseconds: Int64
    /// Milliseconds since 1970 UTC: may jump.
    ///
    /// For `run_at` and for people.
    package var wallMilliseconds: Int64

    package init(bootNanoseconds: Int64, wallMilliseconds: Int64) {
        self.bootNanoseconds = bootNanoseconds
        self.wallMilliseconds = wallMilliseconds
    }

    package var bootMilliseconds: Int64 { self.bootNanoseconds / 1_000_000 }
}
