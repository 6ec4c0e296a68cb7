import BeaverSimulation
import Testing

@testable import BeaverQueue

/// A short life with something of everything: enqueue, dispatch, ack, retry, dead, cancel, revive, purge, a snapshot,
/// rolled segments, a restart with its recovery, a drain.
///
/// It ends early where the machine dies.
struct CrashScenario {
    var seed: UInt64 = 1
    var policy = SyncPolicy.always
    var isDisordered = false
    var isFirstLifeOnly = false
    /// The storage call to crash at, counted from the beginning of the second life.
    var crashAfterRestart: Int?

    /// A queue on its way through the scenario, to be crashed at storage call number `call` of this disk; nil: never.
    func driver(crashAtCall call: Int?) -> SteppingDriver {
        var terms = Ledger.Terms()
        terms.isSyncedBeforeAnswer = self.policy == .always
        let driver = SteppingDriver(terms: terms)
        driver.configuration.log.maxSegmentBytes = 16 << 10
        driver.configuration.snapshot.retentionCount = 2
        driver.settings.reservedLogBytes = 4 << 10
        driver.settings.keepLogBytes = 0
        driver.settings.workers = 3
        driver.settings.hasHandlers = true
        driver.settings.commit.policy = self.policy
        driver.settings.limits.completedKeep = 4
        driver.settings.worker.backoffBaseMilliseconds = 10
        driver.settings.worker.maxRetry = 1
        driver.ledger = Ledger(self.terms)
        driver.randomSeed = self.seed
        if self.isDisordered { driver.disorder = Seed(self.seed) }
        driver.behaviour = Self.behaviour
        if let call { driver.storage.faultPlan = .crash(atCall: call) }
        return driver
    }

    private var terms: Ledger.Terms {
        var terms = Ledger.Terms()
        terms.maxRetry = 1
        terms.isSyncedBeforeAnswer = self.policy == .always
        return terms
    }

    static func behaviour(_ run: RunRequest) -> RunResult? {
        if run.jobID.hasPrefix("long") { return nil }
        if run.jobID.hasPrefix("bad") { return RunResult(.failedPermanently, exitStatus: 65, error: "bad") }
        if run.jobID.hasPrefix("twice"), run.runNumber == 1 { return RunResult(.failed, exitStatus: 1, error: "no") }
        return RunResult(.completed, outputTail: [0x6f, 0x6b])
    }

    func run(_ driver: SteppingDriver) throws {
        func isOver() -> Bool { driver.isDead || driver.failure != nil }
        func open() throws -> Bool {
            do {
                try driver.open()
            } catch {
                guard driver.isDead else { throw error }
            }
            return !isOver()
        }
        guard try open() else { return }
        try self.firstLife(driver)
        if isOver() || self.isFirstLifeOnly { return }
        driver.kill()
        if let call = self.crashAfterRestart { driver.storage.faultPlan = .crash(atCall: call) }
        guard try open() else { return }
        try self.secondLife(driver)
        guard !isOver(), driver.isFinished else { return }
        driver.close()
        guard try open() else { return }
        try driver.run(milliseconds: 150)
    }

    private func firstLife(_ driver: SteppingDriver) throws {
        for number in 0..<6 {
            driver.put("a\(number)", String(repeating: "1", count: 100 * number + 1), priority: UInt8(number))
        }
        driver.put("once", once: true)
        driver.put("long1")
        try driver.runUntilIdle()
        driver.put("a1", String(repeating: "1", count: 101))
        driver.put("twice")
        driver.put("bad")
        driver.put("later", start: .after(milliseconds: 50))
        driver.put("big", String(repeating: "9", count: 9_000))
        try driver.run(milliseconds: 20)
        self.snapshot(driver)
        try driver.run(milliseconds: 120)
        driver.put("bigger", String(repeating: "8", count: 20_000))
        self.cancel(driver, "long1")
        try driver.runUntilIdle()
        driver.endStopped()
        for number in 6..<12 { driver.put("a\(number)", String(repeating: "7", count: 1_000)) }
        driver.put("long2")
        try driver.runUntilIdle()
    }

    private func secondLife(_ driver: SteppingDriver) throws {
        try driver.runUntilIdle()
        if driver.state("bad") == .dead {
            driver.ledger.recordRevival("bad", confirmed: false)
            driver.act(.retry, ["bad"])
        }
        driver.ledger.recordForgettable("a0")
        driver.act(.purge, ["a0"])
        for number in 12..<16 { driver.put("a\(number)", String(repeating: "6", count: 3_000)) }
        try driver.run(milliseconds: 120)
        self.snapshot(driver)
        try driver.run(milliseconds: 10)
        driver.submit(.drain(now: true))
        try driver.runUntilIdle()
        driver.endStopped()
        try driver.runUntilIdle()
    }

    private func snapshot(_ driver: SteppingDriver) { driver.submit(.snapshot) }

    private func cancel(_ driver: SteppingDriver, _ id: String) {
        driver.ledger.recordCancel(id, confirmed: false)
        driver.act(.cancel, [id])
    }

    /// After the crash: opens, looks whether all is well, lets everything end, looks again.
    func check(_ driver: SteppingDriver, _ comment: Comment) throws {
        driver.behaviour = { run in Self.behaviour(run) ?? RunResult(.completed) }
        try driver.open()
        #expect(driver.engine?.manager.invariants() == [], comment)
        try driver.run(milliseconds: 1_000)
        try driver.expectSound(comment)
        let unfinished = driver.ledger.checkFinished(try driver.observedJobs())
        #expect(unfinished == [], comment)
    }
}
