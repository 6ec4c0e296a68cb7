/// Whether what comes next stands inside of a string of JSON, told from its bytes one by one.
package struct JSONQuotes: Sendable, Equatable {
    package private(set) var isInString = false
    private var isEscaped = false

    package init() {}

    /// Continues over a byte outside of a string: a quote begins one.
    package mutating func begin(_ byte: UInt8) { self.isInString = byte == ASCII.quote }

    /// Continues over a byte of a string; true where it ends the string.
    package mutating func ends(_ byte: UInt8) -> Bool {
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
