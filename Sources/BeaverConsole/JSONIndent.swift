/// JSON text over several lines, as people read it; its bytes are not changed otherwise.
package enum JSONIndent {
    /// Lines of a valid text, members in their order; values of members named in `hidden` are not shown.
    package static func lines(of text: String, hiding hidden: [String] = []) -> [String] {
        var writer = Writer(hidden: Set(hidden.map { $0.lowercased() }))
        for byte in text.utf8 { writer.take(byte) }
        return writer.finish()
    }

    private struct Writer {
        let hidden: Set<String>
        var lines: [String] = []
        var line: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false
        var lastString: [UInt8] = []
        var isFresh = false
        /// Depth at which a hidden value began; nil while values are shown.
        var hiddenAt: Int?

        mutating func take(_ byte: UInt8) {
            if self.isInString { return self.takeInString(byte) }
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0d: break
            case UInt8(ascii: "\""):
                self.isInString = true
                self.lastString = []
                self.write(byte)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                self.write(byte)
                self.depth += 1
                self.isFresh = true
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                self.depth -= 1
                if self.hiddenAt == self.depth + 1 { self.hiddenAt = nil }
                if !self.isFresh { self.newLine() }
                self.isFresh = false
                self.line.append(contentsOf: self.hiddenAt == nil ? [byte] : [])
            case UInt8(ascii: ","):
                if self.hiddenAt == self.depth { self.hiddenAt = nil }
                guard self.hiddenAt == nil else { return }
                self.line.append(byte)
                self.newLine()
            case UInt8(ascii: ":"):
                self.write(byte)
                if self.hiddenAt == nil { self.line.append(0x20) }
                self.hideValue()
            default: self.write(byte)
            }
        }

        private mutating func takeInString(_ byte: UInt8) {
            if !self.isEscaped, byte == UInt8(ascii: "\"") {
                self.isInString = false
            } else {
                self.lastString.append(byte)
            }
            self.isEscaped = !self.isEscaped && byte == UInt8(ascii: "\\")
            if self.hiddenAt == nil { self.line.append(byte) }
        }

        private mutating func write(_ byte: UInt8) {
            guard self.hiddenAt == nil else { return }
            if self.isFresh {
                self.isFresh = false
                self.newLine()
            }
            self.line.append(byte)
        }

        private mutating func hideValue() {
            let name = String(decoding: self.lastString, as: UTF8.self).lowercased()
            guard self.hiddenAt == nil, self.hidden.contains(name) else { return }
            self.line += Array("\"(hidden, . shows it)\"".utf8)
            self.hiddenAt = self.depth
        }

        private mutating func newLine() {
            guard self.hiddenAt == nil else { return }
            self.lines.append(String(decoding: self.line, as: UTF8.self))
            self.line = [UInt8](repeating: 0x20, count: 2 * max(0, self.depth))
        }

        mutating func finish() -> [String] {
            self.lines.append(String(decoding: self.line, as: UTF8.self))
            return self.lines
        }
    }
}
