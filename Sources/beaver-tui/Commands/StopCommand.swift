import ArgumentParser
import BeaverQueue
import BeaverServer

/// Ends the server in order.
struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop the server: running jobs are let finish first."
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Flag(help: "End running jobs at once; they run again later.")
    var now = false

    mutating func run() async throws {
        let directory = self.globals.directory()
        let queue = try await Connection.openServer(directory)
        let pid = try await queue.status().pid
        try await queue.stop(now: self.now)
        // The answer says that it has begun; the socket's end says that it is done.
        while try await self.isServed(directory, by: pid) { try await Task.sleep(for: .milliseconds(100)) }
        if !self.globals.json { Output.line("stopped") }
    }

    /// Not by another one: a server that waited for the directory begins as soon as this one has ended.
    private func isServed(_ directory: String, by pid: Int32) async throws -> Bool {
        do throws(QueueError) {
            guard let server = try await Connection.server(of: directory) else { return false }
            return try await server.status().pid == pid
        } catch {
            // It went away between two questions, or takes no more of them: the next look tells.
            guard error.code == .unavailable else { throw error }
            return true
        }
    }
}

/// Stops, resumes or sizes the work.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "Pause, resume, or set how many jobs run at the same time.",
        subcommands: [Pause.self, Resume.self, SetCount.self]
    )

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause",
            abstract: "Start nothing more; running jobs go on."
        )
        @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

        mutating func run() async throws {
            try await Connection.openServer(self.globals.directory()).pause()
            if !self.globals.json {
                Output.line(ProgramName.inCommands("paused; `beaver-tui workers resume` lets it go on"))
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "resume", abstract: "Start jobs again.")
        @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

        mutating func run() async throws {
            try await Connection.openServer(self.globals.directory()).resume()
            if !self.globals.json { Output.line("resumed") }
        }
    }

    struct SetCount: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "set", abstract: "Run so many at the same time.")
        @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
        @Argument(help: "1 to 4096.") var count: Int

        func validate() throws {
            guard (1...4_096).contains(self.count) else { throw ValidationError("the number must be 1 to 4096") }
        }

        mutating func run() async throws {
            try await Connection.openServer(self.globals.directory()).setWorkers(self.count)
            if !self.globals.json { Output.line("\(PeopleText.count(self.count, "worker"))") }
        }
    }
}

/// Writes a snapshot now.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "snapshot", abstract: "Write a snapshot now.")

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    mutating func run() async throws {
        let last = try await Connection.openServer(self.globals.directory()).snapshot()
        if self.globals.json {
            try Output.json(["last_seq": last])
        } else {
            Output.line("snapshot written; it covers everything up to record \(last)")
        }
    }
}

/// Prints what a shell needs to complete commands and options.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print completions for a shell: source <(beaver-tui completion bash)."
    )

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @Argument(help: "bash, zsh or fish.") var shell: Shell

    mutating func run() throws {
        let shell: CompletionShell =
            switch self.shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Output.line(BeaverTUI.completionScript(for: shell))
    }
}
