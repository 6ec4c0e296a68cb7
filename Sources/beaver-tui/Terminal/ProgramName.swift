/// What a user types to run this program, so that the commands in messages can be pasted: `bin/beaver-tui` where no
/// `beaver-tui` is on PATH.
enum ProgramName {
    static let typed = Self.typed(CommandLine.arguments)

    static func typed(_ arguments: [String]) -> String {
        guard let first = arguments.first, first.contains("/") else { return "beaver-tui" }
        return Self.word(first)
    }

    /// The same, and the directory that was named in the command line.
    static let here = Self.typed + Self.directoryOption(CommandLine.arguments)

    /// " --data-dir DIR", as it was named there.
    static func directoryOption(_ arguments: [String]) -> String {
        let option = "--data-dir"
        guard let place = arguments.firstIndex(where: { $0 == option || $0.hasPrefix(option + "=") }) else { return "" }
        let directory =
            arguments[place] == option
            ? arguments.dropFirst(place + 1).first : String(arguments[place].dropFirst(option.count + 1))
        return directory.map { " \(option) \(Self.word($0))" } ?? ""
    }

    /// The command line as it was typed, but for some of its options.
    static func again(_ arguments: [String], without: Set<String>) -> String {
        let rest = arguments.dropFirst().filter { !without.contains($0) }.map(Self.word)
        return ([Self.typed(arguments)] + rest).joined(separator: " ")
    }

    /// The same text with its commands, which stand in back quotes, as they would have to be typed here.
    static func inCommands(_ text: String, _ arguments: [String] = CommandLine.arguments) -> String {
        let parts = text.split(separator: "`beaver-tui", omittingEmptySubsequences: false)
        return parts.dropFirst().reduce(String(parts[0])) { sum, part in
            let command = part.prefix { $0 != "`" }
            let option = command.contains("--data-dir") ? "" : self.directoryOption(arguments)
            return sum + "`" + self.typed(arguments) + command + option + part.dropFirst(command.count)
        }
    }

    /// One word of a shell's command line.
    static func word(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_./=:,@%+".utf8.contains(byte)
        }
        return plain && !text.isEmpty ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
