import BeaverQueue

/// One history of a queue from one seed: clients, handlers, time, crashes and faults, step after step, and after every
/// recovery and at the end the rules in docs/architecture.md against what the clients were told.
///
/// Everything runs on one thread and by the seed alone: the same seed and the same steps give the same history, byte for
/// byte, on every machine.
package final class Simulation {
    /// How a history ended.
    package struct Outcome: Sendable {
        package var seed: UInt64
        /// What contradicted a rule, in words; empty if all went well.
        package var faults: [String] = []
        /// The step of the script in which the first fault was noticed; the number of steps for the end.
        package var failedStep: Int?
        package var faultCounts = FaultCounts()
        package var paths: Set<RecoveryPath> = []
        package var simulatedMilliseconds: Int64 = 0
        package var recoveries = 0
        package var jobs = 0
        package var runs = 0
        /// The same for the same history.
        package var digest: UInt64 = 0
        package var trace: [String] = []
    }

    let root: Seed
    let swarm: Swarm
    let script: [HistoryStep]
    let isTracing: Bool
    var driver: SteppingDriver
    var outcome: Outcome
    var nextJob = 0
    /// What clients have sent, each id once.
    var known: [NewJob] = []
    /// Answers that the ledger wants to hear of.
    var asked: [UInt64: (action: JobAction, id: String)] = [:]
    /// Since the machine's start: how long a job may not run before it, by id.
    var earliest: [String: Earliest] = [:]
    var greatestWallMilliseconds: Int64 = 0
    var life: UInt64 = 0
    var isEnding = false
    /// The last life ended between two writes: the next start must find no torn tail.
    var hasWholeEnd = false
    private var tracedLines = 0
    private var tracedRuns = 0

    struct Earliest {
        var life: UInt64
        var bootNanoseconds: Int64?
        var wallMilliseconds: Int64?
    }

    /// - Parameters:
    ///   - keeping: places in the script of the steps to take; nil: all.
    ///   - tampering: a bug between the engine and the world, for tests of the simulator itself.
    package init(
        seed: UInt64,
        keeping: [Int]? = nil,
        isTracing: Bool = false,
        tampering: Tampering = Tampering(),
        change: (inout Swarm) -> Void = { _ in }
    ) {
        self.root = Seed(seed)
        var swarm = Swarm(self.root)
        change(&swarm)
        self.swarm = swarm
        let script = swarm.script(self.root)
        self.script = keeping.map { places in places.filter { $0 < script.count }.map { script[$0] } } ?? script
        self.isTracing = isTracing
        self.driver = SteppingDriver(terms: swarm.terms)
        self.outcome = Outcome(seed: seed)
        swarm.apply(to: self.driver)
        self.driver.randomSeed = seed
        self.driver.tampering = tampering
        if swarm.isDisordered { self.driver.disorder = self.root.stream("threads") }
    }

    /// The number of steps in the whole script.
    package static func stepCount(seed: UInt64) -> Int {
        let root = Seed(seed)
        return Swarm(root).script(root).count
    }

    /// Plays the history to its end, or to the first contradiction.
    package func run() -> Outcome {
        let start = self.driver.clock.time().wallMilliseconds
        self.greatestWallMilliseconds = start
        self.driver.behaviour = { [unowned self] in self.behaviour(of: $0) }
        self.trace { "\(self.swarm)" }
        self.attempt(at: nil) { try self.recover(nil) }
        for (place, step) in self.script.enumerated() where self.outcome.faults.isEmpty {
            self.trace { "step \(place) \(step.kind.rawValue)" }
            self.attempt(at: place) {
                try self.take(step)
                try self.afterStep()
            }
        }
        if self.outcome.faults.isEmpty { self.attempt(at: self.script.count) { try self.finish() } }
        self.outcome.faultCounts += self.driver.storage.faults
        self.outcome.jobs = self.known.count
        self.outcome.runs = self.driver.runner.runs.count
        self.digest(self.driver.storage.callCount)
        return self.outcome
    }

    private func attempt(at place: Int?, _ body: () throws -> Void) {
        do {
            try body()
        } catch let stop as Contradiction {
            self.outcome.faults += stop.faults
        } catch {
            self.outcome.faults.append("\(error)")
        }
        if !self.outcome.faults.isEmpty, self.outcome.failedStep == nil { self.outcome.failedStep = place ?? 0 }
    }

    /// Found wrong: the history ends here.
    struct Contradiction: Error {
        var faults: [String]
    }

    func trace(_ text: () -> String) {
        if self.isTracing {
            self.outcome.trace.append("\(self.driver.clock.time().bootMilliseconds) ms  " + text())
        }
    }

    private func traceLines() {
        guard self.isTracing else { return }
        for line in self.driver.lines.dropFirst(self.tracedLines) { self.trace { "  log: \(line.message)" } }
        self.tracedLines = self.driver.lines.count
        for run in self.driver.runner.runs.dropFirst(self.tracedRuns) {
            self.trace { "  ran: \(run.request.jobID) as \(run.token)" }
        }
        self.tracedRuns = self.driver.runner.runs.count
    }

    func digest(_ value: Int) {
        self.outcome.digest = (self.outcome.digest ^ UInt64(bitPattern: Int64(value))) &* 0x0000_0100_0000_01B3
    }

    /// Lets time pass, and counts it.
    func pass(milliseconds: Int64) throws {
        self.outcome.simulatedMilliseconds += milliseconds
        try self.driver.run(milliseconds: milliseconds)
        self.noteWallClock()
    }

    func noteWallClock() {
        self.greatestWallMilliseconds = max(self.greatestWallMilliseconds, self.driver.clock.time().wallMilliseconds)
    }

    // MARK: After each step

    /// A death that the step brought is followed by a recovery; else what can be looked at cheaply is looked at.
    private func afterStep() throws {
        self.traceLines()
        self.hearAnswers()
        if self.driver.isDead {
            // The process alone, or the whole machine.
            if self.root.stream("death", self.life).value & 1 == 0 {
                self.driver.kill()
                try self.recover(nil)
            } else {
                try self.recover(self.powerCut())
            }
        } else if self.driver.failure != nil {
            self.outcome.paths.insert(.afterLogFailure)
            self.trace { "the log failed: \(self.driver.failure?.message ?? "")" }
            self.driver.kill(mayLoseUnsynced: true)
            try self.recover(nil)
        } else if self.driver.isFinished {
            self.outcome.paths.insert(.afterOrderlyStop)
            self.driver.close()
            self.hasWholeEnd = true
            try self.recover(nil)
        }
        try self.expect(self.driver.runner.violations + self.driver.ledger.violations + self.driver.mismatches)
    }

    /// What operators were told of their requests.
    private func hearAnswers() {
        for (ticket, request) in self.asked.sorted(by: { $0.key < $1.key }) {
            guard let answer = self.driver.answers[ticket] else { continue }
            self.asked[ticket] = nil
            // A later request about the same job may have been granted already.
            guard !self.asked.contains(where: { $0.value.id == request.id }),
                case .acted(let result, let state) = answer, result.done == 1
            else { continue }
            switch request.action {
            case .cancel where state == .cancelled:
                self.driver.ledger.recordCancel(request.id, confirmed: true)
            case .retry: self.driver.ledger.recordRevival(request.id, confirmed: true)
            case .cancel, .purge: break
            }
        }
    }

    func expect(_ faults: [String]) throws {
        guard faults.isEmpty else { throw Contradiction(faults: faults) }
    }
}
