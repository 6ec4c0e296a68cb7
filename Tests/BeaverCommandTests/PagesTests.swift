import Foundation
import Testing

@testable import beaver_tui

/// Pages in docs/ that repeat what the program knows.
@Suite struct PagesTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func page(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: self.root.appending(path: path)), as: UTF8.self)
    }

    @Test("the manual page names every command and option, in the words of --help")
    func manualPage() throws {
        let path = "docs/man/beaver-tui.1"
        let wanted = try ManualPage.text()
        if ProcessInfo.processInfo.environment["BEAVER_WRITE_MANUAL"] == "1" {
            try Data(wanted.utf8).write(to: Self.root.appending(path: path))
        }
        let isSame = try Self.page(path) == wanted
        #expect(isSame, "\(path) is behind the commands: BEAVER_WRITE_MANUAL=1 swift test --filter PagesTests")
    }

    @Test("docs/configuration.md has a row for each setting, and no other")
    func configurationTable() throws {
        let rows = try Self.page("docs/configuration.md").split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("| `") }
        let wanted = Setting.all.map { setting in
            "| `\(setting.key)` | `\(setting.environment)` | `\(setting.standard)` | \(setting.meaning) |"
        }
        #expect(rows == wanted)
    }
}
