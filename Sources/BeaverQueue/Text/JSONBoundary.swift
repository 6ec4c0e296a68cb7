/// Finds where a value that came in pieces must end, looking at each byte once.
///
/// It follows brackets and quotes only and decides nothing: it says when another look at the whole value is worth while.
/// Without it a value that comes byte by byte would be scanned from its start each time.
struct JSONBoundary: Sendable {
    private var depth = 0
    private var quotes = JSONQuotes()
    private var isInToken = false

    /// Continues over bytes that directly follow those seen before; true once the value can be complete, or is broken.
    mutating func reachesEnd(in bytes: Span<UInt8>, from start: Int) -> Bool {
        for index in start..<bytes.count {
            if self.endsValue(bytes[index]) { return true }
        }
        return false
    }

    private mutating func endsValue(_ byte: UInt8) -> Bool {
        if self.quotes.isInString {
            // A raw control character breaks the string: the scanner shall say so before more is gathered.
            if byte < ASCII.space { return true }
            return self.quotes.ends(byte) && self.depth == 0
        }
        switch byte {
        case ASCII.quote: self.quotes.begin(byte)
        case ASCII.openBrace, ASCII.openBracket: self.depth += 1
        case ASCII.closeBrace, ASCII.closeBracket:
            self.depth -= 1
            return self.depth <= 0
        case ASCII.comma: return self.depth == 0
        default:
            if self.depth == 0, ASCII.isWhitespace(byte) { return self.isInToken }
            self.isInToken = true
        }
        return false
    }
}
