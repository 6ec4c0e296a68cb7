/// Many seeds, added up.
package struct Torture: Sendable {
    /// A seed that contradicted a rule.
    package struct Failure: Sendable {
        package var seed: UInt64
        package var step: Int
        package var faults: [String]
        /// Places in the script that are left after shrinking.
        package var steps: [Int] = []
        package var shrunkFaults: [String] = []
        package var shrinkTries = 0
    }

    package private(set) var seeds = 0
    package private(set) var faultCounts = FaultCounts()
    package private(set) var paths: [RecoveryPath: Int] = [:]
    package private(set) var simulatedMilliseconds: Int64 = 0
    package private(set) var recoveries = 0
    package private(set) var jobs = 0
    package private(set) var runs = 0
    package private(set) var failures: [Failure] = []

    package init() {}

    package mutating func add(_ outcome: Simulation.Outcome) {
        self.seeds += 1
        self.faultCounts += outcome.faultCounts
        for path in outcome.paths { self.paths[path, default: 0] += 1 }
        self.simulatedMilliseconds += outcome.simulatedMilliseconds
        self.recoveries += outcome.recoveries
        self.jobs += outcome.jobs
        self.runs += outcome.runs
        guard !outcome.faults.isEmpty else { return }
        self.failures.append(Failure(seed: outcome.seed, step: outcome.failedStep ?? 0, faults: outcome.faults))
    }

    /// What the gate demands and no seed did: kinds of fault, and ways of recovery.
    package var missing: [String] {
        self.faultCounts.missing.map { "fault \($0.rawValue)" }
            + RecoveryPath.allCases.filter { self.paths[$0] == nil }.map { "recovery \($0.rawValue)" }
    }

    /// The shortest history that still fails.
    package static func shrink(_ failure: Failure, tampering: @escaping () -> Tampering = { Tampering() }) -> Failure {
        var failure = failure
        let all = Array(0..<min(Simulation.stepCount(seed: failure.seed), failure.step + 1))
        // The end of the history belongs to it: a failure found there needs every step to be tried.
        func outcome(_ places: [Int]) -> Simulation.Outcome {
            Simulation(seed: failure.seed, keeping: places, tampering: tampering()).run()
        }
        var shrinking = Shrinking { places in !outcome(places).faults.isEmpty }
        failure.steps = shrinking.shrink(all)
        failure.shrunkFaults = outcome(failure.steps).faults
        failure.shrinkTries = shrinking.tries
        return failure
    }
}
