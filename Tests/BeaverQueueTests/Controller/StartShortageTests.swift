import BeaverSimulation
import Testing

@testable import BeaverQueue

/// A machine on which no process can be started for a while.
@Suite struct StartShortageTests {
    private static let shortage = RunResult(.notStarted, error: "no process could be started: Too many open files")

    private func driver(jobs: Int) throws -> SteppingDriver {
        let driver = try SteppingDriver.opened { $0.settings.workers = 8 }
        driver.behaviour = { _ in Self.shortage }
        driver.enqueue((0..<jobs).map { NewJob(id: "j\($0)", payload: [0x31]) })
        return driver
    }

    /// Each of many waiting jobs was tried in turn, as fast as the log could write down that it had not been started:
    /// thousands of records, and of lines in the log of the server, each second.
    @Test func manyWaitingJobsAreNotTriedOneAfterTheOther() throws {
        let driver = try self.driver(jobs: 2_000)
        try driver.run(milliseconds: 100)
        let engine = try #require(driver.engine)
        let before = engine.commit.appendedSequence
        try driver.run(milliseconds: 60_000)
        // Two records a try, one try a second once the rest is at its longest.
        #expect(engine.commit.appendedSequence - before < 200)
        #expect(driver.lines.count { $0.message.contains("Too many open files") } == 1)
        var status = QueueStatus()
        engine.fill(&status)
        #expect(status.state == .degraded)
        #expect(status.reason?.contains("Too many open files") == true)
        #expect(driver.failure == nil)
        try driver.expectSound()
    }

    /// It comes back by itself, and no job has paid for it.
    @Test func whenItIsOverAllRunsAndNoRunWasConsumed() throws {
        let driver = try self.driver(jobs: 300)
        try driver.run(milliseconds: 20_000)
        driver.behaviour = { _ in RunResult(.completed) }
        try driver.run(milliseconds: 5_000, limit: 100_000)
        let engine = try #require(driver.engine)
        #expect(engine.manager.completedCount == 300)
        #expect(engine.manager.totals.failedRuns == 0)
        #expect((0..<300).allSatisfy { driver.slot("j\($0)")?.runs ?? 0 == 1 })
        var status = QueueStatus()
        engine.fill(&status)
        #expect(status.state == .running)
        try driver.expectSound()
    }

    /// One job whose start fails for a reason of its own holds up nobody.
    @Test func oneJobThatCannotBeStartedDoesNotHoldUpTheOthers() throws {
        let driver = try self.driver(jobs: 0)
        driver.behaviour = { $0.jobID == "bad" ? Self.shortage : RunResult(.completed) }
        driver.put("bad")
        for number in 0..<500 { driver.put("j\(number)") }
        try driver.run(milliseconds: 2_000, limit: 100_000)
        #expect(driver.engine?.manager.completedCount == 500)
        #expect(driver.state("bad") == .pending)
        try driver.expectSound()
    }

    /// Runs that go on for long say nothing when they start: that no bad word comes within a rest is enough.
    @Test func longRunsEndTheRestToo() throws {
        let driver = try self.driver(jobs: 20)
        try driver.run(milliseconds: 5_000)
        driver.holdRuns()
        try driver.run(milliseconds: 5_000)
        #expect(driver.tokens().count == 8)
        try driver.expectSound()
    }
}
