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

    /// What `torture` prints about a failing seed is worth something: fewer steps, written as people write them, that fail
    /// again in the same way each time.
    @Test(arguments: [PlantedBug.lateResultAccepted, .tornTailNotZeroed, .onceRunAgain])
    func aFailureIsMadeShortAndReplays(_ bug: PlantedBug) async throws {
        try await onOwnThread {
            for seed in Self.seeds {
                func play(_ places: [Int]?) -> Simulation.Outcome {
                    Simulation(seed: seed, keeping: places, tampering: bug.planted()).run()
                }
                let whole = play(nil)
                guard let step = whole.failedStep, !whole.faults.isEmpty else { continue }
                var shrinking = Shrinking { !play($0).faults.isEmpty }
                let places = shrinking.shrink(Array(0...step))
                #expect(
                    places.count < step + 1 || step < 3,
                    "seed \(seed): none of \(step + 1) steps could be left out"
                )
                let again = StepList.parse(StepList.text(places)) ?? []
                #expect(again == places)
                let (first, second) = (play(again), play(again))
                #expect(!first.faults.isEmpty)
                #expect(first.faults == second.faults && first.digest == second.digest)
                // One step fewer is sound, or it would have been left out.
                #expect(
                    places.indices.allSatisfy { place in
                        var fewer = places
                        fewer.remove(at: place)
                        return play(fewer).faults.isEmpty
                    }
                )
                return
            }
            Issue.record("no seed finds \(bug.rawValue)")
        }
    }
}
