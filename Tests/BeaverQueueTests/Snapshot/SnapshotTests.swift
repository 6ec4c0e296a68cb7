import BeaverSimulation
import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// Snapshots come from the files alone, and a start that begins with one finds what one without it would find.
@Suite struct SnapshotTests {
    private static let directory = "data/snapshot"

    private static func names(_ driver: SteppingDriver) -> [String] {
        driver.storage.snapshotFiles(under: Self.directory).keys.sorted()
    }

    private func snapshot(_ driver: SteppingDriver, _ comment: Comment = "") throws {
        let ticket = driver.submit(.snapshot)
        try driver.runUntilIdle()
        guard case .snapshot? = driver.answer(ticket) else {
            Issue.record("no snapshot: \(String(describing: driver.answer(ticket))), \(comment)")
            return
        }
    }

    /// Random histories with everything that changes what a snapshot holds; each is compared with the live state by its
    /// fingerprint, and each start replays from it.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func compactionEqualsTheLiveState(_ value: UInt64) throws {
        var seed = Seed(value)
        let driver = try SteppingDriver.opened { driver in
            driver.randomSeed = value
            driver.settings.keepLogBytes = 0
            driver.configuration.snapshot.retentionCount = 2
            driver.settings.limits.completedKeep = seed.below(8)
            driver.settings.limits.dedupMax = 20
            driver.settings.worker.backoffBaseMilliseconds = 5
            driver.settings.worker.backoffMaxMilliseconds = 5
            // A store without handlers at first, that gets some later: simulated completions are then replaced.
            driver.configuration.isUnconfigured = value % 2 == 0
            driver.settings.hasHandlers = value % 2 == 1
            if value % 2 == 0 { driver.settings.policy = { _ in ActionPolicy(parkedBecause: "no handler") } }
        }
        let replies: [RunResult?] = [
            RunResult(.completed), RunResult(.failed, error: "no"), RunResult(.failedPermanently, error: "x"), nil,
        ]
        var random = seed.stream("handlers")
        driver.behaviour = { _ in random.pick(replies) ?? nil }
        for step in 0..<400 {
            let comment: Comment = "seed \(value), step \(step)"
            let id = "j\(seed.below(120))"
            switch seed.below(10) {
            case 0...4: driver.put(id, String(repeating: "5", count: seed.below(400) + 1), once: seed.chance(1, in: 9))
            case 5: driver.act(.retry, [id])
            case 6: driver.act(.purge, [id])
            case 7: driver.act(.cancel, [id])
            case 8: try driver.run(milliseconds: 10)
            default: driver.endStopped()
            }
            if step == 200, value % 2 == 0 {
                driver.settings.hasHandlers = true
                driver.settings.policy = { _ in ActionPolicy() }
                driver.submit(.reconfigure(driver.settings))
            }
            try driver.runUntilIdle()
            if step % 40 == 39 {
                try self.snapshot(driver, comment)
                try driver.expectReplay(comment)
            }
            if step % 130 == 129 {
                driver.kill()
                try driver.reopen()
            }
        }
        #expect(driver.engine?.manager.invariants() == [])
        #expect(driver.parts?.snapshots.count == 2)
        _ = try driver.observedJobs()
    }

    @Test func theNewestDamagedOneIsPassedOverAndTheOneBeforeIsUsed() throws {
        let driver = try self.withSnapshots(3)
        let live = try #require(driver.engine?.manager.fingerprint)
        let newest = try #require(Self.names(driver).last)
        let bytes = try #require(driver.storage.contents(of: newest))
        // What is read when a snapshot is loaded: head, chunk heads, tables, foot.
        for offset in [0, 9, 20, 60, 64, 70, 104, 110, bytes.count - 1, bytes.count - 40, bytes.count - 81] {
            let disk = driver.storage.clone()
            try ByteEditor(disk, newest).flip(bit: 3, at: offset)
            #expect(try driver.replayed(on: disk).fingerprint == live, "byte \(offset)")
        }
        for count in [0, 10, bytes.count / 2, bytes.count - 1] {
            let disk = driver.storage.clone()
            try ByteEditor(disk, newest).cut(at: count)
            #expect(try driver.replayed(on: disk).fingerprint == live, "cut at \(count)")
        }
        try ByteEditor(driver.storage, newest).flip(at: bytes.count - 1)
        driver.kill()
        try driver.reopen()
        #expect(driver.lines.contains { $0.level == .error && $0.message.contains("snapshot passed over") })
        #expect(driver.storage.contents(of: newest) != nil)
        try driver.expectSound()
        // The next one is made from the older one, and the damaged one is not counted on.
        driver.put("more")
        try driver.runUntilIdle()
        try self.snapshot(driver)
        driver.kill()
        try driver.reopen()
        try driver.expectSound()
    }

    /// Both damaged, and the log before them released: refused, nothing changed.
    @Test func withoutAnySnapshotTheLogMustReachBack() throws {
        let driver = try self.withSnapshots(3)
        for name in Self.names(driver) { try ByteEditor(driver.storage, name).cut(at: 20) }
        driver.kill()
        let before = driver.storage.snapshotFiles()
        #expect(throws: QueueError.self) { try driver.open() }
        #expect(driver.storage.snapshotFiles() == before)
    }

    /// The snapshot says that the log was synced up to it: a log that ends before is damaged, also if the snapshot is.
    @Test(arguments: [false, true])
    func aSnapshotIsAWatermark(_ isSnapshotDamaged: Bool) throws {
        let driver = try SteppingDriver.opened { $0.configuration.log.maxSegmentBytes = 1 << 20 }
        driver.put("a")
        try driver.runUntilIdle()
        let log = try #require(driver.parts?.log)
        let used = Int(log.state.withLock { $0.segments[0].usedBytes })
        driver.put("b")
        try driver.runUntilIdle()
        try self.snapshot(driver)
        let path = "data/wal/0000000001.wal"
        try ByteEditor(driver.storage, path).zero(used..<(1 << 20))
        if isSnapshotDamaged { try ByteEditor(driver.storage, try #require(Self.names(driver).last)).flip(at: 1) }
        driver.kill()
        #expect(throws: QueueError.self) { try driver.open() }
    }

    @Test func leftoversAreRemovedAtTheNextStart() throws {
        let driver = try self.withSnapshots(1)
        driver.storage.replace(Self.directory + "/00000000000000000099.snap.tmp", [1, 2, 3])
        driver.kill()
        try driver.reopen()
        #expect(!Self.names(driver).contains { $0.hasSuffix(".tmp") })
    }

    @Test func aFailedSnapshotCostsNothingAndIsTriedAgain() throws {
        let driver = try self.withSnapshots(1)
        driver.put("more")
        try driver.runUntilIdle()
        for call in [StorageCall.open, .write, .sync, .rename, .syncDirectory] {
            driver.storage.faultPlan = .failing(call, pathContaining: "snapshot")
            let ticket = driver.submit(.snapshot)
            try driver.runUntilIdle()
            #expect(driver.answer(ticket)?.error != nil, "\(call)")
            #expect(driver.failure == nil)
            driver.storage.faultPlan = FaultPlan()
            // The queue waits without spinning, then tries by itself.
            try driver.run(milliseconds: 11_000, limit: 500)
            #expect(driver.engine?.snapshots.problem == nil, "\(call)")
            driver.put("after \(call)")
            try driver.run(milliseconds: 200, limit: 500)
        }
        try driver.expectSound()
    }

    private static func age(_ driver: SteppingDriver) -> Double {
        var status = QueueStatus()
        driver.engine?.fill(&status)
        return status.snapshot.ageSeconds
    }

    /// Its age is that of the oldest record no snapshot covers: one that is being made or has failed covers none.
    @Test func theAgeGoesOnWhileNoneIsWritten() throws {
        let driver = try self.withSnapshots(1)
        driver.put("more")
        try driver.run(milliseconds: 5_000)
        driver.storage.faultPlan = .failing(.write, onwards: true, pathContaining: "snapshot")
        driver.held = [.compact]
        driver.submit(.snapshot)
        driver.put("meanwhile")
        try driver.run(milliseconds: 5_000)
        #expect(Self.age(driver) >= 10, "under way")
        driver.held = []
        try driver.run(milliseconds: 60_000)
        #expect(driver.engine?.snapshots.problem != nil)
        #expect(Self.age(driver) >= 70, "failed again and again")
        driver.storage.faultPlan = FaultPlan()
        try driver.run(milliseconds: 11_000)
        #expect(driver.engine?.snapshots.problem == nil)
        #expect(Self.age(driver) == 0)
    }

    /// A snapshot that does not come out as the live state is set aside, and nothing is released.
    @Test func aMismatchIsKeptAndNothingIsReleased() throws {
        let driver = try self.withSnapshots(2)
        let wal = driver.storage.snapshotFiles(under: "data/wal").keys.sorted()
        driver.put("more")
        driver.held = [.compact]
        driver.submit(.snapshot)
        try driver.runUntilIdle()
        guard let place = driver.waiting.firstIndex(where: { if case .compact = $0 { true } else { false } }),
            case .compact(var target) = driver.waiting[place]
        else { return #expect(Bool(false), "no compaction is waiting") }
        target.fingerprint.low &+= 1
        driver.replaceWaiting(at: place, with: .compact(target))
        driver.held = []
        try driver.runUntilIdle()
        #expect(Self.names(driver).contains { $0.hasSuffix(".bad") })
        #expect(driver.engine?.snapshots.isMismatch == true)
        #expect(driver.storage.snapshotFiles(under: "data/wal").keys.sorted() == wal)
        // Suspended, and no busy waiting.
        try driver.run(milliseconds: 100_000, limit: 500)
        let again = driver.submit(.snapshot)
        try driver.runUntilIdle()
        #expect(driver.answer(again)?.error?.code == .damaged)
        driver.kill()
        try driver.reopen()
        try driver.expectSound()
    }

    /// What the next snapshot waits for in `compact`.
    private static func target(_ driver: SteppingDriver) -> CompactionTarget? {
        for case .compact(let target) in driver.waiting { return target }
        return nil
    }

    @Test func aSnapshotStandsBackUnlessTheLogIsLongOrTheQueueStops() throws {
        for (replayed, stops) in [(Int64(0), false), (0, true), (300 << 20, false)] {
            let driver = try self.withSnapshots(1)
            driver.put("more")
            try driver.runUntilIdle()
            driver.held = [.compact]
            driver.engine?.snapshots.replayedBytes = replayed
            driver.submit(stops ? .drain(now: true) : .snapshot)
            try driver.runUntilIdle()
            #expect(Self.target(driver)?.isHurried == (stops || replayed > 0))
        }
    }

    @Test func theLogIsReleasedUpToTheSecondNewest() throws {
        let driver = try self.withSnapshots(4)
        let snapshots = Self.names(driver).compactMap { SnapshotFormat.sequence(String($0.dropFirst(14))) }
        #expect(snapshots.count == 2)
        let scan = LogScan(
            storage: driver.storage,
            directory: "data/wal",
            identity: try #require(driver.parts?.identity)
        )
        let segments = try scan.segments()
        let first = try #require(segments.first?.firstSequence)
        let second = try #require(segments.dropFirst().first?.firstSequence)
        #expect(first > 1, "nothing was released")
        #expect(first <= snapshots[0] + 1, "the second newest snapshot needs what follows it")
        #expect(second > snapshots[0], "a segment was kept that neither snapshot needs")
    }

    /// An old snapshot could not be deleted, the new one counted as failed, and was made once more of the same state.
    ///
    /// Then it stood for two, and the log that the one before it needs was released. Found by seed 211839.
    @Test func anOldSnapshotThatCannotBeDeletedReleasesNoLog() throws {
        let driver = try self.withSnapshots(2)
        for number in 0..<6 {
            driver.put("m\(number)", String(repeating: "3", count: 1_200))
            try driver.runUntilIdle()
        }
        driver.storage.faultPlan = .failing(.remove, number: 1, pathContaining: "snapshot")
        let ticket = driver.submit(.snapshot)
        try driver.run(milliseconds: 200)
        #expect(driver.answer(ticket)?.error == nil)
        #expect(driver.lines.contains { $0.message.contains("was not deleted") })
        driver.storage.faultPlan = FaultPlan()
        driver.submit(.snapshot)
        try driver.run(milliseconds: 12_000)
        let snapshots = Self.names(driver).filter { $0.hasSuffix(".snap") }
        #expect(snapshots.count >= 2)
        // The newest one rots: the one before it and the log since are all there.
        let newest = try #require(snapshots.last)
        driver.kill()
        #expect(driver.storage.flipBit(of: newest, at: 104))
        try driver.reopen()
        #expect(driver.lines.contains { $0.message.contains("passed over") })
        try driver.expectSound()
    }

    @Test func theLogIsKeptWhereItIsAsked() throws {
        let driver = try self.withSnapshots(4) { $0.settings.keepLogBytes = 1 << 30 }
        #expect(driver.storage.contents(of: "data/wal/0000000001.wal") != nil)
    }

    /// Runs before a snapshot, in two snapshots and behind them: one history.
    @Test func theHistoryOfRunsSurvivesCompaction() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.settings.keepLogBytes = 0
            driver.settings.worker.maxRetry = 20
            driver.settings.worker.backoffBaseMilliseconds = 100
            driver.settings.worker.backoffMaxMilliseconds = 100
        }
        var number = 0
        driver.behaviour = { _ in
            number += 1
            return RunResult(
                .failed,
                exitStatus: Int32(number),
                error: "failure \(number)",
                outputTail: [UInt8(number)]
            )
        }
        driver.put("a")
        for round in 0..<6 {
            try driver.run(milliseconds: 100)
            if round % 2 == 1 { try self.snapshot(driver) }
        }
        let slot = try #require(driver.slot("a"))
        let before = try #require(try driver.payloads?.history(of: slot))
        #expect(before.entries.map(\.end.exitStatus) == (1...Int32(number)).map { $0 })
        #expect(before.entries.allSatisfy { $0.startedAt > 0 && $0.endedAt >= $0.startedAt && $0.ending == .failed })
        #expect(before.entries.last?.end.error == "failure \(number)")
        driver.kill()
        driver.holdRuns()
        try driver.reopen()
        try driver.run(milliseconds: 200)
        let again = try #require(driver.slot("a"))
        let after = try #require(try driver.payloads?.history(of: again))
        #expect(Array(after.entries.prefix(number)) == before.entries)
        #expect(after.entries.last?.ending == .running)
        // No more than the newest ten.
        driver.behaviour = { _ in RunResult(.failed, exitStatus: 99, error: "more") }
        driver.end(driver.tokens()[0], RunResult(.failed, error: "again"))
        try driver.run(milliseconds: 1_200)
        try self.snapshot(driver)
        let many = try #require(driver.slot("a"))
        #expect(try driver.payloads?.history(of: many).entries.count == 10)
        #expect(try driver.payloads?.lastError(of: many) == "more")
    }

    /// By itself, when the log since the last one is large enough, but not more often than the interval allows.
    @Test func aSnapshotIsDueBySize() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.configuration.log.maxSegmentBytes = 8 << 20
            driver.holdRuns()
        }
        driver.submit(.pause)
        for round in 0..<3 {
            for number in 0..<5 { driver.put("r\(round)-\(number)", String(repeating: "1", count: 900_000)) }
            try driver.runUntilIdle()
            if round == 1 { try driver.run(milliseconds: 10_001) }
        }
        #expect(driver.parts?.snapshots.count == 2)
    }

    /// The log grew too soon after the last one, and then nothing happens any more: the time wakes the engine.
    @Test func aSnapshotThatIsDueLaterIsMadeThoughNothingElseHappens() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.configuration.log.maxSegmentBytes = 8 << 20
            driver.settings.workers = 0
        }
        for round in 0..<2 {
            for number in 0..<5 { driver.put("r\(round)-\(number)", String(repeating: "1", count: 900_000)) }
            try driver.run(milliseconds: 1_000)
        }
        #expect(driver.parts?.snapshots.count == 1)
        let now = driver.clock.time().bootMilliseconds
        let wake = try #require(driver.engine?.nextWake())
        #expect((now...now + 10_000).contains(wake))
        try driver.run(milliseconds: wake - now)
        #expect(driver.parts?.snapshots.count == 2)
    }

    /// The log alone is one way to the state, and a snapshot of it another.
    @Test func onlyWithASnapshotIsThereAnotherWayToTheState() throws {
        let driver = try SteppingDriver.opened()
        driver.put("a")
        try driver.runUntilIdle()
        #expect(try !Verification.run("data", storage: driver.storage.clone()).wasRebuiltTwice)
        try self.snapshot(driver)
        #expect(try Verification.run("data", storage: driver.storage.clone()).wasRebuiltTwice)
    }

    /// The bytes of the newest one have rotted where nobody looks at a start: what the log still tells is told.
    @Test func theHistoryOfRunsOutlivesARottenBody() throws {
        let driver = try SteppingDriver.opened { driver in
            driver.behaviour = { _ in RunResult(.failedPermanently, error: "no use") }
        }
        driver.put("a", String(repeating: "7", count: 400))
        try driver.runUntilIdle()
        try self.snapshot(driver)
        let newest = try #require(Self.names(driver).last)
        let bytes = try #require(driver.storage.contents(of: newest))
        let payload = try #require(bytes.indices.first { bytes[$0...].starts(with: [0x37, 0x37, 0x37, 0x37]) })
        #expect(driver.storage.flipBit(of: newest, at: payload))
        driver.kill()
        try driver.reopen()
        let slot = try #require(driver.slot("a"))
        #expect(try driver.payloads?.lastError(of: slot) == "no use")
        #expect(try driver.payloads?.lastRun(of: slot)?.ending == .dead)
    }

    private func withSnapshots(_ count: Int, _ change: (SteppingDriver) -> Void = { _ in }) throws -> SteppingDriver {
        let driver = try SteppingDriver.opened { driver in
            driver.configuration.log.maxSegmentBytes = 8 << 10
            driver.settings.reservedLogBytes = 1 << 10
            driver.settings.workers = 1
            driver.settings.keepLogBytes = 0
            driver.configuration.snapshot.retentionCount = 2
            change(driver)
        }
        for round in 0..<count {
            for number in 0..<6 {
                driver.put("r\(round)-\(number)", String(repeating: "3", count: 1_200))
                try driver.runUntilIdle()
            }
            try self.snapshot(driver)
        }
        return driver
    }
}
