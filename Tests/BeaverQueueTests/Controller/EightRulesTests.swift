import BeaverSimulation
import Testing

@testable import BeaverQueue

/// The eight rules in docs/architecture.md, each by its name.
@Suite struct EightRulesTests {
    // MARK: 1

    /// The answer waits for the sync, and so does the dispatch; a power cut after the answer loses nothing.
    @Test func noAcknowledgedJobIsLost() throws {
        let driver = try SteppingDriver.opened()
        driver.held = [.sync]
        let ticket = driver.put("a")
        try driver.runUntilIdle()
        #expect(driver.answer(ticket) == nil)
        #expect(driver.started.isEmpty)
        #expect(driver.isWaiting(.sync))
        driver.release(.sync)
        driver.step()
        driver.held = [.start]
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.isEnqueued == true)
        driver.powerCut(seed: 1, .allLost)
        driver.held = []
        try driver.reopen()
        #expect(driver.state("a") == .completed)
        try driver.expectSound()
    }

    @Test(arguments: [StorageCall.write, .sync])
    func afterAFailedWriteOrSyncTheOutcomeIsUnknown(_ call: StorageCall) throws {
        let driver = try SteppingDriver.opened()
        driver.storage.faultPlan = .failing(call, pathContaining: "wal/")
        let ticket = driver.put("a")
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.error?.code == .outcomeUnknown)
        #expect(driver.failure != nil)
        let second = driver.put("b")
        try driver.runUntilIdle()
        #expect(driver.answer(second)?.error != nil)
        #expect(driver.started.isEmpty)
        driver.kill()
        try driver.reopen()
        let again = driver.put("a")
        try driver.runUntilIdle()
        #expect(driver.answer(again)?.isEnqueued == true || driver.answer(again)?.isDuplicate == true)
        try driver.expectSound()
    }

    @Test(arguments: [SyncPolicy.interval, .never])
    func underAWeakerPolicyTheAnswerWaitsForWritten(_ policy: SyncPolicy) throws {
        let driver = try SteppingDriver.opened { $0.settings.commit.policy = policy }
        driver.held = [.sync, .write]
        let ticket = driver.put("a")
        try driver.runUntilIdle()
        #expect(driver.answer(ticket) == nil)
        driver.held = [.sync]
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.isEnqueued == true)
        #expect(driver.state("a") == .completed)
        driver.kill()
        driver.held = []
        try driver.reopen()
        #expect(driver.state("a") == .completed)
        try driver.expectSound()
    }

    // MARK: 2

    @Test func aCompletedJobIsNeverRunAgain() throws {
        let driver = try SteppingDriver.opened()
        driver.put("a")
        try driver.runUntilIdle()
        for seed in 1...4 as ClosedRange<UInt64> {
            driver.powerCut(seed: seed, .allLost)
            try driver.reopen()
        }
        let again = driver.put("a")
        try driver.runUntilIdle()
        #expect(driver.answer(again)?.isDuplicate == true)
        #expect(driver.started == ["a"])
        try driver.expectSound()
    }

    @Test func aResultCountsOnceItsAckIsSynced() throws {
        let driver = try SteppingDriver.opened()
        driver.put("a")
        driver.holdRuns()
        try driver.runUntilIdle()
        driver.held = [.sync]
        driver.end(driver.tokens()[0])
        try driver.runUntilIdle()
        #expect(driver.state("a") == .completed)
        driver.powerCut(seed: 1, .allLost)
        driver.held = []
        try driver.reopen()
        #expect(driver.started == ["a", "a"])
        try driver.expectSound()
    }

    @Test func aJobMarkedOnceStartsAfterTheSyncAndNeverAgain() throws {
        let driver = try SteppingDriver.opened()
        driver.holdRuns()
        driver.held = [.start]
        driver.put("a", once: true)
        while driver.state("a") != .inFlight { #expect(driver.step()) }
        driver.held = [.sync]
        while driver.step() {}
        #expect(!driver.isWaiting(.start))
        #expect(driver.started.isEmpty)
        driver.held = []
        try driver.runUntilIdle()
        #expect(driver.started == ["a"])
        driver.powerCut(seed: 1, .allLost)
        try driver.reopen()
        try driver.run(milliseconds: 600_000)
        #expect(driver.state("a") == .dead)
        #expect(driver.started == ["a"])
        let slot = try #require(driver.slot("a"))
        #expect(try driver.payloads?.lastError(of: slot) == "interrupted, may have run")
        try driver.expectSound()
    }

    // MARK: 3

    @Test func runsAreCountedDurably() throws {
        let driver = try SteppingDriver.opened {
            $0.behaviour = { _ in RunResult(.failed, exitStatus: 1, error: "no") }
        }
        driver.put("a")
        for _ in 0..<4 {
            try driver.run(milliseconds: 400_000)
            driver.powerCut(seed: 3, .allLost)
            try driver.reopen()
        }
        #expect(driver.started == ["a", "a", "a", "a"])
        #expect(driver.runner.runs.map(\.request.runNumber) == [1, 2, 3, 4])
        #expect(driver.state("a") == .dead)
        driver.behaviour = { _ in RunResult(.completed) }
        driver.act(.retry, ["a"])
        driver.ledger.recordRevival("a", confirmed: false)
        try driver.runUntilIdle()
        #expect(driver.runner.runs.last?.request.runNumber == 1)
        #expect(driver.state("a") == .completed)
    }

    @Test func runsEndedByACrashHaveABudgetOfTheirOwn() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        for _ in 0..<3 {
            try driver.run(milliseconds: 200)
            driver.powerCut(seed: 1, .allLost)
            try driver.open()
        }
        driver.behaviour = { _ in RunResult(.failed, exitStatus: 1, error: "no") }
        try driver.run(milliseconds: 1_000_000)
        // Three interrupted, then the first run and three retries.
        #expect(driver.started.count == 7)
        #expect(driver.state("a") == .dead)
        try driver.expectSound()
    }

    @Test func aJobThatCrashesTheQueueIsPoison() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        for _ in 0..<6 {
            try driver.run(milliseconds: 200)
            driver.kill()
            try driver.open()
        }
        #expect(driver.started.count == 4)
        #expect(driver.state("a") == .dead)
        let slot = try #require(driver.slot("a"))
        try driver.runUntilIdle()
        #expect(try driver.payloads?.lastError(of: slot)?.contains("poison") == true)
        try driver.expectSound()
    }

    /// A run longer than 100 ms is counted even after a power cut, although nobody waited for its DISPATCH.
    @Test func aStartIsSyncedWithin100Milliseconds() throws {
        for wait in [0, 100] as [Int64] {
            let driver = try SteppingDriver.opened { $0.holdRuns() }
            driver.put("a")
            try driver.runUntilIdle()
            if wait > 0 { try driver.run(milliseconds: wait) }
            driver.powerCut(seed: 1, .allLost)
            try driver.reopen()
            #expect(driver.slot("a")?.interruptions == (wait > 0 ? 1 : 0))
        }
    }

    @Test func anOrderlyStopConsumesNothing() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        try driver.runUntilIdle()
        driver.submit(.drain(now: true))
        try driver.runUntilIdle()
        driver.endStopped()
        try driver.runUntilIdle()
        #expect(driver.isFinished)
        driver.close()
        try driver.reopen()
        #expect(driver.runner.runs.map(\.request.runNumber) == [1, 1])
        #expect(driver.slot("a")?.interruptions == 0)
    }

    // MARK: 4

    @Test func aLateResultIsRefused() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        try driver.runUntilIdle()
        let old = driver.tokens()[0]
        driver.kill()
        try driver.reopen()
        let new = driver.tokens()[0]
        #expect(new > old && new >> 33 == old >> 33 + 1 && new < 1 << 53)
        let before = driver.engine?.manager.fingerprint
        for worker in 0..<2 {
            driver.post([.runEnded(worker: worker, token: old, RunResult(.completed))])
        }
        try driver.runUntilIdle()
        #expect(driver.engine?.manager.fingerprint == before)
        #expect(driver.engine?.lateResults == 2)
        driver.end(new)
        driver.post([.runEnded(worker: 0, token: new, RunResult(.failed))])
        try driver.runUntilIdle()
        driver.post([.runEnded(worker: 0, token: new, RunResult(.failed))])
        try driver.runUntilIdle()
        #expect(driver.engine?.lateResults == 4)
        try driver.expectSound()
    }

    /// No start before the epoch is on the disk.
    @Test func eachLifeSyncsANewEpochBeforeItsFirstDispatch() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        try driver.runUntilIdle()
        driver.kill()
        driver.held = [.sync]
        try driver.reopen()
        #expect(driver.started.count == 1)
        driver.powerCut(seed: 1, .allLost)
        driver.held = []
        try driver.reopen()
        #expect(driver.started.count == 2)
        #expect(driver.runner.violations == [])
    }

    // MARK: 5

    @Test func theSameIDTwiceIsOneJob() throws {
        let driver = try SteppingDriver.opened { $0.settings.limits.completedKeep = 0 }
        driver.holdRuns()
        let batch = driver.enqueue([
            NewJob(id: "a", payload: [0x31]), NewJob(id: "a", payload: [0x31]), NewJob(id: "a", payload: [0x32]),
        ])
        try driver.runUntilIdle()
        guard case .enqueued(1, 1, let places)? = driver.answer(batch) else {
            return #expect(Bool(false), "\(driver.answers)")
        }
        #expect(places == [2])
        let (same, other) = (driver.put("a", "1"), driver.put("a", "2"))
        try driver.runUntilIdle()
        #expect(driver.answer(same)?.isDuplicate == true)
        #expect(driver.answer(other)?.isDiffering == true)
        #expect(driver.engine?.duplicates == 2)
    }

    /// Completed, out of its record, over a snapshot and a crash: the id is still known, until it is forgotten.
    @Test func aRememberedIDIsADuplicateToo() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.limits.completedKeep = 0
            driver.settings.limits.dedupMax = 60
        }
        for round in 0..<4 {
            for number in 0..<80 { driver.put("j\(round * 80 + number)", "1") }
            try driver.runUntilIdle()
        }
        let remembered = try #require((0..<320).last { driver.slot("j\($0)") == nil })
        driver.submit(.snapshot)
        try driver.runUntilIdle()
        driver.powerCut(seed: 1, .allLost)
        try driver.reopen()
        let (same, other, forgotten) = (
            driver.put("j\(remembered)", "1"), driver.put("j\(remembered)", "2"), driver.put("j0", "1")
        )
        try driver.runUntilIdle()
        #expect(driver.answer(same)?.isDuplicate == true)
        #expect(driver.answer(other)?.isDiffering == true)
        #expect(driver.answer(forgotten)?.isEnqueued == true)
        #expect(driver.started.filter { $0 == "j\(remembered)" }.count == 1)
        #expect(driver.engine?.manager.invariants() == [])
    }

    /// A purge makes room among those that are kept: the list still names the purged ones for a while, and they do not count.
    @Test func purgedJobsPushNobodyOutOfWhatIsKept() throws {
        let driver = try SteppingDriver.opened { $0.settings.limits.completedKeep = 200 }
        for number in 0..<200 { driver.put("j\(number)") }
        try driver.runUntilIdle()
        driver.act(.purge, (50..<200).map { "j\($0)" })
        for number in 0..<150 { driver.put("k\(number)") }
        try driver.runUntilIdle()
        #expect(driver.engine?.manager.counts.completed == 200)
        #expect((0..<50).allSatisfy { driver.state("j\($0)") == .completed })
        #expect(driver.engine?.manager.invariants() == [])
    }

    // MARK: 6

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func replayIsIdempotentAndDeterministic(_ seed: UInt64) throws {
        let driver = try SteppingDriver.opened { $0.disorder = Seed(seed) }
        for number in 0..<20 { driver.put("j\(number)") }
        try driver.run(milliseconds: 300)
        let live = try #require(driver.engine?.manager.fingerprint)
        let disk = driver.storage.clone()
        for _ in 0..<3 { #expect(try driver.replayed(on: disk).fingerprint == live) }
        #expect(try driver.replayed().fingerprint == live)
    }

    // MARK: 7

    @Test func strictPriorityThenFirstInFirstOut() throws {
        let driver = try SteppingDriver.opened { $0.settings.workers = 1 }
        driver.submit(.pause)
        for (place, priority) in [4, 0, 9, 4, 9, 0].enumerated() {
            driver.put("p\(priority)-\(place)", priority: UInt8(priority))
        }
        try driver.runUntilIdle()
        driver.submit(.resume)
        try driver.runUntilIdle()
        #expect(driver.started == ["p9-2", "p9-4", "p4-0", "p4-3", "p0-1", "p0-5"])
    }

    @Test func aRetryKeepsItsNumberAndARevivedJobGetsANewOne() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.workers = 1
            driver.behaviour = { $0.jobID == "bad" ? RunResult(.failedPermanently, error: "x") : nil }
        }
        driver.put("bad")
        driver.put("first")
        try driver.runUntilIdle()
        driver.put("second")
        driver.put("third")
        try driver.runUntilIdle()
        driver.act(.retry, ["bad"])
        driver.ledger.recordRevival("bad", confirmed: false)
        driver.put("fourth")
        try driver.runUntilIdle()
        driver.end(driver.tokens()[0], RunResult(.notStarted, error: "again"))
        // It comes back behind nothing: its number is older than all that wait. A start that failed gives the machine
        // a moment before the next.
        try driver.run(milliseconds: 9)
        driver.end(driver.tokens()[0])
        try driver.run(milliseconds: 2_000)
        driver.behaviour = { _ in RunResult(.completed) }
        driver.end(driver.tokens()[0])
        try driver.run(milliseconds: 2_000)
        #expect(driver.started == ["bad", "first", "second", "third", "first", "bad", "fourth"])
    }

    @Test func aFullOrParkedActionNeverBlocksAnother() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.workers = 4
            driver.settings.policy = { name in
                switch name {
                case "parked": ActionPolicy(parkedBecause: "no handler")
                case "narrow": ActionPolicy(concurrency: 1)
                default: ActionPolicy()
                }
            }
            driver.holdRuns()
        }
        for number in 0..<5 {
            driver.put("p\(number)", action: "parked", priority: 9)
            driver.put("n\(number)", action: "narrow", priority: 8)
            driver.put("w\(number)", priority: 0)
        }
        try driver.runUntilIdle()
        #expect(driver.started == ["n0", "w0", "w1", "w2"])
        driver.end(driver.tokens()[0])
        try driver.runUntilIdle()
        #expect(driver.started.last == "n1")
        #expect(driver.engine?.ready.parkedCount == 5)
        try driver.expectSound()
    }

    // MARK: 8

    @Test func unknownWorkIsNeverCalledDone() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.policy = {
                $0 == "known" ? ActionPolicy() : ActionPolicy(parkedBecause: "no handler for \($0)")
            }
        }
        driver.put("a", action: "unknown")
        try driver.run(milliseconds: 100_000)
        #expect(driver.state("a") == .pending)
        #expect(driver.engine?.policies[0].parkedBecause == "no handler for unknown")
        driver.settings.policy = { _ in ActionPolicy() }
        driver.submit(.reconfigure(driver.settings))
        try driver.runUntilIdle()
        #expect(driver.state("a") == .completed)
    }

    @Test func aHandlerThatCannotStartParksItsActionAndConsumesNoRun() throws {
        let driver = try SteppingDriver.opened { $0.behaviour = { _ in RunResult(.cannotStart, error: "not found") } }
        driver.put("a")
        try driver.run(milliseconds: 60_000)
        #expect((5...15).contains(driver.started.count))
        #expect(driver.slot("a")?.runs == 0)
        #expect(driver.engine?.policies[0].parkedBecause == "not found")
        driver.behaviour = { _ in RunResult(.completed) }
        try driver.run(milliseconds: 6_000)
        #expect(driver.state("a") == .completed)
        try driver.expectSound()
    }
}
