import Testing

@testable import BeaverQueue

/// A file system that takes freshly written bytes for a hole, as some have done.
@Suite struct HoleTests {
    private final class Holey: Storage {
        private let storage = FileStorage()

        func open(_ path: String, _ mode: OpenMode) throws(QueueError) -> any StorageFile {
            HoleyFile(try self.storage.open(path, mode))
        }
        func createDirectory(_ path: String) throws(QueueError) { try self.storage.createDirectory(path) }
        func list(_ path: String) throws(QueueError) -> [String] { try self.storage.list(path) }
        func rename(_ path: String, to newPath: String) throws(QueueError) {
            try self.storage.rename(path, to: newPath)
        }
        func remove(_ path: String) throws(QueueError) { try self.storage.remove(path) }
        func syncDirectory(_ path: String) throws(QueueError) { try self.storage.syncDirectory(path) }
        func identity(of path: String) throws(QueueError) -> FileIdentity? { try self.storage.identity(of: path) }
        func freeBytes(at path: String) throws(QueueError) -> Int64 { try self.storage.freeBytes(at: path) }
    }

    private final class HoleyFile: StorageFile {
        private let file: any StorageFile
        var path: String { self.file.path }

        init(_ file: any StorageFile) { self.file = file }

        func read(into buffer: inout [UInt8], count: Int, at offset: Int64) throws(QueueError) -> Int {
            try self.file.read(into: &buffer, count: count, at: offset)
        }
        func beginRead(at offset: Int64, count: Int64) {}
        func setReadAhead(_ isOn: Bool) {}
        func nextWritten(from offset: Int64) throws(QueueError) -> Range<Int64> {
            let end = try self.file.size()
            return end..<end
        }
        func write(_ bytes: RawSpan, at offset: Int64) throws(QueueError) { try self.file.write(bytes, at: offset) }
        func synchronizeData() throws(QueueError) { try self.file.synchronizeData() }
        func beginWriteback(at offset: Int64, count: Int64) {}
        func truncate(to size: Int64) throws(QueueError) { try self.file.truncate(to: size) }
        func allocate(_ size: Int64) throws(QueueError) { try self.file.allocate(size) }
        func size() throws(QueueError) -> Int64 { try self.file.size() }
        func linkCount() throws(QueueError) -> Int { try self.file.linkCount() }
        func close() { self.file.close() }
    }

    /// Holes bound what is read ahead; where the log ends, its frames say.
    @Test func framesInAHoleAreFound() throws {
        var log = try LogOnDisk(Holey(), maxSegmentBytes: 1 << 20)
        for _ in 0..<3 { try log.write() }
        #expect(try log.scanned().lastGoodSequence == log.lastSequence)
    }
}
