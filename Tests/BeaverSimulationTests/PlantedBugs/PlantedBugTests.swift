import BeaverQueue
import BeaverSimulation
import BeaverTestSupport
import Testing

/// The simulator finds every bug that is planted, and nothing where none is.
@Suite(.serialized) struct PlantedBugTests {
    /// In none of these histories anything is wrong without a bug: see `TortureTests`.
    private static let seeds = 1...400 as ClosedRange<UInt64>

    @Test(.enabled(if: !TestDepth.isShort), arguments: PlantedBug.allCases)
    func isFound(_ bug: PlantedBug) async throws {
        let found: String? = try await onOwnThread {
            for seed in Self.seeds {
                let outcome = Simulation(seed: seed, tampering: bug.planted()).run()
                guard let fault = outcome.faults.first else { continue }
                return "seed \(seed), at step \(outcome.failedStep ?? 0): \(fault)"
            }
            return nil
        }
        if let found {
            print("\(bug.rawValue): found by \(found)")
        } else {
            Issue.record("\(Self.seeds.count) seeds do not find \(bug.rawValue)")
        }
    }
}
