import BeaverQueue
import BeaverSimulation
import Testing

/// What a job costs in syncs, writes and bytes of log: counted, so that no machine is too slow for it.
///
/// The margins are small on purpose: who makes a job dearer finds it here, and says why it must be.
@Suite struct CostTests {
    /// The payload of the benchmark: 120 bytes.
    private static let payload = Array(#"{"text":""#.utf8) + [UInt8](repeating: 97, count: 109) + Array(#""}"#.utf8)

    private final class Counter {
        var writes = 0
        var syncs = 0
        var logBytes = 0
    }

    private static func opened(_ counter: Counter, pauses: Bool = false) throws -> SteppingDriver {
        let driver = SteppingDriver()
        driver.settings.hasHandlers = true
        driver.tampering.effects = { effects in
            for effect in effects {
                if case .write(let frame, _) = effect {
                    counter.writes += 1
                    counter.logBytes += frame.byteCount
                }
                if case .sync = effect { counter.syncs += 1 }
            }
            return effects
        }
        try driver.open()
        if pauses { driver.submit(.pause) }
        try driver.run(milliseconds: 1_000)
        (counter.writes, counter.syncs, counter.logBytes) = (0, 0, 0)
        return driver
    }

    private static func jobs(_ count: Int) -> [NewJob] {
        (0..<count).map { NewJob(id: "job-\($0)", payload: Self.payload, action: "work") }
    }

    @Test func aThousandJobsInOneBatchAreOneWriteAndOneSync() throws {
        let counter = Counter()
        let driver = try Self.opened(counter, pauses: true)
        let jobs = Self.jobs(1_000)
        _ = driver.enqueue(jobs)
        try driver.runUntilIdle()
        #expect(counter.writes == 1 && counter.syncs == 1, "\(counter.writes) writes, \(counter.syncs) syncs")
        // The payload, the id, and at most 40 bytes around them.
        let content = jobs.reduce(0) { $0 + $1.payload.count + ($1.id?.utf8.count ?? 0) }
        #expect(counter.logBytes <= content + 40 * jobs.count, "\(counter.logBytes) bytes for \(content)")
    }

    @Test func aThousandCallersAtOnceShareOneSync() throws {
        let counter = Counter()
        let driver = try Self.opened(counter, pauses: true)
        for job in Self.jobs(1_000) { _ = driver.enqueue([job]) }
        try driver.runUntilIdle()
        #expect(counter.writes == 1 && counter.syncs == 1, "\(counter.writes) writes, \(counter.syncs) syncs")
    }

    /// The driver tells the engine of each end alone, so that frames are small; with threads there are fewer (234 bytes).
    @Test func aThousandLifecyclesTogether() throws {
        let counter = Counter()
        let driver = try Self.opened(counter)
        _ = driver.enqueue(Self.jobs(1_000))
        try driver.run(milliseconds: 1_000, limit: 100_000)
        #expect(driver.engine?.manager.totals.completed == 1_000)
        #expect(counter.logBytes <= 255 * 1_000, "\(counter.logBytes) bytes of log")
        #expect(counter.syncs <= 135, "\(counter.syncs) syncs")
    }

    /// A thousand jobs stored, or a hundred thousand: what the engine does for one more is the same.
    @Test func aStoredJobCostsTheNextOneNothing() throws {
        func cost(stored: Int) throws -> [Int] {
            let counter = Counter()
            let driver = try Self.opened(counter)
            let later = (0..<stored).map { number in
                NewJob(
                    id: "old-\(number)",
                    payload: Array("{}".utf8),
                    action: "work",
                    start: .after(milliseconds: 1 << 40)
                )
            }
            _ = driver.enqueue(later)
            try driver.run(milliseconds: 1_000, limit: 100_000)
            let steps = driver.steps
            (counter.writes, counter.syncs, counter.logBytes) = (0, 0, 0)
            _ = driver.enqueue([NewJob(id: "one", payload: Self.payload, action: "work")])
            try driver.run(milliseconds: 1_000)
            return [counter.writes, counter.syncs, counter.logBytes, driver.steps - steps]
        }
        #expect(try cost(stored: 1_000) == cost(stored: 50_000))
    }
}
