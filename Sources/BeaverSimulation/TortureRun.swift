package import BeaverQueue

/// Seeds on several threads: each history runs on one, and takes the next seed that nobody has.
package final class TortureRun: Sendable {
    private struct State: Sendable {
        var next: UInt64?
        var isStopped = false
        var running: Int
        var sum = Torture()
        var ended: (@Sendable () -> Void)?
    }

    private let last: UInt64
    private let state: Guarded<State>
    private let threadCount: Int
    private let maxFailures: Int

    /// - Parameter maxFailures: after so many failing seeds no new one is begun.
    package init(seeds: ClosedRange<UInt64>, threadCount: Int, maxFailures: Int = 3) {
        self.last = seeds.upperBound
        self.threadCount = threadCount
        self.maxFailures = maxFailures
        self.state = Guarded(State(next: seeds.lowerBound, running: threadCount))
    }

    /// Returns at once; `ended` is called on the last thread.
    package func start(ended: @escaping @Sendable () -> Void) throws(QueueError) {
        self.state.withLock { $0.ended = ended }
        for number in 0..<self.threadCount {
            try SystemThread.start("beaver-torture\(number)") {
                while let seed = self.take() {
                    let outcome = Simulation(seed: seed).run()
                    self.state.withLock { $0.sum.add(outcome) }
                }
                let ended = self.state.withLock { state in
                    state.running -= 1
                    return state.running == 0 ? state.ended : nil
                }
                ended?()
            }
        }
    }

    private func take() -> UInt64? {
        self.state.withLock { state in
            guard !state.isStopped, let seed = state.next, state.sum.failures.count < self.maxFailures else {
                return nil
            }
            state.next = seed < self.last ? seed + 1 : nil
            return seed
        }
    }

    /// No new seed is begun.
    package func stop() { self.state.withLock { $0.isStopped = true } }

    /// The sum so far.
    package var sum: Torture { self.state.withLock { $0.sum } }
}
