import BeaverQueue
import FoundationEssentials
import Yams

/// A configuration file as it was read: texts by key with their lines, handlers, and everything that is wrong with it.
struct SettingsFile: Sendable {
    let path: String
    private(set) var values: [String: Settings.Value] = [:]
    private(set) var handlers: [String: HandlerConfiguration] = [:]
    /// Where each field of each handler stands, by key: `handlers.resize.timeout`.
    private(set) var handlerOrigins: [String: Settings.Origin] = [:]
    private(set) var faults: [Settings.Fault] = []

    /// Reads a file that the caller knows to exist.
    static func read(_ path: String) throws(CommandFailure) -> SettingsFile {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw CommandFailure(.configuration, "the configuration file \(path) cannot be read; does it exist?")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandFailure(.configuration, "the configuration file \(path) is not UTF-8 text")
        }
        return SettingsFile(path: path, text: text)
    }

    init(path: String, text: String) {
        self.path = path
        do {
            guard let root = try Yams.compose(yaml: text), !Self.isNull(root) else { return }
            guard let mapping = root.mapping else {
                self.add(root, "the file must be a list of sections, as `beaver-tui config init` writes it")
                return
            }
            self.readSections(mapping)
        } catch let error as YamlError {
            self.faults.append(Self.fault(error, path: path))
        } catch {
            self.faults.append(Settings.Fault(origin: .file(path: path, line: 1), message: "\(error)"))
        }
    }

    private static let sections = ["worker", "wal", "snapshot", "queue", "http", "console"]

    private mutating func readSections(_ root: Node.Mapping) {
        for (keyNode, value) in root {
            let key = keyNode.string ?? ""
            switch key {
            case "handlers": self.readHandlers(value)
            case "redact", "unknown": self.readScalar(key, keyNode, value)
            case _ where Self.sections.contains(key): self.readSection(key, value)
            default: self.addUnknown(keyNode, among: Self.sections + ["redact", "unknown", "handlers"])
            }
        }
    }

    private mutating func readSection(_ prefix: String, _ node: Node) {
        if Self.isNull(node) { return }
        guard let mapping = node.mapping else {
            self.add(node, "\(prefix) must hold settings, not a single value")
            return
        }
        for (keyNode, value) in mapping {
            let key = prefix + "." + (keyNode.string ?? "")
            if Setting.named(key) != nil {
                self.readScalar(key, keyNode, value)
            } else if Setting.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
                self.readSection(key, value)
            } else {
                let known = Setting.all.filter { $0.key.hasPrefix(prefix + ".") }
                    .compactMap { $0.key.dropFirst(prefix.count + 1).split(separator: ".").first.map(String.init) }
                self.addUnknown(keyNode, among: known, in: prefix)
            }
        }
    }

    private mutating func readScalar(_ key: String, _ keyNode: Node, _ node: Node) {
        let line = keyNode.mark?.line ?? 1
        // Nothing said is no list of nothing: the standard names stay hidden.
        if key == "redact", Self.isNull(node) { return }
        if let text = node.scalar?.string {
            self.values[key] = Settings.Value(text: text, origin: .file(path: self.path, line: line))
        } else if key == "redact", let items = node.sequence {
            let text = items.compactMap(\.scalar?.string).joined(separator: ",")
            self.values[key] = Settings.Value(text: text, origin: .file(path: self.path, line: line))
        } else {
            self.add(node, "\(key) must be a single value")
        }
    }

    private mutating func readHandlers(_ node: Node) {
        if Self.isNull(node) { return }
        guard let mapping = node.mapping else {
            self.add(node, "handlers must map actions to commands")
            return
        }
        let directory = AbsolutePath.directory(of: self.path)
        for (keyNode, value) in mapping {
            guard let action = keyNode.string, !action.isEmpty else {
                self.add(keyNode, "the name of a handler's action is empty")
                continue
            }
            var reader = HandlerReader(action: action, directory: directory)
            self.handlers[action] = reader.read(value)
            for (key, line) in reader.lines {
                self.handlerOrigins["handlers.\(action).\(key)"] = .file(path: self.path, line: line)
            }
            for fault in reader.faults {
                self.faults.append(
                    Settings.Fault(origin: .file(path: self.path, line: fault.line), message: fault.message)
                )
            }
        }
    }

    private mutating func add(_ node: Node, _ message: String) {
        self.faults.append(
            Settings.Fault(origin: .file(path: self.path, line: node.mark?.line ?? 1), message: message)
        )
    }

    private mutating func addUnknown(_ keyNode: Node, among known: [String], in section: String? = nil) {
        let key = TerminalText.excerpt(keyNode.string ?? "?")
        let place = section.map { " in \($0)" } ?? ""
        let closest = ClosestName.of(keyNode.string ?? "", among: known)
        let names = known.enumerated().filter { !known[..<$0.offset].contains($0.element) }.map(\.element)
        let hint = closest.map { "did you mean \($0)?" } ?? "there are \(names.joined(separator: ", "))"
        self.add(keyNode, "unknown setting \"\(key)\"\(place); \(hint)")
    }

    static func isNull(_ node: Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    private static func fault(_ error: YamlError, path: String) -> Settings.Fault {
        func at(_ line: Int, _ message: String) -> Settings.Fault {
            Settings.Fault(origin: .file(path: path, line: line), message: message)
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return at(mark.line, "this is not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            return at(context.mark.line, "\(duplicates.joined(separator: ", ")) stands twice")
        default: return at(1, "this is not YAML: \(error)")
        }
    }
}
