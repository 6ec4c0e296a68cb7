import BeaverConsole
import Foundation
import Testing

/// The one table of keys.
@Suite struct KeyMapTests {
    @Test(arguments: [false, true], [false, true])
    func noKeyIsBoundTwiceInOnePlace(vimKeys: Bool, readOnly: Bool) {
        let keys = KeyMap(vimKeys: vimKeys, readOnly: readOnly)
        for place in Place.allCases {
            var seen: [Key: Action] = [:]
            for binding in keys.bindings(in: place) {
                for key in binding.keys {
                    if let other = seen[key] {
                        Issue.record("\(key.name) in \(place.rawValue): \(other) and \(binding.action)")
                    }
                    seen[key] = binding.action
                }
            }
        }
    }

    @Test(arguments: [false, true])
    func helpListsEveryKey(vimKeys: Bool) {
        let keys = KeyMap(vimKeys: vimKeys)
        for place in Place.allCases where place != .help && place != .recovery {
            // What holds on the main screen too is listed there.
            let rows = HelpText.rows(keys, .main) + HelpText.rows(keys, place)
            let names = Set(
                rows.flatMap { $0.keys.split(separator: " ").map { $0.hasSuffix(",") ? $0.dropLast() : $0 } }
            )
            for binding in keys.bindings(in: place) {
                for key in binding.keys {
                    if case .pane = binding.action { continue }
                    if case .choose = binding.action { continue }
                    let shown = key == "," ? true : names.contains(Substring(key.name))
                    #expect(shown, "\(key.name) in \(place.rawValue)")
                }
            }
        }
    }

    @Test func everyBindingSaysWhatItDoes() {
        for binding in KeyMap().bindings {
            #expect(!binding.help.isEmpty)
            #expect(!binding.keys.isEmpty)
            #expect(!binding.places.isEmpty)
            if binding.action != .unbound { #expect(!binding.label.isEmpty) }
        }
    }

    @Test func helpShowsEveryLineByScrolling() {
        var stage = Stage(.thumbs)
        stage.press("?")
        var seen = ""
        for _ in 0..<30 {
            seen += stage.text
            stage.press(.pageDown)
        }
        let missing = HelpText.lines(stage.model.keys, width: 76).filter { !$0.isEmpty && !seen.contains($0) }
        #expect(missing == [])
        stage.press("g", "G")
        #expect(stage.shows("the next choice"))
    }

    /// The footer names keys that are bound, whatever the settings.
    @Test(arguments: [false, true], [false, true])
    func theFooterNamesBoundKeys(vimKeys: Bool, readOnly: Bool) {
        for (rows, columns) in [(24, 80), (3, 40), (34, 120)] {
            let stage = Stage(.thumbs, rows: rows, columns: columns) {
                $0.vimKeys = vimKeys
                $0.isReadOnly = readOnly
            }
            let words = stage.screen.lines[rows - 1].split(separator: " ").map(String.init)
            let bound = Set(stage.model.keys.bindings(in: .main).flatMap(\.keys).map(\.name))
            for word in words where word.count == 1 { #expect(bound.contains(word), "\(word)") }
            #expect(words.contains("e") == !readOnly)
            #expect(words.contains("X") == (vimKeys && !readOnly))
            #expect(words.contains("q"))
        }
    }

    @Test func thePageInTheDocumentsIsThisTable() {
        ScreenFile.expect(
            ConsolePage.markdown,
            at: ScreenFile.package.appendingPathComponent("docs/console.md"),
            sourceLocation: #_sourceLocation
        )
    }
}
