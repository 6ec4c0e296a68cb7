import BeaverSimulation
import Testing

@testable import BeaverQueue

/// What a damaged store still holds comes back in a new directory; what does not is named.
@Suite struct SalvageTests {
    /// Jobs of every state: some in a snapshot, some in the log alone.
    private static func store(_ change: (SteppingDriver) throws -> Void = { _ in }) throws -> SimulatedStorage {
        let driver = try SteppingDriver.opened { driver in
            driver.configuration.log.maxSegmentBytes = 8 << 10
            driver.settings.reservedLogBytes = 1 << 10
            driver.settings.keepLogBytes = 0
        }
        driver.behaviour = { run in
            run.jobID.hasPrefix("bad") ? RunResult(.failedPermanently, error: "no good") : RunResult(.completed)
        }
        let later = NewJob.Start.after(milliseconds: 1_000_000)
        for number in 0..<4 { driver.put("done\(number)", String(repeating: "1", count: 300)) }
        driver.put("bad")
        driver.put("later", String(repeating: "2", count: 300), start: later)
        driver.put("cancelled", start: later)
        try driver.run(milliseconds: 100)
        driver.act(.cancel, ["cancelled"])
        driver.submit(.snapshot)
        try driver.run(milliseconds: 300)
        for number in 0..<12 {
            driver.put("fresh\(number)", String(repeating: "3", count: 900), action: "second", start: later)
            try driver.runUntilIdle()
        }
        driver.put("last", action: "third")
        try driver.run(milliseconds: 300)
        try change(driver)
        let disk = driver.storage.clone()
        disk.synchronizeAll()
        return disk
    }

    private func salvage(_ disk: SimulatedStorage) throws -> (report: Salvage, states: [String: JobSlot.State]) {
        let before = disk.snapshotFiles(under: "data")
        let report = try Salvage.run("data", to: "saved", storage: disk, wallMilliseconds: 1_800_000_000_000)
        #expect(disk.snapshotFiles(under: "data") == before, "the damaged store was changed")
        let driver = SteppingDriver(storage: disk)
        driver.configuration.dataDirectory = "saved"
        driver.behaviour = { _ in nil }
        try driver.open()
        #expect(driver.engine?.manager.invariants() == [])
        let jobs = try driver.observedJobs()
        let states = Dictionary(
            uniqueKeysWithValues: jobs.map { ($0.id, driver.slot($0.id)?.state ?? .inFlight) }
        )
        for job in jobs where job.id.hasPrefix("fresh") { #expect(job.payload?.count == 900) }
        return (report, states)
    }

    private func expectAll(_ states: [String: JobSlot.State], but missing: [String] = []) {
        var expected: [String: JobSlot.State] = [
            "bad": .dead, "later": .pending, "cancelled": .cancelled, "last": .completed,
        ]
        for number in 0..<4 { expected["done\(number)"] = .completed }
        for number in 0..<12 { expected["fresh\(number)"] = .pending }
        for id in missing { expected[id] = nil }
        #expect(states == expected)
    }

    /// The frame of the log that holds these bytes, and the place of the bytes.
    private func place(of text: String, _ disk: SimulatedStorage) throws -> (path: String, offset: Int) {
        let needle = Array(text.utf8)
        for (path, bytes) in disk.snapshotFiles(under: "data/wal").sorted(by: { $0.key < $1.key }) {
            for offset in bytes.indices where bytes[offset...].starts(with: needle) { return (path, offset) }
        }
        throw QueueError.invalidInput("\(text) is in no file of the log")
    }

    @Test func aWholeStoreIsSavedWhole() throws {
        let (report, states) = try self.salvage(try Self.store())
        #expect(report.isWhole, "\(report.losses), \(report.uncertainIDs)")
        #expect(report.jobs == 20)
        self.expectAll(states)
    }

    /// The same id is still the same job, and tokens go on where they were.
    @Test func theSavedStoreGoesOn() throws {
        let disk = try Self.store()
        _ = try self.salvage(disk)
        let driver = SteppingDriver(storage: disk.clone())
        driver.configuration.dataDirectory = "saved"
        driver.settings.hasHandlers = true
        try driver.open()
        try driver.runUntilIdle()
        let again = driver.put("done1", String(repeating: "1", count: 300))
        let other = driver.put("done2", "\"other\"")
        let new = driver.put("new", action: "second")
        try driver.run(milliseconds: 200)
        #expect(driver.answer(again)?.isDuplicate == true)
        #expect(driver.answer(other)?.isDiffering == true)
        #expect(driver.answer(new)?.isEnqueued == true)
        #expect(driver.state("new") == .completed)
        let tokens = driver.runner.runs.map(\.token)
        #expect(tokens.allSatisfy { $0 >> 33 > 2 }, "\(tokens)")
        try driver.expectReplay()
    }

    @Test func aDamagedJobIsNamedAndAllOthersAreSaved() throws {
        let disk = try Self.store()
        let (path, offset) = try self.place(of: "fresh7", disk)
        // In the payload, behind the id.
        disk.flipBit(3, of: path, at: offset + 20)
        let (report, states) = try self.salvage(disk)
        #expect(report.losses.count == 1, "\(report.losses)")
        #expect(report.losses.first?.contains(path) == true)
        #expect(report.losses.first?.contains("fresh7") == true)
        #expect(report.uncertainIDs == [])
        self.expectAll(states, but: ["fresh7"])
    }

    /// What was accepted before a record of which nothing is known may have gone on in it.
    @Test func whatMayHaveRunIsNotRunAgain() throws {
        let disk = try Self.store()
        let (path, offset) = try self.place(of: "fresh7", disk)
        // The record's type, 19 bytes before the id: the head of 10 bytes, then the fixed part of the body of 9.
        disk.flipBit(5, of: path, at: offset - 19)
        let (report, states) = try self.salvage(disk)
        #expect(report.losses.count == 1, "\(report.losses)")
        #expect(Set(report.uncertainIDs) == Set((0..<7).map { "fresh\($0)" } + ["later"]))
        #expect(states["fresh0"] == .dead)
        #expect(states["fresh7"] == nil)
        #expect(states["fresh8"] == .pending)
        #expect(states["last"] == .completed)
    }

    @Test(arguments: ["fresh0", "fresh1", "last"])
    func aLostSegmentIsNamed(_ id: String) throws {
        let disk = try Self.store()
        let (path, _) = try self.place(of: id, disk)
        disk.removeTree(path)
        let (report, states) = try self.salvage(disk)
        // The oldest file may be gone for good reasons; that it is not shows in the numbers of the records.
        #expect(report.losses.contains { $0.contains(path) || $0.contains("records ") }, "\(report.losses)")
        #expect(states[id] == nil)
        #expect(states["done0"] == .completed)
        #expect(states["bad"] == .dead)
        #expect(states["later"] == .dead, "it may have gone on in what is lost")
    }

    @Test func aCutSegmentIsNamed() throws {
        let disk = try Self.store()
        let (path, offset) = try self.place(of: "fresh4", disk)
        disk.replace(path, Array(try #require(disk.contents(of: path)).prefix(offset)))
        let (report, states) = try self.salvage(disk)
        #expect(report.losses.contains { $0.contains(path) }, "\(report.losses)")
        #expect(states["fresh4"] == nil)
        #expect(states["done0"] == .completed)
    }

    @Test func aDamagedSnapshotCostsNothingWhileTheLogReachesBack() throws {
        let disk = try Self.store()
        let path = try #require(disk.snapshotFiles(under: "data/snapshot").keys.first)
        let size = try #require(disk.contents(of: path)?.count)
        for offset in stride(from: 0, to: size, by: 97) {
            let copy = disk.clone()
            copy.flipBit(offset % 8, of: path, at: offset)
            let (report, states) = try self.salvage(copy)
            #expect(report.isWhole, "byte \(offset): \(report.losses), \(report.uncertainIDs)")
            self.expectAll(states)
        }
    }

    @Test func withoutALogTheSnapshotIsSaved() throws {
        let disk = try Self.store()
        disk.removeTree("data/wal")
        let (report, states) = try self.salvage(disk)
        #expect(report.losses.contains { $0.contains("data/wal") })
        #expect(states["done0"] == .completed)
        #expect(states["later"] == .dead)
        #expect(report.uncertainIDs.contains("later"))
    }

    /// Wherever one bit flips: what is saved is what was there, or it is named.
    @Test func anyFlippedBitOfTheLogLosesNoMoreThanItNames() throws {
        let disk = try Self.store()
        let whole = try self.salvage(disk.clone())
        for (path, bytes) in disk.snapshotFiles(under: "data/wal").sorted(by: { $0.key < $1.key }) {
            for offset in bytes.indices where bytes[offset] != 0 && offset % 23 == 0 {
                let copy = disk.clone()
                copy.flipBit(offset % 8, of: path, at: offset)
                let (report, states) = try self.salvage(copy)
                guard report.isWhole else { continue }
                #expect(states == whole.states, "byte \(offset) of \(path)")
            }
        }
    }

    @Test func aDirectoryInUseIsLeftAlone() throws {
        let disk = try Self.store()
        disk.replace("saved/notes", [1])
        #expect(throws: QueueError.self) {
            try Salvage.run("data", to: "saved", storage: disk, wallMilliseconds: 0)
        }
        #expect(disk.snapshotFiles(under: "saved").keys.sorted() == ["saved/notes"])
        #expect(throws: QueueError.self) {
            try Salvage.run("data", to: "data", storage: disk, wallMilliseconds: 0)
        }
    }
}
