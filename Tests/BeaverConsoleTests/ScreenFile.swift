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
            let cells = Array(screen.row(row))
            guard cells.reduce(0, { $0 + ($1.base == 0 ? 0 : Int($1.width)) }) == columns else {
                return "row \(row) of \(screen.size) is not \(columns) columns wide"
            }
            for (column, cell) in cells.enumerated() {
                let place = "row \(row), column \(column) of \(screen.size)"
                if cell.base == 0 {
                    guard column > 0, cells[column - 1].width == 2 else { return "half a character at \(place)" }
                    continue
                }
                if cell.width == 2, column + 1 >= columns || cells[column + 1].base != 0 {
                    return "a wide character without room at \(place)"
                }
                guard let scalar = Unicode.Scalar(cell.base) else { return "no character at \(place)" }
                guard case .columns(Int(cell.width)) = TextWidth.kind(of: scalar) else {
                    return "U+\(String(cell.base, radix: 16)) reaches the terminal at \(place)"
                }
            }
        }
        if let cursor = screen.cursor,
            !(0..<screen.size.rows).contains(cursor.row) || !(0..<columns).contains(cursor.column)
        {
            return "the cursor is outside of \(screen.size)"
        }
        return nil
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let package = folder.deletingLastPathComponent().deletingLastPathComponent()
}
