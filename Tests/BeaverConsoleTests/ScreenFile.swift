import BeaverConsole
import Foundation
import Testing

/// Screens as they should be, kept as text beside the tests.
///
/// `BEAVER_UPDATE_SCREENS=1` writes what is drawn now; the difference is then read in review.
enum ScreenFile {
    static let isUpdating = ProcessInfo.processInfo.environment["BEAVER_UPDATE_SCREENS"] == "1"

    static func expect(
        _ screen: Screen,
        _ name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        self.expectWhole(screen, sourceLocation: sourceLocation)
        self.expect(
            screen.lines.map { $0 + "\n" }.joined(),
            at: self.folder.appendingPathComponent("Screens/\(name).screen"),
            sourceLocation: sourceLocation
        )
    }

    static func expect(_ text: String, at file: URL, sourceLocation: SourceLocation) {
        let known = FileManager.default.contents(atPath: file.path).map { String(decoding: $0, as: UTF8.self) }
        if self.isUpdating {
            guard known != text else { return }
            #expect(throws: Never.self, sourceLocation: sourceLocation) {
                try text.write(to: file, atomically: true, encoding: .utf8)
            }
            return
        }
        guard let known else {
            Issue.record(
                "\(file.lastPathComponent) is missing; BEAVER_UPDATE_SCREENS=1",
                sourceLocation: sourceLocation
            )
            return
        }
        if known == text { return }
        let wanted = known.split(separator: "\n", omittingEmptySubsequences: false)
        let drawn = text.split(separator: "\n", omittingEmptySubsequences: false)
        var differences = ""
        for line in 0..<max(wanted.count, drawn.count) {
            let left = wanted.indices.contains(line) ? wanted[line] : "(no line)"
            let right = drawn.indices.contains(line) ? drawn[line] : "(no line)"
            if left != right { differences += "line \(line + 1)\n  file  \(left)\n  drawn \(right)\n" }
        }
        Issue.record(
            "\(file.lastPathComponent) differs; BEAVER_UPDATE_SCREENS=1 rewrites it\n\(differences)",
            sourceLocation: sourceLocation
        )
    }

    /// Every row is exactly as wide as the screen, halves of wide characters stand together, and nothing acts.
    static func expectWhole(_ screen: Screen, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(screen.cells.count == screen.size.rows * screen.size.columns, sourceLocation: sourceLocation)
        if let fault = self.fault(in: screen) { Issue.record("\(fault)", sourceLocation: sourceLocation) }
    }

    /// What is wrong with a screen; nil: nothing.
    static func fault(in screen: Screen) -> String? {
        let columns = screen.size.columns
        for row in 0..<screen.size.rows {
            if let (column, fault) = self.fault(in: screen.row(row)) {
                return "row \(row), column \(column) of \(columns)x\(screen.size.rows): \(fault)"
            }
        }
        if let cursor = screen.cursor,
            !(0..<screen.size.rows).contains(cursor.row) || !(0..<columns).contains(cursor.column)
        {
            return "the cursor is outside of \(screen.size)"
        }
        return nil
    }

    private static func fault(in cells: ArraySlice<Cell>) -> (column: Int, fault: String)? {
        var halves = 0
        for index in cells.indices {
            let cell = cells[index]
            let column = index - cells.startIndex
            if cell.base == 0 {
                guard halves == 1 else { return (column, "half a character") }
                halves = 0
                continue
            }
            guard halves == 0 else { return (column, "a wide character without its second half") }
            halves = Int(cell.width) - 1
            // Most cells are these, and a sweep looks at many.
            if cell.base >= 0x20, cell.base < 0x7f, cell.width == 1 { continue }
            guard let scalar = Unicode.Scalar(cell.base), TextWidth.kind(of: scalar) == .columns(Int(cell.width)) else {
                return (column, "U+\(String(cell.base, radix: 16)) reaches the terminal")
            }
        }
        return halves == 0 ? nil : (cells.count, "a wide character runs over the edge")
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let package = folder.deletingLastPathComponent().deletingLastPathComponent()
}
