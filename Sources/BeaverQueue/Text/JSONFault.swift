/// Where a text stops being JSON, and why.
package struct JSONFault: Error, Sendable, Equatable {
    package enum Reason: Sendable, Equatable {
        /// Everything so far could be the beginning of a value. The only fault that more input can cure.
        case ended
        case byteOrderMark
        case expectedValue
        case expectedName
        case expectedColon
        case expectedCommaOrBrace
        case expectedCommaOrBracket
        case trailingComma
        case misspeltLiteral
        case leadingZero
        case expectedDigit
        case controlCharacter
        case unknownEscape
        case expectedHexDigits
        case loneSurrogate
        case invalidUTF8
        case tooDeep
        case moreAfterValue
    }

    /// Byte offset of the first byte that does not fit; the length of the input where it ends too early.
    package let offset: Int
    package let reason: Reason

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var sentence: String {
        switch self.reason {
        case .ended: "the input ends in the middle of a value"
        case .byteOrderMark: "the file begins with a byte-order mark; save it as UTF-8 without one"
        case .expectedValue: "expected a JSON value here: an object, array, \"string\", number, true, false or null"
        case .expectedName: "expected a field name in double quotes here"
        case .expectedColon: "expected a colon after the field name"
        case .expectedCommaOrBrace: "expected a comma or the closing } of the object here"
        case .expectedCommaOrBracket: "expected a comma or the closing ] of the array here"
        case .trailingComma: "there is a comma before the closing bracket; JSON allows none"
        case .misspeltLiteral: "expected true, false or null, in lower case and without quotes"
        case .leadingZero: "a number must not begin with a zero followed by digits"
        case .expectedDigit: "expected a digit here to complete the number"
        case .controlCharacter:
            "a line break or another control character stands inside a string; write it as \\n, or close the string"
        case .unknownEscape: "unknown escape in a string; after a backslash JSON allows \" \\ / b f n r t and u"
        case .expectedHexDigits: "expected four hexadecimal digits after \\u"
        case .loneSurrogate:
            "this \\u escape is one half of a surrogate pair without the other; alone it stands for no character"
        case .invalidUTF8: "these bytes are not valid UTF-8; save the file as UTF-8"
        case .tooDeep: "the value is nested more than \(JSONScanner.maxDepth) levels deep"
        case .moreAfterValue: "the value is complete here, but more follows"
        }
    }
}
