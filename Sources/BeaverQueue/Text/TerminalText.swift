/// Text from outside made safe to show: nothing in it can move a cursor, change a colour, or reorder what stands beside it.
///
/// Ids, actions, error texts and the output of commands go through here before they reach a terminal.
package enum TerminalText {
    /// `text` on one line, with each character that acts instead of showing replaced by a visible sign: ␛, ␊, <U+202E>.
    package static func visible(_ text: String) -> String {
        self.replacing(text, keepsLines: false)
    }

    /// The same with line feeds and tabs left as they are, for output that is shown over several lines.
    package static func visibleLines(_ text: String) -> String {
        self.replacing(text, keepsLines: true)
    }

    /// Bytes that should be UTF-8, those that are not shown as U+FFFD.
    package static func visible(_ bytes: [UInt8]) -> String {
        self.visible(String(decoding: bytes, as: UTF8.self))
    }

    /// Whether a character shows itself and does nothing else; the only ones an id or an action may contain.
    ///
    /// Joiners are allowed, many scripts and emoji need them.
    package static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7e: true
        // Control characters; line and paragraph separators.
        case 0x00...0x1f, 0x7f...0x9f, 0x2028, 0x2029: false
        // Bidirectional marks, embeddings, overrides and isolates: they reorder what stands around them.
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: false
        // Characters that cannot be seen at all, so that two different ids would look the same.
        case 0x200b, 0x2060...0x2065, 0x206a...0x206f, 0xfeff, 0xfff9...0xfffb, 0xe0000...0xe007f: false
        // Code points that will never be characters.
        case 0xfdd0...0xfdef: false
        default: scalar.value & 0xfffe != 0xfffe
        }
    }

    /// Whether all of `text` is printable.
    package static func isPrintable(_ text: String) -> Bool {
        text.utf8.allSatisfy { 0x20...0x7e ~= $0 } || text.unicodeScalars.allSatisfy { self.isPrintable($0) }
    }

    /// At most `maxCharacters` characters of `text`, visible, for use inside a sentence.
    package static func excerpt(_ text: String, maxCharacters: Int = 40) -> String {
        let head = text.prefix(maxCharacters)
        return self.visible(String(head)) + (head.endIndex == text.endIndex ? "" : "…")
    }

    private static func replacing(_ text: String, keepsLines: Bool) -> String {
        if text.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            let isLineLayout = scalar == "\n" || scalar == "\t"
            if self.isPrintable(scalar) || keepsLines && isLineLayout {
                result.unicodeScalars.append(scalar)
            } else {
                result += self.sign(for: scalar)
            }
        }
        return result
    }

    private static func sign(for scalar: Unicode.Scalar) -> String {
        // The block "Control Pictures" shows the ASCII control characters in their order.
        let picture: UInt32? =
            switch scalar.value {
            case 0x00...0x1f: 0x2400 + scalar.value
            case 0x7f: 0x2421
            default: nil
            }
        if let picture, let sign = Unicode.Scalar(picture) { return String(sign) }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "<U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ">"
    }
}
