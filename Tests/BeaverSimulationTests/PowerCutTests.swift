import BeaverQueue
import BeaverSimulation
import Testing

/// What a power cut may leave, and what it may not.
@Suite struct PowerCutTests {
    @Test(arguments: CrashModel.allCases)
    func whatWasSyncedSurvives(_ model: CrashModel) throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", sectors(3, of: 1))
        try file.write(sectors(2, of: 2), at: 1536)
        for found in storage.outcomes([model]) {
            #expect(found.contents(of: "a")?.prefix(1536) == sectors(3, of: 1)[...])
        }
    }

    @Test func unsyncedDataIsLostOrSurvivesByModel() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", [1])
        try file.write([2])
        try storage.create("b", [3])
        #expect(storage.crash(seed: 1, .allLost).snapshotFiles() == ["a": [1]])
        #expect(storage.crash(seed: 1, .allSurvived).snapshotFiles() == ["a": [2], "b": [3]])
    }

    @Test func aSyncedFileInAnUnsyncedDirectoryIsLost() throws {
        let storage = SimulatedStorage()
        try storage.create("a", [1]).synchronizeData()
        #expect(storage.clone().crash(seed: 1, .allLost).snapshotFiles() == [:])

        try storage.createDirectory("d/e")
        try storage.createDurably("d/e/b", [2])
        try storage.syncDirectory("d")
        #expect(storage.clone().crash(seed: 1, .allLost).snapshotFiles() == [:])
        try storage.syncDirectory("")
        #expect(storage.clone().crash(seed: 1, .allLost).snapshotFiles() == ["a": [1], "d/e/b": [2]])
    }

    /// Two unsynced sectors give all four outcomes: they are independent.
    @Test func sectorsSurviveIndependently() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", sectors(2, of: 1))
        try file.write(sectors(2, of: 2))
        let seen = Set(
            storage.outcomes([.random]).map { found in [found.contents(of: "a")?[0], found.contents(of: "a")?[512]] }
        )
        #expect(seen == [[1, 1], [1, 2], [2, 1], [2, 2]])
    }

    /// A sector is found in any version since the last sync, whole.
    @Test func aSectorIsFoundInAnyOfItsVersions() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", sectors(1, of: 0))
        for version in 1...3 { try file.write(sectors(1, of: UInt8(version))) }
        var seen: Set<UInt8> = []
        for found in storage.outcomes([.random, .inOrder]) {
            let bytes = try #require(found.contents(of: "a"))
            #expect(Set(bytes).count == 1)
            seen.formUnion(bytes)
        }
        #expect(seen == [0, 1, 2, 3])
    }

    /// In order: some writes whole, at most one torn, none after it; across files too.
    @Test func anOrderlyDiskKeepsAPrefix() throws {
        let storage = SimulatedStorage()
        let first = try storage.createDurably("a", sectors(6, of: 0))
        let second = try storage.createDurably("b", sectors(6, of: 0))
        try first.write(sectors(3, of: 1))
        try second.write(sectors(6, of: 2))
        try first.write(sectors(3, of: 3), at: 1536)
        var lengths: Set<Int> = []
        for found in storage.outcomes([.inOrder]) {
            let a = try #require(found.contents(of: "a"))
            let b = try #require(found.contents(of: "b"))
            let order = a[..<1536] + b + a[1536...]
            let survived = order.prefix { $0 != 0 }.count
            #expect(order[survived...].allSatisfy { $0 == 0 })
            #expect(survived % 512 == 0)
            lengths.insert(survived / 512)
        }
        #expect(lengths == Set(0...12))
    }

    @Test func growthSurvivesWithItsDataWithZerosOrNotAtAll() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", [7])
        try file.write(sectors(1, of: 1), at: 512)
        var seen: Set<[UInt8]> = []
        for found in storage.outcomes([.random]) {
            let bytes = try #require(found.contents(of: "a"))
            #expect(bytes.first == 7)
            seen.insert([UInt8(clamping: bytes.count / 512), bytes.last ?? 0])
        }
        #expect(seen == [[0, 7], [1, 0], [2, 0], [2, 1]])
    }

    @Test func garbageAppearsOnlyWhereSomethingWasWritten() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", sectors(4, of: 1))
        try file.write(sectors(1, of: 2), at: 512 + 256)
        try file.write(sectors(2, of: 2), at: 2048)
        var garbage = 0
        for found in storage.outcomes([.garbage]) {
            let bytes = try #require(found.contents(of: "a"))
            #expect(bytes[..<768].allSatisfy { $0 == 1 })
            #expect(bytes[1280..<2048].allSatisfy { $0 == 1 })
            if bytes.contains(where: { $0 > 2 }) { garbage += 1 }
        }
        #expect(garbage > 20)
        #expect(garbage < 180)
    }

    @Test func aCutThatSurvivedShowsNoOldBytes() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", sectors(4, of: 1))
        try file.truncate(to: 512)
        try file.truncate(to: 2048)
        var kinds: Set<String> = []
        for found in storage.outcomes([.random, .inOrder]) {
            let bytes = try #require(found.contents(of: "a"))
            if bytes == sectors(4, of: 1) {
                kinds.insert("before")
            } else {
                #expect(bytes == sectors(1, of: 1) || bytes == sectors(1, of: 1) + sectors(3, of: 0))
                kinds.insert("after \(bytes.count)")
            }
        }
        #expect(kinds == ["before", "after 512", "after 2048"])
    }

    @Test func theSameSeedGivesTheSameDisk() throws {
        func run(_ seed: UInt64) throws -> [String: [UInt8]] {
            let storage = SimulatedStorage()
            var seed = Seed(seed)
            for name in ["a", "b", "c"] {
                let file = try storage.create(name)
                for _ in 0..<20 {
                    try file.write(seed.bytes(seed.range(1...2000)), at: Int64(seed.below(10_000)))
                    if seed.chance(1, in: 8) { try file.synchronizeData() }
                    if seed.chance(1, in: 8) { try storage.syncDirectory("") }
                }
            }
            return storage.crash(seed: seed.next(), .garbage).snapshotFiles()
        }
        for seed in 1...20 as ClosedRange<UInt64> {
            #expect(try run(seed) == run(seed))
        }
        #expect(try run(1) != run(2))
    }

    /// What happens to one file does not depend on how much was written to another.
    @Test func filesHaveChanceOfTheirOwn() throws {
        func outcomes(writesElsewhere: Int) throws -> [[UInt8]?] {
            let storage = SimulatedStorage()
            let other = try storage.createDurably("other")
            try storage.createDurably("a", sectors(8, of: 1)).write(sectors(8, of: 2))
            for _ in 0..<writesElsewhere { try other.write([1]) }
            return storage.outcomes([.random], seeds: 20).map { $0.contents(of: "a") }
        }
        #expect(try outcomes(writesElsewhere: 0) == outcomes(writesElsewhere: 9))
    }
}
