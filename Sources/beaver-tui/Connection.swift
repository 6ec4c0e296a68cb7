import BeaverQueue
import BeaverServer
import FoundationEssentials

/// Who answers a command: the server of the data directory, or the directory itself if none runs.
struct Connection: Sendable {
    let queue: any QueueControl
    /// Nothing runs while there is no server; what is taken waits for one.
    let hasServer: Bool

    /// Never creates anything: a directory without a queue is an error.
    ///
    /// `advice` is how one is begun that can do what is asked.
    static func open(
        _ directory: String,
        redact: [String]? = nil,
        advice: String? = nil
    ) async throws -> Connection {
        if let server = try await self.server(of: directory) {
            try await self.waitForRecovery(server)
            return Connection(queue: server, hasServer: true)
        }
        guard self.holdsQueue(directory) else {
            guard let advice else { throw QueueError.noSuchQueue(directory: directory) }
            throw QueueError(.noSuchQueue, "no queue at \(directory); \(advice)", path: directory)
        }
        return Connection(queue: try self.offline(directory, redact: redact), hasServer: false)
    }

    /// For what shows payloads: without a server the configuration at hand says what to hide.
    static func open(_ globals: GlobalOptions) async throws -> Connection {
        try await self.open(globals.directory(), redact: SettingsLoader.load(globals).values.queue.redact)
    }

    /// The same, but a server that is still recovering is asked at once: it can say that it does.
    static func openForStatus(_ directory: String) async throws(QueueError) -> any QueueControl {
        if let server = try await self.server(of: directory) { return server }
        guard self.holdsQueue(directory) else { throw QueueError.noSuchQueue(directory: directory) }
        return try self.offline(directory)
    }

    /// For what only a server can do: pausing, workers, stopping.
    static func openServer(_ directory: String) async throws -> any QueueControl {
        if let server = try await self.server(of: directory) {
            try await self.waitForRecovery(server)
            return server
        }
        guard self.holdsQueue(directory) else { throw QueueError.noSuchQueue(directory: directory) }
        throw QueueError(
            .unavailable,
            "no server runs on \(directory); start one with `beaver-tui run`",
            path: directory
        )
    }

    /// A queue that has just been started answers nothing but its status until it has recovered, which it will: whoever
    /// has a question for it waits, instead of being told to try again.
    private static func waitForRecovery(_ queue: any QueueControl) async throws {
        let noteAt = ContinuousClock.now + .seconds(1)
        var hasNoted = false
        while true {
            let status = try await queue.status()
            guard status.state == .recovering else { return }
            if !hasNoted, ContinuousClock.now > noteAt {
                hasNoted = true
                Output.error(
                    "beaver-tui: waiting until the queue has recovered (`beaver-tui status` shows how far it is)"
                )
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The server that answers on the control socket, nil if nobody listens there.
    ///
    /// One that is there and has no answer for us is an error: its queue is not stopped, and is not ours to open.
    static func server(of directory: String) async throws(QueueError) -> QueueClient? {
        let client = QueueClient(dataDirectory: directory)
        // A server that is stopped or has no descriptors left takes the connection and says nothing until it can again.
        let note = Task {
            try await Task.sleep(for: .seconds(3))
            Output.error("beaver-tui: waiting for the server of \(directory), which does not answer for now")
        }
        defer { note.cancel() }
        do throws(QueueError) {
            _ = try await client.status()
            return client
        } catch {
            guard error.code == .unavailable || error.code == .cannotCreate,
                !ControlSocket.isServed(in: directory)
            else { throw error }
            return nil
        }
    }

    static func holdsQueue(_ directory: String) -> Bool {
        FileManager.default.fileExists(atPath: directory + "/store")
    }

    /// A directory that no server owns: read from its files, changed by a recovery that starts nothing.
    private static func offline(_ directory: String, redact: [String]? = nil) throws(QueueError) -> any QueueControl {
        var configuration = QueueConfiguration(dataDirectory: directory)
        if let redact { configuration.redact = redact }
        return try OfflineQueue(configuration)
    }
}
