import BeaverQueue

/// Columns of text under their headings; cut to a terminal's width, and to nothing else.
struct Table {
    struct Column: Equatable {
        var heading: String
        /// Numbers stand at the right.
        var isNumber = false
        /// Names and numbers are of no use without their ends: cut last.
        var isWhole = false
    }

    let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: [String]) { self.rows.append(cells.map(TerminalText.visible)) }

    /// The lines.
    ///
    /// `width` is the terminal's, nil where there is none.
    func lines(width: Int?, showsHeading: Bool = true) -> [String] {
        let all = showsHeading ? [self.columns.map(\.heading)] + self.rows : self.rows
        var widths = self.columns.indices.map { column in all.map { TextColumns.count($0[column]) }.max() ?? 0 }
        if let width { self.shrink(&widths, to: width) }
        return all.map { row in
            let cells = row.indices.map { index in
                self.cell(row[index], widths[index], isLast: index == row.count - 1, self.columns[index])
            }
            return cells.joined(separator: "  ")
        }
    }

    /// Takes from the widest column until the line fits or nothing is left to take; from names and numbers only when the
    /// texts are gone.
    private func shrink(_ widths: inout [Int], to width: Int) {
        let gaps = 2 * (widths.count - 1)
        for (isWhole, least) in [(false, 10), (true, 12), (false, 4), (true, 4)] {
            let columns = widths.indices.filter { (self.columns[$0].isWhole || self.columns[$0].isNumber) == isWhole }
            while widths.reduce(gaps, +) > width {
                guard let widest = columns.max(by: { widths[$0] < widths[$1] }), widths[widest] > least else { break }
                widths[widest] -= 1
            }
        }
    }

    private func cell(_ text: String, _ width: Int, isLast: Bool, _ column: Column) -> String {
        let cut = TextColumns.cut(text, to: width)
        let space = String(repeating: " ", count: max(0, width - TextColumns.count(cut)))
        if column.isNumber { return space + cut }
        return isLast ? cut : cut + space
    }
}

/// How many columns of a terminal a text takes.
enum TextColumns {
    static func count(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + self.width($1) } }

    /// The text, or its beginning and an ellipsis.
    static func cut(_ text: String, to columns: Int) -> String {
        if self.count(text) <= columns { return text }
        var result = ""
        var used = 1
        for character in text {
            let width = self.count(String(character))
            if used + width > columns { break }
            used += width
            result.append(character)
        }
        return result + "…"
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: return self.wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// East Asian Wide and Fullwidth blocks, and the pictures that terminals draw as wide.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
        0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
}
