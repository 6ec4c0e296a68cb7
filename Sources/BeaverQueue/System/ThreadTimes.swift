#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Where the time of a thread went so far: what lies between two readings and is neither, it slept.
package struct ThreadTimes: Sendable, Equatable {
    /// On a processor, in the program and in the kernel.
    package var workedNanoseconds: Int64
    /// Ready to run, while other threads had the processors; 0 where the kernel does not say.
    package var queuedNanoseconds: Int64
}

/// Reads the times of the thread that made it; each reading takes a microsecond or two.
package struct ThreadClock: ~Copyable {
    /// -1 where there is no /proc.
    private let descriptor: Int32

    package init() {
        let path = "/proc/thread-self/schedstat"
        self.descriptor = (try? SystemCall.retrying { open(path, O_RDONLY | O_CLOEXEC) }) ?? -1
    }

    deinit { if self.descriptor >= 0 { SystemCall.close(self.descriptor) } }

    package func now() -> ThreadTimes {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return ThreadTimes(
            workedNanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec),
            queuedNanoseconds: self.queuedNanoseconds
        )
    }

    /// The second of three numbers; the first, time on a processor, is behind by up to a tick while the thread runs.
    private var queuedNanoseconds: Int64 {
        withUnsafeTemporaryAllocation(byteCount: 96, alignment: 1) { buffer in
            let count = self.descriptor < 0 ? 0 : pread(self.descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else { return 0 }
            var value: Int64 = 0
            for byte in buffer.prefix(count).drop(while: { $0 != UInt8(ascii: " ") }).dropFirst() {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
                value = value &* 10 &+ Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
    }
}
