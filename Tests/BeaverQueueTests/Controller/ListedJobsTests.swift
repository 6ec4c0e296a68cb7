import BeaverSimulation
import Testing

@testable import BeaverQueue

/// What lists and lookups may show.
@Suite struct ListedJobsTests {
    /// Found by `crash-test`: a list asked for under load met a job whose record was not written yet, and said "damaged".
    @Test func aJobIsListedOnceItsRecordCanBeRead() throws {
        let driver = try SteppingDriver.opened()
        driver.holdRuns()
        driver.put("first")
        try driver.runUntilIdle()
        driver.held = [.write]
        driver.put("second")
        try driver.runUntilIdle()
        let engine = try #require(driver.engine)
        func listed() -> Int {
            var count = 0
            #expect(engine.scan(from: 0, count: 100, { _, _ in count += 1 }) == nil)
            return count
        }
        let hash = try #require(driver.parts).identity.hash
        #expect(listed() == 1)
        #expect(engine.find(hash("second")) == nil)
        driver.held = []
        try driver.runUntilIdle()
        #expect(listed() == 2)
        #expect(engine.find(hash("second")) != nil)
    }
}
