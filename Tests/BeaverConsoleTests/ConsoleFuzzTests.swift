import BeaverConsole
import BeaverQueue
import Foundation
import Testing

/// Whatever is pressed and whatever comes back, the console does not trap, draws a whole screen, and can be left.
@Suite struct ConsoleFuzzTests {
    private static let sizes = [
        (24, 80), (34, 120), (60, 200), (10, 40), (3, 40), (1, 20), (5, 30), (18, 24), (50, 300), (1, 300),
    ]
    private static let pastes = [" state:dead ", "kill", "3120\n", "画像\u{202e}", "\u{1b}[200~q\r", ""]

    private static func scene(_ chance: inout Chance) -> Scene {
        var scene = chance.pick([Scene.thumbs, .hostile, .empty, .paused, .full])
        scene.check = chance.pick([Scene.commandFile, Scene.badFile])
        scene.facts = Scene.menuFacts
        scene.facts.isEmbedded = chance.below(2) == 0
        scene.outcome = Scene.outcome(chance.pick([.kill, .powerCut, .lyingDisk, .signal]))
        scene.facts.isDemo = chance.below(2) == 0
        if chance.below(4) == 0 { scene.outcome.failure = "it did not come back" }
        return scene
    }

    /// What comes from outside, wanted or not.
    private static func message(_ chance: inout Chance, _ stage: Stage) -> Message {
        let id = chance.pick(["thumbs-3141", "import-02", "nobody"])
        let error = QueueError(.unavailable, "no server\u{1b}[2J")
        return switch chance.below(16) {
        case 0: .paste(chance.pick(self.pastes))
        case 1:
            .mouse(
                chance.pick([.click, .wheelUp, .wheelDown]),
                row: chance.below(70) - 2,
                column: chance.below(210) - 2
            )
        case 2:
            .resized(
                {
                    let (rows, columns) = chance.pick(self.sizes)
                    return Size(rows: rows, columns: columns)
                }()
            )
        case 3: .view(.success(chance.pick([Scene.hostile, .thumbs, .million]).answer(stage.model.wantedView)))
        case 4: .view(.failure(error))
        case 5: .list(.filter("x", page: 1), .success(JobPage(jobs: stage.scene.lists[.dead] ?? [], next: nil)))
        case 6: .details(id, reveals: false, .failure(error))
        case 7: .details(id, reveals: chance.below(2) == 0, stage.scene.job(id))
        case 8:
            .output(id, run: nil, from: 0, .success(JobOutput(bytes: [27, 255, 10], nextOffset: 3, isComplete: false)))
        case 9: .groups(.success(chance.below(2) == 0 ? [] : stage.scene.groups))
        case 10:
            .selected(
                chance.pick(BulkAction.allCases),
                label: "all",
                .success(JobSelection(token: "t", count: chance.pick([0, 1, 100, 101, 5_000]), sequence: 1))
            )
        case 11: .takeProgress(chance.below(9_000))
        case 12: .taken(.failure(error))
        case 13: .crashed(Scene.outcome(.kill))
        case 14: .completions(stage.model.prompt?.text ?? "", ["a", "ab", "画"])
        default: .logLine(QueueLogLine(.error, "it said \u{1b}[31m\u{202e}"))
        }
    }

    private static func play(_ seed: UInt64, isReadOnly: Bool) -> String? {
        var chance = Chance(seed)
        let (rows, columns) = chance.pick(self.sizes)
        let vimKeys = chance.below(3) == 0
        var stage = Stage(
            self.scene(&chance),
            rows: rows,
            columns: columns,
            isEmbedded: chance.below(3) > 0
        ) {
            $0.isReadOnly = isReadOnly
            $0.vimKeys = vimKeys
        }
        for step in 0..<120 {
            guard stage.model.quitting == nil else { break }
            let had = stage.model.question != nil
            stage.forget()
            if chance.below(5) == 0 {
                stage.send(self.message(&chance, stage))
                if chance.below(8) == 0 { stage.wait(milliseconds: Int64(chance.below(3_000))) }
            } else {
                stage.press(chance.pick(Places.keys))
            }
            if !had, stage.model.question != nil, !stage.effects.contains(.dropTyped) {
                return "step \(step): a question opened, and what was typed before may answer it"
            }
            if stage.model.isViewAwaited || stage.model.filter?.isAwaited == true {
                return "step \(step): an answer is awaited to what was never asked"
            }
            if isReadOnly, !stage.changes.isEmpty { return "step \(step): read-only, and yet \(stage.changes)" }
            if stage.model.wantedView.fault != nil { return "step \(step): a view is too large" }
            if step % 4 == 0, let fault = ScreenFile.fault(in: stage.screen) { return "step \(step): \(fault)" }
        }
        return self.leave(&stage)
    }

    /// Esc until nothing more is open, then q.
    private static func leave(_ stage: inout Stage) -> String? {
        for _ in 0..<12 where stage.model.quitting == nil {
            stage.press(.escape)
            if stage.model.place == .recovery { stage.send(.crashed(stage.scene.outcome)) }
        }
        guard stage.model.quitting == nil else { return nil }
        guard stage.model.place == .main, stage.model.prompt == nil else {
            return "Esc does not lead out of \(stage.model.place.rawValue)"
        }
        stage.press("q")
        return stage.model.quitting == nil ? "q does not quit" : nil
    }

    /// More of them with BEAVER_FUZZ_SEEDS=1000.
    @Test(arguments: [false, true])
    func whateverIsPressed(isReadOnly: Bool) {
        let count = ProcessInfo.processInfo.environment["BEAVER_FUZZ_SEEDS"].flatMap(UInt64.init) ?? 50
        for seed in 1...max(1, count) {
            if let fault = Self.play(seed, isReadOnly: isReadOnly) {
                Issue.record("seed \(seed), read-only \(isReadOnly): \(fault)")
            }
        }
    }
}
