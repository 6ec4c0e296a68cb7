/// Small readings and writings of JSON text that need no tree.
package enum JSONText {
    /// The first fault of a text that should be exactly one value, nil if it is.
    package static func fault(in text: [UInt8]) -> JSONFault? {
        JSONScanner.fault(in: text.span)
    }

    /// `text` as a JSON string with its quotes.
    package static func string(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        self.appendString(text, to: &result)
        return result
    }

    /// Appends `text` as a JSON string with its quotes; only what JSON demands is escaped.
    package static func appendString(_ text: String, to result: inout [UInt8]) {
        result.reserveCapacity(result.count + text.utf8.count + 2)
        result.append(ASCII.quote)
        for byte in text.utf8 { self.appendEscaped(byte, to: &result) }
        result.append(ASCII.quote)
    }

    /// Appends bytes that were checked to be UTF-8 as a JSON string with its quotes.
    static func appendString(_ bytes: Span<UInt8>, to result: inout [UInt8]) {
        result.append(ASCII.quote)
        for index in 0..<bytes.count { self.appendEscaped(bytes[index], to: &result) }
        result.append(ASCII.quote)
    }

    /// A valid text without the white space outside of its strings, so that it fits one line.
    package static func singleLine(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var quotes = JSONQuotes()
        for byte in text {
            if quotes.isInString {
                _ = quotes.ends(byte)
            } else {
                if ASCII.isWhitespace(byte) { continue }
                quotes.begin(byte)
            }
            result.append(byte)
        }
        return result
    }

    /// The value of a member of a top-level object as it is written; nil if there is none or the text is no object.
    ///
    /// Of two members with the same name the last one counts, as in most parsers that handlers use.
    package static func member(_ name: String, of text: [UInt8]) -> ArraySlice<UInt8>? {
        let bytes = text.span
        var scanner = JSONScanner()
        var found: Range<Int>?
        do {
            scanner.skipWhitespace(in: bytes)
            guard try scanner.current(in: bytes) == ASCII.openBrace else { return nil }
            scanner.offset += 1
            var isFirst = true
            while let key = try scanner.nextMember(in: bytes, isFirst: isFirst) {
                isFirst = false
                let start = scanner.offset
                try scanner.skipValue(in: bytes, depth: 1)
                if key.equals(name, in: bytes) { found = start..<scanner.offset }
            }
        } catch {
            // Not JSON: then it has no members either. Stored payloads were validated before they were taken.
            return nil
        }
        return found.map { text[$0] }
    }

    /// The value of a member that is a plain integer, such as `ms` of a `sleep` job.
    package static func integerMember(_ name: String, of text: [UInt8]) -> Int64? {
        guard let slice = self.member(name, of: text) else { return nil }
        return Int64(String(decoding: slice, as: UTF8.self))
    }

    private static func appendEscaped(_ byte: UInt8, to result: inout [UInt8]) {
        switch byte {
        case ASCII.quote, ASCII.backslash:
            result.append(ASCII.backslash)
            result.append(byte)
        case ASCII.newline: result.append(contentsOf: [ASCII.backslash, UInt8(ascii: "n")])
        case ASCII.carriageReturn: result.append(contentsOf: [ASCII.backslash, UInt8(ascii: "r")])
        case ASCII.tab: result.append(contentsOf: [ASCII.backslash, UInt8(ascii: "t")])
        case 0x00..<0x20:
            let digits = Array("0123456789abcdef".utf8)
            result.append(contentsOf: Array("\\u00".utf8))
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        default: result.append(byte)
        }
    }
}
