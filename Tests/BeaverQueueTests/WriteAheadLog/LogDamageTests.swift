import BeaverSimulation
import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// One file of a log is damaged, everywhere: a start finds what was acknowledged, or refuses.
///
/// It never finds less.
@Suite struct LogDamageTests {
    static let first = "data/wal/0000000001.wal"

    /// A log with acknowledged frames, the idle watermark behind them, and three large frames that were written and never
    /// synced: so many that two damaged sectors never take all that speaks for the watermark.
    struct Log {
        let driver: SteppingDriver
        let disk: SimulatedStorage
        let bytes: [UInt8]
        /// Behind the last synced frame, behind the last frame.
        let syncedEnd: Int
        let end: Int
        /// Of the acknowledged state, and of those with one, two and three more frames.
        let fingerprints: [StateFingerprint]

        init() throws {
            let driver = try SteppingDriver.opened { driver in
                driver.configuration.log.maxSegmentBytes = 16 << 10
                driver.settings.reservedLogBytes = 1 << 10
                driver.settings.workers = 1
            }
            driver.put("a", String(repeating: "1", count: 300))
            driver.put("b")
            try driver.runUntilIdle()
            driver.submit(.pause)
            try driver.run(milliseconds: 300)
            self.syncedEnd = try Self.used(driver)
            driver.held = [.sync]
            var fingerprints = [try #require(driver.engine?.manager.fingerprint)]
            for id in ["c", "d", "e"] {
                driver.put(id, String(repeating: "2", count: 1_500))
                try driver.runUntilIdle()
                fingerprints.append(try #require(driver.engine?.manager.fingerprint))
            }
            self.driver = driver
            self.disk = driver.storage.clone()
            self.bytes = try #require(self.disk.contents(of: LogDamageTests.first))
            self.end = try Self.used(driver)
            self.fingerprints = fingerprints
        }

        static func used(_ driver: SteppingDriver) throws -> Int {
            let log = try #require(driver.parts?.log)
            return Int(log.state.withLock { $0.segments[$0.current].usedBytes })
        }

        /// What a start makes of these files: the state's place in `fingerprints`, nil if it refuses as damaged.
        func outcome(_ comment: Comment = "", _ change: (ByteEditor) throws -> Void) throws -> Int? {
            try self.disk.replaceAndRestore(LogDamageTests.first, self.bytes, change) {
                do {
                    let manager = try self.driver.replayed(on: self.disk.clone())
                    let place = self.fingerprints.firstIndex(of: manager.fingerprint)
                    #expect(
                        place != nil,
                        "another state than any that was, syncedEnd \(self.syncedEnd), end \(self.end), \(comment)"
                    )
                    return place
                } catch let error as QueueError {
                    #expect(error.code == .damaged, "\(error)")
                    return nil
                }
            }
        }
    }

    @Test func anUndamagedLogIsFoundWhole() throws {
        let log = try Log()
        #expect(try log.outcome { _ in } == 3)
        #expect(log.end - log.syncedEnd > 3_000)
    }

    @Test func aLogCutAtAnyByteIsDamaged() throws {
        let log = try Log()
        for offset in [0, 8, 63, 64, 4_095, 4_096] + Array(stride(from: 4_097, to: log.end, by: 7)) {
            #expect(try log.outcome { try $0.cut(at: offset) } == nil, "cut at \(offset)")
        }
    }

    /// As a torn write leaves it: zeros from some byte on.
    ///
    /// What was synced may not be among them.
    @Test func aTailOfZerosIsTornWhereNothingWasSynced() throws {
        let log = try Log()
        for offset in stride(from: log.syncedEnd, to: log.end, by: 5) {
            let outcome = try log.outcome { try $0.zero(offset..<log.end) }
            let place = try #require(outcome, "zeros from \(offset) are a torn tail")
            #expect(place < 3 || offset >= log.end - 8, "zeros from \(offset)")
        }
    }

    @Test func everyFlippedByteIsTornOrDamage() throws {
        let log = try Log()
        // All of what was synced; of the large payloads behind it, some.
        let places = Array(4_096..<log.syncedEnd) + Array(stride(from: log.syncedEnd, to: log.end, by: 11))
        for offset in places {
            let outcome = try log.outcome { try $0.flip(bit: offset % 8, at: offset) }
            if offset < log.syncedEnd {
                // Only the padding between frames and the idle frame, which holds no record, may be flipped unnoticed.
                #expect(outcome == nil || outcome == 0 || outcome == 3, "byte \(offset)")
            } else {
                #expect(outcome != nil, "byte \(offset): a torn tail")
            }
        }
        for offset in 0..<68 {
            #expect(try log.outcome { try $0.flip(bit: offset % 8, at: offset) } == nil, "byte \(offset) of the head")
        }
    }

    @Test func everyZeroedOrSwappedSectorIsTornOrDamage() throws {
        let log = try Log()
        for sector in 0...(log.end / 512) {
            let outcome = try log.outcome("zero \(sector)") { try $0.zero(sector * 512..<sector * 512 + 512) }
            let holdsSynced = sector >= 8 && sector * 512 < log.syncedEnd || sector == 0
            if holdsSynced { #expect(outcome == nil || outcome == 0, "sector \(sector) zeroed") }
            #expect(outcome != nil || holdsSynced, "sector \(sector) zeroed")
            for other in (sector + 1)..<(log.end / 512 + 2) {
                let swapped = try log.outcome("swap \(sector), \(other)") { try $0.swapSectors(sector, other) }
                // Either it is refused, or all that was acknowledged is there: `outcome` has seen to that.
                if sector == 0 { #expect(swapped == nil, "sectors \(sector) and \(other) swapped") }
            }
        }
    }

    /// The same files, torn, twice: what is cut is kept beside, and a second start finds a clean log.
    @Test func aTornTailIsCutOnceAndKept() throws {
        let log = try Log()
        let driver = log.driver
        driver.kill()
        let editor = ByteEditor(driver.storage, Self.first)
        try editor.flip(at: log.end - 100)
        driver.held = []
        try driver.reopen()
        #expect(driver.parts?.report.tornBytes ?? 0 > 1_000)
        #expect(driver.lines.contains { $0.message.contains("torn tail") && $0.message.contains("case B") })
        let copies = driver.storage.snapshotFiles(under: "data/wal").filter { $0.key.hasSuffix(".torn") }
        #expect(copies.count == 1)
        #expect(copies.first?.value.contains(0x32) == true)
        driver.kill()
        try driver.reopen()
        #expect(driver.parts?.report.tornBytes == 0)
        #expect(driver.state("d") != nil && driver.state("e") == nil)
    }

    /// The copy is there for good before anything is overwritten: a power cut in between takes neither.
    @Test func aTornTailIsNotOverwrittenBeforeItsCopyIsOnTheDisk() throws {
        let log = try Log()
        let driver = log.driver
        driver.kill()
        try ByteEditor(driver.storage, Self.first).flip(at: log.end - 100)
        driver.storage.synchronizeAll()
        let torn = try #require(driver.storage.contents(of: Self.first))[log.syncedEnd..<log.end]
        driver.held = []
        driver.storage.faultPlan = .failing(.syncDirectory, pathContaining: "wal")
        #expect(throws: QueueError.self) { try driver.open() }
        driver.powerCut(seed: 1, .allLost)
        let files = driver.storage.snapshotFiles(under: "data/wal")
        let copies = files.filter { $0.key.hasSuffix(".torn") }
        let isThere = files[Self.first]?[log.syncedEnd..<log.end].elementsEqual(torn) == true
        #expect(isThere || copies.values.contains { !$0.isEmpty })
    }

    /// A full disk has no room for the copy; the queue starts all the same.
    @Test func aTornTailIsCutOnAFullDiskToo() throws {
        let log = try Log()
        let driver = log.driver
        driver.kill()
        try ByteEditor(driver.storage, Self.first).flip(at: log.end - 100)
        driver.storage.capacityBytes = 0
        driver.held = []
        try driver.reopen()
        #expect(driver.parts?.report.tornBytes ?? 0 > 1_000)
        #expect(driver.state("a") == .completed)
    }
}

extension SimulatedStorage {
    /// Lends the file for an edit and puts it back.
    fileprivate func replaceAndRestore<Result>(
        _ path: String,
        _ bytes: [UInt8],
        _ change: (ByteEditor) throws -> Void,
        _ body: () throws -> Result
    ) throws -> Result {
        defer { self.replace(path, bytes) }
        try change(ByteEditor(self, path))
        return try body()
    }
}
