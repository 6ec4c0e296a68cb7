internal import BeaverQueue

/// How many columns of a terminal a text takes.
package enum TextWidth {
    /// What becomes of a character on a screen.
    package enum Kind: Equatable {
        /// Shows itself in one or two columns.
        case columns(Int)
        /// Stands on the character before it.
        case combining
        /// Acts instead of showing: a sign stands for it.
        case sign(String)
        /// Joiners and variation selectors, which would make a terminal's idea of the width differ from ours.
        case dropped
    }

    package static func kind(of scalar: Unicode.Scalar) -> Kind {
        let value = scalar.value
        if value >= 0x20, value < 0x7f { return .columns(1) }
        if value == 0x200c || value == 0x200d || (0xfe00...0xfe0f).contains(value) { return .dropped }
        if !TerminalText.isPrintable(scalar) { return .sign(TerminalText.visible(String(scalar))) }
        if value < 0x300 { return value == 0xad ? .dropped : .columns(1) }
        if (0x2500...0x259f).contains(value) { return .columns(1) }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return .combining
        case .format: return .dropped
        case .unassigned, .surrogate: return .sign(self.codePoint(value))
        case .privateUse: return .sign("\u{fffd}")
        default: return .columns(self.isWide(value) ? 2 : 1)
        }
    }

    private static func codePoint(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return "<U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ">"
    }

    /// Columns of `text` on a screen.
    package static func of(_ text: String) -> Int {
        let bytes = text.utf8
        if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return bytes.count }
        return text.unicodeScalars.reduce(0) { $0 + self.columns(of: $1) }
    }

    /// The text, or its beginning and an ellipsis, in at most `columns`.
    package static func cut(_ text: String, to columns: Int) -> String {
        guard columns > 0 else { return "" }
        // A text of so few bytes cannot be too wide, and most are.
        if text.utf8.count <= columns, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
        if self.of(text) <= columns { return text }
        var result = String.UnicodeScalarView()
        var used = 1
        for scalar in text.unicodeScalars {
            let width = self.columns(of: scalar)
            if used + width > columns { break }
            used += width
            result.append(scalar)
        }
        return String(result) + "…"
    }

    /// The text, or an ellipsis and its end, in at most `columns`: of a path the end says more.
    package static func cutFront(_ text: String, to columns: Int) -> String {
        guard columns > 0 else { return "" }
        var room = self.of(text)
        if room <= columns { return text }
        var rest = text.unicodeScalars[...]
        // A mark without the letter that it stands on goes with it.
        while let scalar = rest.first, room >= columns || self.columns(of: scalar) == 0 {
            room -= self.columns(of: scalar)
            rest.removeFirst()
        }
        return "…" + String(rest)
    }

    private static func columns(of scalar: Unicode.Scalar) -> Int {
        // Most are these, and a payload has a million of them.
        if scalar.value >= 0x20, scalar.value < 0x7f { return 1 }
        return switch self.kind(of: scalar) {
        case .columns(let width): width
        case .combining, .dropped: 0
        case .sign(let sign): sign.unicodeScalars.count
        }
    }

    /// Cut and filled up with spaces to exactly `columns`.
    package static func left(_ text: String, _ columns: Int) -> String {
        let cut = self.cut(text, to: columns)
        return cut + String(repeating: " ", count: max(0, columns - self.of(cut)))
    }

    /// The same with the spaces before it, for numbers.
    package static func right(_ text: String, _ columns: Int) -> String {
        let cut = self.cut(text, to: columns)
        return String(repeating: " ", count: max(0, columns - self.of(cut))) + cut
    }

    /// Lines of at most `columns`, broken at spaces where there are some.
    package static func wrap(_ text: String, to columns: Int) -> [String] {
        guard columns > 0 else { return [] }
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line: String?
            for word in paragraph.split(separator: " ", omittingEmptySubsequences: false) {
                // Spaces before the first word stay: they set it in.
                let candidate = line.map { $0 + " " + word } ?? String(word)
                if self.of(candidate) <= columns {
                    line = candidate
                    continue
                }
                if let line, line.contains(where: { $0 != " " }) { lines.append(line) }
                let pieces = self.chop(String(word), to: columns)
                lines += pieces.dropLast()
                line = pieces.last
            }
            lines.append(line ?? "")
        }
        return lines
    }

    /// Pieces of at most `columns`, for text that must be shown to its last character; only a sign may be wider.
    package static func chop(_ text: String, to columns: Int) -> [String] {
        var pieces: [String] = []
        self.chop(text, to: columns, into: &pieces)
        return pieces
    }

    /// The same, appended to the pieces of other lines.
    static func chop(_ text: String, to columns: Int, into pieces: inout [String]) {
        let bytes = text.utf8
        // Most lines are short and plain, and a payload has a hundred thousand of them.
        let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
        if columns <= 0 || isPlain && bytes.count <= columns {
            pieces.append(text)
            return
        }
        var start = text.startIndex
        if isPlain {
            while let end = bytes.index(start, offsetBy: columns, limitedBy: text.endIndex), end < text.endIndex {
                pieces.append(String(text[start..<end]))
                start = end
            }
        } else {
            let scalars = text.unicodeScalars
            var used = 0
            for index in scalars.indices {
                let width = self.columns(of: scalars[index])
                if used + width > columns, index > start {
                    pieces.append(String(scalars[start..<index]))
                    (start, used) = (index, 0)
                }
                used += width
            }
        }
        pieces.append(String(text[start...]))
    }

    private static func isWide(_ value: UInt32) -> Bool {
        if value < 0x1100 { return false }
        return self.wide.contains { $0.contains(value) }
    }

    /// East Asian Wide and Fullwidth blocks, and the pictures that terminals draw as wide.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2329...0x232a, 0x231a...0x231b, 0x23e9...0x23ec, 0x23f0...0x23f0, 0x23f3...0x23f3,
        0x25fd...0x25fe, 0x2614...0x2615, 0x2648...0x2653, 0x267f...0x267f, 0x2693...0x2693, 0x26a1...0x26a1,
        0x26aa...0x26ab, 0x26bd...0x26be, 0x26c4...0x26c5, 0x26ce...0x26ce, 0x26d4...0x26d4, 0x26ea...0x26ea,
        0x26f2...0x26f3, 0x26f5...0x26f5, 0x26fa...0x26fa, 0x26fd...0x26fd, 0x2705...0x2705, 0x270a...0x270b,
        0x2728...0x2728, 0x274c...0x274c, 0x274e...0x274e, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
        0x27b0...0x27b0, 0x2b1b...0x2b1c, 0x2b50...0x2b50, 0x2b55...0x2b55,
        0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf, 0xa960...0xa97f,
        0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x17000...0x18cff,
        0x1b000...0x1b2ff, 0x1f004...0x1f004, 0x1f0cf...0x1f0cf, 0x1f18e...0x1f18e, 0x1f191...0x1f19a,
        0x1f200...0x1f320, 0x1f32d...0x1f335, 0x1f337...0x1f37c, 0x1f37e...0x1f393, 0x1f3a0...0x1f3ca,
        0x1f3cf...0x1f3d3, 0x1f3e0...0x1f3f0, 0x1f3f4...0x1f3f4, 0x1f3f8...0x1f43e, 0x1f440...0x1f440,
        0x1f442...0x1f4fc, 0x1f4ff...0x1f53d, 0x1f54b...0x1f54e, 0x1f550...0x1f567, 0x1f57a...0x1f57a,
        0x1f595...0x1f596, 0x1f5a4...0x1f5a4, 0x1f5fb...0x1f64f, 0x1f680...0x1f6c5, 0x1f6cc...0x1f6cc,
        0x1f6d0...0x1f6d2, 0x1f6d5...0x1f6df, 0x1f6eb...0x1f6ec, 0x1f6f4...0x1f6fc, 0x1f7e0...0x1f7eb,
        0x1f90c...0x1f93a, 0x1f93c...0x1f945, 0x1f947...0x1f9ff, 0x1fa70...0x1faff, 0x20000...0x3fffd,
    ]
}
