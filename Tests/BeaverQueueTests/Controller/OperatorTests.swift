import BeaverSimulation
import Testing

@testable import BeaverQueue

/// Cancel, retry, purge, pause, and what becomes of work without a handler.
@Suite struct OperatorTests {
    @Test func cancelOfAWaitingJob() throws {
        let driver = try SteppingDriver.opened { $0.settings.workers = 0 }
        driver.put("now")
        driver.put("later", start: .after(milliseconds: 1_000))
        try driver.runUntilIdle()
        // Not durable yet, too.
        driver.put("fresh")
        for id in ["now", "later", "fresh"] { driver.ledger.recordCancel(id, confirmed: false) }
        let ticket = driver.act(.cancel, ["now", "later", "fresh", "unknown"])
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.acted == BulkResult(matched: 3, done: 3, skipped: 0))
        #expect(["now", "later", "fresh"].allSatisfy { driver.state($0) == .cancelled })
        #expect(driver.engine?.due.count == 0 && driver.engine?.ready.count == 0)
        driver.settings.workers = 4
        driver.submit(.setWorkers(4))
        try driver.run(milliseconds: 5_000)
        #expect(driver.started.isEmpty)
        let again = driver.act(.cancel, ["now"])
        try driver.runUntilIdle()
        #expect(driver.answer(again)?.acted == BulkResult(matched: 1, done: 0, skipped: 1))
        try driver.expectSound()
    }

    /// A driver whose only job runs on, asked to be cancelled.
    private static func askedToCancelRunning(_ id: String) throws -> SteppingDriver {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put(id)
        try driver.runUntilIdle()
        driver.ledger.recordCancel(id, confirmed: false)
        driver.act(.cancel, [id])
        try driver.runUntilIdle()
        return driver
    }

    @Test func cancelOfARunningJobAsksThenKills() throws {
        let driver = try Self.askedToCancelRunning("a")
        #expect(driver.state("a") == .inFlight && driver.slot("a")?.isCancelAsked == true)
        #expect(driver.runner.runs[0].stops == [.terminate])
        try driver.run(milliseconds: 5_000)
        #expect(driver.runner.runs[0].stops == [.terminate, .kill])
        driver.endStopped()
        try driver.runUntilIdle()
        #expect(driver.state("a") == .cancelled)
        try driver.expectSound()
    }

    /// The wish outlives a crash.
    @Test func cancelOfARunningJobSurvivesACrash() throws {
        let driver = try Self.askedToCancelRunning("a")
        driver.powerCut(seed: 1, .allLost)
        try driver.reopen()
        #expect(driver.state("a") == .cancelled)
        #expect(driver.started == ["a"])
    }

    @Test func cancelOfAJobThatDidNotStartYetEndsItAtOnce() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a", once: true)
        while driver.state("a") != .inFlight { #expect(driver.step()) }
        driver.held = [.sync]
        driver.ledger.recordCancel("a", confirmed: false)
        driver.act(.cancel, ["a"])
        while driver.step() {}
        #expect(driver.state("a") == .cancelled)
        driver.held = []
        try driver.runUntilIdle()
        #expect(driver.started.isEmpty)
        try driver.expectSound()
    }

    /// It was told to end before its handler was there to be told.
    @Test func aStopThatComesBeforeTheStartIsRepeated() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.held = [.start]
        driver.put("a")
        try driver.runUntilIdle()
        driver.ledger.recordCancel("a", confirmed: false)
        driver.act(.cancel, ["a"])
        try driver.runUntilIdle()
        driver.held = []
        try driver.runUntilIdle()
        #expect(driver.runner.runs[0].stops == [.terminate])
        driver.endStopped()
        try driver.runUntilIdle()
        #expect(driver.state("a") == .cancelled)
    }

    /// Cancelled while it was on its way out for its time-out: what was answered holds.
    @Test func aCancelDuringATimeoutIsNotLost() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.holdRuns()
            driver.settings.worker.taskTimeoutMilliseconds = 100
        }
        driver.put("a")
        try driver.run(milliseconds: 150)
        driver.ledger.recordCancel("a", confirmed: false)
        let ticket = driver.act(.cancel, ["a"])
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.acted?.done == 1)
        driver.endStopped()
        try driver.run(milliseconds: 100_000)
        #expect(driver.state("a") == .cancelled)
        #expect(driver.started == ["a"])
    }

    @Test func aSelectedJobThatChangedIsSkipped() throws {
        let driver = try SteppingDriver.opened { $0.settings.workers = 0 }
        driver.put("a")
        driver.put("b")
        try driver.runUntilIdle()
        let targets = try ["a", "b"].map { id in
            let slot = try #require(driver.slot(id))
            return JobTarget.selected(slot.reference, lastSequence: slot.lastSequence)
        }
        driver.act(.cancel, ["a"])
        try driver.runUntilIdle()
        let ticket = driver.submit(.act(.cancel, on: targets))
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.acted?.done == 1)
        #expect(driver.state("b") == .cancelled)
    }

    @Test func aPauseSurvivesARestart() throws {
        let driver = try SteppingDriver.opened()
        driver.submit(.pause)
        driver.put("a")
        try driver.runUntilIdle()
        driver.powerCut(seed: 1, .allLost)
        try driver.reopen()
        try driver.run(milliseconds: 1_000)
        #expect(driver.engine?.manager.isPaused == true)
        #expect(driver.state("a") == .pending)
        driver.submit(.resume)
        try driver.runUntilIdle()
        #expect(driver.state("a") == .completed)
    }

    @Test func fewerWorkersLetTheRunsAboveEnd() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.holdRuns()
            driver.settings.workers = 3
        }
        for number in 0..<8 { driver.put("j\(number)") }
        try driver.runUntilIdle()
        driver.submit(.setWorkers(1))
        try driver.runUntilIdle()
        #expect(driver.tokens().count == 3)
        for _ in 0..<2 { driver.end(driver.tokens()[0]) }
        try driver.runUntilIdle()
        #expect(driver.tokens().count == 1)
        driver.end(driver.tokens()[0])
        try driver.runUntilIdle()
        #expect(driver.tokens().count == 1)
        driver.submit(.setWorkers(3))
        try driver.runUntilIdle()
        #expect(driver.tokens().count == 3)
    }

    // MARK: Unknown work

    @Test func unknownWorkMayBeDeadAtOnce() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.policy = {
                $0 == "work" ? ActionPolicy() : ActionPolicy(parkedBecause: "no handler for \($0)", isRefused: true)
            }
        }
        let ticket = driver.put("a", action: "unknown")
        driver.put("b")
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.isEnqueued == true)
        #expect(driver.state("a") == .dead && driver.state("b") == .completed)
        let slot = try #require(driver.slot("a"))
        #expect(try driver.payloads?.lastError(of: slot) == "no handler for unknown")
        try driver.expectReplay()
    }

    /// Parked for the moment is not unknown.
    @Test func aParkedActionsJobsAreNotDead() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.behaviour = { _ in RunResult(.cannotStart, error: "not executable") }
        }
        driver.put("a")
        try driver.runUntilIdle()
        driver.put("b")
        try driver.runUntilIdle()
        #expect(driver.state("a") == .pending && driver.state("b") == .pending)
    }

    @Test func anActionIsPausedAfterFailuresInARow() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.workers = 1
            driver.settings.policy = { _ in ActionPolicy(maxRetry: 0, pauseOnFailures: 3) }
            driver.behaviour = { $0.jobID == "good" ? RunResult(.completed) : RunResult(.failed, error: "no") }
        }
        for id in ["a", "b", "good", "c", "d", "e", "f"] { driver.put(id) }
        try driver.run(milliseconds: 10_000)
        #expect(driver.started == ["a", "b", "good", "c", "d", "e"])
        #expect(driver.state("f") == .pending)
        driver.submit(.reconfigure(driver.settings))
        try driver.runUntilIdle()
        #expect(driver.started.last == "f")
    }

    @Test func aResumeLetsAPausedActionGoOnAndCountsItsFailuresAnew() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.workers = 1
            driver.settings.policy = { _ in ActionPolicy(maxRetry: 0, pauseOnFailures: 2) }
            driver.behaviour = { _ in RunResult(.failed, error: "no") }
        }
        for id in ["a", "b", "c", "d", "e"] { driver.put(id) }
        try driver.run(milliseconds: 10_000)
        #expect(driver.started == ["a", "b"])
        // Parked jobs are not pending, so none of them is the oldest.
        var status = QueueStatus()
        driver.engine?.fill(&status)
        #expect(status.jobs.parked == 3 && status.jobs.pending == 0 && status.jobs.oldestPendingSeconds == 0)
        driver.submit(.resume)
        try driver.run(milliseconds: 10_000)
        #expect(driver.started == ["a", "b", "c", "d"])
        driver.submit(.resume)
        try driver.runUntilIdle()
        #expect(driver.started.last == "e")
    }

    /// Another run of the action went on while it was paused, and ended well: that ends the row of failures, not the pause.
    @Test func aResumeEndsThePauseOfAnActionThatSucceededMeanwhile() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.workers = 3
            driver.settings.policy = { _ in ActionPolicy(maxRetry: 0, pauseOnFailures: 2) }
            driver.holdRuns()
        }
        for id in ["a", "b", "c", "d"] { driver.put(id) }
        try driver.runUntilIdle()
        let tokens = driver.tokens()
        #expect(tokens.count == 3)
        for token in tokens.prefix(2) { driver.end(token, RunResult(.failed, error: "no")) }
        driver.end(tokens[2])
        try driver.runUntilIdle()
        #expect(driver.started == ["a", "b", "c"])
        driver.submit(.resume)
        try driver.runUntilIdle()
        #expect(driver.started.last == "d")
    }

    // MARK: The labelled simulation

    /// Killed between the making of the store's files and the first frame: what it was made as is not forgotten.
    @Test func aStoreWhoseFirstLifeWroteNothingSimulatesToo() throws {
        let driver = SteppingDriver()
        driver.configuration.isUnconfigured = true
        driver.settings.policy = { _ in ActionPolicy(parkedBecause: "no handler") }
        try driver.open()
        driver.kill()
        try driver.reopen()
        driver.put("a")
        try driver.runUntilIdle()
        #expect(driver.engine?.manager.settings.simulates == true)
        #expect(driver.slot("a")?.isSimulated == true)
    }

    /// A store without any configuration completes jobs without work, and says so; with handlers it never does again, and
    /// what was simulated does not block real work.
    @Test func theSimulationEndsWithTheFirstHandler() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.hasHandlers = false
            driver.configuration.isUnconfigured = true
            driver.settings.policy = { _ in ActionPolicy(parkedBecause: "no handler") }
            driver.settings.limits.completedKeep = 0
        }
        for number in 0..<80 { driver.put("j\(number)", "1") }
        driver.put("again", "1")
        try driver.runUntilIdle()
        #expect(driver.state("again") == .completed)
        #expect(driver.engine?.manager.simulatedCount == 81)
        #expect(driver.started.isEmpty)
        let duplicate = driver.put("again", "1")
        try driver.runUntilIdle()
        #expect(driver.answer(duplicate)?.isDuplicate == true)
        driver.kill()
        driver.settings.hasHandlers = true
        driver.settings.policy = { $0 == "work" ? ActionPolicy() : ActionPolicy(parkedBecause: "no handler") }
        try driver.reopen()
        let forgotten = try #require((0..<80).first { driver.slot("j\($0)") == nil })
        let real = [driver.put("again", "2"), driver.put("j\(forgotten)", "2")]
        let parked = driver.put("x", action: "other")
        try driver.runUntilIdle()
        #expect(real.allSatisfy { driver.answer($0)?.isEnqueued == true })
        #expect(driver.answer(parked)?.isEnqueued == true && driver.state("x") == .pending)
        #expect(driver.started == ["again", "j\(forgotten)"])
        #expect(driver.engine?.manager.simulatedCount == 79)
        #expect(driver.engine?.manager.invariants() == [])
        driver.submit(.snapshot)
        try driver.runUntilIdle()
        #expect(driver.parts?.snapshots.count == 1)
        try driver.expectReplay()
        // Without handlers again: parked, not simulated.
        driver.kill()
        driver.settings.hasHandlers = false
        driver.settings.policy = { _ in ActionPolicy(parkedBecause: "no handler") }
        try driver.reopen()
        driver.put("y")
        try driver.runUntilIdle()
        #expect(driver.state("y") == .pending)
    }

    /// A reload in the middle of a simulated run does not make it real.
    @Test func aSimulatedRunStaysSimulated() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.hasHandlers = false
            driver.configuration.isUnconfigured = true
            driver.settings.policy = { _ in ActionPolicy(parkedBecause: "no handler") }
        }
        driver.held = [.start]
        driver.put("a")
        try driver.runUntilIdle()
        driver.settings.hasHandlers = true
        driver.settings.policy = { _ in ActionPolicy() }
        driver.submit(.reconfigure(driver.settings))
        try driver.runUntilIdle()
        driver.held = []
        try driver.runUntilIdle()
        #expect(driver.state("a") == .completed)
        #expect(driver.slot("a")?.isSimulated == true)
    }

    @Test func aSimulatedCompletionMayRunForReal() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.hasHandlers = false
            driver.configuration.isUnconfigured = true
            driver.settings.policy = { _ in ActionPolicy(parkedBecause: "no handler") }
        }
        driver.put("a")
        try driver.runUntilIdle()
        driver.settings.hasHandlers = true
        driver.settings.policy = { _ in ActionPolicy() }
        driver.submit(.reconfigure(driver.settings))
        let ticket = driver.act(.retry, ["a"])
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.acted?.done == 1)
        #expect(driver.started == ["a"])
        #expect(driver.slot("a")?.isSimulated == false)
        let again = driver.act(.retry, ["a"])
        try driver.runUntilIdle()
        #expect(driver.answer(again)?.acted?.skipped == 1)
    }
}
