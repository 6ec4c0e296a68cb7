/// A string that was scanned: where its content lies, quotes left out.
package struct JSONString: Sendable, Equatable {
    /// Offset of the first byte behind the opening quote.
    package let start: Int
    /// Offset of the closing quote.
    package let end: Int
    /// Whether a backslash occurs: only then do the bytes differ from the text.
    package let hasEscapes: Bool

    package var count: Int { self.end - self.start }
}

extension JSONScanner {
    /// Moves behind the string whose opening quote stands at the cursor.
    package mutating func scanString(in bytes: Span<UInt8>) throws(JSONFault) -> JSONString {
        let start = self.offset + 1
        var position = start
        var hasEscapes = false
        while true {
            position = Self.endOfPlainText(in: bytes, from: position)
            guard position < bytes.count else { throw JSONFault(.ended, at: bytes.count) }
            let byte = bytes[position]
            if byte == ASCII.quote {
                self.offset = position + 1
                return JSONString(start: start, end: position, hasEscapes: hasEscapes)
            }
            if byte == ASCII.backslash {
                hasEscapes = true
                position = try Self.endOfEscape(in: bytes, at: position)
            } else if byte >= 0x80 {
                position = try Self.endOfSequence(in: bytes, at: position)
            } else {
                throw JSONFault(.controlCharacter, at: position)
            }
        }
    }

    /// The first byte from `start` on that is a quote, a backslash, a control character or not ASCII.
    ///
    /// Eight bytes at a time: each term below has the top bit of every byte set that is one of these. A borrow can set
    /// false bits only above a true one, and only the lowest is used.
    @inline(__always)
    private static func endOfPlainText(in bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start
        let raw = bytes.bytes
        while position &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quotes = word ^ 0x2222_2222_2222_2222
            let backslashes = word ^ 0x5c5c_5c5c_5c5c_5c5c
            var hits = (quotes &- 0x0101_0101_0101_0101) & ~quotes
            hits |= (backslashes &- 0x0101_0101_0101_0101) & ~backslashes
            hits |= (word &- 0x2020_2020_2020_2020) & ~word
            hits = (hits | word) & 0x8080_8080_8080_8080
            if hits != 0 { return position &+ hits.trailingZeroBitCount >> 3 }
            position &+= 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte == ASCII.quote || byte == ASCII.backslash || byte < 0x20 || byte >= 0x80 { break }
            position &+= 1
        }
        return position
    }

    private static func endOfSequence(in bytes: Span<UInt8>, at position: Int) throws(JSONFault) -> Int {
        switch UTF8Sequence.at(position, in: bytes) {
        case .complete(let length): return position + length
        case .broken: throw JSONFault(.invalidUTF8, at: position)
        case .cutOff: throw JSONFault(.ended, at: bytes.count)
        }
    }

    private static func endOfEscape(in bytes: Span<UInt8>, at position: Int) throws(JSONFault) -> Int {
        guard position + 1 < bytes.count else { throw JSONFault(.ended, at: bytes.count) }
        switch bytes[position + 1] {
        case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return position + 2
        case UInt8(ascii: "u"):
            return try self.endOfUnicodeEscape(in: bytes, at: position)
        default:
            throw JSONFault(.unknownEscape, at: position)
        }
    }

    private static func endOfUnicodeEscape(in bytes: Span<UInt8>, at position: Int) throws(JSONFault) -> Int {
        let unit = try self.codeUnit(in: bytes, at: position + 2)
        guard 0xd800...0xdfff ~= unit else { return position + 6 }
        guard unit < 0xdc00 else { throw JSONFault(.loneSurrogate, at: position) }
        guard position + 6 < bytes.count else { throw JSONFault(.ended, at: bytes.count) }
        guard bytes[position + 6] == ASCII.backslash else { throw JSONFault(.loneSurrogate, at: position) }
        guard position + 7 < bytes.count else { throw JSONFault(.ended, at: bytes.count) }
        guard bytes[position + 7] == UInt8(ascii: "u") else { throw JSONFault(.loneSurrogate, at: position) }
        guard 0xdc00...0xdfff ~= (try self.codeUnit(in: bytes, at: position + 8)) else {
            throw JSONFault(.loneSurrogate, at: position)
        }
        return position + 12
    }

    /// The four hexadecimal digits at `position`.
    private static func codeUnit(in bytes: Span<UInt8>, at position: Int) throws(JSONFault) -> UInt32 {
        var unit: UInt32 = 0
        for index in position..<position + 4 {
            guard index < bytes.count else { throw JSONFault(.ended, at: bytes.count) }
            guard let digit = ASCII.hexValue(bytes[index]) else { throw JSONFault(.expectedHexDigits, at: index) }
            unit = unit << 4 | digit
        }
        return unit
    }
}
