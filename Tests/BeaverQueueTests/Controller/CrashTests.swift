import BeaverSimulation
import Testing

@testable import BeaverQueue

#if canImport(Glibc)
import Glibc
#endif

/// The machine or the process dies at every call to the disk, and at every call of the recovery that follows.
///
/// With `BEAVER_TEST_DEPTH=full` at each call; else at a part of them, so that all tests of the engine take less than a
/// minute.
@Suite struct CrashTests {
    private static let isFull = getenv("BEAVER_TEST_DEPTH").map { String(cString: $0) == "full" } ?? false

    private static func some(_ calls: ClosedRange<Int>, oneIn step: Int) -> StrideThrough<Int> {
        stride(from: calls.lowerBound, through: calls.upperBound, by: self.isFull ? 1 : step)
    }

    @Test func theScenarioDoesSomethingOfEverything() throws {
        let scenario = CrashScenario()
        let driver = scenario.driver(crashAtCall: nil)
        try scenario.run(driver)
        try driver.expectSound()
        let totals = try #require(driver.engine?.manager.totals)
        #expect(totals.purged == 1)
        #expect(totals.failedRuns >= 3)
        #expect(driver.parts?.snapshots.count == 2)
        #expect(driver.storage.snapshotFiles(under: "data/wal").keys.sorted().first != "data/wal/0000000001.wal")
    }

    @Test(arguments: CrashModel.allCases)
    func aPowerCutAtEveryCall(_ model: CrashModel) throws {
        try self.cut(CrashScenario(), model, oneIn: model == .random ? 2 : 5)
    }

    @Test(arguments: [CrashModel.random, .inOrder], 1...4 as ClosedRange<UInt64>)
    func aPowerCutAtEveryCallInAnyOrderOfThreads(_ model: CrashModel, _ seed: UInt64) throws {
        try self.cut(CrashScenario(seed: seed, isDisordered: true), model, oneIn: 9)
    }

    @Test(arguments: [SyncPolicy.interval, .never])
    func aPowerCutUnderAWeakerPolicyLosesOnlyTheTail(_ policy: SyncPolicy) throws {
        try self.cut(CrashScenario(policy: policy), .random, oneIn: 5)
    }

    @Test(arguments: SyncPolicy.allCases)
    func theDeathOfTheProcessAtEveryCallLosesNothing(_ policy: SyncPolicy) throws {
        let scenario = CrashScenario(policy: policy)
        for call in Self.some(try self.calls(scenario), oneIn: 4) {
            let driver = scenario.driver(crashAtCall: call)
            try scenario.run(driver)
            driver.kill()
            try scenario.check(driver, "SIGKILL at call \(call), \(policy)")
        }
    }

    /// Lives after the first: their recovery and their end.
    @Test(arguments: [CrashModel.random, .allLost, .garbage])
    func aPowerCutAtEveryCallOfALaterLife(_ model: CrashModel) throws {
        var scenario = CrashScenario()
        let whole = scenario.driver(crashAtCall: nil)
        try scenario.run(whole)
        for call in Self.some(1...whole.storage.callCount, oneIn: 4) {
            scenario.crashAfterRestart = call
            let driver = scenario.driver(crashAtCall: nil)
            try scenario.run(driver)
            driver.powerCut(seed: UInt64(call), model)
            try scenario.check(driver, "power cut at call \(call) of a later life, \(model)")
        }
    }

    /// Crash, then a crash at each call of the recovery, then again.
    @Test(arguments: [CrashModel.random, .garbage])
    func aCrashDuringRecoveryAndAgain(_ model: CrashModel) throws {
        let scenario = CrashScenario()
        let calls = try self.calls(scenario)
        for crash in Self.some(calls.lowerBound + 40...calls.upperBound, oneIn: 53) {
            let dead = scenario.driver(crashAtCall: crash)
            try scenario.run(dead)
            for call in Self.some(1...60, oneIn: 5) {
                let comment: Comment = "power cut at call \(crash), then at \(call) of the recovery, \(model)"
                let driver = scenario.driver(crashAtCall: nil)
                driver.ledger = dead.ledger
                driver.replaceStorage(dead.storage.crash(seed: UInt64(crash), model))
                for again in 0..<2 {
                    driver.storage.faultPlan = .crash(atCall: call + again)
                    try Self.lifeThatMayEnd(driver) { try driver.run(milliseconds: 10) }
                    driver.powerCut(seed: UInt64(call), model)
                }
                try scenario.check(driver, comment)
            }
        }
    }

    /// The fault that was planned may end it, nothing else.
    private static func lifeThatMayEnd(_ driver: SteppingDriver, _ body: () throws -> Void) throws {
        do {
            try driver.open()
            try body()
        } catch {
            guard driver.isDead else { throw error }
        }
    }

    private static func fourJobsInSmallSegments() throws -> SteppingDriver {
        let driver = try SteppingDriver.opened { driver in
            driver.configuration.log.maxSegmentBytes = 64 << 10
            driver.holdRuns()
        }
        for number in 0..<4 { driver.put("j\(number)", String(repeating: "1", count: 3_000)) }
        try driver.runUntilIdle()
        return driver
    }

    /// A segment that was being made when the power went stands behind the one that takes the copy of the end: the copy
    /// was looked for in the last file only, and what it was there for was cut.
    ///
    /// Found by seed 20000357.
    @Test(arguments: [0, 64, 4_096])
    func aHalfMadeSegmentDoesNotHideTheCopyOfTheEnd(_ byteCount: Int) throws {
        for call in 1...90 {
            let driver = try Self.fourJobsInSmallSegments()
            let last = try #require(driver.storage.snapshotFiles(under: "data/wal").keys.max())
            let index = try #require(SegmentName.index(String(last.dropFirst("data/wal/".count))))
            driver.powerCut(seed: UInt64(call), .garbage)
            let half = "data/wal/" + SegmentName.file(index + 1)
            #expect(driver.storage.replace(half, [UInt8](repeating: 0, count: byteCount)))
            driver.storage.faultPlan = .crash(atCall: call)
            try Self.lifeThatMayEnd(driver) { try driver.runUntilIdle() }
            driver.powerCut(seed: UInt64(call), .garbage)
            try driver.reopen()
            try driver.expectSound("power cut at call \(call) of the recovery")
        }
    }

    /// The sync of the copy of the end failed: it was whole in memory and not on the disk, and the next start believed it.
    ///
    /// Found by seed 20036660.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func aCopyOfTheEndWhoseSyncFailedIsNotBelieved(_ seed: UInt64) throws {
        for call in 18...30 {
            let driver = try Self.fourJobsInSmallSegments()
            driver.kill()
            // The first sync in a log that ended without a torn tail is that of the copy.
            var plan = FaultPlan(seed: seed)
            plan.fail(.sync, number: 1, pathContaining: "wal")
            driver.storage.faultPlan = plan
            #expect(throws: QueueError.self) { try driver.open() }
            driver.kill(mayLoseUnsynced: true)
            driver.storage.faultPlan = .crash(atCall: call)
            try Self.lifeThatMayEnd(driver) { try driver.runUntilIdle() }
            driver.powerCut(seed: seed * 100 + UInt64(call), .garbage)
            try driver.reopen()
            try driver.expectSound("power cut at call \(call) of the second recovery")
        }
    }

    /// The crash points of the first life.
    private func calls(_ scenario: CrashScenario) throws -> ClosedRange<Int> {
        var first = scenario
        first.isFirstLifeOnly = true
        let driver = first.driver(crashAtCall: nil)
        try first.run(driver)
        return 1...driver.storage.callCount
    }

    private func cut(_ scenario: CrashScenario, _ model: CrashModel, oneIn step: Int) throws {
        for call in Self.some(try self.calls(scenario), oneIn: step) {
            let dead = scenario.driver(crashAtCall: call)
            try scenario.run(dead)
            for seed in 0..<(Self.isFull ? 4 : 1) {
                let driver = scenario.driver(crashAtCall: nil)
                driver.ledger = dead.ledger
                driver.replaceStorage(dead.storage.crash(seed: UInt64(call * 10 + seed), model))
                let comment: Comment =
                    "scenario \(scenario), power cut at call \(call), seed \(call * 10 + seed), \(model)"
                do {
                    try scenario.check(driver, comment)
                } catch {
                    Issue.record(error, comment)
                }
            }
        }
    }
}
