import ArgumentParser
import Foundation

@testable import beaver_tui

/// The manual page, made from the tree of commands, so that the two cannot tell different things.
struct ManualPage {
    private struct Dump: Decodable { var command: Command }

    private struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var arguments: [Argument]?
        var subcommands: [Command]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            var text: String { self.kind == "long" ? "--\(self.name)" : "-\(self.name)" }
        }

        var kind: String
        var names: [Name]?
        var abstract: String?
        var valueName: String?
        var defaultValue: String?
        var isRepeating: Bool
        var isOptional: Bool

        /// `-c, --config`: short ones first.
        var title: String {
            let names = (self.names ?? []).sorted { $0.text.count < $1.text.count }.map(\.text)
            return names.joined(separator: ", ")
        }
    }

    private let root: Command
    private var lines: [String] = []

    init() throws {
        self.root = try JSONDecoder().decode(Dump.self, from: Data(BeaverTUI._dumpHelp().utf8)).command
    }

    static func text() throws -> String {
        var page = try ManualPage()
        page.write()
        return page.lines.joined(separator: "\n") + "\n"
    }

    private mutating func write() {
        self.lines = [
            #".\" Made from the commands by Tests/BeaverCommandTests/ManualPage.swift: BEAVER_WRITE_MANUAL=1 swift test --filter PagesTests"#,
            ".TH BEAVER\\-TUI 1", ".SH NAME", "beaver\\-tui \\- a job queue that loses nothing when it crashes",
            ".SH SYNOPSIS", ".B beaver\\-tui", ".RI [ options ]", ".RI [ command ]",
            ".SH DESCRIPTION", "Without a command: the console over the queue in", ".I ./data\\fR.",
            "It runs the engine itself, or shows the server that owns the directory.", ".PP",
            ".B beaver\\-tui \\-\\-no\\-ui run", "is the engine without a console.",
        ]
        let globals = self.globalArguments
        self.section("OPTIONS")
        self.lines.append("Before or after the command.")
        for argument in globals { self.add(argument) }
        self.section("COMMANDS")
        for command in self.root.subcommands ?? [] where command.commandName != "help" {
            self.add(command, path: "", without: Set(globals.map(\.title)))
        }
        self.lines += Self.ending
    }

    /// Those that every command has.
    private var globalArguments: [Argument] {
        (self.root.arguments ?? []).filter {
            $0.kind != "positional" && !["--version", "--read-only"].contains($0.title)
        }
        .filter { !$0.title.contains("--help") }
    }

    private mutating func section(_ name: String) { self.lines.append(".SH \(name)") }

    private mutating func add(_ command: Command, path: String, without globals: Set<String>) {
        let path = path + command.commandName
        let own = (command.arguments ?? []).filter { argument in
            !globals.contains(argument.title) && !argument.title.contains("--help") && argument.title != "--version"
        }
        let subcommands = (command.subcommands ?? []).filter { $0.commandName != "help" }
        if subcommands.isEmpty {
            let operands = own.filter { $0.kind == "positional" }.map { argument in
                "\\fI\(Self.escaped(argument.valueName ?? ""))\\fR" + (argument.isRepeating ? "..." : "")
            }
            self.lines.append(".SS \(([Self.escaped(path)] + operands).joined(separator: " "))")
            if let abstract = command.abstract { self.lines.append(Self.escaped(abstract)) }
            for argument in own { self.add(argument) }
        }
        for subcommand in subcommands { self.add(subcommand, path: path + " ", without: globals) }
    }

    private mutating func add(_ argument: Argument) {
        let value = argument.kind == "option" ? " \\fI\(Self.escaped(argument.valueName ?? "value"))\\fR" : ""
        let title =
            argument.kind == "positional"
            ? "\\fI\(Self.escaped(argument.valueName ?? ""))\\fR" : "\\fB\(Self.escaped(argument.title))\\fR\(value)"
        self.lines += [".TP", title]
        let standard = argument.defaultValue.map { " Without it: \($0)." } ?? ""
        self.lines.append(Self.escaped((argument.abstract ?? "") + standard))
    }

    private static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\\\").replacing("-", with: "\\-").replacing("\n", with: " ")
        // A line that begins with a dot would be a request.
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }

    private static let ending = [
        ".SH EXIT STATUS",
        ".nf", "0   done", "1   what was asked for failed: a job died, is parked or unknown, a loss was found",
        "64  wrong call", "65  bad input data, or a damaged store", "66  input missing or unreadable",
        "69  no queue there, no server where one is needed, an address taken", "73  cannot create", "74  I/O error",
        "75  try later: locked, full, paused", "78  bad configuration", ".fi",
        ".SH FILES", ".TP", ".I ./data", "The queue: log, snapshots, outputs, the control socket.", ".TP",
        ".I ./beaver.yaml", "The configuration, if there is one; beaver\\-tui config init writes it.",
        ".SH ENVIRONMENT", ".TP", ".B BEAVER_DATA_DIR", "As \\-\\-data\\-dir.", ".TP", ".B NO_COLOR",
        "Nothing is coloured.", ".PP", "Each setting has a variable of its own; beaver\\-tui config init names them.",
        ".SH SIGNALS", ".TP", ".B SIGTERM\\fR, \\fBSIGINT", "Drain and stop; a second one stops at once.", ".TP",
        ".B SIGHUP",
        "Read the configuration and the tokens again, and open the log's file again.",
    ]
}
