import BeaverQueue
import BeaverTestSupport
import Testing

/// The disk that a crash-test takes away from an engine.
@Suite("SeverableStorage")
struct SeverableStorageTests {
    @Test("it is the disk itself until it is severed, and nothing afterwards")
    func severing() async throws {
        try await withTemporaryDirectory { directory in
            let storage = SeverableStorage(FileStorage())
            let path = directory + "/a"
            let file = try storage.open(path, .createOrTruncate)
            let bytes: [UInt8] = [1, 2, 3]
            try file.allocate(4_096)
            try file.truncate(to: 0)
            try file.write(bytes.span.bytes, at: 0)
            try file.synchronizeData()
            var read: [UInt8] = []
            #expect(try file.read(into: &read, count: 3, at: 0) == 3)
            #expect(read == bytes)
            #expect(try file.size() == 3)
            #expect(try file.linkCount() == 1)
            try storage.createDirectory(directory + "/d")
            try storage.rename(path, to: directory + "/b")
            try storage.syncDirectory(directory)
            #expect(try storage.list(directory).sorted() == ["b", "d"])
            #expect(try storage.identity(of: path) == nil)
            #expect(try storage.freeBytes(at: directory) > 0)

            storage.sever()
            var none: [UInt8] = []
            let calls: [() throws -> Void] = [
                { _ = try storage.open(path, .readOnly) }, { try storage.createDirectory(directory + "/e") },
                { _ = try storage.list(directory) }, { try storage.rename(directory + "/b", to: path) },
                { try storage.remove(directory + "/b") }, { try storage.syncDirectory(directory) },
                { _ = try storage.identity(of: path) }, { _ = try storage.freeBytes(at: directory) },
                { _ = try file.read(into: &none, count: 1, at: 0) }, { try file.write(bytes.span.bytes, at: 0) },
                { try file.synchronizeData() }, { try file.truncate(to: 0) }, { try file.allocate(1) },
                { _ = try file.size() }, { _ = try file.linkCount() },
            ]
            for call in calls {
                let error = #expect(throws: QueueError.self) { try call() }
                #expect(error?.message.contains("killed by the crash-test") == true)
            }
            // What was written stays, for the next engine.
            #expect(try FileStorage().list(directory).sorted() == ["b", "d"])
            file.close()
        }
    }
}
