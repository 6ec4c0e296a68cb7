import BeaverQueue
import BeaverSimulation
import Testing

/// What a crash does to names.
@Suite struct DirectoryCrashTests {
    /// Old or new, never neither: the way a snapshot is put in place.
    @Test(arguments: [CrashModel.random, .garbage, .inOrder])
    func aRenameIsAtomic(_ model: CrashModel) throws {
        let storage = SimulatedStorage()
        try storage.createDurably("a", [1])
        try storage.create("a.tmp", [2]).synchronizeData()
        try storage.rename("a.tmp", to: "a")
        let seen = Set(storage.outcomes([model]).map { $0.snapshotFiles() })
        #expect(seen == [["a": [1]], ["a": [1], "a.tmp": [2]], ["a": [2]]])
    }

    @Test func aRenameNeedsTheCreationBeforeIt() throws {
        let storage = SimulatedStorage()
        try storage.create("a.tmp", [2]).synchronizeData()
        try storage.rename("a.tmp", to: "a")
        let seen = Set(storage.outcomes([.random]).map { $0.snapshotFiles() })
        #expect(seen == [[:], ["a.tmp": [2]], ["a": [2]]])
    }

    /// A later rename does not survive without the earlier one: the file would have two names.
    @Test func aFileNeverHasTwoNames() throws {
        let storage = SimulatedStorage()
        try storage.createDurably("a", [1])
        try storage.rename("a", to: "b")
        try storage.rename("b", to: "c")
        let seen = Set(storage.outcomes([.random, .inOrder]).map { $0.snapshotFiles() })
        #expect(seen == [["a": [1]], ["b": [1]], ["c": [1]]])
    }

    @Test func aRenameBetweenDirectoriesIsDurableByEitherSync() throws {
        for synced in ["d", "e"] {
            let storage = SimulatedStorage()
            try storage.createDirectory("d")
            try storage.createDirectory("e")
            try storage.createDurably("d/a", [1])
            try storage.syncDirectory("")
            try storage.rename("d/a", to: "e/a")
            let seen = Set(storage.outcomes([.random]).map { $0.snapshotFiles() })
            #expect(seen == [["d/a": [1]], ["e/a": [1]]])

            let next = storage.killProcess()
            try next.syncDirectory(synced)
            #expect(next.crash(seed: 1, .allLost).snapshotFiles() == ["e/a": [1]])
        }
    }

    @Test func aRemovedFileComesBackUnlessTheRemovalWasSynced() throws {
        let storage = SimulatedStorage()
        try storage.createDurably("a", [1]).close()
        try storage.remove("a")
        #expect(storage.snapshotFiles() == [:])
        let found = storage.crash(seed: 1, .allLost)
        #expect(found.snapshotFiles() == ["a": [1]])
        #expect(found.faults[.removedFileReturned] == 1)

        try found.remove("a")
        try found.syncDirectory("")
        for model in CrashModel.allCases {
            #expect(found.crash(seed: 1, model).snapshotFiles() == [:])
        }
    }

    /// Names survive as a subset: two creations give all four outcomes.
    @Test func creationsSurviveIndependently() throws {
        let storage = SimulatedStorage()
        try storage.create("a")
        try storage.create("b")
        let seen = Set(storage.outcomes([.random]).map { Set($0.snapshotFiles().keys) })
        #expect(seen == [[], ["a"], ["b"], ["a", "b"]])
    }

    @Test func aNameThatIsUsedAgainLeadsToOneOfItsFiles() throws {
        let storage = SimulatedStorage()
        try storage.createDurably("a", [1]).close()
        try storage.remove("a")
        try storage.create("a", [2]).synchronizeData()
        let seen = Set(storage.outcomes([.random]).map { $0.snapshotFiles() })
        #expect(seen == [["a": [1]], [:], ["a": [2]]])
    }

    @Test func aKilledProcessLosesNoWrite() throws {
        let storage = SimulatedStorage()
        let file = try storage.create("a", [1])
        let removed = try storage.create("b", [2])
        try storage.remove("b")
        let next = storage.killProcess()
        #expect(next.snapshotFiles() == ["a": [1]])
        #expect(throws: QueueError.self) { try file.write([3]) }
        #expect(throws: QueueError.self) { try removed.size() }
        #expect(next.faults[.processKill] == 1)
        #expect(next.crash(seed: 1, .allLost).snapshotFiles() == [:])
    }

    @Test func identitiesSurviveAPowerCut() throws {
        let storage = SimulatedStorage()
        try storage.createDurably("a")
        let identity = try storage.identity(of: "a")
        let found = storage.crash(seed: 1, .allLost)
        #expect(try found.identity(of: "a") == identity)
        try found.create("b")
        #expect(try found.identity(of: "b") != identity)
    }
}
