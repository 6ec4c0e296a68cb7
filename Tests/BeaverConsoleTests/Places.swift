import BeaverConsole
import BeaverQueue

/// Every key a terminal can send, and a console in each place where keys go.
enum Places {
    static let keys: [Key] =
        (0x20..<0x7f).compactMap { Unicode.Scalar($0).map(Key.character) }
        + (0x61...0x7a).compactMap { Unicode.Scalar($0).map(Key.control) }
        + [
            .up, .down, .left, .right, .home, .end, .pageUp, .pageDown, .tab, .backTab, .enter, .escape, .backspace,
            .delete,
        ]

    static func stage(
        _ place: Place,
        isEmbedded: Bool = true,
        settings: (inout Model.Settings) -> Void = { _ in }
    ) -> Stage {
        var scene = Scene.thumbs
        scene.check = Scene.badFile
        scene.facts = Scene.menuFacts
        scene.outcome = Scene.outcome(.kill)
        var stage = Stage(scene, isEmbedded: isEmbedded, settings: settings)
        self.enter(place, &stage)
        stage.forget()
        stage.model.notice = nil
        return stage
    }

    private static func enter(_ place: Place, _ stage: inout Stage) {
        switch place {
        case .main: break
        case .detail: stage.press(.enter)
        case .errors: stage.press("o")
        case .preview:
            stage.press("e")
            stage.type("import.json")
            stage.press(.enter)
        case .crashMenu: stage.press("k")
        case .recovery:
            stage.holds = { if case .crash = $0 { true } else { false } }
            stage.press("k", "1", .enter)
        case .proof: stage.press("k", "1", .enter, .enter)
        case .question: stage.press("5", .down, "x")
        case .help: stage.press("?")
        }
    }
}

/// The same numbers on every machine; the seed is printed where a test fails.
struct Chance {
    private var state: UInt64

    init(_ seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var value = self.state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ limit: Int) -> Int { Int(self.next() % UInt64(max(1, limit))) }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[self.below(values.count)] }
}
