import BeaverSimulation
import Testing

@testable import BeaverQueue

/// Clocks that are wrong, set right, and begin anew with the machine.
@Suite struct ClockTests {
    private static let day: Int64 = 86_400_000

    enum Ending: CaseIterable {
        case killed
        /// The boot-time clock begins at 1 s again.
        case rebooted
    }

    private func restart(_ driver: SteppingDriver, _ ending: Ending) {
        switch ending {
        case .killed: driver.kill()
        case .rebooted: driver.powerCut(seed: 1, .allSurvived)
        }
    }

    /// Due at noon is due at noon: by the wall clock as it is then, whatever it said when the job was taken.
    @Test(arguments: Ending.allCases, [-3 * 86_400_000, -60_000, 0, 60_000] as [Int64])
    func aJobDueAtNoonIsDueAtNoonAfterARestart(_ ending: Ending, _ jump: Int64) throws {
        let driver = try SteppingDriver.opened()
        let noon = driver.clock.time().wallMilliseconds + 600_000
        driver.put("noon", start: .at(wallMilliseconds: noon))
        try driver.run(milliseconds: 30_000)
        self.restart(driver, ending)
        driver.clock.jumpWall(milliseconds: jump)
        try driver.reopen()
        let left = noon - driver.clock.time().wallMilliseconds
        try driver.run(milliseconds: left - 100, limit: 2_000_000)
        #expect(driver.state("noon") == .pending)
        try driver.run(milliseconds: 1_100)
        #expect(driver.state("noon") == .completed)
        try driver.expectSound()
    }

    /// A machine without a battery failed a job in 1970, or a wrong server told it 2100; then the clock was set right.
    ///
    /// The wait is never negative and never longer than the backoff itself.
    @Test(
        arguments: Ending.allCases,
        [-40 * 365 * 86_400_000, -86_400_000, -5_000, 0, 5_000, 86_400_000, 80 * 365 * 86_400_000] as [Int64]
    )
    func aBackoffIsNeverNegativeNorLongerThanItself(_ ending: Ending, _ wrong: Int64) throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.worker.backoffBaseMilliseconds = 20_000
            driver.settings.worker.backoffJitter = 0
            driver.behaviour = {
                $0.runNumber == 1 ? RunResult(.failed, error: "no") : RunResult(.completed)
            }
        }
        driver.clock.jumpWall(milliseconds: wrong)
        driver.put("a")
        driver.put("delayed", start: .after(milliseconds: 15_000))
        try driver.run(milliseconds: 1_000)
        self.restart(driver, ending)
        driver.clock.jumpWall(milliseconds: -wrong)
        try driver.reopen()
        try driver.run(milliseconds: 20_100)
        #expect(driver.state("a") == .completed)
        // Its own first run fails as well.
        try driver.run(milliseconds: 40_000)
        #expect(driver.state("delayed") == .completed)
        #expect(driver.slot("a")?.runs == 2)
        try driver.expectSound()
    }

    /// A time-out is time that has passed, not time that was set.
    @Test(arguments: [-86_400_000, 86_400_000] as [Int64])
    func aTimeoutFollowsTheBootClock(_ jump: Int64) throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.worker.taskTimeoutMilliseconds = 10_000
            driver.holdRuns()
        }
        driver.put("a")
        try driver.run(milliseconds: 5_000)
        driver.clock.jumpWall(milliseconds: jump)
        try driver.run(milliseconds: 4_900)
        #expect(driver.runner.runs[0].stops == [])
        driver.clock.jumpWall(milliseconds: -2 * jump)
        try driver.run(milliseconds: 200)
        #expect(driver.runner.runs[0].stops == [.terminate])
    }

    /// What is remembered of completed jobs is neither thrown away nor kept for ever by a clock that was wrong for a while.
    @Test func aWrongClockDoesNotMakeTheQueueForgetWhatItKnows() throws {
        let driver = try SteppingDriver.opened { $0.settings.limits.dedupRetentionMilliseconds = 7 * Self.day }
        driver.put("a")
        try driver.run(milliseconds: 1_000)
        driver.clock.jumpWall(milliseconds: -365 * Self.day)
        let again = driver.put("a")
        try driver.run(milliseconds: 1_000)
        #expect(driver.answer(again)?.isDuplicate == true)
        driver.kill()
        try driver.reopen()
        driver.clock.jumpWall(milliseconds: 365 * Self.day)
        let after = driver.put("a")
        try driver.run(milliseconds: 1_000)
        #expect(driver.answer(after)?.isDuplicate == true)
        try driver.expectSound()
    }
}
