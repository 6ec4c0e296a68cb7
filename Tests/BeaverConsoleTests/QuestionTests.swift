import BeaverConsole
import BeaverQueue
import Testing

/// Destructive actions are hard to do by mistake.
@Suite struct QuestionTests {
    private func dead(_ moves: Key...) -> Stage {
        var stage = Stage(.thumbs)
        stage.press("5")
        for key in moves { stage.press(key) }
        stage.forget()
        return stage
    }

    @Test func oneReversibleJobNeedsNoQuestion() {
        var stage = self.dead(.down)
        stage.press("r")
        #expect(stage.model.question == nil)
        #expect(stage.changes == [.actOn(.retry, ["thumbs-0415"])])
    }

    @Test func theJobAtTheHeadOfAListIsNobodysChoice() {
        var stage = self.dead()
        stage.press("r")
        #expect(stage.changes.isEmpty)
        #expect(stage.model.question?.title == "Retry thumbs-0416?")
        #expect(stage.effects.contains(.dropTyped))
    }

    /// "Cancel" as the way out would be the same word as what is asked about.
    @Test func cancellingIsNotAskedWithTwoWaysToCancel() {
        var stage = Stage(.thumbs)
        stage.press("1", .down, "d")
        #expect(stage.model.place == .question)
        #expect(stage.shows("> Keep"))
        #expect(stage.shows("Cancel it"))
        stage.forget()
        stage.press(.enter)
        #expect(stage.changes.isEmpty)
        #expect(stage.model.place == .main)
    }

    @Test func purgingAsksWithTheCursorOnCancel() {
        var stage = self.dead(.down)
        stage.press("x")
        #expect(stage.model.question?.isDangerous == true)
        #expect(stage.effects == [.dropTyped])
        stage.press(.enter)
        #expect(stage.model.question == nil)
        #expect(stage.changes.isEmpty)
        stage.press("x", .right, .left, .enter)
        #expect(stage.changes.isEmpty)
        stage.press("x", .right, .enter)
        #expect(stage.changes == [.actOn(.purge, ["thumbs-0415"])])
    }

    @Test func aRunningJobIsNotEndedUnasked() {
        var stage = Stage(.thumbs)
        stage.press("1", .down)
        stage.press("d")
        #expect(stage.changes.isEmpty)
        #expect(stage.model.question?.lines.joined().contains("runs now") == true)
    }

    @Test(
        arguments: [
            (BulkAction.retry, Pane.running, "needs no retry"), (.retry, .pending, "needs no retry"),
            (.retry, .done, "never run again"), (.cancel, .done, "has ended"), (.cancel, .dead, "has ended"),
            (.purge, .running, "cancel it first"), (.purge, .pending, "cancel it first"),
            (.purge, .scheduled, "cancel it first"),
        ]
    )
    func whatCannotBeDoneIsSaid(action: BulkAction, pane: Pane, why: String) {
        var stage = Stage(.thumbs)
        stage.send(.key(.character(Unicode.Scalar(UInt8(48 + pane.rawValue)))))
        stage.press(.down)
        stage.forget()
        stage.press(action == .retry ? "r" : action == .cancel ? "d" : "x")
        #expect(stage.changes.isEmpty)
        #expect(stage.model.question == nil)
        #expect(stage.model.notice?.text.contains(why) == true)
    }

    @Test func manyJobsAreCountedAndNamed() {
        var stage = self.dead()
        stage.press(" ", " ", " ", "r")
        #expect(stage.model.question?.title == "Retry 3 jobs?")
        #expect(stage.model.question?.isYes == false)
        for id in ["thumbs-0416", "thumbs-0415", "thumbs-0414"] { #expect(stage.shows("  \(id)")) }
        stage.press(.right, .enter)
        #expect(stage.changes == [.actOn(.retry, ["thumbs-0414", "thumbs-0415", "thumbs-0416"])])
        #expect(stage.model.marks.isEmpty)
    }

    /// The engine counts what matched; only those are touched, whatever matches later.
    @Test func aKindIsActedOnAsItWasCounted() {
        var stage = Stage(.thumbs)
        stage.press("o")
        stage.forget()
        stage.press("r")
        guard case .select(let filter, .retry, _) = stage.effects.first else {
            Issue.record("nothing was counted: \(stage.effects)")
            return
        }
        #expect(filter == stage.scene.groups[0].filter)
        #expect(stage.shows("at record 11,394"))
        #expect(stage.model.question?.title == "Retry 6 jobs?")
        stage.press(.right, .enter)
        #expect(stage.changes == [.act(.retry, JobSelection(token: "t", count: 6, sequence: 11_394))])
    }

    private func purge(_ count: Int) -> Stage {
        var stage = Stage(.thumbs)
        stage.send(
            .selected(.purge, label: "state:done", .success(JobSelection(token: "t", count: count, sequence: 9)))
        )
        stage.forget()
        return stage
    }

    @Test func theCountOfManyIsTypedBeforeTheyAreGone() {
        var stage = self.purge(101)
        #expect(stage.model.question?.mustType == "101")
        stage.press(.right, .down)
        stage.type("10")
        stage.press(.enter)
        #expect(stage.changes.isEmpty)
        #expect(stage.model.question?.typed == "")
        stage.type("1x0y1")
        stage.press(.enter)
        #expect(stage.changes == [.act(.purge, JobSelection(token: "t", count: 101, sequence: 9))])
    }

    @Test func anEmptyAnswerIsNo() {
        var stage = self.purge(3_120)
        stage.press(.right, .enter)
        #expect(stage.model.question == nil)
        #expect(stage.changes.isEmpty)
    }

    @Test func upToAHundredAreNotTyped() {
        var stage = self.purge(100)
        #expect(stage.model.question?.mustType == nil)
        stage.press(.enter)
        #expect(stage.changes.isEmpty)
        #expect(stage.model.question == nil)
    }

    @Test func nothingThatMatchesIsNoQuestion() {
        var stage = self.purge(0)
        #expect(stage.model.question == nil)
        stage.press(.enter)
        #expect(stage.changes.isEmpty)
    }

    @Test(arguments: ["3120\n", "y\n", "\r", "yes", "\u{1b}[C\r"])
    func pastedTextNeverAnswers(text: String) {
        for count in [3, 3_120] {
            var stage = self.purge(count)
            stage.send(.paste(text))
            #expect(stage.changes.isEmpty)
            #expect(stage.model.question != nil)
            #expect(stage.model.question?.typed == "")
            #expect(stage.model.question?.isYes == false)
        }
    }

    @Test func pastedTextGoesIntoAPrompt() {
        var stage = Stage(.thumbs)
        stage.press("e")
        stage.forget()
        stage.send(.paste("jobs\u{1b}.json\nq"))
        #expect(stage.model.prompt?.text == "jobs.jsonq")
        #expect(stage.effects.isEmpty)
    }

    /// Whatever a paste begins or ends with, what it asks for is asked: else nothing is ever asked again.
    @Test(arguments: ["thumbs", " thumbs", "thumbs ", " state:dead ", " "])
    func aPasteIntoTheFilterIsAnswered(text: String) {
        var stage = Stage(.thumbs)
        stage.press("/")
        stage.send(.paste(text))
        #expect(stage.model.filter?.hasAnswer != false)
        #expect(stage.model.filter?.isAwaited != true)
        #expect(!stage.model.isViewAwaited)
    }

    // MARK: Crash menu

    @Test func theCrashMenuBeginsOnCancel() {
        var stage = Stage(.thumbs)
        stage.scene.facts = Scene.menuFacts
        stage.forget()
        stage.press("k")
        #expect(stage.effects == [.dropTyped, .crashFacts])
        stage.press(.enter)
        #expect(stage.model.place == .main)
        #expect(stage.changes.isEmpty)
    }

    /// A hand that means "up" presses k again and again.
    @Test func pressingKAgainDoesNoHarm() {
        var stage = Stage(.thumbs)
        stage.scene.facts = Scene.menuFacts
        stage.press("k", "k", "k", "k", .enter)
        #expect(stage.changes.isEmpty)
        #expect(stage.model.place == .main)
    }

    @Test func digitsOnlyChoose() {
        for digit in ["1", "2", "3", "4"] as [Key] {
            var stage = Stage(.thumbs)
            stage.scene.facts = Scene.menuFacts
            stage.press("k", digit)
            #expect(stage.changes.isEmpty)
            #expect(stage.model.place == .crashMenu)
        }
        var stage = Stage(.thumbs)
        stage.scene.facts = Scene.menuFacts
        stage.scene.outcome = Scene.outcome(.kill)
        stage.press("k", "1", .enter)
        #expect(stage.changes.count == 1)
        #expect(stage.model.place == .recovery)
    }

    @Test func whatIsNotPossibleHereIsSaid() {
        for digit in ["3", "4"] as [Key] {
            var stage = Stage(.thumbs)
            stage.scene.facts = Scene.menuFacts
            stage.press("k", digit, .enter)
            #expect(stage.changes.isEmpty)
            #expect(stage.model.notice?.text.hasPrefix("not here: ") == true)
        }
        var stage = Stage(.thumbs)
        stage.scene.facts = Scene.menuFacts
        stage.scene.facts.freeBytes = stage.scene.facts.storeBytes
        stage.press("k", "2", .enter)
        #expect(stage.changes.isEmpty)
        #expect(stage.model.notice?.text.contains("does not fit") == true)
    }

    @Test func aServerIsKilledOnlyAfterItsWord() {
        var stage = Stage(.thumbs, isEmbedded: false)
        stage.scene.facts.isEmbedded = false
        stage.scene.facts.serverPid = 4_121
        stage.press("k", "4", .enter)
        #expect(stage.changes.isEmpty)
        stage.send(.paste("kill"))
        stage.press(.enter)
        #expect(stage.changes.isEmpty)
        stage.type("kilx")
        stage.press(.backspace, "l", .enter)
        #expect(stage.changes.count == 1)
    }

    @Test func aCrashThatFailsSaysSoAndGoesBack() {
        var stage = Stage(.thumbs)
        stage.scene.facts = Scene.menuFacts
        stage.scene.outcome.failure = "the directory is locked"
        stage.press("k", "1", .enter)
        #expect(stage.model.place == .main)
        #expect(stage.shows("the directory is locked"))
    }
}
