import BeaverTestSupport
import Glibc
import Testing

@testable import BeaverQueue

@Suite("DirectoryLock")
struct DirectoryLockTests {
    let scratch: TemporaryDirectory

    init() throws { self.scratch = try TemporaryDirectory() }

    /// Who took it last, as the file says.
    private func signature() throws -> DirectoryLock.Holder? {
        DirectoryLock.Holder(line: try self.scratch.read("lock"))
    }

    /// A child between fork and exec has a copy of each descriptor: a crash-test's next engine met one under load.
    @Test("a released lock is free, also while a child holds a copy of its descriptor")
    func releasedWithACopy() throws {
        let lock = try DirectoryLock.acquire(directory: self.scratch.path, role: "server", waitMilliseconds: 0)
        let path = self.scratch.file("lock")
        var copies: [Int32] = []
        for number in 3..<1_024 as Range<Int32> {
            var target = [CChar](repeating: 0, count: 4_096)
            let count = max(0, readlink("/proc/self/fd/\(number)", &target, target.count))
            let name = String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard name.hasSuffix(path) else { continue }
            copies.append(dup(number))
            break
        }
        defer { for copy in copies { close(copy) } }
        #expect(copies.count == 1)
        lock.release()
        let next = try DirectoryLock.acquire(directory: self.scratch.path, role: "server", waitMilliseconds: 0)
        next.release()
    }

    @Test("the end of an older, longer signature is not read")
    func leftover() {
        let holder = DirectoryLock.Holder(line: "pid=7 role=tool boot=b\nrole=server pid=123456 boot=c\n")
        #expect(holder == DirectoryLock.Holder(processID: 7, role: "tool", bootID: "b"))
    }

    @Test("the second one fails at once and hears who holds the directory")
    func second() throws {
        let lock = try DirectoryLock.acquire(directory: self.scratch.path, role: "server", waitMilliseconds: 0)
        defer { lock.release() }
        let begin = BootClock.now().bootMilliseconds
        let error = #expect(throws: QueueError.self) {
            _ = try DirectoryLock.acquire(directory: self.scratch.path, role: "server", waitMilliseconds: 10_000)
        }
        #expect(error?.code == .locked)
        #expect(error?.description.contains("process \(getpid()) (server)") == true)
        #expect(BootClock.now().bootMilliseconds - begin < 5_000)
    }

    @Test("released, it is free, and its file stays")
    func released() throws {
        let lock = try DirectoryLock.acquire(directory: self.scratch.path, role: "tool", waitMilliseconds: 0)
        let holder = try self.signature()
        #expect(holder?.processID == getpid())
        #expect(holder?.role == "tool")
        #expect(holder?.bootID.count == 36)
        lock.release()
        lock.release()
        #expect(try FileStorage().identity(of: self.scratch.file("lock")) != nil)
        _ = try DirectoryLock.acquire(directory: self.scratch.path, role: "server", waitMilliseconds: 0)
    }

    @Test("a tool is waited for")
    func waitsForTool() async throws {
        let tool = try DirectoryLock.acquire(directory: self.scratch.path, role: "tool", waitMilliseconds: 0)
        let path = self.scratch.path
        async let server = DirectoryLock.acquire(directory: path, role: "server", waitMilliseconds: 30_000)
        tool.release()
        let lock = try await server
        #expect(try self.signature()?.role == "server")
        lock.release()
    }

    @Test("waiting for a tool has an end")
    func waitingEnds() throws {
        let tool = try DirectoryLock.acquire(directory: self.scratch.path, role: "tool", waitMilliseconds: 0)
        defer { tool.release() }
        let error = #expect(throws: QueueError.self) {
            _ = try DirectoryLock.acquire(directory: self.scratch.path, role: "server", waitMilliseconds: 50)
        }
        #expect(error?.description.contains("Try again") == true)
    }

    @Test("a stale file of a killed holder is harmless")
    func stale() throws {
        try self.scratch.write("pid=1 role=server boot=\(String(repeating: "x", count: 400))", to: "lock")
        let lock = try DirectoryLock.acquire(directory: self.scratch.path, role: "server", waitMilliseconds: 0)
        #expect(try self.scratch.read("lock").hasPrefix("pid=\(getpid()) role=server boot="))
        lock.release()
    }

    @Test("a lock that nobody has signed is not given up on at once, and then told as another process's")
    func unsigned() throws {
        let path = try self.scratch.write("", to: "lock")
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        let error = #expect(throws: QueueError.self) {
            _ = try DirectoryLock.acquire(directory: self.scratch.path, role: "server", waitMilliseconds: 0)
        }
        #expect(error?.description.contains("another process") == true)
    }

    @Test("a directory that does not exist cannot be locked")
    func missingDirectory() throws {
        let error = #expect(throws: QueueError.self) {
            _ = try DirectoryLock.acquire(directory: self.scratch.file("none"), role: "tool", waitMilliseconds: 0)
        }
        #expect(error?.code == .cannotCreate)
    }

    @Test("a process that is gone is dying, this one is not")
    func dying() {
        #expect(DirectoryLock.isDying(0x7fff_fff0))
        #expect(!DirectoryLock.isDying(getpid()))
    }
}
