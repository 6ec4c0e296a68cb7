import BeaverTestSupport
import Glibc
import Testing

@testable import BeaverQueue

@Suite("FileStorage")
struct FileStorageTests {
    let scratch: TemporaryDirectory
    let storage = FileStorage()

    init() throws { self.scratch = try TemporaryDirectory() }

    @Test("what is written at an offset is read back from there, and a hole reads as zeros")
    func roundTrip() throws {
        let file = try self.storage.open(self.scratch.file("a"), .createNew)
        try file.write(([1, 2, 3] as [UInt8]).span.bytes, at: 10)
        var buffer: [UInt8] = []
        #expect(try file.read(into: &buffer, count: 64, at: 0) == 13)
        #expect(Array(buffer.prefix(13)) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3])
        #expect(buffer.count == 64)
        #expect(try file.read(into: &buffer, count: 2, at: 11) == 2)
        #expect(buffer.count == 64)
        #expect(buffer[0] == 2)
        try file.synchronizeData()
        #expect(try file.size() == 13)
    }

    @Test("what was never written is passed over, and nothing else")
    func nextWritten() throws {
        let file = try self.storage.open(self.scratch.file("a"), .createNew)
        try file.allocate(8 << 20)
        #expect(try file.nextWritten(from: 0) == 8 << 20..<8 << 20)
        try file.write(([1] as [UInt8]).span.bytes, at: 5 << 20)
        for from in [0, 4_096, 1 << 20, 5 << 20] as [Int64] {
            let next = try file.nextWritten(from: from)
            #expect(next.lowerBound >= from && next.contains(5 << 20))
        }
        // Zeros count as written.
        try file.write(([0] as [UInt8]).span.bytes, at: 1 << 20)
        #expect(try file.nextWritten(from: 0).contains(1 << 20))
        #expect(try file.nextWritten(from: 5 << 20 + 1).lowerBound == 5 << 20 + 1)
        #expect(try file.nextWritten(from: 6 << 20).lowerBound >= 6 << 20)
        #expect(try file.nextWritten(from: 8 << 20) == 8 << 20..<8 << 20)
        // Hints, which change nothing.
        file.beginRead(at: -1, count: 1 << 20)
        file.beginRead(at: 0, count: 64 << 20)
        #expect(try file.size() == 8 << 20)
        file.close()
        #expect(throws: QueueError.self) { try file.nextWritten(from: 0) }
    }

    @Test("createNew refuses an existing file as something that cannot be created")
    func createNewTwice() throws {
        _ = try self.storage.open(self.scratch.file("a"), .createNew)
        let error = #expect(throws: QueueError.self) {
            _ = try self.storage.open(self.scratch.file("a"), .createNew)
        }
        #expect(error?.code == .cannotCreate)
        #expect(error?.errorNumber == EEXIST)
        #expect(error?.description.contains("File exists") == true)
    }

    @Test("a missing file is an input/output error with its number and path")
    func missingFile() throws {
        let path = self.scratch.file("none")
        let error = #expect(throws: QueueError.self) { _ = try self.storage.open(path, .readOnly) }
        #expect(error?.code == .inputOutput)
        #expect(error?.errorNumber == ENOENT)
        #expect(error?.path == path)
        #expect(try self.storage.identity(of: path) == nil)
    }

    @Test("files are 0600 and directories 0700, parents included, and existing directories are left alone")
    func modes() throws {
        let directory = self.scratch.file("x/y/z")
        try self.storage.createDirectory(directory)
        try self.storage.createDirectory(directory)
        try self.storage.createDirectory(directory + "/")
        _ = try self.storage.open(directory + "/file", .createNew)
        #expect(self.mode(of: directory + "/file") == 0o600)
        for path in ["x", "x/y", "x/y/z"] { #expect(self.mode(of: self.scratch.file(path)) == 0o700) }
        try self.scratch.write("", to: "plain")
        let error = #expect(throws: QueueError.self) {
            try self.storage.createDirectory(self.scratch.file("plain"))
        }
        #expect(error?.code == .cannotCreate)
    }

    /// As where somebody works in a directory that was removed: "." is there, and takes no names.
    @Test("in a directory that was removed nothing is created, and that is told")
    func removedDirectory() throws {
        let path = self.scratch.file("gone")
        try self.storage.createDirectory(path)
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        try self.storage.remove(path)
        let error = #expect(throws: QueueError.self) {
            try self.storage.createDirectory("/proc/self/fd/\(descriptor)/data")
        }
        #expect(error?.code == .cannotCreate && error?.errorNumber == ENOENT)
    }

    @Test("createOrTruncate empties a file and takes others' rights to it away")
    func truncating() throws {
        let path = try self.scratch.write("secret", to: "a", mode: 0o644)
        let file = try self.storage.open(path, .createOrTruncate)
        #expect(try file.size() == 0)
        #expect(self.mode(of: path) == 0o600)
    }

    @Test("allocate takes the blocks and sets the size without changing what is there")
    func allocating() throws {
        let file = try self.storage.open(self.scratch.file("a"), .createNew)
        try file.write(([7] as [UInt8]).span.bytes, at: 0)
        try file.allocate(1 << 20)
        #expect(try file.size() == 1 << 20)
        var status = stat()
        stat(self.scratch.file("a"), &status)
        #expect(status.st_blocks * 512 >= 1 << 20)
        var buffer: [UInt8] = []
        #expect(try file.read(into: &buffer, count: 2, at: 0) == 2)
        #expect(Array(buffer.prefix(2)) == [7, 0])
        try file.truncate(to: 1)
        #expect(try file.size() == 1)
    }

    @Test("a closed file fails with an error and never reaches another file's descriptor")
    func closed() throws {
        let file = try self.storage.open(self.scratch.file("a"), .createNew)
        file.close()
        file.close()
        let other = try self.storage.open(self.scratch.file("b"), .createNew)
        let error = #expect(throws: QueueError.self) { try file.write(([1] as [UInt8]).span.bytes, at: 0) }
        #expect(error?.errorNumber == EBADF)
        #expect(try other.size() == 0)
    }

    @Test("the link count of a removed file is zero, and a renamed one keeps its identity")
    func removedAndRenamed() throws {
        let path = self.scratch.file("a")
        let file = try self.storage.open(path, .createNew)
        let identity = try self.storage.identity(of: path)
        #expect(try file.linkCount() == 1)
        try self.storage.rename(path, to: self.scratch.file("b"))
        #expect(try self.storage.identity(of: self.scratch.file("b")) == identity)
        try self.storage.remove(self.scratch.file("b"))
        #expect(try file.linkCount() == 0)
        try self.storage.syncDirectory(self.scratch.path)
    }

    @Test("list gives sorted names")
    func listing() throws {
        for name in ["b", "a", "c"] { try self.scratch.write("", to: name) }
        #expect(try self.storage.list(self.scratch.path) == ["a", "b", "c"])
        try self.storage.remove(self.scratch.file("b"))
        #expect(try self.storage.list(self.scratch.path) == ["a", "c"])
    }

    @Test("free bytes and the file system's name are those of the path")
    func fileSystem() throws {
        #expect(try self.storage.freeBytes(at: self.scratch.path) > 0)
        #expect(try self.storage.fileSystemName(of: "/proc") == "0x9fa0")
        #expect(try !self.storage.fileSystemName(of: self.scratch.path).isEmpty)
    }

    @Test("a full disk is told with its error number")
    func fullDisk() throws {
        let file = try self.storage.open("/dev/full", .readWrite)
        let error = #expect(throws: QueueError.self) { try file.write(([1] as [UInt8]).span.bytes, at: 0) }
        #expect(error?.errorNumber == ENOSPC)
        #expect(error?.offset == 0)
    }

    private func mode(of path: String) -> mode_t {
        var status = stat()
        stat(path, &status)
        return status.st_mode & 0o7777
    }
}
