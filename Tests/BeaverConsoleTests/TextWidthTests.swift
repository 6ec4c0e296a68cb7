import BeaverConsole
import Testing

/// Columns of a terminal: what is counted wrongly breaks every line behind it.
@Suite struct TextWidthTests {
    @Test(
        arguments: [
            ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("画像", 4), ("ｶﾅ", 2), ("カナ", 4), ("한글", 4), ("ÅΩж", 3),
            ("🦫", 2), ("👩\u{200d}💻", 4), ("♥\u{fe0f}", 1), ("─│┌", 3), ("█▌░", 3), ("●·…✓×", 5), ("\u{1b}", 1),
            ("\u{0}", 1), ("\u{7f}", 1), ("\u{9b}", 8), ("\u{202e}", 8), ("\u{200b}", 8), ("\u{feff}", 8),
            ("\u{ad}", 0), ("\u{e000}", 1), ("\u{10ffff}", 10), ("ไทย", 3), ("ก็", 1), ("e\u{301}\u{302}\u{303}", 1),
        ]
    )
    func columns(text: String, columns: Int) { #expect(TextWidth.of(text) == columns) }

    /// The width that is counted is the width that is drawn, for every character there is.
    @Test func whatIsCountedIsWhatIsDrawn() {
        var screen = Screen(Size(rows: 1, columns: 40))
        for value in UInt32(0)...0x10ffff {
            // Planes of ideographs and of private use are alike throughout.
            if value > 0x20100, value & 0x3ff != 0 { continue }
            guard let scalar = Unicode.Scalar(value) else { continue }
            screen.clear(row: 0, columns: 0..<40)
            let used = screen.put("a" + String(scalar), row: 0, column: 0)
            let counted = 1 + TextWidth.of(String(scalar))
            guard used == counted else {
                Issue.record("U+\(String(value, radix: 16)) takes \(used), counted \(counted)")
                return
            }
            for cell in screen.row(0) where cell.base < 0x20 && cell.base != 0 || (0x7f...0x9f).contains(cell.base) {
                Issue.record("U+\(String(value, radix: 16)) reaches the terminal as \(cell.base)")
                return
            }
        }
    }

    @Test(arguments: 0...14)
    func cuttingFits(columns: Int) {
        for text in ["abcdefghijkl", "画像を縮小する", "e\u{301}e\u{301}e\u{301}", "\u{202e}ab", "a\u{1b}b画"] {
            let cut = TextWidth.cut(text, to: columns)
            #expect(TextWidth.of(cut) <= columns)
            if TextWidth.of(text) <= columns { #expect(cut == text) }
            let end = TextWidth.cutFront(text, to: columns)
            #expect(TextWidth.of(end) <= columns)
            if TextWidth.of(text) <= columns { #expect(end == text) }
            #expect(TextWidth.of(TextWidth.left(text, columns)) == columns)
            #expect(TextWidth.of(TextWidth.right(text, columns)) == columns)
        }
    }

    @Test func whatWasCutSaysSo() {
        #expect(TextWidth.cut("abcdef", to: 4) == "abc…")
        #expect(TextWidth.cut("画像画像", to: 4) == "画…")
        #expect(TextWidth.cut("abcdef", to: 6) == "abcdef")
        #expect(TextWidth.cut("abc", to: 0) == "")
        #expect(TextWidth.cutFront("abcdef", to: 4) == "…def")
        #expect(TextWidth.cutFront("画像画像", to: 4) == "…像")
        #expect(TextWidth.cutFront("abcde\u{301}", to: 1) == "…")
        #expect(TextWidth.left("ab", 4) == "ab  ")
        #expect(TextWidth.right("ab", 4) == "  ab")
        #expect(TextWidth.right("画", 4) == "  画")
    }

    @Test func linesBreakAtSpaces() {
        #expect(TextWidth.wrap("to be or not", to: 6) == ["to be", "or not"])
        #expect(TextWidth.wrap("  set in", to: 20) == ["  set in"])
        #expect(TextWidth.wrap("two\nlines", to: 20) == ["two", "lines"])
        #expect(TextWidth.wrap("abcdefgh", to: 3) == ["abc", "def", "gh"])
        #expect(TextWidth.wrap("ab cdefgh", to: 3) == ["ab", "cde", "fgh"])
        #expect(TextWidth.wrap("画像画像", to: 5) == ["画像", "画像"])
        #expect(TextWidth.wrap("", to: 5) == [""])
        #expect(TextWidth.wrap("abc", to: 0) == [])
    }

    /// A payload is shown to its last character.
    @Test func choppingLosesNothing() {
        for text in ["", "abc", "abcdefghij", "画像を縮小する", "a\u{1b}b\u{202e}c"] {
            for columns in 1...12 { #expect(TextWidth.chop(text, to: columns).joined() == text) }
        }
        #expect(TextWidth.chop("abcde", to: 2) == ["ab", "cd", "e"])
    }

    // MARK: The screen

    @Test func halfOfAWideCharacterLeavesASpace() {
        var screen = Screen(Size(rows: 1, columns: 6))
        screen.put("画像画", row: 0, column: 0)
        screen.put("x", row: 0, column: 1)
        #expect(screen.lines == [" x像画"])
        screen.put("y", row: 0, column: 4)
        #expect(screen.lines == [" x像y "])
        screen.clear(row: 0, columns: 2..<3)
        #expect(screen.lines == [" x  y "])
        #expect(ScreenFile.fault(in: screen) == nil)
    }

    @Test func nothingIsPutOutside() {
        var screen = Screen(Size(rows: 2, columns: 4))
        for (row, column) in [(-1, 0), (2, 0), (0, -1), (0, 4)] {
            #expect(screen.put("abc", row: row, column: column) == 0)
        }
        #expect(screen.put("画画画", row: 0, column: 1) == 2)
        #expect(screen.put("abc", row: 1, column: 1, width: 2) == 2)
        #expect(screen.lines == [" 画 ", " ab "])
        screen.clear(row: 5, columns: 0..<9)
        screen.paint(row: -1, columns: 0..<9, style: .bad)
    }

    @Test func aTowerOfMarksStaysInItsRow() {
        var screen = Screen(Size(rows: 1, columns: 3))
        screen.put("a" + String(repeating: "\u{301}", count: 50) + "b", row: 0, column: 0)
        #expect(screen.lines == ["a\u{301}\u{301}\u{301}b "])
        // A mark without a character before it changes nothing else.
        screen.put("\u{301}", row: 0, column: 2)
        #expect(screen.lines == ["a\u{301}\u{301}\u{301}b "])
    }
}
