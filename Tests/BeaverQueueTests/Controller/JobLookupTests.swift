import BeaverSimulation
import Testing

@testable import BeaverQueue

/// What is said of a job while the log lags behind the state: a record is written some time after it was decided.
@Suite(.timeLimit(.minutes(2))) struct JobLookupTests {
    /// A job whose run has ended, and the end is not written yet.
    private func ended(_ result: RunResult) throws -> (SteppingDriver, JobLookup) {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        try driver.runUntilIdle()
        driver.held = [.write]
        driver.end(try #require(driver.tokens().first), result)
        try driver.runUntilIdle()
        // The one thread of the test steps the engine and looks at it.
        nonisolated(unsafe) let engine = try #require(driver.engine)
        let clock = driver.clock
        var lookup = JobLookup(
            engine: Lock(engine),
            payloads: try #require(driver.payloads),
            hash: try #require(driver.parts).identity.hash,
            outputDirectory: "nowhere",
            clock: { clock.time() },
            memory: LookupMemory(Redaction([]))
        )
        lookup.pause = {}
        return (driver, lookup)
    }

    /// It once was, and who followed it missed the end of it.
    @Test func outputIsNotCompleteBeforeTheEndOfItsRunIsInTheLog() async throws {
        let (driver, lookup) = try self.ended(RunResult(.completed))
        #expect(driver.state("a") == .completed)
        let early = try await lookup.output(of: "a", run: nil, from: 6)
        #expect(!early.isComplete && early.nextOffset == 6)
        driver.held = []
        try driver.runUntilIdle()
        #expect(try await lookup.output(of: "a", run: nil, from: 6).isComplete)
    }

    @Test func detailsWaitForTheEndOfARunThatIsOnItsWayIntoTheLog() async throws {
        let (driver, still) = try self.ended(RunResult(.failedPermanently, error: "no such file"))
        // Nothing else touches the driver while the lookup pauses.
        nonisolated(unsafe) let writer = driver
        var lookup = still
        lookup.pause = {
            writer.held = []
            #expect(throws: Never.self) { try writer.runUntilIdle() }
        }
        let job = try await lookup.job("a", reveals: true)
        #expect(job.summary.error == "no such file")
        #expect(job.history.map(\.ending) == [.dead])
    }
}
