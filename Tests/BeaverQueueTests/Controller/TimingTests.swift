import BeaverSimulation
import Testing

@testable import BeaverQueue

/// What waits for a time, and what is ended by it.
@Suite struct TimingTests {
    // MARK: Waiting

    @Test func aDelayFollowsTheBootClockOnly() throws {
        let driver = try SteppingDriver.opened()
        driver.put("a", start: .after(milliseconds: 5_000))
        try driver.run(milliseconds: 4_900)
        driver.clock.jumpWall(milliseconds: 3_600_000)
        try driver.run(milliseconds: 50)
        #expect(driver.state("a") == .pending)
        driver.clock.jumpWall(milliseconds: -7_200_000)
        try driver.run(milliseconds: 100)
        #expect(driver.state("a") == .completed)
        try driver.expectSound()
    }

    @Test func runAtFollowsTheWallClockAndItsJumps() throws {
        let driver = try SteppingDriver.opened()
        let wall = driver.clock.time().wallMilliseconds
        driver.put("a", start: .at(wallMilliseconds: wall + 3_600_000))
        driver.put("b", start: .at(wallMilliseconds: wall - 1))
        driver.put("never", start: .at(wallMilliseconds: .max))
        try driver.run(milliseconds: 2_000)
        #expect(driver.state("a") == .pending && driver.state("b") == .completed)
        driver.clock.jumpWall(milliseconds: -3_600_000)
        try driver.run(milliseconds: 3_600_000 - 4_000)
        #expect(driver.state("a") == .pending)
        driver.clock.jumpWall(milliseconds: 3_600_000)
        try driver.run(milliseconds: 1_900)
        #expect(driver.state("a") == .pending)
        driver.clock.jumpWall(milliseconds: 60_000)
        // A jump is noticed within a second, without any event.
        try driver.run(milliseconds: 1_000)
        #expect(driver.state("a") == .completed)
        driver.kill()
        try driver.reopen()
        #expect(driver.state("never") == .pending)
        try driver.expectSound()
    }

    /// After a restart what remains of a delay, never more than the delay, whatever the wall clock says.
    @Test(arguments: [(-10_000_000, 10_000), (0, 6_000), (3_000, 3_000), (10_000_000, 0)] as [(Int64, Int64)])
    func whatRemainsOfADelayIsClampedAfterARestart(_ jump: Int64, _ remains: Int64) throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.worker.backoffBaseMilliseconds = 10_000
            driver.behaviour = {
                $0.runNumber == 1 && $0.jobID == "b" ? RunResult(.failed, error: "no") : RunResult(.completed)
            }
        }
        driver.put("a", start: .after(milliseconds: 10_000))
        driver.put("b")
        try driver.run(milliseconds: 4_000)
        driver.kill()
        driver.clock.jumpWall(milliseconds: jump)
        try driver.reopen()
        if remains > 0 {
            try driver.run(milliseconds: remains - 10)
            #expect(driver.state("a") == .pending && driver.state("b") == .pending, "jump \(jump)")
        }
        try driver.run(milliseconds: 20)
        #expect(driver.state("a") == .completed && driver.state("b") == .completed, "jump \(jump)")
        try driver.expectSound()
    }

    @Test func retriesWaitTwiceAsLongEachTime() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.worker.backoffBaseMilliseconds = 1_000
            driver.behaviour = { _ in RunResult(.failed, error: "no") }
        }
        driver.put("a", maxRetry: 3)
        var starts: [Int64] = []
        for tick in 0..<90 {
            if driver.started.count > starts.count { starts.append(Int64(tick) * 100) }
            try driver.run(milliseconds: 100)
        }
        #expect(starts.count == 4)
        let waits = zip(starts.dropFirst(), starts).map { $0 - $1 }
        // To within the step of the clock.
        #expect(zip(waits, [1_000, 2_000, 4_000]).allSatisfy { abs($0 - $1) <= 100 })
        #expect(driver.state("a") == .dead)
    }

    @Test func anOperatorsRetryEndsTheWait() throws {
        let driver = try SteppingDriver.opened()
        driver.put("a", start: .after(milliseconds: 1_000_000))
        try driver.runUntilIdle()
        #expect(driver.engine?.due.count == 1)
        driver.ledger.recordRevival("a", confirmed: false)
        let ticket = driver.act(.retry, ["a"])
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.acted?.done == 1)
        #expect(driver.state("a") == .completed)
        #expect(driver.engine?.due.count == 0)
    }

    /// An idle queue asks for nothing: no wake, no write.
    @Test func anIdleQueueSleeps() throws {
        let driver = try SteppingDriver.opened()
        driver.put("a")
        try driver.run(milliseconds: 500)
        #expect(driver.engine?.nextWake() == nil)
        let calls = driver.storage.callCount
        try driver.run(milliseconds: 100_000)
        #expect(driver.storage.callCount == calls)
    }

    // MARK: Time-outs

    /// Ctrl-Z stops the engine and not the commands: one that ends meanwhile has ended, and another has the time left that
    /// it had.
    @Test func whileTheProcessIsStoppedNoTimeOfARunIsUsedUp() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.holdRuns()
            driver.settings.worker.taskTimeoutMilliseconds = 1_000
        }
        driver.put("a")
        driver.put("b")
        try driver.run(milliseconds: 400)
        driver.engine?.hold(driver.clock.time())
        try driver.run(milliseconds: 60_000)
        let tokens = driver.tokens()
        #expect(tokens.allSatisfy { driver.runner.run($0)?.stops == [] })
        driver.engine?.goOn(driver.clock.time())
        driver.runner.end(tokens[0], RunResult(.completed))
        try driver.run(milliseconds: 599)
        #expect(driver.state("a") == .completed)
        #expect(driver.runner.run(tokens[1])?.stops == [])
        try driver.run(milliseconds: 1)
        #expect(driver.runner.run(tokens[1])?.stops == [.terminate])
    }

    @Test func aRunThatIsTooLongIsAskedThenKilled() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.holdRuns()
            driver.settings.worker.taskTimeoutMilliseconds = 1_000
            driver.settings.worker.graceMilliseconds = 5_000
        }
        driver.put("a")
        try driver.run(milliseconds: 999)
        let token = driver.tokens()[0]
        #expect(driver.runner.run(token)?.stops == [])
        try driver.run(milliseconds: 1)
        #expect(driver.runner.run(token)?.stops == [.terminate])
        try driver.run(milliseconds: 4_999)
        #expect(driver.runner.run(token)?.stops == [.terminate])
        try driver.run(milliseconds: 1)
        #expect(driver.runner.run(token)?.stops == [.terminate, .kill])
        driver.endStopped()
        try driver.runUntilIdle()
        #expect(driver.state("a") == .pending)
        let slot = try #require(driver.slot("a"))
        #expect(try driver.payloads?.history(of: slot).entries.map(\.ending) == [.timeout])
        #expect(try driver.payloads?.lastError(of: slot)?.contains("timed out after 1000 ms") == true)
        try driver.expectReplay()
    }

    /// The job's own time-out, then the action's, then the queue's; 0 is none.
    @Test func theNearestTimeoutCounts() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.holdRuns()
            driver.settings.worker.taskTimeoutMilliseconds = 3_000
            driver.settings.policy = { $0 == "slow" ? ActionPolicy(timeoutMilliseconds: 2_000) : ActionPolicy() }
        }
        driver.enqueue([NewJob(id: "own", payload: [0x31], action: "slow", timeoutMilliseconds: 1_000)])
        driver.enqueue([NewJob(id: "action", payload: [0x31], action: "slow")])
        driver.enqueue([NewJob(id: "queue", payload: [0x31], action: "other")])
        driver.enqueue([NewJob(id: "none", payload: [0x31], action: "other", timeoutMilliseconds: 0)])
        func stopped() -> [String] { driver.runner.runs.filter { !$0.stops.isEmpty }.map(\.request.jobID) }
        try driver.run(milliseconds: 1_000)
        #expect(stopped() == ["own"])
        try driver.run(milliseconds: 1_000)
        #expect(stopped() == ["own", "action"])
        try driver.run(milliseconds: 1_000)
        #expect(stopped() == ["own", "action", "queue"])
        try driver.run(milliseconds: 100_000)
        #expect(stopped() == ["own", "action", "queue"])
    }

    /// A run that SIGKILL does not end keeps its worker slot; the others go on.
    @Test func aStuckRunKeepsItsSlot() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.workers = 2
            driver.settings.worker.taskTimeoutMilliseconds = 10
            driver.behaviour = { $0.jobID == "stuck" ? nil : RunResult(.completed) }
        }
        driver.put("stuck")
        try driver.run(milliseconds: 60_000, limit: 300)
        #expect(driver.engine?.runs.stuckCount == 1)
        #expect(driver.lines.contains { $0.message.contains("stuck") })
        for number in 0..<5 { driver.put("w\(number)") }
        try driver.runUntilIdle()
        #expect((0..<5).allSatisfy { driver.state("w\($0)") == .completed })
        #expect(driver.state("stuck") == .inFlight)
    }

    // MARK: Drain

    @Test func aDrainWaitsThenEndsWhatRuns() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.holdRuns()
            driver.settings.worker.drainTimeoutMilliseconds = 30_000
            driver.settings.worker.taskTimeoutMilliseconds = 0
        }
        driver.put("a")
        driver.put("b")
        try driver.runUntilIdle()
        driver.put("waiting", start: .after(milliseconds: 1_000))
        try driver.runUntilIdle()
        driver.submit(.drain(now: false))
        let refused = driver.put("late")
        try driver.run(milliseconds: 29_000, limit: 200)
        #expect(driver.answer(refused)?.error?.code == .stopped)
        #expect(!driver.started.contains("waiting"))
        driver.end(driver.tokens()[0])
        try driver.run(milliseconds: 900, limit: 200)
        #expect(driver.runner.runs.allSatisfy { $0.stops.isEmpty || $0.request.jobID == "a" })
        try driver.run(milliseconds: 200, limit: 200)
        #expect(driver.runner.runs.first { $0.request.jobID == "b" }?.stops.first == .terminate)
        #expect(!driver.isFinished)
        driver.endStopped()
        try driver.runUntilIdle()
        #expect(driver.isFinished)
        #expect(driver.state("a") == .completed && driver.state("b") == .pending)
        #expect(driver.slot("b")?.runs == 0)
        driver.close()
        driver.behaviour = { _ in RunResult(.completed) }
        try driver.reopen()
        try driver.run(milliseconds: 2_000)
        try driver.expectSound()
        #expect(driver.state("b") == .completed && driver.state("waiting") == .completed)
    }

    /// Nothing runs, nothing waits, everything is synced: it still ends, with a snapshot and a clean stop in the log.
    @Test func anIdleQueueDrainsAtOnce() throws {
        let driver = try SteppingDriver.opened()
        driver.put("a")
        try driver.run(milliseconds: 1_000)
        let ticket = driver.submit(.drain(now: false))
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.isDone == true)
        #expect(driver.isFinished)
        #expect(driver.parts?.snapshots.count == 1)
        let identity = try #require(driver.parts?.identity)
        driver.close()
        let scan = LogScan(storage: driver.storage, directory: "data/wal", identity: identity)
        #expect(try scan.scan(scan.segments(), from: 1) { _, _ in }.hasCleanStop)
        driver.powerCut(seed: 1, .allLost)
        try driver.reopen()
        try driver.expectSound()
    }

    @Test func aSecondDrainIsAtOnce() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        try driver.runUntilIdle()
        driver.submit(.drain(now: false))
        try driver.run(milliseconds: 1_000, limit: 200)
        #expect(driver.runner.runs[0].stops == [])
        driver.submit(.drain(now: true))
        try driver.runUntilIdle()
        #expect(driver.runner.runs[0].stops == [.terminate, .kill])
        driver.endStopped()
        try driver.runUntilIdle()
        #expect(driver.isFinished)
    }

    /// Killed, and still there: the stop goes on without it, and the next start counts it as interrupted.
    @Test func aDrainDoesNotWaitForAStuckRun() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        try driver.runUntilIdle()
        driver.submit(.drain(now: true))
        try driver.run(milliseconds: 9_000, limit: 200)
        #expect(driver.runner.runs[0].stops == [.terminate, .kill])
        #expect(!driver.isFinished)
        try driver.run(milliseconds: 2_000, limit: 200)
        #expect(driver.isFinished)
        driver.close()
        driver.behaviour = { _ in RunResult(.completed) }
        try driver.reopen()
        #expect(driver.state("a") == .completed)
        #expect(driver.slot("a")?.interruptions == 1)
    }

    /// `once` means once: an orderly stop in its middle does not run it again.
    @Test func aDrainEndsAOnceJobForGood() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a", once: true)
        try driver.runUntilIdle()
        driver.submit(.drain(now: true))
        try driver.runUntilIdle()
        driver.endStopped()
        try driver.runUntilIdle()
        driver.close()
        try driver.reopen()
        try driver.run(milliseconds: 100_000)
        #expect(driver.started == ["a"])
        #expect(driver.state("a") == .dead)
    }

    private func expectCompleted(afterDrainOf driver: SteppingDriver, started: [String]) throws {
        #expect(driver.isFinished)
        driver.close()
        driver.behaviour = { _ in RunResult(.completed) }
        try driver.reopen()
        try driver.run(milliseconds: 1_000)
        #expect(driver.state("a") == .completed && driver.started == started)
        try driver.expectSound()
    }

    /// Told to end while it was being started, and then not started: it has not run either.
    ///
    /// Found by seed 100115, in the simulator's own books.
    @Test func aDrainGivesBackAOnceJobWhoseStartFailed() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.held = [.start]
            driver.behaviour = { _ in RunResult(.notStarted, error: "EAGAIN") }
        }
        driver.put("a", once: true)
        try driver.runUntilIdle()
        driver.submit(.drain(now: true))
        driver.held = [.start, .stop]
        try driver.runUntilIdle()
        driver.held = []
        try driver.runUntilIdle()
        try self.expectCompleted(afterDrainOf: driver, started: ["a", "a"])
    }

    /// A job marked `once` that was dispatched and not handed out has not run.
    @Test func aDrainGivesBackAOnceJobThatDidNotStart() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a", once: true)
        while driver.state("a") != .inFlight { #expect(driver.step()) }
        driver.held = [.sync]
        driver.submit(.drain(now: true))
        while driver.step() {}
        #expect(driver.state("a") == .pending)
        driver.held = []
        try driver.runUntilIdle()
        try self.expectCompleted(afterDrainOf: driver, started: ["a"])
    }
}
