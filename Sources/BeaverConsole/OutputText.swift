/// What a run wrote, as it is shown.
package enum OutputText {
    /// A line each, as a terminal would show it.
    package static func lines(_ text: String) -> [String] {
        // The two together are one character, which neither of them splits.
        var lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { line in
            // A carriage return is a line that was overwritten: the last state of it counts.
            let shown = line.split(separator: "\r").last ?? ""
            return shown.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    ")
        }
    }
}
