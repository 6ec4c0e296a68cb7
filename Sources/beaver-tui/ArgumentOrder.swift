/// Lets global options stand before the command as well as after it.
///
/// ArgumentParser gives what stands before a subcommand to the root command alone. So the known global options are moved
/// behind the command's words before anything is parsed; everything else stays where it is.
enum ArgumentOrder {
    /// Options with a value; those without.
    static let valueOptions: Set<String> = ["--data-dir", "--config", "-c", "--color", "--log-level", "--log-format"]
    static let flags: Set<String> = ["--no-ui", "--json", "-q", "--quiet"]

    /// `groups` are the commands that have subcommands.
    static func movingGlobalOptions(_ arguments: [String], groups: Set<String>) -> [String] {
        var words: [String] = []
        var moved: [String] = []
        var index = arguments.startIndex
        while index < arguments.endIndex {
            let argument = arguments[index]
            let name = String(argument.prefix { $0 != "=" })
            if self.flags.contains(argument) || argument.contains("=") && self.valueOptions.contains(name) {
                moved.append(argument)
            } else if self.valueOptions.contains(argument), index + 1 < arguments.endIndex {
                moved += [argument, arguments[index + 1]]
                index += 1
            } else if !argument.hasPrefix("-"), words.isEmpty || words.count == 1 && groups.contains(words[0]) {
                words.append(argument)
                // A command without subcommands ends the part where a word can be a command.
                if words.count == 2 || !groups.contains(words[0]) {
                    index += 1
                    break
                }
            } else {
                break
            }
            index += 1
        }
        return words + moved + arguments[index...]
    }
}
