/// Whether what comes next stands inside of a string of JSON, told from its bytes one by one.
struct JSONQuotes: Sendable, Equatable {
    private(set) var isInString = false
    private var isEscaped = false

    /// Continues over a byte outside of a string: a quote begins one.
    mutating func begin(_ byte: UInt8) { self.isInString = byte == ASCII.quote }

    /// Continues over a byte of a string; true where it ends the string.
    mutating func ends(_ byte: UInt8) -> Bool {
        if self.isEscaped {
            self.isEscaped = false
        } else if byte == ASCII.backslash {
            self.isEscaped = true
        } else if byte == ASCII.quote {
            self.isInString = false
            return true
        }
        return false
    }

    /// White space behind a backslash is no escape.
    mutating func breakEscape() { self.isEscaped = false }

    /// Ends a string that was not closed.
    mutating func cut() { self = JSONQuotes() }
}
