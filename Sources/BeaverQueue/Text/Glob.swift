/// A pattern over whole ids: `*` stands for any text, `?` for one character, everything else for itself.
package struct Glob: Sendable, Equatable {
    private let bytes: [UInt8]

    package init(_ pattern: String) {
        self.bytes = Array(pattern.utf8)
    }

    /// Without `*` and `?` at most one id can match, and it need not be searched for.
    package var isLiteral: Bool {
        !self.bytes.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    package func matches(_ text: String) -> Bool {
        self.matches(Array(text.utf8))
    }

    /// Goes back to the last `*` only, so that the cost is at most pattern length times text length, whatever the pattern.
    package func matches(_ text: [UInt8]) -> Bool {
        var textIndex = 0
        var patternIndex = 0
        var resume: (textIndex: Int, patternIndex: Int)?
        while textIndex < text.count {
            let wanted = patternIndex < self.bytes.count ? self.bytes[patternIndex] : nil
            if wanted == UInt8(ascii: "*") {
                patternIndex += 1
                resume = (textIndex, patternIndex)
            } else if wanted == UInt8(ascii: "?") {
                textIndex = Self.endOfCharacter(in: text, at: textIndex)
                patternIndex += 1
            } else if wanted == text[textIndex] {
                textIndex += 1
                patternIndex += 1
            } else if let last = resume {
                textIndex = Self.endOfCharacter(in: text, at: last.textIndex)
                patternIndex = last.patternIndex
                resume = (textIndex, patternIndex)
            } else {
                return false
            }
        }
        return self.bytes[patternIndex...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func endOfCharacter(in text: [UInt8], at index: Int) -> Int {
        var end = index + 1
        while end < text.count, text[end] & 0xc0 == 0x80 { end += 1 }
        return end
    }
}
