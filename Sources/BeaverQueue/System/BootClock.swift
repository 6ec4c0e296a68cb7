#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The machine's two clocks, read at the edge and handed inwards as values.
package enum BootClock {
    package static func now() -> EngineTime {
        EngineTime(
            bootNanoseconds: self.nanoseconds(of: CLOCK_BOOTTIME),
            wallMilliseconds: self.nanoseconds(of: CLOCK_REALTIME) / 1_000_000
        )
    }

    /// Both clocks have existed since Linux 2.6.39, and reading one cannot fail.
    private static func nanoseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        let answer = clock_gettime(clock, &time)
        precondition(answer == 0, "the system's clock \(clock) cannot be read")
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
