/// Rows and columns of a terminal.
package struct Size: Sendable, Equatable {
    package var rows: Int
    package var columns: Int

    package init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }
}

/// One place of a screen.
package struct Cell: Sendable, Equatable {
    /// The character; 0 where the right half of a wide one stands.
    package var base: UInt32 = 0x20
    /// Up to three combining characters of 21 bits each, the first lowest.
    package var marks: UInt64 = 0
    /// 1 or 2.
    package var width: UInt8 = 1
    package var style = Style.plain

    package init() {}
}

/// What a terminal is to show: cells, nothing that acts.
///
/// Everything that is put on a screen passes through `put`, which shows control characters and direction overrides as
/// visible signs: nothing of a job reaches the terminal raw.
package struct Screen: Sendable, Equatable {
    package let size: Size
    package private(set) var cells: [Cell]
    /// Where the terminal's own cursor blinks; nil hides it.
    package var cursor: (row: Int, column: Int)?
    /// Borders and signs of ASCII alone.
    package var isASCII = false

    package init(_ size: Size) {
        self.size = size
        self.cells = [Cell](repeating: Cell(), count: max(0, size.rows * size.columns))
    }

    package static func == (left: Screen, right: Screen) -> Bool {
        left.size == right.size && left.cursor?.row == right.cursor?.row && left.cursor?.column == right.cursor?.column
            && left.cells == right.cells
    }

    /// The cells of a row.
    package func row(_ row: Int) -> ArraySlice<Cell> {
        self.cells[row * self.size.columns..<(row + 1) * self.size.columns]
    }

    /// The columns of a row that differ from `other`, as one stretch that cuts no wide character in half; all of them where
    /// there is no other of the same size.
    package func difference(from other: Screen?, row: Int) -> Range<Int> {
        let columns = self.size.columns
        guard let other, other.size == self.size else { return 0..<columns }
        let start = row * columns
        func differs(_ column: Int) -> Bool { self.cells[start + column] != other.cells[start + column] }
        func isHalf(_ column: Int) -> Bool { [self, other].contains { $0.cells[start + column].base == 0 } }
        guard var lower = (0..<columns).first(where: differs), var upper = (lower..<columns).last(where: differs) else {
            return 0..<0
        }
        upper += 1
        while lower > 0, isHalf(lower) { lower -= 1 }
        while upper < columns, isHalf(upper) { upper += 1 }
        return lower..<upper
    }

    /// Puts `text` at a place, at most `width` columns of it, and returns how many columns it took.
    @discardableResult
    package mutating func put(
        _ text: String,
        row: Int,
        column: Int,
        width: Int = .max,
        style: Style = .plain
    ) -> Int {
        guard row >= 0, row < self.size.rows, column < self.size.columns, column >= 0 else { return 0 }
        let limit = min(self.size.columns, width > self.size.columns ? self.size.columns : column + max(0, width))
        var place = column
        for scalar in text.unicodeScalars {
            if scalar.value >= 0x20, scalar.value < 0x7f {
                guard place < limit else { break }
                self.set(scalar.value, 1, row, &place, style)
            } else if !self.putOther(scalar, row, &place, first: column, limit, style) {
                break
            }
        }
        return place - column
    }

    /// False when it does not fit any more.
    private mutating func putOther(
        _ scalar: Unicode.Scalar,
        _ row: Int,
        _ place: inout Int,
        first: Int,
        _ limit: Int,
        _ style: Style
    ) -> Bool {
        switch TextWidth.kind(of: scalar) {
        case .dropped: return true
        case .combining:
            if place > first { self.combine(scalar, row, place - 1) }
            return true
        case .sign(let text):
            for sign in text.unicodeScalars {
                guard place < limit else { return false }
                self.set(self.isASCII && !sign.isASCII ? 0x3f : sign.value, 1, row, &place, style)
            }
            return true
        case .columns(let width):
            guard place + width <= limit else { return false }
            let value = self.isASCII ? ASCIIForm.of(scalar) : scalar.value
            if self.isASCII, width == 2 {
                self.set(value, 1, row, &place, style)
                self.set(value, 1, row, &place, style)
            } else {
                self.set(value, width, row, &place, style)
            }
            return true
        }
    }

    private mutating func set(_ base: UInt32, _ width: Int, _ row: Int, _ place: inout Int, _ style: Style) {
        let index = row * self.size.columns + place
        self.clearHalf(at: index, row)
        if width == 2 { self.clearHalf(at: index + 1, row) }
        self.cells[index].base = base
        self.cells[index].marks = 0
        self.cells[index].width = UInt8(width)
        self.cells[index].style = style
        if width == 2 {
            self.cells[index + 1] = Cell()
            self.cells[index + 1].base = 0
            self.cells[index + 1].style = style
        }
        place += width
    }

    /// A wide character of which one half is overwritten leaves a space behind.
    private mutating func clearHalf(at index: Int, _ row: Int) {
        let end = (row + 1) * self.size.columns
        if self.cells[index].base == 0, index > row * self.size.columns {
            self.cells[index - 1].base = 0x20
            self.cells[index - 1].width = 1
        }
        if self.cells[index].width == 2, index + 1 < end {
            self.cells[index + 1].base = 0x20
            self.cells[index + 1].width = 1
        }
    }

    private mutating func combine(_ scalar: Unicode.Scalar, _ row: Int, _ column: Int) {
        if self.isASCII { return }
        var index = row * self.size.columns + column
        if self.cells[index].base == 0, column > 0 { index -= 1 }
        // More than three marks are a tower that runs into the rows above.
        for position in 0..<3 where self.cells[index].marks >> UInt64(21 * position) & 0x1f_ffff == 0 {
            self.cells[index].marks |= UInt64(scalar.value) << UInt64(21 * position)
            return
        }
    }

    /// Gives a stretch of a row another style.
    package mutating func paint(row: Int, columns: Range<Int>, style: Style) {
        guard row >= 0, row < self.size.rows else { return }
        for column in columns.clamped(to: 0..<self.size.columns) {
            self.cells[row * self.size.columns + column].style = style
        }
    }

    /// Makes a stretch of a row empty.
    package mutating func clear(row: Int, columns: Range<Int>) {
        guard row >= 0, row < self.size.rows else { return }
        for column in columns.clamped(to: 0..<self.size.columns) {
            let index = row * self.size.columns + column
            self.clearHalf(at: index, row)
            self.cells[index] = Cell()
        }
    }

    /// The rows as text, as a test or a reader sees them.
    package var lines: [String] {
        (0..<self.size.rows).map { row in
            var text = String.UnicodeScalarView()
            for cell in self.row(row) where cell.base != 0 {
                if let scalar = Unicode.Scalar(cell.base) { text.append(scalar) }
                var marks = cell.marks
                while marks != 0 {
                    if let mark = Unicode.Scalar(UInt32(marks & 0x1f_ffff)) { text.append(mark) }
                    marks >>= 21
                }
            }
            return String(text)
        }
    }
}

/// Signs of the console where there is no UTF-8.
enum ASCIIForm {
    static func of(_ scalar: Unicode.Scalar) -> UInt32 {
        let form: Unicode.Scalar =
            switch scalar {
            case "─": "-"
            case "│": "|"
            case "┌", "┐", "└", "┘", "├", "┤", "┬", "┴", "┼": "+"
            case "█", "▉", "▊", "▋", "▌", "▍", "▎", "▏": "#"
            case "░": "."
            case "▁", "▂": "_"
            case "▃", "▄", "▅", "▆", "▇": "="
            case "●", "·": "*"
            case "…": "~"
            case "✓": "v"
            case "×": "x"
            default: "?"
            }
        return form.value
    }
}
