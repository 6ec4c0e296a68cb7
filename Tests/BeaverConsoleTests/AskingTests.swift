import BeaverConsole
import BeaverQueue
import Testing

/// A killed server is asked for each job of this console, in pieces, wherever the operator is meanwhile.
@Suite struct AskingTests {
    /// Back after a kill -9, with the proof on the screen and 1,000,000 jobs to ask for.
    private func proof(rows: Int = 24) -> Stage {
        var scene = Scene.thumbs
        scene.facts.isEmbedded = false
        scene.facts.serverPid = 4_121
        scene.outcome = Scene.outcome(.signal)
        scene.outcome.ownCount = 1_000_000
        scene.outcome.restartedAfterSeconds = 5.012
        var stage = Stage(scene, rows: rows, isEmbedded: false)
        stage.press("k", "4", "k", "i", "l", "l", .enter)
        for _ in 0..<20 { stage.wait(milliseconds: 400) }
        return stage
    }

    private func account(_ asked: Int, _ change: (inout OwnAccount) -> Void = { _ in }) -> Message {
        var account = OwnAccount(total: 1_000_000)
        account.asked = asked
        account.done = asked / 2
        account.seconds = Double(asked) / 25_000
        if asked == account.total { account.stage = .complete }
        change(&account)
        return .account(1, account)
    }

    @Test func theProofSaysOfHowManyItHolds() {
        var stage = self.proof()
        #expect(stage.model.place == .proof)
        #expect(stage.effects.contains(.askOwn(1)))
        #expect(stage.shows("lost 0 of 0 asked so far"))
        stage.send(self.account(420_000))
        ScreenFile.expect(stage.screen, "proof-asking-80x24")
        #expect(stage.shows("lost 0 of 420,000 asked so far"))
        #expect(stage.shows("own: 420,000 of 1,000,000 asked"))
        stage.send(self.account(1_000_000))
        #expect(stage.shows("lost 0 · done twice 0 ─"))
        #expect(stage.shows("own: all 1,000,000 asked, found"))
        #expect(stage.shows("own: none of 500,000 ran again"))
        ScreenFile.expect(stage.screen, "proof-asked-80x24")
    }

    @Test func aKeyEndsItAndTheProofIsAPart() {
        var stage = self.proof()
        stage.send(self.account(420_000))
        stage.forget()
        stage.press("c")
        #expect(stage.effects == [.endAsking])
        stage.send(self.account(421_000) { $0.stage = .ended })
        #expect(stage.shows("lost 0 of 421,000 asked · done"))
        #expect(stage.shows("asking was ended"))
        stage.forget()
        stage.press("c")
        #expect(stage.effects.isEmpty)
    }

    /// It goes on behind the main screen, and its end is told there; `v` in the menu shows the whole.
    @Test func itGoesOnWhenTheProofIsLeft() {
        var stage = self.proof()
        stage.press(.enter)
        #expect(stage.model.place == .main)
        stage.send(self.account(420_000))
        stage.press("k")
        #expect(stage.shows("Last crash-test: 1, lost 0 of 420,000 asked so far; v shows the proof"))
        stage.press(.escape)
        stage.send(self.account(1_000_000))
        let said = "own jobs: all 1,000,000 asked for in 40.000 s, none lost, none done twice"
        #expect(stage.shows(said), "\(stage)")
        stage.press("k", "v")
        #expect(stage.shows("own: all 1,000,000 asked, found"))
    }

    @Test func aLossIsRedAndCounted() {
        var stage = self.proof()
        stage.press(.enter)
        stage.send(self.account(1_000_000) { $0.missing = ["a", "b"] })
        #expect(stage.model.crashTests.lost == 2)
        #expect(stage.shows("2 LOST"))
        stage.press("k", "v")
        #expect(stage.shows("LOST 2 ANSWERED JOBS · sync is \"always\": this is a bug"))
        #expect(stage.shows("missing: a, b"))
    }

    /// Jobs that an operator has purged are gone by right.
    @Test func whatWasPurgedMeanwhileIsNotLost() {
        var stage = self.proof()
        stage.send(
            self.account(1_000_000) {
                $0.missing = ["a", "b"]
                $0.mayBeGone = true
            }
        )
        #expect(stage.model.crashTests.lost == 0)
        #expect(stage.shows("own: 999,998 ids asked (not those "))
    }

    /// Of another crash-test, or after the last word.
    @Test func lateAnswersChangeNothing() {
        var stage = self.proof()
        stage.send(self.account(1_000_000))
        let before = stage.text
        stage.send(self.account(5))
        stage.send(.account(7, OwnAccount(total: 3)))
        #expect(stage.text == before)
    }
}
