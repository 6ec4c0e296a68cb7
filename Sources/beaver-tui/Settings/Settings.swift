import BeaverQueue
import BeaverServer

/// All settings with where each came from: command line, environment, file, default, in this order.
struct Settings: Sendable {
    /// The text of one setting and who gave it.
    struct Value: Sendable, Equatable {
        var text: String
        var origin: Origin
    }

    enum Origin: Sendable, Equatable, CustomStringConvertible {
        case standard
        case file(path: String, line: Int)
        case environment(String)
        case commandLine(String)

        var description: String {
            switch self {
            case .standard: "default"
            case .file(let path, let line): "\(path):\(line)"
            case .environment(let name): name
            case .commandLine(let option): option
            }
        }
    }

    /// Something that is wrong, and where.
    struct Fault: Sendable, Equatable, CustomStringConvertible {
        var origin: Origin?
        var message: String

        /// On one line, and no longer than a sentence may be: it quotes what stands in a file.
        var description: String {
            // Made visible a character may become many; one of them may be made of many itself.
            let head = TerminalText.visible(String(self.message.unicodeScalars.prefix(600)))
            let sentence = TerminalText.excerpt(head, maxCharacters: 600)
            return self.origin.map { "\($0): \(sentence)" } ?? sentence
        }
    }

    private(set) var values: SettingsValues
    /// By key; every setting has one.
    private(set) var sources: [String: Value]
    /// All that is wrong, in the order of file, then table.
    private(set) var faults: [Fault]
    /// The file that was read.
    let file: SettingsFile?

    /// Puts the layers together.
    ///
    /// `options` are the command line's, by key.
    init(
        dataDirectory: String,
        options: [String: Value] = [:],
        environment: [String: String] = [:],
        file: SettingsFile? = nil,
        allowExec: Bool = false,
        mustExist: Bool = false
    ) {
        self.file = file
        self.values = SettingsValues(queue: QueueConfiguration(dataDirectory: dataDirectory))
        self.sources = [:]
        self.faults = file?.faults ?? []
        for setting in Setting.all {
            let value =
                options[setting.key]
                ?? environment[setting.environment].map {
                    Value(text: $0, origin: .environment(setting.environment))
                }
                ?? file?.values[setting.key]
                ?? Value(text: setting.standard, origin: .standard)
            self.sources[setting.key] = value
            self.apply(setting, value)
        }
        self.values.tokenFile = self.path(self.values.tokenFile, "http.token_file")
        self.values.readOnlyTokenFile = self.path(self.values.readOnlyTokenFile, "http.read_only_token_file")
        // The default address may be given up if it is taken; one that somebody named may not.
        if self.sources["http.listen"]?.origin == .standard { self.values.listen?.isExplicit = false }
        self.values.queue.handlers = file?.handlers ?? [:]
        let origins = self.sources.filter { $0.value.origin != .standard }.mapValues(\.origin)
        self.values.queue.origins = origins.merging(file?.handlerOrigins ?? [:]) { own, _ in own }
            .mapValues(\.description)
        self.values.queue.allowExec = allowExec
        self.values.queue.mustExist = mustExist
        self.values.queue.isUnconfigured = file == nil && !allowExec
        if self.faults.isEmpty { self.checkTogether() }
    }

    /// Paths in the file start at the file, all others where the command was given.
    private func path(_ text: String?, _ key: String) -> String? {
        guard let text else { return nil }
        guard case .file(let file, _) = self.sources[key]?.origin else { return AbsolutePath.of(text) }
        return AbsolutePath.of(text, from: AbsolutePath.directory(of: file))
    }

    private mutating func apply(_ setting: Setting, _ value: Value) {
        do {
            try setting.apply(value.text, &self.values)
        } catch {
            self.faults.append(Fault(origin: value.origin, message: "\(setting.key): \(error)"))
        }
    }

    /// What is wrong only once all settings are known, traced back to the one whose name the sentence begins with.
    private mutating func checkTogether() {
        for sentence in self.values.queue.faults() {
            let origin = self.sources[String(sentence.prefix { $0 != " " })]?.origin
            self.faults.append(Fault(origin: origin == .standard ? nil : origin, message: sentence))
        }
    }

    /// The values, if nothing is wrong.
    ///
    /// A fault of the command line is a wrong call (64), any other a bad configuration.
    func checked() throws(CommandFailure) -> SettingsValues {
        guard let first = self.faults.first else { return self.values }
        let isUsage = self.faults.allSatisfy { fault in
            if case .commandLine = fault.origin { return true }
            return false
        }
        let rest = self.faults.dropFirst().map { "\n  \($0)" }.joined()
        throw CommandFailure(isUsage ? .usage : .configuration, "\(first)\(rest)")
    }
}
