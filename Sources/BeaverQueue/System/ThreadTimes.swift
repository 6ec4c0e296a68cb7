#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Where the time of the calling thread went so far: what lies between two readings and is neither, it slept.
package struct ThreadTimes: Sendable, Equatable {
    /// On a processor, in the program and in the kernel.
    package var workedNanoseconds: Int64
    /// Ready to run, while other threads had the processors; 0 where the kernel does not say.
    package var queuedNanoseconds: Int64

    package init(workedNanoseconds: Int64, queuedNanoseconds: Int64) {
        self.workedNanoseconds = workedNanoseconds
        self.queuedNanoseconds = queuedNanoseconds
    }

    package static func now() -> ThreadTimes {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        // "on processor, waited for one, times": the first is behind by up to a tick while the thread runs.
        let fields = SystemCall.text(at: "/proc/thread-self/schedstat", limitBytes: 128)?.split(separator: " ")
        return ThreadTimes(
            workedNanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec),
            queuedNanoseconds: fields.flatMap { $0.count > 1 ? Int64($0[1]) : nil } ?? 0
        )
    }
}
