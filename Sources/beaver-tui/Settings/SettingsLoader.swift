import BeaverQueue
import FoundationEssentials

/// Finds the configuration file and puts the layers together for a command.
enum SettingsLoader {
    static let standardFile = "beaver.yaml"
    /// Variables that mean something but are no settings: the directory, and what handlers are given.
    static let otherVariables = [
        "BEAVER_DATA_DIR", "BEAVER_JOB_ID", "BEAVER_RUN_NUMBER", "BEAVER_FENCING_TOKEN", "BEAVER_ACTION",
        "BEAVER_DEADLINE", "BEAVER_RUN",
    ]

    static func load(
        _ globals: GlobalOptions,
        options: [String: Settings.Value] = [:],
        allowExec: Bool = false,
        mustExist: Bool = false,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) -> Settings {
        Settings(
            dataDirectory: globals.directory(environment: environment),
            options: options,
            environment: environment,
            file: try self.file(globals.config),
            allowExec: allowExec,
            mustExist: mustExist
        )
    }

    /// The file that was named, which must then exist, or `./beaver.yaml` if there is one.
    private static func file(_ named: String?) throws(CommandFailure) -> SettingsFile? {
        if let named { return try SettingsFile.read(named) }
        guard FileManager.default.fileExists(atPath: self.standardFile) else { return nil }
        return try SettingsFile.read(self.standardFile)
    }
}

/// What `config init` writes: every setting with its default, as comments.
enum SettingsTemplate {
    static func text() -> String {
        var lines = [
            "# Configuration of beaver-tui. Every setting shows its default; take the # away to change one.",
            "# Command line options and the environment (in brackets) come before this file.",
        ]
        var path: [String] = []
        for setting in Setting.all {
            let parts = setting.key.split(separator: ".").map(String.init)
            let sections = Array(parts.dropLast())
            if sections != path {
                if sections.first != path.first { lines.append("") }
                let known = zip(sections, path).prefix { $0 == $1 }.count
                for depth in known..<max(known, sections.count) {
                    lines.append("# \(String(repeating: "  ", count: depth))\(sections[depth]):")
                }
                path = sections
            } else if sections.isEmpty {
                lines.append("")
            }
            let text = setting.key == "redact" ? "[\(setting.standard.replacing(",", with: ", "))]" : setting.standard
            let line = "# \(String(repeating: "  ", count: sections.count))\(parts.last ?? ""): \(text)"
            let space = String(repeating: " ", count: max(1, 40 - line.count))
            lines.append("\(line)\(space)# \(setting.meaning) [\(setting.environment)]")
        }
        return (lines + self.handlers).joined(separator: "\n") + "\n"
    }

    private static let handlers = [
        "",
        "# What runs a job, by its action. Paths start here, at this file; the payload comes on standard input.",
        "# Also: cwd, env: { NAME: value }, env_file, ok_exit: [2], pause_on_failures: 25, and for tests builtin: sleep.",
        "# handlers:",
        #"#   resize:  { command: ["./resize.sh"], timeout: 30s, concurrency: 2, max_retry: 5 }"#,
        #"#   default: { command: ["./other.sh"] }     # jobs without an action"#,
    ]
}
