import BeaverQueue
import FoundationEssentials
import Glibc

/// The process of a server on this machine, and what starts it again.
struct ServerProcess: Sendable {
    let pid: Int32
    private let program: String
    private let arguments: [String]
    private let environment: [String]
    private let directory: String

    var commandLine: String { "start it again: " + self.arguments.joined(separator: " ") }

    /// Read from /proc while it lives; `directory` is the queue's.
    init(_ pid: Int32, of directory: String) throws(QueueError) {
        if let reason = Self.whyNot(pid, of: directory) { throw QueueError(.conflict, reason) }
        self.pid = pid
        self.arguments = Self.strings("/proc/\(pid)/cmdline")
        self.environment = Self.strings("/proc/\(pid)/environ")
        // A program that was replaced since is named by its old path with " (deleted)" behind it.
        self.program = (Self.link("/proc/\(pid)/exe") ?? "").replacing(" (deleted)", with: "")
        self.directory = Self.link("/proc/\(pid)/cwd") ?? "/"
        guard !self.program.isEmpty, !self.arguments.isEmpty else {
            throw QueueError(.conflict, "the server's command line cannot be read: it could not be started again")
        }
    }

    /// Why this process must not be killed; nil if it may.
    static func whyNot(_ pid: Int32, of directory: String) -> String? {
        var status = stat()
        guard pid > 1, stat("/proc/\(pid)", &status) == 0 else { return "the server runs on another machine" }
        if status.st_uid != getuid() { return "the server belongs to another user" }
        if pid == getpid() { return "the engine is inside this console" }
        // In a container it has another pid for itself than for us, and this is some other program's.
        return Self.holdsLock(pid, of: directory) ? nil : "the server runs in a container, or on another machine"
    }

    /// Whether the process has the lock of the directory open.
    private static func holdsLock(_ pid: Int32, of directory: String) -> Bool {
        let storage = FileStorage()
        guard let lock = try? storage.identity(of: directory + "/lock") else { return false }
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []
        return descriptors.contains { (try? storage.identity(of: "/proc/\(pid)/fd/\($0)")) == lock }
    }

    /// SIGKILL; returns once it is gone.
    func kill() throws(QueueError) {
        guard Glibc.kill(self.pid, SIGKILL) == 0 else {
            throw QueueError(.conflict, "pid \(self.pid) cannot be killed: it has ended, or is not yours")
        }
        for _ in 0..<5_000 {
            if Glibc.kill(self.pid, 0) != 0 || Self.isZombie(self.pid) { return }
            usleep(1_000)
        }
        throw QueueError(.conflict, "pid \(self.pid) does not end")
    }

    /// The same command line, directory and environment, in a session of its own.
    func startAgain(logPath: String) throws(QueueError) {
        // A shell goes to the directory first: glibc's own way is hidden from Swift.
        let script = #"cd "$0" && exec "$@""#
        do {
            _ = try Spawn.start(
                "/bin/sh",
                ["sh", "-c", script, self.directory, self.program] + self.arguments.dropFirst(),
                environment: self.environment,
                output: logPath,
                isDetached: true
            )
        } catch {
            let reason = error.message ?? ""
            throw QueueError(.unavailable, "the server cannot be started again: \(reason); \(self.commandLine)")
        }
    }

    private static func isZombie(_ pid: Int32) -> Bool {
        let text = FileManager.default.contents(atPath: "/proc/\(pid)/stat").map { String(decoding: $0, as: UTF8.self) }
        guard let text, let end = text.lastIndex(of: ")") else { return true }
        return text[end...].dropFirst(2).first == "Z"
    }

    private static func strings(_ path: String) -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        // Each ends with a zero; an empty one is one too.
        return data.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            return readlink(path, start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
