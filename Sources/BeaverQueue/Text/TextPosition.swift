/// A place in a text as an editor shows it: both numbers begin at 1, columns count characters (Unicode scalars).
///
/// A line ends with a line feed; a carriage return before it is the last character of its line. It can be moved forward
/// piece by piece, so that a file read in pieces has the same places as one read whole.
package struct TextPosition: Sendable, Equatable {
    package private(set) var line: Int
    package private(set) var column: Int

    package init(line: Int = 1, column: Int = 1) {
        self.line = line
        self.column = column
    }

    /// Moves over a part of the text.
    package mutating func advance(over bytes: Span<UInt8>, _ range: Range<Int>, lineEnd: UInt8 = ASCII.newline) {
        guard !range.isEmpty else { return }
        let newLines = Self.count(of: lineEnd, in: bytes, range)
        var lineStart = range.lowerBound
        if newLines > 0 {
            lineStart = range.upperBound
            while bytes[lineStart - 1] != lineEnd { lineStart -= 1 }
            self.line += newLines
            self.column = 1
        }
        for index in lineStart..<range.upperBound where bytes[index] & 0xc0 != 0x80 { self.column += 1 }
    }

    /// Eight bytes at a time: a byte of `different` is zero where the wanted one stands, and exactly those leave their
    /// top bit clear in `others`.
    private static func count(of wanted: UInt8, in bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var count = 0
        var index = range.lowerBound
        let raw = bytes.bytes
        let pattern = UInt64(wanted) &* 0x0101_0101_0101_0101
        let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
        while index + 8 <= range.upperBound {
            let different = raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) ^ pattern
            let others = ((different & low) &+ low) | different | low
            count += (~others).nonzeroBitCount
            index += 8
        }
        while index < range.upperBound {
            if bytes[index] == wanted { count += 1 }
            index += 1
        }
        return count
    }
}
