import BeaverQueue
import BeaverSimulation
import Testing

/// Each kind of fault is applied, and counted.
@Suite struct FaultPlanTests {
    /// One call of each kind on a storage that holds the file "a" and the directory "d".
    static func call(_ kind: StorageCall, _ storage: SimulatedStorage, _ file: any StorageFile) throws {
        switch kind {
        case .open: _ = try storage.open("a", .readOnly)
        case .read:
            var buffer: [UInt8] = []
            _ = try file.read(into: &buffer, count: 1, at: 0)
        case .write: try file.write([2])
        case .sync: try file.synchronizeData()
        case .resize: try file.truncate(to: 1)
        case .rename: try storage.rename("a", to: "a")
        case .remove: try storage.remove("d")
        case .createDirectory: try storage.createDirectory("d")
        case .syncDirectory: try storage.syncDirectory("")
        case .list: _ = try storage.list("")
        case .inspect: _ = try file.size()
        }
    }

    static func prepared() throws -> (SimulatedStorage, any StorageFile) {
        let storage = SimulatedStorage()
        try storage.createDirectory("d")
        return (storage, try storage.createDurably("a", [1]))
    }

    @Test(arguments: StorageCall.allCases, FaultPlan.Failure.allCases)
    func aCallFailsOnceWithItsNumber(_ kind: StorageCall, _ failure: FaultPlan.Failure) throws {
        let (storage, file) = try Self.prepared()
        storage.faultPlan = .failing(kind, with: failure)
        let error = #expect(throws: QueueError.self) { try Self.call(kind, storage, file) }
        #expect(error?.code == .inputOutput)
        #expect(error?.errorNumber == (failure == .noSpace ? 28 : 5))
        try Self.call(kind, storage, file)
        #expect(storage.faults[failure == .noSpace ? .noSpaceError : .inputOutputError] == 1)
        #expect(storage.faults.total > 1)
    }

    @Test(arguments: StorageCall.allCases)
    func aCallFailsForGoodFromItsNumberOn(_ kind: StorageCall) throws {
        let (storage, file) = try Self.prepared()
        storage.faultPlan = .failing(kind, number: 2, onwards: true)
        try Self.call(kind, storage, file)
        if kind == .remove { try storage.createDirectory("d") }
        for _ in 0..<3 {
            #expect(throws: QueueError.self) { try Self.call(kind, storage, file) }
        }
    }

    @Test(arguments: StorageCall.allCases)
    func otherCallsAreLeftAlone(_ kind: StorageCall) throws {
        let (storage, file) = try Self.prepared()
        storage.faultPlan = .failing(kind, onwards: true)
        for other in StorageCall.allCases where other != kind {
            try Self.call(other, storage, file)
        }
    }

    @Test func aRuleMayNameAPath() throws {
        let storage = SimulatedStorage()
        storage.faultPlan = .failing(.write, onwards: true, pathContaining: "snapshot")
        try storage.create("log", [1])
        #expect(throws: QueueError.self) { try storage.create("snapshot.tmp", [1]) }
    }

    @Test func rulesCountIndependently() throws {
        let (storage, file) = try Self.prepared()
        var plan = FaultPlan.failing(.write, number: 2)
        plan.fail(.write, number: 4)
        storage.faultPlan = plan
        var failed: [Int] = []
        for number in 1...5 {
            do { try file.write([1]) } catch { failed.append(number) }
        }
        #expect(failed == [2, 4])
    }

    @Test func callsFailByChanceAndTheSameOnesEachTime() throws {
        func failures(_ seed: UInt64) throws -> [Int] {
            let (storage, file) = try Self.prepared()
            var plan = FaultPlan(seed: seed)
            plan.failRandomly(.read, oneIn: 4)
            storage.faultPlan = plan
            return (0..<400).filter { _ in (try? Self.call(.read, storage, file)) == nil }
        }
        #expect(try (60...140).contains(failures(1).count))
        #expect(try failures(1) == failures(1))
        #expect(try failures(1) != failures(2))
    }

    @Test func aFailedCallChangesNoNames() throws {
        let storage = SimulatedStorage()
        try storage.createDurably("a", [1])
        storage.faultPlan = .failing(nil, onwards: true)
        #expect(throws: QueueError.self) { try storage.open("a", .createOrTruncate) }
        #expect(throws: QueueError.self) { try storage.open("b", .createNew) }
        #expect(throws: QueueError.self) { try storage.rename("a", to: "b") }
        #expect(throws: QueueError.self) { try storage.remove("a") }
        #expect(storage.snapshotFiles() == ["a": [1]])
    }

    /// A failed write may leave nothing, a part, or all of its bytes.
    @Test func aFailedWriteLeavesSomePart() throws {
        var lengths: Set<Int> = []
        for seed in 0..<100 {
            let storage = SimulatedStorage()
            let file = try storage.create("a")
            var plan = FaultPlan(seed: UInt64(seed))
            plan.fail(.write)
            storage.faultPlan = plan
            #expect(throws: QueueError.self) { try file.write([1, 2, 3]) }
            lengths.insert(storage.contents(of: "a")?.count ?? -1)
        }
        #expect(lengths == [0, 1, 2, 3])
    }

    /// As in ext4: the second sync succeeds, and what was dropped is gone all the same.
    @Test func aFailedSyncDropsTheDirtyPages() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", sectors(2, of: 1))
        try file.write(sectors(3, of: 2))
        var plan = FaultPlan.failing(.sync)
        plan.failedSyncLeaves = .allLost
        storage.faultPlan = plan
        #expect(throws: QueueError.self) { try file.synchronizeData() }
        try file.synchronizeData()
        #expect(storage.faults[.droppedPages] == 1)
        let found = storage.crash(seed: 1, .allSurvived)
        #expect(found.contents(of: "a") == sectors(2, of: 1) + sectors(1, of: 0))
    }

    /// Until the dropped pages leave the cache, reads show what is not on the disk.
    @Test func theDroppedPagesMayStayInTheCache() throws {
        var cached: Set<[UInt8]> = []
        for seed in 0..<20 {
            let storage = SimulatedStorage()
            let file = try storage.createDurably("a", [1])
            try file.write([2])
            var plan = FaultPlan(seed: UInt64(seed))
            plan.failedSyncLeaves = .allLost
            plan.fail(.sync)
            storage.faultPlan = plan
            #expect(throws: QueueError.self) { try file.synchronizeData() }
            cached.insert(try file.contents())
            #expect(storage.crash(seed: 1, .allSurvived).contents(of: "a") == [1])
        }
        #expect(cached == [[1], [2]])
    }

    @Test func aFailedSyncMayHaveWrittenAPart() throws {
        var survivors: Set<[UInt8]> = []
        for seed in 0..<100 {
            let storage = SimulatedStorage()
            let file = try storage.createDurably("a", sectors(2, of: 1))
            try file.write(sectors(2, of: 2))
            var plan = FaultPlan(seed: UInt64(seed))
            plan.fail(.sync)
            storage.faultPlan = plan
            #expect(throws: QueueError.self) { try file.synchronizeData() }
            let found = try #require(storage.crash(seed: 1, .allSurvived).contents(of: "a"))
            survivors.insert([found[0], found[512]])
        }
        #expect(survivors.count == 4)
    }

    @Test func whatIsWrittenAfterAFailedSyncCanBeSynced() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", sectors(2, of: 1))
        try file.write(sectors(1, of: 2))
        storage.faultPlan = .failing(.sync)
        #expect(throws: QueueError.self) { try file.synchronizeData() }
        try file.write(sectors(1, of: 3), at: 512)
        try file.synchronizeData()
        #expect(storage.crash(seed: 1, .allLost).contents(of: "a")?.suffix(512) == sectors(1, of: 3)[...])
    }

    /// The machine can die between the two parts; unharmed, the write is whole.
    @Test func aShortWriteIsContinued() throws {
        var plan = FaultPlan(seed: 1)
        plan.shortWriteOneIn = 2
        let bytes = Array(UInt8(0)...255)
        let storage = SimulatedStorage()
        let file = try storage.create("a")
        storage.faultPlan = plan
        for block in 0..<20 { try file.write(bytes, at: Int64(block * 256)) }
        #expect(try file.contents() == Array((0..<20).map { _ in bytes }.joined()))
        #expect(storage.faults[.shortWrite] > 5)
        #expect(storage.faultPlan.callCount > 25)

        var isTorn = false
        for seed in 0..<20 {
            let torn = SimulatedStorage()
            let file = try torn.create("a")
            plan = FaultPlan(seed: UInt64(seed))
            plan.shortWriteOneIn = 2
            plan.crashAtCall = 2
            torn.faultPlan = plan
            if (try? file.write(bytes)) == nil, (1..<256).contains(torn.contents(of: "a")?.count ?? 0) { isTorn = true }
        }
        #expect(isTorn)
    }

    /// A loop over k = 1, 2, … dies once at each call of a scenario, and ends.
    @Test func theMachineDiesAtEachCall() throws {
        var outcomes: [[String: [UInt8]]] = []
        for call in 1...20 {
            let storage = SimulatedStorage()
            storage.faultPlan = .crash(atCall: call)
            do {
                try storage.createDurably("a", [1]).write([2])
                try storage.syncDirectory("")
            } catch {
                #expect(error.code == .inputOutput)
                #expect(storage.isDead)
                #expect(storage.callCount == call)
            }
            outcomes.append(storage.crash(seed: 1, .allLost).snapshotFiles())
            guard storage.faults[.crashPoint] == 1 else { break }
        }
        #expect(outcomes == [[:], [:], [:], [:], ["a": [1]], ["a": [1]], ["a": [1]]])
    }

    @Test func everyKindOfFaultCanBeCounted() throws {
        var counts = FaultCounts()
        #expect(counts.missing == FaultKind.allCases)
        for kind in FaultKind.allCases { counts[kind] += 1 }
        #expect(counts.missing.isEmpty)
        #expect((counts + counts)[.bitRot] == 2)
        #expect(counts.description.split(separator: "\n").count == FaultKind.allCases.count)
    }
}
