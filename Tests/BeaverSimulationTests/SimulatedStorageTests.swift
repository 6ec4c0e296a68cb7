import BeaverQueue
import BeaverSimulation
import Testing

/// The storage without any fault behaves like a file system.
@Suite struct SimulatedStorageTests {
    @Test func readsWhatWasWritten() throws {
        let storage = SimulatedStorage()
        let file = try storage.create("a", [1, 2, 3])
        try file.write([9, 9], at: 5)
        #expect(try file.contents() == [1, 2, 3, 0, 0, 9, 9])

        var buffer: [UInt8] = [7, 7, 7, 7]
        #expect(try file.read(into: &buffer, count: 2, at: 6) == 1)
        #expect(buffer == [9, 7, 7, 7])
        #expect(try file.read(into: &buffer, count: 2, at: 7) == 0)
        #expect(try file.read(into: &buffer, count: 6, at: 0) == 6)
        #expect(buffer.count == 6)
    }

    @Test func resizesWithZeros() throws {
        let storage = SimulatedStorage()
        let file = try storage.create("a", [1, 2, 3])
        try file.truncate(to: 1)
        try file.truncate(to: 3)
        #expect(try file.contents() == [1, 0, 0])
        try file.allocate(5)
        #expect(try file.contents() == [1, 0, 0, 0, 0])
        try file.allocate(2)
        #expect(try file.size() == 5)
    }

    /// Sizes and offsets may come from damaged bytes.
    @Test func absurdPositionsAreErrorsAndNotTraps() throws {
        let file = try SimulatedStorage().create("a", [1])
        var buffer: [UInt8] = []
        #expect(try file.read(into: &buffer, count: 1, at: .max) == 0)
        #expect(try file.read(into: &buffer, count: -1, at: 0) == 0)
        for position in [Int64.min, -1, .max] {
            #expect(throws: QueueError.self) { try file.write([1], at: position) }
            #expect(throws: QueueError.self) { try file.truncate(to: position) }
            #expect(throws: QueueError.self) { try file.allocate(position) }
        }
        #expect(throws: QueueError.self) { try file.read(into: &buffer, count: 1, at: -1) }
        #expect(try file.contents() == [1])
    }

    @Test func opensByMode() throws {
        let storage = SimulatedStorage()
        #expect(throws: QueueError.self) { try storage.open("a", .readOnly) }
        #expect(throws: QueueError.self) { try storage.open("a", .readWrite) }
        try storage.create("a", [1])
        #expect(throws: QueueError.self) { try storage.open("a", .createNew) }
        #expect(try storage.open("a", .readWrite).contents() == [1])
        #expect(throws: QueueError.self) { try storage.open("a", .readOnly).write([2]) }
        #expect(try storage.open("a", .createOrTruncate).contents() == [])
        try storage.createDirectory("d")
        #expect(throws: QueueError.self) { try storage.open("d", .readWrite) }
        #expect(throws: QueueError.self) { try storage.open("missing/a", .createNew) }
    }

    @Test func listsSortedNames() throws {
        let storage = SimulatedStorage()
        try storage.createDirectory("/data/deep")
        try storage.createDirectory("/data")
        for name in ["c", "a", "b"] { try storage.create("data/" + name) }
        #expect(try storage.list("data") == ["a", "b", "c", "deep"])
        #expect(try storage.list("./data/../data/deep") == [])
        #expect(throws: QueueError.self) { try storage.list("data/a") }
        #expect(throws: QueueError.self) { try storage.list("other") }
    }

    @Test func renamesOverAnExistingFile() throws {
        let storage = SimulatedStorage()
        let old = try storage.create("a", [1])
        try storage.create("b", [2])
        try storage.rename("b", to: "a")
        #expect(storage.snapshotFiles() == ["a": [2]])
        #expect(try old.linkCount() == 0)
        #expect(try old.contents() == [1])
        #expect(throws: QueueError.self) { try storage.rename("b", to: "a") }
    }

    @Test func refusesToRemoveADirectoryWithFiles() throws {
        let storage = SimulatedStorage()
        try storage.createDirectory("d")
        try storage.create("d/a")
        #expect(throws: QueueError.self) { try storage.remove("d") }
        try storage.remove("d/a")
        try storage.remove("d")
        #expect(try storage.list("") == [])
    }

    @Test func anOpenFileOutlivesItsNameAndItsDirectory() throws {
        let storage = SimulatedStorage()
        try storage.createDirectory("d")
        let file = try storage.createDurably("d/a", [1])
        let identity = try storage.identity(of: "d")
        #expect(try file.linkCount() == 1)

        storage.removeTree("d")
        #expect(try file.linkCount() == 0)
        #expect(try storage.identity(of: "d") == nil)
        try file.write([2], at: 1)
        try file.synchronizeData()
        #expect(try file.contents() == [1, 2])
        #expect(throws: QueueError.self) { try storage.open("d/b", .createNew) }

        try storage.createDirectory("d")
        #expect(try storage.identity(of: "d") != identity)
    }

    @Test func identityFollowsTheFile() throws {
        let storage = SimulatedStorage()
        try storage.create("a")
        try storage.create("b")
        let first = try storage.identity(of: "a")
        #expect(first != (try storage.identity(of: "b")))
        #expect(first?.isDirectory == false)
        #expect(try storage.identity(of: "")?.isDirectory == true)
        try storage.rename("a", to: "c")
        #expect(try storage.identity(of: "c") == first)
    }

    @Test func aClosedFileThrows() throws {
        let storage = SimulatedStorage()
        let file = try storage.create("a", [1])
        file.close()
        file.close()
        #expect(throws: QueueError.self) { try file.write([1]) }
        #expect(throws: QueueError.self) { try file.size() }
        #expect(throws: QueueError.self) { try file.synchronizeData() }
    }

    @Test func aDeadStorageThrowsOnEveryCall() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", [1])
        _ = storage.killProcess()
        #expect(storage.isDead)
        let calls: [() throws -> Void] = [
            { _ = try storage.open("a", .readOnly) },
            { try storage.createDirectory("d") },
            { _ = try storage.list("") },
            { try storage.rename("a", to: "b") },
            { try storage.remove("a") },
            { try storage.syncDirectory("") },
            { _ = try storage.identity(of: "a") },
            { _ = try storage.freeBytes(at: "a") },
            { _ = try file.contents() },
            { try file.write([1]) },
            { try file.synchronizeData() },
            { try file.truncate(to: 0) },
            { try file.allocate(1) },
            { _ = try file.linkCount() },
        ]
        for call in calls {
            let error = #expect(throws: QueueError.self) { try call() }
            #expect(error?.code == .inputOutput)
        }
        file.close()
    }

    @Test func aCloneIsIndependent() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", [1])
        let clone = storage.clone()
        try file.write([2])
        try clone.create("b", [3])
        #expect(storage.snapshotFiles() == ["a": [2]])
        #expect(clone.snapshotFiles() == ["a": [1], "b": [3]])
        #expect(clone.faults.total == 0)
    }

    @Test func replacedBytesAreDurable() throws {
        let storage = SimulatedStorage()
        storage.replace("data/log/a", [1, 2])
        #expect(storage.crash(seed: 1, .allLost).snapshotFiles(under: "data") == ["data/log/a": [1, 2]])
        #expect(storage.contents(of: "data/log/a") == [1, 2])
        #expect(storage.contents(of: "data") == nil)
        #expect(!storage.replace("data", [1]))
    }
}
