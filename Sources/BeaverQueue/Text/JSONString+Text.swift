extension JSONString {
    /// The text that the string stands for.
    ///
    /// The scanner has validated it, so that decoding cannot fail.
    package func text(in bytes: Span<UInt8>) -> String {
        if !self.hasEscapes { return bytes.text(self.start..<self.end) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(self.count)
        var position = self.start
        while position < self.end {
            if bytes[position] != ASCII.backslash {
                decoded.append(bytes[position])
                position += 1
            } else if bytes[position + 1] == UInt8(ascii: "u") {
                position = Self.appendUnicodeEscape(in: bytes, at: position, to: &decoded)
            } else {
                decoded.append(Self.meaning(ofEscaped: bytes[position + 1]))
                position += 2
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// Whether the string stands for `name`, which must be plain text without a need for escapes.
    package func equals(_ name: String, in bytes: Span<UInt8>) -> Bool {
        if self.hasEscapes { return Array(self.text(in: bytes).utf8) == Array(name.utf8) }
        guard self.count == name.utf8.count else { return false }
        var position = self.start
        for byte in name.utf8 {
            guard bytes[position] == byte else { return false }
            position += 1
        }
        return true
    }

    private static func meaning(ofEscaped byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): ASCII.newline
        case UInt8(ascii: "r"): ASCII.carriageReturn
        case UInt8(ascii: "t"): ASCII.tab
        default: byte
        }
    }

    /// Decodes one `\uXXXX`, or a pair of them that is one character, and returns the offset behind it.
    private static func appendUnicodeEscape(in bytes: Span<UInt8>, at position: Int, to decoded: inout [UInt8]) -> Int {
        func unit(_ start: Int) -> UInt32 {
            var unit: UInt32 = 0
            for index in start..<start + 4 { unit = unit << 4 | (ASCII.hexValue(bytes[index]) ?? 0) }
            return unit
        }
        var value = unit(position + 2)
        var end = position + 6
        if 0xd800...0xdbff ~= value {
            value = 0x10000 + (value - 0xd800) << 10 + (unit(position + 8) - 0xdc00)
            end += 6
        }
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        decoded.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        return end
    }
}

extension Span where Element == UInt8 {
    /// A copy of a part as text; bytes that are not UTF-8 become U+FFFD.
    func text(_ range: Range<Int>) -> String {
        self.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// A copy of a part.
    func copy(_ range: Range<Int>) -> [UInt8] {
        self.extracting(range).withUnsafeBufferPointer { [UInt8]($0) }
    }
}
