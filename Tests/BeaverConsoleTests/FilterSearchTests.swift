import BeaverConsole
import BeaverQueue
import BeaverTestSupport
import Testing

/// A search through a million jobs is answered in pieces, of which most are empty.
@Suite struct FilterSearchTests {
    private func typed() -> Stage {
        var stage = Stage(.thumbs)
        stage.holds = { if case .list = $0 { true } else { false } }
        stage.press("/")
        stage.type("x")
        stage.press(.enter)
        return stage
    }

    private func answer(_ ids: [String], next: UInt64?) -> Message {
        let jobs = ids.map { JobSummary.sample($0) }
        return .list(
            .filter("x"),
            .success(JobPage(jobs: jobs, next: next.map { JobCursor(enqueueSequence: $0) }))
        )
    }

    private func asked(_ stage: Stage) -> (after: UInt64?, limit: Int)? {
        guard case .list(_, _, let after, let limit) = stage.effects.last else { return nil }
        return (after?.enqueueSequence, limit)
    }

    @Test func itGoesOnUntilAPageIsFullOrTheEndIsReached() {
        var stage = self.typed()
        #expect(stage.shows("looking; Esc clears the filter"))
        stage.send(self.answer([], next: 5_697))
        #expect(self.asked(stage)?.after == 5_697)
        #expect(stage.shows("looking, 50 % read"), "\(stage)")
        #expect(!stage.shows("no job matches"))
        stage.send(self.answer(["x-1"], next: 9_000))
        #expect(self.asked(stage)?.after == 9_000)
        #expect(self.asked(stage)?.limit == 199)
        #expect(stage.shows("x-1"))
        #expect(stage.shows("1 or more, looking, 78 % read"), "\(stage)")
        stage.forget()
        stage.send(self.answer([], next: nil))
        #expect(stage.effects.isEmpty)
        #expect(stage.shows("[filter x] 1 ─"), "\(stage)")
    }

    @Test func nothingAtAllIsSaidOnlyAtTheEnd() {
        var stage = self.typed()
        stage.send(self.answer([], next: 5_697))
        stage.send(self.answer([], next: nil))
        #expect(stage.shows("no job matches; Esc clears the filter"))
    }

    /// Until it has come to its end once more, what was found stays in sight; and a long one is not begun each second.
    @Test func aSearchThatIsRepeatedTakesNothingAway() {
        var stage = self.typed()
        stage.wait(milliseconds: 3_000)
        stage.send(self.answer(["x-1", "x-2"], next: nil))
        stage.forget()
        stage.wait(milliseconds: 2_000)
        #expect(self.asked(stage) == nil)
        stage.wait(milliseconds: 14_000)
        #expect(self.asked(stage) != nil)
        stage.send(self.answer([], next: 5_697))
        #expect(stage.shows("x-2"))
        stage.send(self.answer(["x-2"], next: nil))
        #expect(stage.shows("x-2") && !stage.shows("x-1"))
    }

    /// The answer on its way is that of the page before.
    @Test func anAnswerOfAnotherPageIsNotTaken() {
        var stage = self.typed()
        stage.send(self.answer((0..<200).map { "x-\($0)" }, next: 7_000))
        stage.wait(milliseconds: 1_000)
        stage.press(.end, .down)
        stage.send(self.answer((0..<200).map { "x-\($0)" }, next: 7_000))
        #expect(self.asked(stage)?.after == 7_000)
        #expect(!stage.shows("x-199"))
        stage.send(self.answer(["x-200"], next: nil))
        #expect(stage.shows("x-200"))
    }
}
