internal import BeaverQueue

/// JSON text over several lines, as people read it; its bytes are not changed otherwise.
package enum JSONIndent {
    /// Deeper members are set in no further: a line of a screen has room for its text, and memory for all lines.
    static let maxDepth = 16

    /// Lines of a valid text, members in their order.
    package static func lines(of text: String) -> [String] {
        var writer = Writer()
        for byte in text.utf8 { writer.take(byte) }
        return writer.finish()
    }

    private struct Writer {
        var lines: [String] = []
        var line: [UInt8] = []
        var depth = 0
        var quotes = JSONQuotes()
        /// Nothing stands yet behind an opening bracket: an empty pair stays on its line.
        var isFresh = false

        mutating func take(_ byte: UInt8) {
            if self.quotes.isInString {
                _ = self.quotes.ends(byte)
                self.line.append(byte)
                return
            }
            self.quotes.begin(byte)
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0d: break
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                self.write(byte)
                self.depth += 1
                self.isFresh = true
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                self.depth -= 1
                if !self.isFresh { self.newLine() }
                self.isFresh = false
                self.line.append(byte)
            case UInt8(ascii: ","):
                self.line.append(byte)
                self.newLine()
            case UInt8(ascii: ":"):
                self.line += [byte, 0x20]
            default: self.write(byte)
            }
        }

        private mutating func write(_ byte: UInt8) {
            if self.isFresh {
                self.isFresh = false
                self.newLine()
            }
            self.line.append(byte)
        }

        private mutating func newLine() {
            self.lines.append(String(decoding: self.line, as: UTF8.self))
            self.line = [UInt8](repeating: 0x20, count: 2 * max(0, min(self.depth, JSONIndent.maxDepth)))
        }

        mutating func finish() -> [String] {
            self.lines.append(String(decoding: self.line, as: UTF8.self))
            return self.lines
        }
    }
}
