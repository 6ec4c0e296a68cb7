package import BeaverQueue

/// Handlers that run exactly as long as the simulation likes.
///
/// Nothing happens by itself: a started run stays until `end`, and a stop is only noted until the run reacts to it,
/// late or never. A handler may so be slow, never end, or end long after its time-out. One runner may serve several lives
/// of an engine; it notes each thing that no engine may do in `violations`.
package final class SimulatedRunner: HandlerRunner {
    /// One start, and what became of it.
    package struct Run: Sendable {
        package let request: RunRequest
        /// What was asked of it so far, in order.
        package fileprivate(set) var stops: [StopKind] = []
        /// How it ended; nil while it runs, and for ever if its engine died before.
        package fileprivate(set) var result: RunResult?
        /// Its engine died: nobody will hear of its end.
        package fileprivate(set) var isLost = false

        package var token: UInt64 { self.request.token }
        package var isRunning: Bool { self.result == nil && !self.isLost }
    }

    fileprivate struct State: Sendable {
        var runs: [Run] = []
        /// Position in `runs` of each that still runs.
        var running: [UInt64: Int] = [:]
        var ended: [UInt64: @Sendable (RunResult) -> Void] = [:]
        var tokens = TokenOrder()
        var isStopped = false
        var violations: [String] = []
    }

    private let state = Guarded(State())

    package init() {}

    // MARK: The engine's side

    package func start(_ run: RunRequest, ended: @escaping @Sendable (RunResult) -> Void) {
        self.state.withLock { state in
            state.checkStart(run)
            state.running[run.token] = state.runs.count
            state.ended[run.token] = ended
            state.runs.append(Run(request: run))
        }
    }

    package func stop(token: UInt64, _ how: StopKind, because reason: StopReason) {
        self.state.withLock { state in
            guard let index = state.running[token] else { return }
            state.runs[index].stops.append(how)
        }
    }

    /// Ends all runs; no time passes.
    package func endAll(within seconds: Double) {
        self.state.withLock { $0.isStopped = true }
        for token in self.running { self.end(token, RunResult(.failed, signal: 9, error: "ended by signal 9")) }
    }

    // MARK: The simulation's side

    /// All runs in the order of their starts, those of former lives included.
    package var runs: [Run] { self.state.withLock { $0.runs } }

    /// The tokens of the runs that have not ended, in the order of their starts.
    package var running: [UInt64] {
        self.state.withLock { state in state.running.sorted { $0.value < $1.value }.map(\.key) }
    }

    /// What an engine did that none may do, in words.
    package var violations: [String] { self.state.withLock { $0.violations } }

    package func run(_ token: UInt64) -> Run? {
        self.state.withLock { state in
            if let index = state.running[token] { return state.runs[index] }
            return state.runs.last { $0.token == token }
        }
    }

    /// Ends a run; false if it is not running.
    ///
    /// Its engine is told before this returns.
    @discardableResult
    package func end(_ token: UInt64, _ result: RunResult = RunResult(.completed)) -> Bool {
        let ended = self.state.withLock { state -> (@Sendable (RunResult) -> Void)? in
            guard let index = state.running.removeValue(forKey: token) else { return nil }
            state.runs[index].result = result
            return state.ended.removeValue(forKey: token)
        }
        guard let ended else { return false }
        ended(result)
        return true
    }

    /// The engine's process died, and all its handlers with it; another may start.
    ///
    /// Returns the tokens of the runs that were lost.
    @discardableResult
    package func beginLife() -> [UInt64] {
        let lost = self.running
        self.state.withLock { state in
            for index in state.running.values { state.runs[index].isLost = true }
            state.running = [:]
            state.ended = [:]
            state.isStopped = false
        }
        return lost
    }
}

extension SimulatedRunner.State {
    /// The promises an engine makes by each start.
    fileprivate mutating func checkStart(_ run: RunRequest) {
        if self.isStopped {
            self.violations.append("token \(run.token) of \(run.jobID) was started after all runs were ended")
        }
        if let before = self.tokens.fault(of: run.token, run.jobID) {
            self.violations.append("token \(run.token) of \(run.jobID) does not exceed \(before)")
        }
        if run.runNumber < 1 {
            self.violations.append("token \(run.token) of \(run.jobID) is run number \(run.runNumber)")
        }
        let others = self.running.values.filter { self.runs[$0].request.jobID == run.jobID }
        if let other = others.min() {
            let token = self.runs[other].token
            self.violations.append("\(run.jobID) was started with token \(run.token) while \(token) was running")
        }
    }
}
