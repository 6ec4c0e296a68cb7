import ArgumentParser
import BeaverQueue
import FoundationEssentials
import Glibc

/// The configuration: what holds, whether it is right, and how it begins.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show, check or begin the configuration.",
        subcommands: [Show.self, Check.self, Init.self]
    )

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "All settings, and where each value came from."
        )
        @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

        mutating func run() throws {
            let settings = try SettingsLoader.load(self.globals)
            let rows = Setting.all.map { ($0.key, settings.sources[$0.key]) }
            if self.globals.json {
                for (key, value) in rows {
                    let origin = value?.origin.description ?? ""
                    try Output.json(["key": key, "value": value?.text ?? "", "from": origin])
                }
            } else {
                var table = Table([Table.Column(heading: "SETTING"), .init(heading: "VALUE"), .init(heading: "FROM")])
                for (key, value) in rows { table.add([key, value?.text ?? "", value?.origin.description ?? ""]) }
                for action in settings.values.queue.handlers.keys.sorted() {
                    table.add(["handlers.\(action)", "", settings.file?.path ?? ""])
                }
                Output.line(table.lines(width: Output.columns).joined(separator: "\n"))
            }
            _ = try settings.checked()
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Find unknown and wrong settings, with their lines."
        )
        @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

        mutating func run() throws {
            let settings = try SettingsLoader.load(self.globals)
            let known = Setting.all.map(\.environment) + SettingsLoader.otherVariables
            for name in ProcessInfo.processInfo.environment.keys.sorted()
            where name.hasPrefix("BEAVER_") && !known.contains(name) {
                let closest = ClosestName.of(name, among: known).map { "; did you mean \($0)?" } ?? ""
                Output.error("beaver-tui: the environment variable \(name) is not known\(closest)")
            }
            _ = try settings.checked()
            if self.globals.json { return try Output.json(["faults": 0]) }
            Output.line(
                settings.file.map { "\($0.path) is good" } ?? "there is no configuration file; the defaults hold"
            )
        }
    }

    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init",
            abstract: "Write a commented beaver.yaml; never overwrites one."
        )
        @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

        mutating func run() throws {
            let path = AbsolutePath.of(self.globals.config ?? SettingsLoader.standardFile)
            let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard file >= 0 else {
                let reason =
                    errno == EEXIST ? "it exists already, and is never overwritten" : String(cString: strerror(errno))
                throw CommandFailure(.cannotCreate, "\(path) cannot be created: \(reason)")
            }
            let failed = Output.write(SettingsTemplate.text(), to: file)
            guard close(file) == 0, failed == 0 else {
                let reason = String(cString: strerror(failed == 0 ? errno : failed))
                // Half of it would look like all of it, and keep the next try from writing it.
                unlink(path)
                throw CommandFailure(.inputOutput, "\(path) cannot be written: \(reason)")
            }
            if !self.globals.json { Output.line("\(path) written; every line in it is a comment until you change it") }
        }
    }
}
