import BeaverQueue
import Dispatch

/// What it costs to wake another thread.
enum BenchWake {
    /// The slowest of some pairs of threads, because a pair on one processor is quick and says nothing of two; the load of a
    /// queue is on all of them.
    static func microseconds(pairs: Int = 6, rounds: Int = 400) throws -> Double? {
        try (0..<pairs).compactMap { _ in try self.pair(rounds) }.max()
    }

    /// The median of rounds in which two threads wake each other by turns, halved: one wake.
    private static func pair(_ rounds: Int) throws -> Double? {
        let (there, back) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        try SystemThread.start("bench-wake") {
            for _ in 0..<rounds {
                there.wait()
                back.signal()
            }
        }
        var times: [Double] = []
        times.reserveCapacity(rounds)
        for _ in 0..<rounds {
            let start = BenchClock.now()
            there.signal()
            back.wait()
            times.append(BenchClock.now() - start)
        }
        return Spread(times).map { $0.median / 2 * 1e6 }
    }
}
