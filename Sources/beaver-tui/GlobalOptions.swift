import ArgumentParser
import BeaverQueue
import FoundationEssentials
import Glibc
import Logging

/// The options that every command takes, before or after its name.
struct GlobalOptions: ParsableArguments {
    /// Heads them in `--help`, below a command's own options.
    static let title = "Options of every command"

    @Flag(name: .customLong("no-ui"), help: "Never draw.")
    var noUI = false

    @Option(name: .customLong("data-dir"), help: "Where the queue lives (BEAVER_DATA_DIR; ./data).")
    var dataDirectory: String?

    @Option(name: [.long, .customShort("c")], help: "The configuration file (./beaver.yaml if there is one).")
    var config: String?

    @Flag(help: "Results as JSON; lists as one object a line.")
    var json = false

    @Flag(name: [.customShort("q"), .long], help: "Say only what was asked for.")
    var quiet = false

    @Option(help: "auto, always or never.")
    var color = ColorChoice.auto

    @Option(help: "debug, info, warning or error.")
    var logLevel: LogLevel?

    @Option(help: "text or json.")
    var logFormat = LogFormat.text

    /// Absolute.
    func directory(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        let named = self.dataDirectory ?? environment["BEAVER_DATA_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        return AbsolutePath.resolved(named ?? "data")
    }

    func logger(descriptor: CInt = STDERR_FILENO) -> Logger {
        let level = self.logLevel?.level ?? (self.quiet ? .error : .info)
        return Logger(label: "beaver") { _ in
            LogWriter(format: self.logFormat, level: level, descriptor: descriptor)
        }
    }

    /// Prints a remark that is no result: on standard error, and not at all with `-q`.
    func note(_ text: String) {
        if !self.quiet { Output.error(text) }
    }
}

enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
}

enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case debug, info, warning, error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
