/// Sizes as people write them: `64MiB`, `1GiB`, `512KiB`, `4096`.
package enum ByteText {
    private static let units: [(name: String, bytes: Int64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    /// Reads a size; a number alone counts bytes.
    ///
    /// MB and M are refused, because tools disagree on what they are.
    package static func bytes(_ text: String) throws(QueueError) -> Int64 {
        let digits = text.utf8.prefix { ASCII.isDigit($0) }
        let name = String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self)
        let shown = TerminalText.excerpt(text)
        guard !digits.isEmpty else {
            throw .invalidInput("\"\(shown)\" is not a size; write 4096, 512KiB, 64MiB or 1GiB")
        }
        guard let unit = name.isEmpty ? ("B", 1) : self.units.first(where: { $0.name == name }) else {
            throw .invalidInput("\"\(shown)\" has an unknown unit; write B, KiB, MiB, GiB or TiB, as in 64MiB")
        }
        guard let number = Int64(String(decoding: digits, as: UTF8.self)) else {
            throw .invalidInput("\"\(shown)\" is too large")
        }
        let (bytes, overflowed) = number.multipliedReportingOverflow(by: unit.bytes)
        guard !overflowed else { throw .invalidInput("\"\(shown)\" is too large") }
        return bytes
    }
}
