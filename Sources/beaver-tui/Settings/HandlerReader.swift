import BeaverQueue
import FoundationEssentials
import Yams

/// Reads one entry of `handlers:`.
///
/// Paths in it start at the configuration file's directory.
struct HandlerReader {
    struct Fault: Equatable {
        var line: Int
        var message: String
    }

    let action: String
    /// Absolute; where the configuration file lies.
    let directory: String
    private(set) var faults: [Fault] = []
    /// The line of each key.
    private(set) var lines: [String: Int] = [:]

    init(action: String, directory: String) {
        self.action = action
        self.directory = directory
    }

    static let keys = [
        "command", "builtin", "timeout", "concurrency", "max_retry", "cwd", "env", "env_file", "ok_exit",
        "pause_on_failures",
    ]

    /// The handler, or nil if something is wrong with it; `faults` then says what.
    mutating func read(_ node: Node) -> HandlerConfiguration? {
        guard let mapping = node.mapping else {
            self.add(node, #"must be a mapping, as in { command: ["./run.sh"] }"#)
            return nil
        }
        guard let kind = self.kind(mapping, node) else { return nil }
        var handler = HandlerConfiguration(kind)
        for (keyNode, value) in mapping {
            self.lines[keyNode.string ?? ""] = keyNode.mark?.line
            do {
                try self.read(keyNode.string ?? "", value, into: &handler)
            } catch {
                self.add(keyNode, "\(keyNode.string ?? ""): \(error)")
            }
        }
        return self.faults.isEmpty ? handler : nil
    }

    private mutating func kind(_ mapping: Node.Mapping, _ node: Node) -> HandlerConfiguration.Kind? {
        if let builtin = mapping["builtin"] {
            if mapping["command"] != nil {
                self.add(node, "has a command and a builtin; one of them runs its jobs")
                return nil
            }
            switch builtin.string {
            case "sleep": return .sleep
            case "noop": return .noop
            case "fail": return .fail
            case "exec": return .exec
            default:
                self.add(builtin, "builtin must be sleep, noop, fail or exec")
                return nil
            }
        }
        guard let command = mapping["command"] else {
            let keys = mapping.keys.compactMap(\.string)
            let misspelt = keys.first { !Self.keys.contains($0) }
            let hint = misspelt.flatMap { ClosestName.of($0, among: Self.keys) }.map { "; did you mean \($0)?" } ?? ""
            self.add(node, "has no command\(hint)")
            return nil
        }
        guard let items = Self.texts(command), !items.isEmpty else {
            self.add(command, #"command must be a list: ["./run.sh", "argument"], or ["sh", "-c", "a line"]"#)
            return nil
        }
        return .command([self.programPath(items[0])] + items.dropFirst())
    }

    private mutating func read(_ key: String, _ node: Node, into handler: inout HandlerConfiguration) throws {
        let text = node.scalar?.string ?? ""
        switch key {
        case "command", "builtin": break
        case "timeout": handler.timeoutMilliseconds = try SettingText.shortDuration(text)
        case "concurrency": handler.concurrency = try SettingText.integer(text)
        case "max_retry": handler.maxRetry = try SettingText.integer(text)
        case "pause_on_failures": handler.pauseOnFailures = try SettingText.integer(text)
        case "cwd": handler.workingDirectory = AbsolutePath.of(text, from: self.directory)
        case "ok_exit": handler.okExitStatuses = try Self.exitStatuses(node)
        case "env": handler.environment += try Self.variables(node)
        case "env_file":
            let path = AbsolutePath.of(text, from: self.directory)
            // What stands in the configuration file itself comes after it and so wins.
            handler.environment = try EnvironmentFile.read(path) + handler.environment
        default:
            let closest = ClosestName.of(key, among: Self.keys).map { "did you mean \($0)?" }
            throw QueueError.invalidInput(
                "is unknown; " + (closest ?? "there are \(Self.keys.joined(separator: ", "))")
            )
        }
    }

    /// A name without a slash is looked for in PATH, as everywhere.
    private func programPath(_ program: String) -> String {
        program.contains("/") ? AbsolutePath.of(program, from: self.directory) : program
    }

    private static func exitStatuses(_ node: Node) throws -> [Int32] {
        let texts = node.sequence?.map { $0.scalar?.string ?? "" } ?? [node.scalar?.string ?? ""]
        return try texts.map { text in
            let status: Int32 = try SettingText.integer(text)
            guard (0...255).contains(status) else { throw QueueError.invalidInput("\(status) is not 0 to 255") }
            return status
        }
    }

    private static func variables(_ node: Node) throws -> [String] {
        if let mapping = node.mapping {
            return try mapping.map { key, value in
                guard let name = key.string, let text = value.scalar?.string else {
                    throw QueueError.invalidInput("must map names to texts")
                }
                return "\(name)=\(text)"
            }
        }
        guard let items = Self.texts(node), items.allSatisfy({ $0.contains("=") }) else {
            throw QueueError.invalidInput("must be a mapping, { NAME: value }, or a list of NAME=VALUE")
        }
        return items
    }

    /// The items of a list of texts; nil if it is none: what is no text must not fall out of it.
    private static func texts(_ node: Node) -> [String]? {
        guard let items = node.sequence else { return nil }
        let texts = items.compactMap(\.scalar?.string)
        return texts.count == items.count ? texts : nil
    }

    private mutating func add(_ node: Node, _ message: String) {
        self.faults.append(
            Fault(line: node.mark?.line ?? 1, message: "handlers.\(TerminalText.excerpt(self.action)) \(message)")
        )
    }
}

/// `NAME=VALUE` a line; blank lines and `#` comments are left out.
enum EnvironmentFile {
    static func read(_ path: String) throws(QueueError) -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .invalidInput("\(path) cannot be read")
        }
        var variables: [String] = []
        // Also lines that end as in DOS: CR LF is one character.
        let lines = String(decoding: data, as: UTF8.self).split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r\n"
        }
        for (index, line) in lines.enumerated() {
            let text = SettingText.trimmed(line)
            if text.isEmpty || text.hasPrefix("#") { continue }
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw .invalidInput("\(path):\(index + 1) must be NAME=VALUE")
            }
            variables.append(text)
        }
        return variables
    }
}
