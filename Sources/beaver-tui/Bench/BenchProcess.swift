import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc

/// A process that is measured: a server of ours or of a peer.
final class BenchProcess {
    let pid: pid_t
    private var isGone = false

    init(_ arguments: [String], output: String) throws { self.pid = try Self.spawn(arguments, output: output) }

    deinit { self.kill() }

    static func spawn(_ arguments: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let number = posix_spawn(&pid, arguments[0], &actions, nil, &pointers, environ)
        guard number == 0 else {
            throw CommandFailure(.noInput, "\(arguments[0]) cannot be started: \(String(cString: strerror(number)))")
        }
        return pid
    }

    /// Runs it to its end: what it printed.
    ///
    /// Throws unless it exits with 0.
    @discardableResult
    static func run(_ arguments: [String], output: String) throws -> String {
        try? FileManager.default.removeItem(atPath: output)
        let pid = try self.spawn(arguments, output: output)
        var status: CInt = 0
        waitpid(pid, &status, 0)
        let text = FileManager.default.contents(atPath: output).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard status == 0 else {
            throw CommandFailure(.failed, "\(arguments.joined(separator: " ")) failed: \(text.suffix(400))")
        }
        return text
    }

    var cpuSeconds: Double { BenchClock.cpuSeconds(of: self.pid) ?? 0 }

    func kill(_ signal: CInt = SIGKILL) {
        guard !self.isGone else { return }
        Glibc.kill(self.pid, signal)
        var status: CInt = 0
        waitpid(self.pid, &status, 0)
        self.isGone = true
    }

    /// Waits until `isReady`, at most ten seconds.
    func wait(for what: String, _ isReady: () -> Bool) throws {
        for _ in 0..<10_000 {
            if isReady() { return }
            usleep(1_000)
        }
        throw CommandFailure(.failed, "\(what) did not come up within ten seconds")
    }

    /// Where a program stands, on PATH or in one of these folders.
    static func find(_ name: String, also folders: [String] = []) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return (path.split(separator: ":").map(String.init) + folders).map { $0 + "/" + name }.first {
            access($0, X_OK) == 0
        }
    }
}
