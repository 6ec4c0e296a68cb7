/// A strict scanner for RFC 8259 that validates as it goes and builds nothing.
///
/// It is a cursor: every call looks at `offset`, moves it behind what was recognised, or throws the first fault. It never
/// reads beyond the span (each access is checked), never recurses, and never allocates, so a hostile file costs no more
/// than an honest one. What it accepts is also valid UTF-8 and free of lone surrogates, which is what lets strings be
/// decoded later without a failure path.
///
/// A fault depends only on the bytes up to it: if a prefix was refused for another reason than `ended`, no continuation
/// would have been accepted. Reading a file in pieces relies on that.
package struct JSONScanner: Sendable {
    /// Deeper values are refused: no honest job needs them, and many handlers' parsers break on them.
    package static let maxDepth = 512

    /// The next byte to look at.
    package var offset: Int

    package init(offset: Int = 0) {
        self.offset = offset
    }

    /// The first fault of a text that should be exactly one value with nothing but white space around it.
    package static func fault(in bytes: Span<UInt8>) -> JSONFault? {
        var scanner = JSONScanner()
        do {
            if self.beginsWithByteOrderMark(bytes) { return JSONFault(.byteOrderMark, at: 0) }
            scanner.skipWhitespace(in: bytes)
            try scanner.skipValue(in: bytes)
            scanner.skipWhitespace(in: bytes)
        } catch {
            return error
        }
        return scanner.offset == bytes.count ? nil : JSONFault(.moreAfterValue, at: scanner.offset)
    }

    static func beginsWithByteOrderMark(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf
    }

    package mutating func skipWhitespace(in bytes: Span<UInt8>) {
        while self.offset < bytes.count {
            let byte = bytes[self.offset]
            guard byte <= ASCII.space, ASCII.isWhitespace(byte) else { return }
            self.offset += 1
        }
    }

    /// The byte at the cursor; the end of the input is a fault.
    @inline(__always)
    package func current(in bytes: Span<UInt8>) throws(JSONFault) -> UInt8 {
        guard self.offset < bytes.count else { throw JSONFault(.ended, at: bytes.count) }
        return bytes[self.offset]
    }

    /// Moves behind the value at the cursor; `depth` says how many levels are open around it.
    package mutating func skipValue(in bytes: Span<UInt8>, depth: Int = 0) throws(JSONFault) {
        if try self.skipScalar(in: bytes) { return }
        var nesting = JSONNesting(depth: depth)
        try self.open(&nesting, in: bytes)
        var isFirst = true
        while nesting.depth > depth {
            let hasMore =
                nesting.isInObject
                ? try self.nextMember(in: bytes, isFirst: isFirst) != nil
                : try self.nextElement(in: bytes, isFirst: isFirst)
            isFirst = false
            if !hasMore {
                nesting.close()
            } else if try !self.skipScalar(in: bytes) {
                try self.open(&nesting, in: bytes)
                isFirst = true
            }
        }
    }

    /// Moves to the value of the next member of an object and returns its name, or behind the closing brace: nil.
    ///
    /// The cursor stands behind the opening brace or behind the value before.
    @inline(__always)
    package mutating func nextMember(in bytes: Span<UInt8>, isFirst: Bool) throws(JSONFault) -> JSONString? {
        self.skipWhitespace(in: bytes)
        var byte = try self.current(in: bytes)
        if byte == ASCII.closeBrace {
            self.offset += 1
            return nil
        }
        if !isFirst {
            guard byte == ASCII.comma else { throw JSONFault(.expectedCommaOrBrace, at: self.offset) }
            self.offset += 1
            self.skipWhitespace(in: bytes)
            byte = try self.current(in: bytes)
            guard byte != ASCII.closeBrace else { throw JSONFault(.trailingComma, at: self.offset) }
        }
        guard byte == ASCII.quote else { throw JSONFault(.expectedName, at: self.offset) }
        let name = try self.scanString(in: bytes)
        self.skipWhitespace(in: bytes)
        guard try self.current(in: bytes) == ASCII.colon else { throw JSONFault(.expectedColon, at: self.offset) }
        self.offset += 1
        self.skipWhitespace(in: bytes)
        return name
    }

    /// Moves to the next element of an array, true, or behind the closing bracket, false.
    ///
    /// The cursor stands behind the opening bracket or behind the element before.
    package mutating func nextElement(in bytes: Span<UInt8>, isFirst: Bool) throws(JSONFault) -> Bool {
        self.skipWhitespace(in: bytes)
        let byte = try self.current(in: bytes)
        if byte == ASCII.closeBracket {
            self.offset += 1
            return false
        }
        if isFirst { return true }
        guard byte == ASCII.comma else { throw JSONFault(.expectedCommaOrBracket, at: self.offset) }
        self.offset += 1
        self.skipWhitespace(in: bytes)
        guard try self.current(in: bytes) != ASCII.closeBracket else {
            throw JSONFault(.trailingComma, at: self.offset)
        }
        return true
    }

    /// Moves behind a string, number or literal, true; stays before an opening bracket, false.
    @inline(__always)
    private mutating func skipScalar(in bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        switch try self.current(in: bytes) {
        case ASCII.quote: _ = try self.scanString(in: bytes)
        case ASCII.minus, ASCII.zero...ASCII.nine: _ = try self.scanNumber(in: bytes)
        case ASCII.openBrace, ASCII.openBracket: return false
        case UInt8(ascii: "t"): try self.skipLiteral("true", in: bytes)
        case UInt8(ascii: "f"): try self.skipLiteral("false", in: bytes)
        case UInt8(ascii: "n"): try self.skipLiteral("null", in: bytes)
        default: throw JSONFault(.expectedValue, at: self.offset)
        }
        return true
    }

    private mutating func skipLiteral(_ literal: String, in bytes: Span<UInt8>) throws(JSONFault) {
        var position = self.offset
        for byte in literal.utf8 {
            guard position < bytes.count else { throw JSONFault(.ended, at: bytes.count) }
            guard bytes[position] == byte else { throw JSONFault(.misspeltLiteral, at: self.offset) }
            position += 1
        }
        self.offset = position
    }

    /// Enters the object or array at the cursor.
    @inline(__always)
    private mutating func open(_ nesting: inout JSONNesting, in bytes: Span<UInt8>) throws(JSONFault) {
        guard nesting.depth < Self.maxDepth else { throw JSONFault(.tooDeep, at: self.offset) }
        nesting.open(isObject: bytes[self.offset] == ASCII.openBrace)
        self.offset += 1
    }
}

/// Which brackets are open: one bit a level, so that depth costs no recursion and no allocation.
private struct JSONNesting {
    private(set) var depth: Int
    private var objects = InlineArray<8, UInt64>(repeating: 0)

    init(depth: Int) {
        self.depth = depth
    }

    /// Whether the innermost open bracket is a brace.
    var isInObject: Bool {
        let level = self.depth - 1
        return self.objects[level >> 6] & (1 << UInt64(level & 63)) != 0
    }

    mutating func open(isObject: Bool) {
        let bit: UInt64 = 1 << UInt64(self.depth & 63)
        if isObject {
            self.objects[self.depth >> 6] |= bit
        } else {
            self.objects[self.depth >> 6] &= ~bit
        }
        self.depth += 1
    }

    mutating func close() {
        self.depth -= 1
    }
}
