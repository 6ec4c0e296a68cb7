import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc

/// Starts the same command again in a session of its own, and waits until it answers.
struct DetachedServer {
    let globals: GlobalOptions
    /// What follows the program's name.
    var arguments = CommandLine.arguments.dropFirst().filter { $0 != "--detach" }

    /// Starts it and says so.
    func start() async throws {
        let (pid, logPath) = try await self.launch()
        if self.globals.json {
            try Output.json(["pid": Int(pid)])
        } else {
            Output.line("running in the background with pid \(pid); its log is \(logPath)")
        }
    }

    /// In a directory that is there; returns once it answers.
    func launch() async throws -> (pid: pid_t, logPath: String) {
        let directory = self.globals.directory()
        if try await Connection.server(of: directory) != nil {
            throw CommandFailure(.tryLater, "a server runs on \(directory) already")
        }
        let logPath = directory + "/server.log"
        // Else all that is heard of it would be that the server cannot be started.
        close(try LogFile.open(logPath))
        let pid = try Spawn.start(
            "/proc/self/exe",
            ["beaver-tui", "--no-ui"] + self.arguments,
            output: logPath,
            isDetached: true
        )
        while true {
            var status: CInt = 0
            if waitpid(pid, &status, WNOHANG) == pid { throw self.ended(status, logPath: logPath) }
            if let client = try await Connection.server(of: directory), try await self.isUp(client) {
                return (pid, logPath)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func isUp(_ client: QueueClient) async throws -> Bool {
        let state = try await client.status().state
        return state != .recovering && state != .stopped
    }

    /// The child's own status is ours too, and its last words say why.
    private func ended(_ status: CInt, logPath: String) -> CommandFailure {
        let exitStatus = status & 0x7F == 0 ? ExitStatus(rawValue: status >> 8 & 0xFF) ?? .failed : .failed
        let log = FileManager.default.contents(atPath: logPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let last = log.split(separator: "\n").last.map { ": \($0)" } ?? ""
        return CommandFailure(exitStatus, "the server ended at once; its log \(logPath) ends with\(last)")
    }
}
