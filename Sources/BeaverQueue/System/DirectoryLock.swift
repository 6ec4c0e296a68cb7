internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The right to change a data directory, held by one process at a time: `flock` on DIR/lock.
///
/// The file is never deleted, so everyone locks the same inode; the kernel releases the lock when its holder dies, however
/// it dies. What the file says (who holds it, for people) is written after the lock is got and is never trusted to mean
/// that it is held.
package final class DirectoryLock: Sendable {
    /// Who holds a directory.
    package struct Holder: Sendable, Equatable {
        package var processID: Int32
        /// "server" or "tool".
        package var role: String
        /// The run of the machine that the process belongs to: under another one its process id means nothing.
        package var bootID: String
    }

    private let descriptor: Int32
    private let isReleased = Atomic<Bool>(false)

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { self.release() }

    /// Gives the directory to whoever asks next; idempotent.
    package func release() {
        guard !self.isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // A child that another thread has just made holds a copy until it executes, which would keep the lock.
        _ = flock(self.descriptor, LOCK_UN)
        SystemCall.close(self.descriptor)
    }

    /// Takes the lock, or fails with `locked` and the holder's name.
    ///
    /// The lock is taken first and never probed first. A holder that will soon be gone, a tool or a process that is
    /// dying, is waited for up to `waitMilliseconds`; a server is not.
    package static func acquire(
        directory: String,
        role: String,
        waitMilliseconds: Int
    ) throws(QueueError) -> DirectoryLock {
        let path = self.path(in: directory)
        let begin = BootClock.now().bootMilliseconds
        while true {
            let descriptor = try SystemCall.check("open", path: path, code: .cannotCreate) {
                FileStorage.openCall(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            }
            if try self.take(descriptor, path: path) {
                // Someone may have replaced the directory since: then this is a lock on nothing.
                if try self.isStill(descriptor, at: path) {
                    return try self.sign(descriptor, path: path, role: role)
                }
                SystemCall.close(descriptor)
                continue
            }
            let holder = self.holder(writtenIn: descriptor)
            SystemCall.close(descriptor)
            let waited = BootClock.now().bootMilliseconds - begin
            guard waited < self.patienceMilliseconds(with: holder, atMost: waitMilliseconds) else {
                throw .locked(directory: directory, holder: holder)
            }
            // One that was killed is gone in milliseconds, a tool in more.
            _ = poll(nil, 0, Int32(min(20, 1 + waited / 10)))
        }
    }

    private static func path(in directory: String) -> String { "\(directory)/lock" }

    /// False if someone else has it.
    ///
    /// Closes the descriptor when it throws.
    private static func take(_ descriptor: Int32, path: String) throws(QueueError) -> Bool {
        do throws(SystemCall.Failure) {
            try SystemCall.retrying { flock(descriptor, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            if error.number == EWOULDBLOCK { return false }
            SystemCall.close(descriptor)
            throw error.queueError("flock", path: path)
        }
    }

    private static func isStill(_ descriptor: Int32, at path: String) throws(QueueError) -> Bool {
        var opened = stat()
        do throws(QueueError) {
            try SystemCall.check("fstat", path: path) { fstat(descriptor, &opened) }
            let named = try FileStorage().identity(of: path)
            return named?.device == UInt64(opened.st_dev) && named?.inode == UInt64(opened.st_ino)
        } catch {
            SystemCall.close(descriptor)
            throw error
        }
    }

    /// Signs the file that was just locked.
    private static func sign(_ descriptor: Int32, path: String, role: String) throws(QueueError) -> DirectoryLock {
        let lock = DirectoryLock(descriptor: descriptor)
        let line = Array("pid=\(getpid()) role=\(role) boot=\(self.bootID())\n".utf8)
        try SystemCall.check("fchmod", path: path) { fchmod(descriptor, 0o600) }
        // Over what is there, and cut then: emptied first, the file would have to be given room again by a disk that may be
        // full. A reader in between takes the first line alone.
        let count = try SystemCall.check("pwrite", path: path) { pwrite(descriptor, line, line.count, 0) }
        guard count == line.count else {
            throw SystemCall.Failure(number: ENOSPC).queueError("pwrite", path: path)
        }
        try SystemCall.check("ftruncate", path: path) { ftruncate(descriptor, off_t(line.count)) }
        return lock
    }

    private static func holder(writtenIn descriptor: Int32) -> Holder? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes { buffer in pread(descriptor, buffer.baseAddress, buffer.count, 0) }
        guard count > 0 else { return nil }
        return Holder(line: String(decoding: bytes.prefix(count), as: UTF8.self))
    }

    /// How long it makes sense to wait for this holder.
    private static func patienceMilliseconds(with holder: Holder?, atMost waitMilliseconds: Int) -> Int64 {
        // Locked and not signed yet, or signed by a holder that has just gone: a moment later it is clear.
        guard let holder else { return Int64(max(waitMilliseconds, 200)) }
        if holder.role == "tool" { return Int64(waitMilliseconds) }
        if holder.bootID == self.bootID() && self.isDying(holder.processID) { return Int64(max(waitMilliseconds, 200)) }
        return 0
    }

    private static func bootID() -> String {
        let text = SystemCall.text(at: "/proc/sys/kernel/random/boot_id") ?? ""
        return String(text.prefix { $0 != "\n" })
    }

    /// Gone, a zombie, on its way out, or with a SIGKILL that it has not yet met.
    static func isDying(_ processID: Int32) -> Bool {
        guard let status = ProcessStatus(of: processID) else { return true }
        if status.hasEnded || status.isExiting { return true }
        let pending = (SystemCall.text(at: "/proc/\(processID)/status") ?? "").split(separator: "\n")
            .filter { $0.hasPrefix("SigPnd:") || $0.hasPrefix("ShdPnd:") }
            .compactMap { line in line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } }
        return pending.contains { $0 & (1 << UInt64(SIGKILL - 1)) != 0 }
    }
}

extension DirectoryLock.Holder {
    /// Reads what a holder wrote: `pid=1 role=server boot=…`.
    ///
    /// Unknown keys are for later versions. Behind the first line may be the end of an older, longer one.
    init?(line: String) {
        var values: [Substring: Substring] = [:]
        for field in line.prefix(while: { $0 != "\n" }).split(separator: " ") {
            guard let equals = field.firstIndex(of: "=") else { continue }
            values[field[..<equals]] = field[field.index(after: equals)...]
        }
        guard let processID = values["pid"].flatMap({ Int32($0) }), let role = values["role"] else { return nil }
        self.init(processID: processID, role: String(role), bootID: String(values["boot"] ?? ""))
    }
}

extension QueueError {
    static func locked(directory: String, holder: DirectoryLock.Holder?) -> QueueError {
        let who = holder.map { "process \($0.processID) (\($0.role))" } ?? "another process"
        let advice =
            holder?.role == "tool"
            ? "Try again when it is done."
            : "Attach to it with `beaver-tui --data-dir \(directory)`, or end it with `beaver-tui stop --data-dir \(directory)`."
        return QueueError(.locked, "\(directory) is in use by \(who). \(advice)", path: directory)
    }
}
