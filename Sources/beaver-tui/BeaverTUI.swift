import ArgumentParser
import BeaverQueue
import Glibc

/// The command line: a job queue that loses nothing when it crashes.
@main
struct BeaverTUI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "beaver-tui",
        abstract: "A job queue that loses nothing when it crashes.",
        discussion: """
            Without a command: the console. `beaver-tui --no-ui run` serves without it.
            Exit status: 0 done; 1 what was asked for failed; 64 usage; 65 bad data; 66 no input; 69 no queue or server; \
            73 cannot create; 74 I/O error; 75 try later; 78 bad configuration.
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, EnqueueCommand.self, StatusCommand.self, WaitCommand.self, StopCommand.self,
            JobsCommand.self, WorkersCommand.self, SnapshotCommand.self, VerifyCommand.self, InspectCommand.self,
            CrashTestCommand.self, TortureCommand.self, BenchCommand.self, DemoCommand.self,
            ConfigCommand.self, CompletionCommand.self,
        ]
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Flag(help: "Look, but change nothing.")
    var readOnly = false

    mutating func run() async throws {
        if self.globals.noUI {
            throw CommandFailure(
                .usage,
                "--no-ui needs a command; beaver-tui --no-ui run is the engine without a console"
            )
        }
        try RunCommand.requireConsole(self.globals)
        let options = try RunOptions.parse([])
        try await ConsoleSession(globals: self.globals, options: options, isReadOnly: self.readOnly, attaches: true)
            .run()
    }

    /// Parses, runs, and ends the process with the contract's exit status.
    static func main() async {
        // Widths of characters, and local time. The program itself speaks English and UTF-8.
        setlocale(LC_CTYPE, "C.UTF-8")
        tzset()
        signal(SIGPIPE, SIG_IGN)
        ProcessHeap.limitArenas()
        // The number of one that is closed would be that of the next file opened, and what is printed would land there.
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", O_WRONLY)
        }
        var status: ExitStatus
        do {
            try Self.refuseForeignBytes()
            status = await Self.run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            status = Self.report(error)
        }
        if let failure = Output.failure {
            Output.error("beaver-tui: \(failure)")
            if status == .done { status = .inputOutput }
        }
        Glibc.exit(status.rawValue)
    }

    /// An argument that is no text would be another one by the time it is in a job.
    private static func refuseForeignBytes() throws(CommandFailure) {
        for (place, argument) in CommandLine.arguments.enumerated() {
            guard let bytes = CommandLine.unsafeArgv[place], String(validatingCString: bytes) == nil else { continue }
            throw CommandFailure(
                .usage,
                "argument \(place) is not UTF-8: \(TerminalText.excerpt(argument)). Put such names into a script, and enqueue that"
            )
        }
    }

    static func run(_ arguments: [String]) async -> ExitStatus {
        let groups = self.configuration.subcommands.compactMap { command in
            command.configuration.subcommands.isEmpty ? nil : command.configuration.commandName
        }
        let ordered = ArgumentOrder.movingGlobalOptions(arguments, groups: Set(groups))
        do {
            try self.refuseUnknownCommand(ordered)
            var command = try self.parseAsRoot(ordered)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            return self.report(error)
        }
    }

    /// A mistyped command deserves better than "unexpected argument".
    private static func refuseUnknownCommand(_ arguments: [String]) throws {
        var known = self.configuration.subcommands
        var path = "beaver-tui"
        for word in arguments.prefix(2) where !known.isEmpty {
            if word.hasPrefix("-") || word == "help" { return }
            if let command = known.first(where: { $0.configuration.commandName == word }) {
                known = command.configuration.subcommands
                path += " \(word)"
                continue
            }
            let names = known.compactMap { $0.configuration.commandName }
            let closest = ClosestName.of(word, among: names).map { "did you mean \($0)?" }
            let hint = closest ?? "there are \(names.joined(separator: ", "))"
            throw CommandFailure(.usage, "\(path) has no command \"\(TerminalText.excerpt(word))\"; \(hint)")
        }
    }

    /// Says what went wrong, once, and finds the status for it.
    static func report(_ error: any Error) -> ExitStatus {
        switch error {
        case let error as QueueError:
            Output.error("beaver-tui: \(TerminalText.visibleLines(error.message))")
            return ExitStatus(error.code)
        case let failure as CommandFailure:
            if let message = failure.message { Output.error("beaver-tui: \(TerminalText.visibleLines(message))") }
            return failure.status
        default: return self.reportUsage(error)
        }
    }

    /// Help and version are results; everything else that ArgumentParser throws is a wrong call.
    private static func reportUsage(_ error: any Error) -> ExitStatus {
        let message = self.fullMessage(for: error)
        let code = self.exitCode(for: error)
        if code == .success {
            Output.line(message)
            return .done
        }
        let prefix = "Error: "
        let sentence = message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message
        Output.error("beaver-tui: \(sentence)")
        return code == .validationFailure ? .usage : .failed
    }
}

enum Version {
    static let text = "0.1.0"
}
