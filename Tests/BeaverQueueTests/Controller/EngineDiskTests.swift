import BeaverSimulation
import Testing

@testable import BeaverQueue

/// No room, and calls that fail in life.
@Suite struct EngineDiskTests {
    private func used(_ driver: SteppingDriver) -> Int64 {
        // A file's blocks are counted whole; enough room for nothing more is left by taking what is used.
        let bytes = driver.storage.snapshotFiles().values.reduce(0) { $0 + ($1.count + 511) / 512 * 512 }
        return Int64(bytes)
    }

    /// Enqueue is refused with `full`; what runs ends and is recorded; it ends by itself when there is room again.
    @Test func aFullDiskRefusesEnqueueAndNothingElse() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.configuration.log.maxSegmentBytes = 32 << 10
            driver.holdRuns()
            driver.settings.workers = 2
            driver.settings.worker.taskTimeoutMilliseconds = 0
        }
        for number in 0..<4 { driver.put("w\(number)") }
        try driver.runUntilIdle()
        driver.storage.capacityBytes = self.used(driver)
        var refused: QueueError?
        for number in 0..<60 where refused == nil {
            let ticket = driver.put("x\(number)", String(repeating: "1", count: 2_000))
            try driver.runUntilIdle(limit: 500)
            if let error = driver.answer(ticket)?.error { refused = error }
        }
        #expect(refused?.code == .full)
        #expect(driver.engine?.isDiskFull == true)
        // No busy waiting, and no answer is owed.
        try driver.run(milliseconds: 10_000, limit: 100)
        // An hour of it: one look a second, and nothing said or kept that grows with it.
        let (lines, memory) = (driver.lines.count, driver.engine?.manager.memoryBytes)
        try driver.run(milliseconds: 3_600_000, limit: 36_000)
        #expect(driver.lines.count - lines <= 2)
        #expect(driver.engine?.manager.memoryBytes == memory)
        #expect(driver.engine?.isDiskFull == true)
        // Results, cancels and operators go on.
        driver.end(driver.tokens()[0], RunResult(.failed, error: String(repeating: "e", count: 900)))
        driver.end(driver.tokens()[0])
        driver.ledger.recordCancel("w3", confirmed: false)
        let cancel = driver.act(.cancel, ["w3"])
        try driver.runUntilIdle(limit: 500)
        #expect(driver.answer(cancel)?.acted?.done == 1)
        #expect(driver.failure == nil)
        let again = driver.put("y", String(repeating: "1", count: 2_000))
        try driver.runUntilIdle(limit: 500)
        #expect(driver.answer(again)?.error?.code == .full)
        // Room returns: nobody has to ask for it.
        driver.storage.capacityBytes = nil
        try driver.run(milliseconds: 1_100, limit: 100)
        #expect(driver.engine?.isDiskFull == false)
        let taken = driver.put("y", String(repeating: "1", count: 2_000))
        try driver.runUntilIdle()
        #expect(driver.answer(taken)?.isEnqueued == true)
        driver.behaviour = { _ in RunResult(.completed) }
        for token in driver.tokens() { driver.end(token) }
        try driver.run(milliseconds: 100_000)
        try driver.expectSound()
    }

    /// An operator's change of many jobs is refused where the log cannot take it; it never ends the engine.
    @Test func aFullDiskRefusesChangesOfManyJobs() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.configuration.log.maxSegmentBytes = 32 << 10
            driver.settings.workers = 0
        }
        let ids = (0..<1_000).map { "j\($0)" }
        driver.enqueue(ids.map { NewJob(id: $0, payload: [0x31]) })
        try driver.runUntilIdle()
        driver.storage.capacityBytes = self.used(driver)
        var isFull = false
        for number in 0..<60 where !isFull {
            let ticket = driver.put("x\(number)", String(repeating: "1", count: 2_000))
            try driver.runUntilIdle(limit: 500)
            isFull = driver.answer(ticket)?.error?.code == .full
        }
        #expect(isFull)
        let many = driver.act(.cancel, ids)
        try driver.runUntilIdle()
        #expect(driver.answer(many)?.error?.code == .full)
        var done = 0
        for id in ids {
            let one = driver.act(.cancel, [id])
            try driver.runUntilIdle()
            done += driver.answer(one)?.acted?.done ?? 0
        }
        #expect(done > 10)
        #expect(driver.failure == nil)
        try driver.expectReplay()
    }

    /// Nothing has been refused yet, so that nobody knows that the disk is full: the log must not be asked for more than it
    /// has, which would be the engine's end.
    @Test func changesOfManyJobsWaitForRoomInTheLog() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.configuration.log.maxSegmentBytes = 32 << 10
            driver.settings.workers = 0
        }
        let ids = (0..<1_000).map { "j\($0)" }
        driver.enqueue(ids.map { NewJob(id: $0, payload: [0x31]) })
        try driver.runUntilIdle()
        let capacity = self.used(driver)
        driver.storage.capacityBytes = capacity
        let changes = (0..<4).map { driver.act(.cancel, Array(ids[$0 * 250..<($0 + 1) * 250])) }
        try driver.runUntilIdle()
        #expect(driver.failure == nil)
        let refused = changes.filter { driver.answer($0)?.error?.code == .full }
        #expect(!refused.isEmpty)
        #expect(changes.allSatisfy { driver.answer($0)?.acted?.done == 250 || refused.contains($0) })
        // With room they are made, as soon as there is some.
        driver.storage.capacityBytes = nil
        try driver.run(milliseconds: 1_100, limit: 100)
        let again = refused.isEmpty ? nil : driver.act(.cancel, ids)
        try driver.runUntilIdle()
        #expect(again.flatMap { driver.answer($0)?.acted?.done } == 250 * refused.count)
        try driver.expectReplay()
    }

    /// The second copy is of no use once the first is gone too.
    @Test(arguments: [0, 1])
    func aDamagedCopyOfTheIdentityIsWrittenAgain(_ copy: Int) throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        try driver.runUntilIdle()
        driver.kill()
        let whole = try #require(driver.storage.contents(of: "data/store"))
        #expect(driver.storage.flipBit(3, of: "data/store", at: copy * 4_096 + 50))
        let found = try Verification.run("data", storage: driver.storage)
        #expect(found.verdict == .sound)
        #expect(found.problems.count == 1 && found.problems[0].contains("one of the two copies"))
        try driver.reopen()
        #expect(driver.lines.contains { $0.level == .warning && $0.message.contains("it is written again") })
        #expect(driver.storage.contents(of: "data/store") == whole)
        #expect(try Verification.run("data", storage: driver.storage).problems.isEmpty)
        try driver.expectSound()
    }

    /// A start with a full disk: recovery goes on, results too.
    @Test func aQueueStartsOnAFullDisk() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        for number in 0..<4 { driver.put("w\(number)") }
        try driver.runUntilIdle()
        driver.kill()
        driver.storage.capacityBytes = 0
        try driver.reopen()
        #expect(driver.failure == nil)
        for token in driver.tokens() { driver.end(token) }
        try driver.run(milliseconds: 5_000, limit: 500)
        #expect((0..<4).filter { driver.state("w\($0)") == .completed }.count == 4)
        try driver.expectSound()
    }

    /// Each kind of call that the log makes fails once, at each of its calls: never an answer that does not hold.
    @Test(
        arguments: [StorageCall.write, .sync, .resize, .open, .syncDirectory],
        [FaultPlan.Failure.inputOutput, .noSpace]
    )
    func aFailedCallNeverBreaksAPromise(_ call: StorageCall, _ failure: FaultPlan.Failure) throws {
        for number in 1...14 {
            let driver = try SteppingDriver.opened { driver in
                driver.configuration.log.maxSegmentBytes = 8 << 10
                driver.settings.reservedLogBytes = 1 << 10
            }
            driver.storage.faultPlan = .failing(call, number: number, with: failure, pathContaining: "wal")
            for job in 0..<8 {
                driver.put("j\(job)", String(repeating: "1", count: 1_500))
                try driver.run(milliseconds: 30, limit: 500)
            }
            let comment: Comment = "\(call) number \(number) fails by \(failure)"
            if driver.failure != nil {
                // The end of this engine: whoever waited knows that the outcome is unknown.
                let answers = (1..<driver.nextTicketNumber).compactMap { driver.answers[$0] }
                #expect(answers.count == 8, comment)
            } else {
                try driver.expectSound(comment)
            }
            driver.powerCut(seed: UInt64(number), .random)
            try driver.reopen()
            try driver.run(milliseconds: 1_000)
            try driver.expectSound(comment)
        }
    }

    @Test func largeBatchesAreTakenWholeOrNotAtAll() throws {
        let driver = try SteppingDriver.opened { $0.settings.workers = 0 }
        let jobs = (0..<300).map { NewJob(id: "b\($0)", payload: Array("{\"n\":\($0)}".utf8)) }
        let ticket = driver.enqueue(jobs)
        try driver.runUntilIdle()
        guard case .enqueued(300, 0, [])? = driver.answer(ticket) else {
            return #expect(Bool(false), "\(String(describing: driver.answer(ticket)))")
        }
        // One frame: a power cut in its write leaves all or none.
        let second = driver.enqueue((0..<300).map { NewJob(id: "c\($0)", payload: Array("{\"n\":\($0)}".utf8)) })
        driver.held = [.sync]
        try driver.runUntilIdle()
        #expect(driver.answer(second) == nil)
        for seed in 1...8 as ClosedRange<UInt64> {
            let found = driver.storage.clone().crash(seed: seed, .random)
            let count = try driver.replayed(on: found).counts.pending
            #expect(count == 300 || count == 600, "seed \(seed)")
        }
    }

    @Test func aJobTooLargeForTheLogIsRefused() throws {
        let driver = try SteppingDriver.opened()
        let ticket = driver.enqueue([NewJob(id: "a", payload: [UInt8](repeating: 0x31, count: 1 << 24 - 1))])
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.error?.code == .invalidInput)
        #expect(driver.failure == nil)
    }

    @Test func theMemoryLimitRefusesEnqueueAndRecoveryStillLoads() throws {
        let driver = try SteppingDriver.opened { $0.holdRuns() }
        driver.put("a")
        try driver.runUntilIdle()
        driver.kill()
        driver.settings.maxMemoryBytes = 1
        try driver.reopen()
        #expect(driver.state("a") != nil)
        let ticket = driver.put("b")
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.error?.code == .full)
    }
}
