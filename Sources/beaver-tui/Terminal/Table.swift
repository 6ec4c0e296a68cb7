import BeaverConsole
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
        var widths = self.columns.indices.map { column in all.map { TextWidth.of($0[column]) }.max() ?? 0 }
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
        let cut = TextWidth.cut(text, to: width)
        let space = String(repeating: " ", count: max(0, width - TextWidth.of(cut)))
        if column.isNumber { return space + cut }
        return isLast ? cut : cut + space
    }
}
