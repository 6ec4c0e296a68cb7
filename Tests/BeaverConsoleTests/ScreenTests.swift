import BeaverConsole
import Testing

/// What is drawn again when one screen follows another.
@Suite struct ScreenTests {
    private static func screen(_ text: String) -> Screen {
        var screen = Screen(Size(rows: 1, columns: 20))
        screen.put(text, row: 0, column: 0)
        return screen
    }

    @Test(arguments: [
        ("same", "same", 0..<0), ("done 3,120", "done 3,121", 9..<10), ("a b c", "x b y", 0..<5),
        // A wide character is drawn whole, whichever of its halves has changed.
        ("ab縮小cd", "ab縮xcd", 4..<8), ("a縮b", "axyb", 1..<3), ("縮小", "x小", 0..<4), ("xy小", "縮小", 0..<2),
    ])
    func onlyTheStretchThatDiffersIsDrawn(old: String, new: String, places: Range<Int>) {
        #expect(Self.screen(new).difference(from: Self.screen(old), row: 0) == places)
    }

    @Test func whereNothingIsKnownTheWholeRowIsDrawn() {
        let screen = Self.screen("a")
        #expect(screen.difference(from: nil, row: 0) == 0..<20)
        #expect(screen.difference(from: Screen(Size(rows: 1, columns: 21)), row: 0) == 0..<20)
    }

    /// Drawing the stretches over the old screen gives the new one, whatever both hold.
    @Test func theStretchesOfAnyTwoScreensMakeTheNewOne() {
        var chance = Chance(7)
        let pieces = ["a", "縮", "é", "e\u{301}", "🦫", " ", "bc"]
        for _ in 0..<2_000 {
            let texts = (0..<2).map { _ in (0..<8).map { _ in chance.pick(pieces) }.joined() }
            let (old, new) = (Self.screen(texts[0]), Self.screen(texts[1]))
            let places = new.difference(from: old, row: 0)
            var cells = Array(old.row(0))
            cells.replaceSubrange(places, with: new.row(0)[places])
            #expect(cells == Array(new.row(0)), "\(texts)")
            #expect(places.isEmpty || new.row(0)[places.lowerBound].base != 0, "\(texts)")
        }
    }
}
