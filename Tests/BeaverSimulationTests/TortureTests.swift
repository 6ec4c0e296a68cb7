import BeaverSimulation
import BeaverTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// How much is played, by `BEAVER_TEST_DEPTH`: `short` under sanitizers, `full` once in a while.
enum TestDepth {
    static let name = getenv("BEAVER_TEST_DEPTH").map { String(cString: $0) } ?? ""
    static var isShort: Bool { self.name == "short" }
    static var isFull: Bool { self.name == "full" }
}

/// A fixed slice of what `beaver-tui torture` plays, and the gate that its coverage must pass.
@Suite(.serialized) struct TortureTests {
    private static let seeds: ClosedRange<UInt64> = 1...(TestDepth.isFull ? 4_000 : TestDepth.isShort ? 30 : 400)
    /// In one of 300 seeds a later frame survives a power cut and an earlier one leaves nothing but zeros; these are such.
    private static let rareSeeds: [UInt64] = [511, 1_680]

    /// No seed contradicts a rule, every kind of fault was injected, and every way of recovery was taken.
    @Test func aSliceOfSeedsContradictsNothingAndMeetsEveryFault() async throws {
        let sum = try await onOwnThread {
            var sum = Torture()
            for seed in Array(Self.seeds) + Self.rareSeeds { sum.add(Simulation(seed: seed).run()) }
            return sum
        }
        for failure in sum.failures {
            Issue.record("seed \(failure.seed), step \(failure.step): \(failure.faults.joined(separator: "; "))")
        }
        if !TestDepth.isShort { #expect(sum.missing == [], "never met in \(sum.seeds) seeds") }
        print(
            "\(sum.seeds) seeds: \(sum.jobs) jobs, \(sum.runs) runs, \(sum.recoveries) recoveries, "
                + "\(sum.faultCounts.total) crashes and faults, \(sum.simulatedMilliseconds / 3_600_000) simulated hours"
        )
    }

    /// What a failing seed is worth: it fails again, exactly.
    @Test func aSeedReplaysExactly() {
        for seed in 1...5 as ClosedRange<UInt64> {
            let first = Simulation(seed: seed).run()
            let second = Simulation(seed: seed).run()
            #expect(first.digest == second.digest)
            #expect(first.faultCounts == second.faultCounts)
        }
    }

    /// A gate that nothing can fail would be none.
    @Test func theGateNamesWhatWasNeverMet() {
        var sum = Torture()
        sum.add(Simulation(seed: 1, keeping: []).run())
        #expect(sum.missing.contains("fault failedSync"))
        #expect(sum.missing.contains("recovery damageRefused"))
    }
}
