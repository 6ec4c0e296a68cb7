import Testing

@testable import BeaverQueue

/// What of a configuration cannot be: all of it at once, before anything is opened.
@Suite("QueueConfiguration")
struct QueueConfigurationTests {
    private func faults(_ change: (inout QueueConfiguration) -> Void) -> [String] {
        var configuration = QueueConfiguration(dataDirectory: "data")
        change(&configuration)
        return configuration.faults()
    }

    @Test("the defaults are sound, and so are the limits themselves")
    func sound() {
        #expect(self.faults { _ in } == [])
        let year = Int64(365) * 86_400_000
        #expect(
            self.faults { configuration in
                configuration.worker.drainTimeoutMilliseconds = 0
                configuration.worker.backoffMaxMilliseconds = 100 * year
                configuration.snapshot.intervalMilliseconds = 100 * year
                configuration.log.directory = String(repeating: "d", count: 1_024)
            } == []
        )
    }

    /// A sum of a clock and such a time would be past the end of all numbers.
    @Test("no length of time is negative or for ever")
    func times() {
        for time in [-1, Int64.max] {
            let faults = self.faults { configuration in
                configuration.worker.drainTimeoutMilliseconds = time
                configuration.worker.graceMilliseconds = time
                configuration.worker.backoffMaxMilliseconds = time
                configuration.snapshot.intervalMilliseconds = time
                configuration.limits.dedupRetentionMilliseconds = time
            }
            for name in ["worker.drain_timeout", "SIGKILL", "backoff.max", "interval_seconds", "dedup_retention"] {
                #expect(faults.contains { $0.contains(name) && $0.contains("a hundred years") }, "\(name)")
            }
        }
    }

    /// The store's file keeps both paths, in each of its two copies.
    @Test("a directory has a name that the store's file has room for")
    func directories() {
        let long = String(repeating: "d", count: 1_025)
        let faults = self.faults {
            $0.log.directory = ""
            $0.snapshot.directory = long
        }
        #expect(faults.contains { $0.hasPrefix("wal.dir is 0 bytes") })
        #expect(faults.contains { $0.hasPrefix("snapshot.dir is 1025 bytes") })
    }

    @Test("a handler's own limits are bounded as the queue's are")
    func handlers() {
        let faults = self.faults { configuration in
            configuration.handlers["a"] = HandlerConfiguration(
                .command([]),
                timeoutMilliseconds: 86_400_001,
                concurrency: 0,
                maxRetry: 10_001,
                pauseOnFailures: 0
            )
        }
        for key in ["command", "timeout", "concurrency", "max_retry", "pause_on_failures"] {
            #expect(faults.contains { $0.hasPrefix("handlers.a.\(key) ") }, "\(key)")
        }
    }
}
