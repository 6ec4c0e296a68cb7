import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc

/// Starts the same command again in a session of its own, and waits until it answers.
struct DetachedServer {
    /// `POSIX_SPAWN_SETSID` of glibc, which its header hides from Swift.
    private static let newSession: Int16 = 0x80

    let globals: GlobalOptions

    func start() async throws {
        let directory = self.globals.directory()
        if try await Connection.server(of: directory) != nil {
            throw CommandFailure(.tryLater, "a server runs on \(directory) already")
        }
        try? FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let logPath = directory + "/server.log"
        let pid = try self.spawn(logPath: logPath)
        while true {
            var status: CInt = 0
            if waitpid(pid, &status, WNOHANG) == pid { throw self.ended(status, logPath: logPath) }
            if let client = try await Connection.server(of: directory), try await self.isUp(client, pid) {
                if self.globals.json {
                    try Output.json(["pid": Int(pid)])
                } else {
                    Output.line("running in the background with pid \(pid); its log is \(logPath)")
                }
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func isUp(_ client: QueueClient, _ pid: pid_t) async throws -> Bool {
        let state = try await client.status().state
        return state != .recovering && state != .stopped
    }

    private func spawn(logPath: String) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        let arguments = ["beaver-tui", "--no-ui"] + CommandLine.arguments.dropFirst().filter { $0 != "--detach" }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let number = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, &pointers, environ)
        guard number == 0 else {
            throw CommandFailure(.inputOutput, "the server cannot be started: \(String(cString: strerror(number)))")
        }
        return pid
    }

    /// The child's own status is ours too, and its last words say why.
    private func ended(_ status: CInt, logPath: String) -> CommandFailure {
        let exitStatus = status & 0x7F == 0 ? ExitStatus(rawValue: status >> 8 & 0xFF) ?? .failed : .failed
        let log = FileManager.default.contents(atPath: logPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let last = log.split(separator: "\n").last.map { ": \($0)" } ?? ""
        return CommandFailure(exitStatus, "the server ended at once; its log \(logPath) ends with\(last)")
    }
}
