/// What a run wrote, as it is shown.
package enum OutputText {
    /// A line each, as a terminal would show it.
    package static func lines(_ text: String) -> [String] {
        // Byte by byte: there may be a megabyte of it, and a line feed behind a carriage return ends a line too.
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { line in
            if !line.contains(where: { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }) {
                return String(Substring(line))
            }
            // A carriage return is a line that was overwritten: the last state of it counts.
            let shown = line.split(separator: UInt8(ascii: "\r")).last ?? line.prefix(0)
            return shown.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
                .map { String(Substring($0)) }.joined(separator: "    ")
        }
    }
}
