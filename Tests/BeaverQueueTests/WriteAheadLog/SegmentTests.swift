import BeaverSimulation
import BeaverTestSupport
import Glibc
import Testing

@testable import BeaverQueue

/// Files of the log and of the store: rolled, missing, foreign, stale.
@Suite struct SegmentTests {
    /// A log of many small segments, everything synced.
    static func rolled(_ change: (SteppingDriver) -> Void = { _ in }) throws -> SteppingDriver {
        let driver = try SteppingDriver.opened { driver in
            driver.configuration.log.maxSegmentBytes = 8 << 10
            driver.settings.reservedLogBytes = 1 << 10
            driver.settings.workers = 1
            change(driver)
        }
        for number in 0..<24 {
            driver.put("j\(number)", String(repeating: "4", count: 1_500))
            try driver.runUntilIdle()
        }
        try driver.run(milliseconds: 300)
        return driver
    }

    private static func segments(_ driver: SteppingDriver) -> [String] {
        driver.storage.snapshotFiles(under: "data/wal").keys.filter { $0.hasSuffix(".wal") }.sorted()
    }

    private func expectDamaged(_ driver: SteppingDriver, _ disk: SimulatedStorage, _ comment: Comment) {
        let before = disk.snapshotFiles()
        do {
            _ = try driver.replayed(on: disk)
            Issue.record("it started, \(comment)")
        } catch {
            #expect(error.code == .damaged, "\(error), \(comment)")
        }
        #expect(disk.snapshotFiles() == before, "\(comment)")
    }

    @Test func segmentsFollowOneAnother() throws {
        let driver = try Self.rolled()
        #expect(Self.segments(driver).count > 4)
        try driver.expectSound()
        driver.kill()
        try driver.reopen()
        try driver.expectSound()
        // Every record is found in the segment that holds it.
        let log = try #require(driver.parts?.log)
        for sequence in 1...(driver.engine?.manager.lastSequence ?? 0) {
            #expect(try log.read(sequence)?.record.sequence == sequence)
        }
        #expect(try log.read(1 << 40) == nil)
    }

    /// The sync of the directory failed behind a deletion, and the next release deleted a later segment all the same.
    ///
    /// Found by seed 30043472.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func aSegmentIsNotDeletedBeforeTheDeletionOfTheOneBeforeIsOnTheDisk(_ seed: UInt64) throws {
        let driver = try Self.rolled()
        let log = try #require(driver.parts?.log)
        var plan = FaultPlan(seed: seed)
        plan.fail(.syncDirectory, number: 1, onwards: true, pathContaining: "wal")
        driver.storage.faultPlan = plan
        for _ in 0..<3 { #expect(throws: QueueError.self) { try log.release(through: .max, keepBytes: 0) } }
        driver.powerCut(seed: seed, .random)
        let indices = Self.segments(driver).compactMap { SegmentName.index(String($0.dropFirst("data/wal/".count))) }
        let first = try #require(indices.first)
        #expect(indices == Array(first..<first + UInt32(indices.count)))
    }

    /// There is always a segment behind the one that takes frames.
    @Test func theNextSegmentExistsBeforeTheCurrentOneTakesAFrame() throws {
        let driver = try SteppingDriver.opened { $0.configuration.log.maxSegmentBytes = 8 << 10 }
        let log = try #require(driver.parts?.log)
        for number in 0..<30 {
            driver.put("j\(number)", String(repeating: "4", count: 900))
            while driver.step() {
                let (current, count, used) = log.state.withLock {
                    ($0.current, $0.segments.count, $0.segments[$0.current].usedBytes)
                }
                #expect(current + 1 < count || used == 4_096)
            }
        }
    }

    /// Before the first answer of a life all is on the disk that the one before left unsynced, in whichever segment.
    @Test func aStartSyncsWhatAnEarlierLifeLeftUnsynced() throws {
        let driver = try Self.rolled { $0.settings.commit.policy = .never }
        #expect(Self.segments(driver).count > 4)
        driver.kill()
        driver.settings.commit.policy = .always
        try driver.reopen()
        let ticket = driver.put("after")
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.isEnqueued == true)
        driver.powerCut(seed: 1, .allLost)
        try driver.reopen()
        for number in 0..<24 { #expect(driver.state("j\(number)") == .completed) }
        try driver.expectSound()
    }

    /// Seed 14124: the first frame of a life did not fit its segment, which then stayed behind without any frame, and the
    /// next start took what came after it for lost.
    @Test(arguments: [3_000, 9_000, 20_000])
    func aSegmentWithoutAFrameIsNotLeftBehind(_ byteCount: Int) throws {
        let driver = SteppingDriver()
        driver.configuration.log.maxSegmentBytes = 8 << 10
        driver.settings.reservedLogBytes = 1 << 10
        driver.settings.hasHandlers = true
        for life in 0..<3 {
            try driver.open()
            // In the same frame as the first records of this life.
            driver.put("first\(life)", String(repeating: "4", count: byteCount))
            try driver.runUntilIdle()
            driver.put("more\(life)")
            try driver.run(milliseconds: 300)
            try driver.expectSound()
            driver.kill()
        }
        try driver.reopen()
        #expect(driver.state("first0") == .completed)
        try driver.expectSound()
    }

    /// Seed 7252: the removal of one segment failed, later ones were removed, and the next start found a hole.
    @Test(arguments: 1...4)
    func aFailedRemovalLeavesNoHole(_ number: Int) throws {
        let driver = try Self.rolled { $0.settings.keepLogBytes = 0 }
        driver.storage.faultPlan = .failing(.remove, number: number, pathContaining: ".wal")
        for round in 0..<3 {
            driver.submit(.snapshot)
            try driver.run(milliseconds: 300)
            for number in 0..<12 { driver.put("k\(round)-\(number)", String(repeating: "4", count: 1_500)) }
            try driver.run(milliseconds: 300)
        }
        #expect(driver.storage.faults[.failedRemove] == 1)
        #expect(Self.segments(driver).first != "data/wal/0000000001.wal")
        driver.kill()
        try driver.reopen()
        try driver.expectSound()
    }

    /// Also where nobody made room in the background.
    @Test func aRollMakesItsOwnRoom() throws {
        let driver = try SteppingDriver.opened { $0.configuration.log.maxSegmentBytes = 8 << 10 }
        let log = try #require(driver.parts?.log)
        let first = try #require(driver.engine?.commit.appendedSequence) + 1
        let identity = try #require(driver.parts?.identity)
        let scan = LogScan(storage: driver.storage, directory: "data/wal", identity: identity)
        for number in 0..<40 as Range<UInt64> {
            var frame = RecordTests.frame()
            frame.firstSequence = first + number * 5
            frame.bytes += [UInt8](repeating: 1, count: 600)
            try log.write(frame, marks: [])
            let end = try scan.scan(try scan.segments(), from: 1) { _, _ in }
            #expect(end.lastGoodSequence == frame.lastSequence)
            #expect(!end.isNextSegmentMissing)
        }
        #expect(log.state.withLock { $0.current } > 3)
    }

    /// The background holds `preparation` while it fills the segment behind the current one with zeros.
    ///
    /// Were that one to become the current one meanwhile, it would fill what has just been written.
    @Test func theLogDoesNotMoveOnWhileSegmentsArePrepared() throws {
        let driver = try SteppingDriver.opened { $0.configuration.log.maxSegmentBytes = 8 << 10 }
        let log = try #require(driver.parts?.log)
        let isOver = Lock(false)
        let running = Lock(0)
        let moves = Lock(0)
        defer {
            isOver.withLock { $0 = true }
            _ = running.wait { $0 == 0 ? true : nil }
        }
        // Stops whoever wants to look at the segments, so that the others can overtake it there.
        try Self.repeatInBackground(isOver, running) {
            log.state.withLock { _ in Self.yield(50) }
            Self.yield(100)
        }
        try Self.repeatInBackground(isOver, running) {
            log.preparation.withLock { _ in
                let before = log.state.withLock { $0.current }
                Self.yield(1)
                if log.state.withLock({ $0.current }) != before { moves.withLock { $0 += 1 } }
            }
            Self.yield(10)
        }
        var last = try #require(driver.engine?.commit.appendedSequence)
        for _ in 0..<3_000 {
            var frame = RecordTests.frame()
            frame.firstSequence = last + 1
            frame.bytes += [UInt8](repeating: 1, count: 5_000)
            try log.write(frame, marks: [])
            last = frame.lastSequence
        }
        #expect(log.state.withLock { $0.current } > 2_500)
        #expect(moves.withLock { $0 } == 0)
    }

    private static func repeatInBackground(
        _ isOver: Lock<Bool>,
        _ running: Lock<Int>,
        _ body: @escaping @Sendable () -> Void
    ) throws {
        running.withLock { $0 += 1 }
        try SystemThread.start("background") {
            while !isOver.withLock({ $0 }) { body() }
            running.withLock { $0 -= 1 }
            running.broadcast()
        }
    }

    private static func yield(_ times: Int) { for _ in 0..<times { sched_yield() } }

    /// On a real disk, whose page cache keeps zeros for what is read of it: they would count as written from then on.
    @Test func whatWasNeverWrittenIsNotRead() throws {
        var log = try LogOnDisk(FileStorage(), maxSegmentBytes: 8 << 20)
        try log.write()
        #expect(try log.scanned().lastGoodSequence == log.lastSequence)
        for segment in try log.scan.segments() {
            // A file system that keeps no books of holes says that all was written.
            guard try segment.file.nextWritten(from: 0) != 0..<segment.byteCount else { continue }
            #expect(try segment.file.nextWritten(from: 256 << 10).isEmpty)
        }
    }

    @Test(arguments: [40_000, 100_000, 400_000])
    func aFrameLargerThanASegmentGetsOneOfItsOwn(_ byteCount: Int) throws {
        let driver = try Self.rolled()
        let ticket = driver.put("large", String(repeating: "9", count: byteCount))
        try driver.runUntilIdle()
        #expect(driver.answer(ticket)?.isEnqueued == true)
        #expect(driver.state("large") == .completed)
        driver.put("small")
        try driver.runUntilIdle()
        try driver.expectSound()
        driver.powerCut(seed: 1, .allLost)
        try driver.reopen()
        try driver.expectSound()
    }

    /// Large ones one after the other, and small ones that come meanwhile, in the order they came.
    @Test func enqueuesThatWaitForRoomAreTakenInOrder() throws {
        let driver = try Self.rolled()
        driver.submit(.pause)
        var tickets: [Ticket] = []
        for number in 0..<6 {
            tickets.append(driver.put("x\(number)", String(repeating: "9", count: number % 2 == 0 ? 50_000 : 10)))
        }
        try driver.runUntilIdle()
        #expect(tickets.allSatisfy { driver.answer($0)?.isEnqueued == true })
        let order = try (0..<6).map { try #require(driver.slot("x\($0)")?.enqueueSequence) }
        #expect(order == order.sorted())
    }

    @Test func aMissingSegmentIsDamage() throws {
        let driver = try Self.rolled()
        let segments = Self.segments(driver)
        for name in segments.dropLast() {
            let disk = driver.storage.clone()
            disk.removeTree(name)
            self.expectDamaged(driver, disk, "\(name) removed")
        }
        // Without any frame behind, the last one is only room: it is made again.
        let frames = try #require(driver.parts?.log).state.withLock { $0.segments[$0.current].index }
        let disk = driver.storage.clone()
        for name in segments where (SegmentName.index(String(name.dropFirst(9))) ?? 0) >= frames {
            disk.removeTree(name)
        }
        self.expectDamaged(driver, disk, "the newest segment with frames and all behind it removed")
    }

    /// Behind a snapshot too: the segments with the newest records are gone, an empty one is there.
    @Test func anEmptySegmentAloneIsDamage() throws {
        let driver = try Self.rolled { $0.settings.keepLogBytes = 0 }
        driver.submit(.snapshot)
        try driver.runUntilIdle()
        driver.put("after")
        try driver.run(milliseconds: 300)
        let current = try #require(driver.parts?.log).state.withLock { $0.segments[$0.current].index }
        let disk = driver.storage.clone()
        for name in Self.segments(driver) where (SegmentName.index(String(name.dropFirst(9))) ?? 0) <= current {
            disk.removeTree(name)
        }
        #expect(!disk.snapshotFiles(under: "data/wal").isEmpty)
        self.expectDamaged(driver, disk, "all segments with frames removed")
        disk.removeTree("data/wal")
        self.expectDamaged(driver, disk, "the log removed")
    }

    @Test func aForeignOrStaleSegmentIsDamage() throws {
        let driver = try Self.rolled()
        let other = try Self.rolled { $0.randomSeed = 99 }
        let segments = Self.segments(driver)
        let bytes = driver.storage.snapshotFiles(under: "data/wal")
        let current = try #require(driver.parts?.log).state.withLock { $0.current }
        #expect(current >= 2)
        for (place, name) in segments.prefix(current + 1).enumerated() {
            var disk = driver.storage.clone()
            disk.replace(name, other.storage.contents(of: name) ?? [])
            self.expectDamaged(driver, disk, "\(name) of another store")
            disk = driver.storage.clone()
            disk.replace(name, bytes[segments[(place + 1) % segments.count]] ?? [])
            self.expectDamaged(driver, disk, "\(name) is the next one")
            // An older version of itself: as it was when its first frame was written. Of the newest, no log can tell.
            guard place < current else { continue }
            disk = driver.storage.clone()
            try ByteEditor(disk, name).zero(5_000..<(16 << 10))
            self.expectDamaged(driver, disk, "\(name) is stale")
        }
    }

    @Test func aFlippedBitInAnySegmentHeadIsDamageOrRoom() throws {
        let driver = try Self.rolled()
        let frames = try #require(driver.parts?.log).state.withLock { $0.segments[$0.current].index }
        for name in Self.segments(driver) {
            let disk = driver.storage.clone()
            try ByteEditor(disk, name).flip(at: 20)
            if (SegmentName.index(String(name.dropFirst(9))) ?? 0) <= frames + 1 {
                self.expectDamaged(driver, disk, "the head of \(name)")
            } else {
                #expect(try driver.replayed(on: disk).fingerprint == driver.engine?.manager.fingerprint)
            }
        }
    }

    // MARK: The store's identity

    @Test func aLogWithoutItsStoreFileIsNeverBuiltOver() throws {
        let driver = try Self.rolled()
        let disk = driver.storage.clone()
        disk.removeTree("data/store")
        self.expectDamaged(driver, disk, "the store file is missing")
    }

    @Test func oneOfTwoCopiesIsEnough() throws {
        let driver = try Self.rolled()
        for copy in 0..<2 {
            for offset in [0, 8, 40, 60, 70, 4_092] {
                let disk = driver.storage.clone()
                try ByteEditor(disk, "data/store").flip(at: copy * 4_096 + offset)
                // A start writes the damaged one again.
                let both = disk.clone()
                #expect(try driver.replayed(on: disk).fingerprint == driver.engine?.manager.fingerprint)
                try ByteEditor(both, "data/store").flip(at: (1 - copy) * 4_096 + offset)
                self.expectDamaged(driver, both, "both copies")
            }
        }
    }

    @Test func anotherLogDirectoryThanAtCreationIsRefused() throws {
        let driver = try Self.rolled()
        driver.kill()
        driver.configuration.log.directory = "elsewhere"
        do {
            try driver.open()
            Issue.record("it started")
        } catch {
            #expect(error.code == .configuration)
        }
        #expect(driver.storage.contents(of: "data/elsewhere") == nil)
    }

    @Test func mustExistNeverCreates() throws {
        let driver = SteppingDriver()
        driver.configuration.mustExist = true
        do {
            try driver.open()
            Issue.record("it started")
        } catch {
            #expect(error.code == .noSuchQueue)
        }
        #expect(driver.storage.snapshotFiles().isEmpty)
    }

    // MARK: The directory is watched

    @Test func aRemovedDirectoryIsNoticedWhenTheLogRolls() throws {
        let driver = try Self.rolled()
        driver.storage.removeTree("data")
        var answers = 0
        for number in 0..<40 {
            let ticket = driver.put("k\(number)", String(repeating: "4", count: 1_500))
            try driver.runUntilIdle()
            if driver.answer(ticket)?.isEnqueued == true { answers += 1 }
        }
        #expect(driver.failure != nil)
        #expect(answers < 10)
        let log = try #require(driver.parts?.log)
        #expect(throws: QueueError.self) { try log.checkPresence() }
    }
}
