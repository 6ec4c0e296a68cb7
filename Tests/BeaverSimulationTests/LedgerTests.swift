import BeaverSimulation
import Testing

/// Each rule has a history that keeps it and one that breaks it.
@Suite struct LedgerTests {
    private static func ledger(_ ids: String..., terms: Ledger.Terms = Ledger.Terms()) -> Ledger {
        var ledger = Ledger(terms)
        for id in ids {
            ledger.recordSubmission(id, payload: [1])
            ledger.recordAnswer(id, payload: [1], .enqueued)
        }
        return ledger
    }

    private static func run(
        _ ledger: inout Ledger,
        _ id: String,
        _ token: UInt64,
        _ ending: Ledger.RunEnding,
        confirmed: Bool = true
    ) {
        ledger.recordRunStarted(id, token: token, payload: [1])
        ledger.recordRunEnded(id, token: token, ending)
        if confirmed { ledger.recordResultConfirmed(id, token: token) }
    }

    private static func rules(_ violations: [String]) -> [String] {
        violations.map { String($0.prefix { $0 != ":" }) }
    }

    @Test func aHonestHistoryIsClean() {
        var ledger = Self.ledger("a", "b", "c", "d")
        Self.run(&ledger, "a", 1, .completed)
        for token in 2...5 as ClosedRange<UInt64> { Self.run(&ledger, "b", token, .failed) }
        ledger.recordCancel("c", confirmed: true)
        ledger.recordRunStarted("d", token: 6, payload: [1])
        ledger.recordCrash(powerCut: false)
        let jobs = [
            ObservedJob("a", .completed, payload: [1]), ObservedJob("b", .dead), ObservedJob("c", .cancelled),
            ObservedJob("d", .pending),
        ]
        #expect(ledger.check(against: jobs, counts: [.completed: 1, .dead: 1, .cancelled: 1, .pending: 1]) == [])
        #expect(ledger.checkFinished(jobs) == ["liveness: d is still pending"])
    }

    @Test func rule1AnAcknowledgedJobIsThere() {
        var ledger = Self.ledger("a", "b")
        #expect(Self.rules(ledger.check(against: [ObservedJob("b", .pending)])) == ["rule 1"])
        ledger.recordForgettable("a")
        #expect(ledger.check(against: [ObservedJob("b", .pending)]) == [])
    }

    @Test func rule1WhatIsUnknownMayBeThereOrNot() {
        var ledger = Ledger()
        ledger.recordSubmission("a", payload: [1])
        ledger.recordAnswer("a", payload: [1], .unknown)
        ledger.recordSubmission("b", payload: [2])
        ledger.recordCrash(powerCut: true)
        #expect(ledger.check(against: []) == [])
        #expect(ledger.check(against: [ObservedJob("a", .pending, payload: [1]), ObservedJob("b", .pending)]) == [])
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .pending, payload: [2])])) == ["rule 1"])
    }

    @Test func rule1WhatWasRefusedOrNeverSentIsNotThere() {
        var ledger = Ledger()
        ledger.recordSubmission("a", payload: [1])
        ledger.recordAnswer("a", payload: [1], .refused)
        let found = ledger.check(against: [ObservedJob("a", .pending), ObservedJob("b", .pending)])
        #expect(Self.rules(found) == ["rule 1", "rule 1"])
        ledger.recordAnswer("c", payload: [1], .enqueued)
        #expect(ledger.violations.count == 1)
    }

    @Test func rule1APayloadStaysWhatItWas() {
        var ledger = Self.ledger("a")
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .pending, payload: [2])])) == ["rule 1"])
        ledger.recordRunStarted("a", token: 1, payload: [1, 1])
        #expect(Self.rules(ledger.violations) == ["rule 1"])
    }

    @Test func rule1ARunningJobIsProofThatItWasTaken() {
        var ledger = Ledger()
        ledger.recordRunStarted("x", token: 1, payload: [1])
        #expect(Self.rules(ledger.violations) == ["rule 1"])
        ledger = Ledger()
        ledger.recordSubmission("a", payload: [1])
        ledger.recordRunStarted("a", token: 1, payload: [1])
        ledger.recordCrash(powerCut: true)
        #expect(Self.rules(ledger.check(against: [])) == ["rule 1"])
    }

    @Test func rule1AnswersBeforeTheSyncMayBeLostByAPowerCutAlone() {
        var terms = Ledger.Terms()
        terms.isSyncedBeforeAnswer = false
        var ledger = Self.ledger("a", terms: terms)
        ledger.recordCrash(powerCut: false)
        #expect(Self.rules(ledger.check(against: [])) == ["rule 1"])
        ledger.recordCrash(powerCut: true)
        #expect(ledger.check(against: []) == [])
    }

    /// Purged while an enqueue of it had no answer yet: that one may be what is gone.
    ///
    /// Found by seed 235919.
    @Test func rule1AJobPurgedBeforeItsAnswerMayBeGone() {
        var ledger = Ledger()
        ledger.recordSubmission("a", payload: [1])
        ledger.recordCancel("a", confirmed: false)
        ledger.recordForgettable("a")
        // A retry that comes too late changes nothing of that (seed 231479).
        ledger.recordRevival("a", confirmed: false)
        ledger.recordAnswer("a", payload: [1], .enqueued)
        #expect(ledger.check(against: []) == [])
        #expect(ledger.check(against: [ObservedJob("a", .pending, payload: [1])]) == [])
        // A purge of the one before says nothing about the next.
        ledger.recordSubmission("a", payload: [2])
        ledger.recordAnswer("a", payload: [2], .enqueued)
        #expect(Self.rules(ledger.check(against: [])) == ["rule 1"])
    }

    /// Both were under way at a crash, or were told that their outcome is unknown: the purge
    /// of what had ended may have come first, and the enqueue made it anew.
    ///
    /// Found by seeds 30059632 and 30071934.
    @Test func rule2AJobPurgedWhileItIsSentAgainMayRunAgain() {
        func crashed(purges: Bool, isTold: Bool = false) -> Ledger {
            var ledger = Self.ledger("a")
            ledger.recordRunStarted("a", token: 1, payload: [1])
            ledger.recordRunEnded("a", token: 1, .completed)
            ledger.recordResultConfirmed("a", token: 1)
            ledger.recordSubmission("a", payload: [1])
            if purges { ledger.recordForgettable("a") }
            if isTold { ledger.recordAnswer("a", payload: [1], .unknown) }
            ledger.recordCrash(powerCut: true)
            return ledger
        }
        for state in [ObservedJob.State.pending, .completed] {
            let job = ObservedJob("a", state, payload: [1])
            #expect(crashed(purges: true).check(against: [job]) == [])
            #expect(crashed(purges: true, isTold: true).check(against: [job]) == [])
        }
        #expect(crashed(purges: true).check(against: []) == [])
        let pending = ObservedJob("a", .pending, payload: [1])
        #expect(Self.rules(crashed(purges: false).check(against: [pending])) == ["rule 2"])
        #expect(Self.rules(crashed(purges: false, isTold: true).check(against: [pending])) == ["rule 2"])
        // Answered before the purge was asked for, it is not new.
        var ledger = Self.ledger("a")
        ledger.recordRunStarted("a", token: 1, payload: [1])
        ledger.recordRunEnded("a", token: 1, .completed)
        ledger.recordResultConfirmed("a", token: 1)
        ledger.recordSubmission("a", payload: [1])
        ledger.recordAnswer("a", payload: [1], .duplicate)
        ledger.recordForgettable("a")
        ledger.recordCrash(powerCut: true)
        #expect(Self.rules(ledger.check(against: [pending])) == ["rule 2"])
    }

    @Test func rule1CountsAgreeWithLists() {
        let ledger = Self.ledger("a")
        let jobs = [ObservedJob("a", .pending)]
        #expect(Self.rules(ledger.check(against: jobs, counts: [.pending: 2])) == ["rule 1"])
        #expect(Self.rules(ledger.check(against: jobs, counts: [.dead: 1])) == ["rule 1"])
    }

    @Test func rule1NobodyCancelsByItself() {
        var ledger = Self.ledger("a")
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .cancelled)])) == ["rule 1"])
        ledger.recordCancel("a", confirmed: false)
        #expect(ledger.check(against: [ObservedJob("a", .cancelled)]) == [])
        #expect(ledger.check(against: [ObservedJob("a", .pending)]) == [])
        ledger.recordCancel("a", confirmed: true)
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .pending)])) == ["rule 1"])
        ledger.recordRunStarted("a", token: 1, payload: [1])
        #expect(Self.rules(ledger.violations) == ["rule 2"])
    }

    @Test func rule2ACompletedJobIsNeverRunAgain() {
        var ledger = Self.ledger("a")
        Self.run(&ledger, "a", 1, .completed)
        ledger.recordCrash(powerCut: true)
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .pending)])) == ["rule 2"])
        ledger.recordRunStarted("a", token: 2, payload: [1])
        #expect(Self.rules(ledger.violations) == ["rule 2"])
    }

    @Test func rule2ACompletionThatWasNotConfirmedMayRunAgain() {
        var ledger = Self.ledger("a")
        Self.run(&ledger, "a", 1, .completed, confirmed: false)
        ledger.recordCrash(powerCut: true)
        #expect(ledger.check(against: [ObservedJob("a", .pending)]) == [])
        #expect(ledger.check(against: [ObservedJob("a", .completed)]) == [])
        Self.run(&ledger, "a", 2, .completed)
        #expect(ledger.violations == [])
    }

    @Test func rule2NothingRunsTwiceAtTheSameTime() {
        var ledger = Self.ledger("a")
        ledger.recordRunStarted("a", token: 1, payload: [1])
        ledger.recordRunStarted("a", token: 2, payload: [1])
        #expect(Self.rules(ledger.violations) == ["rule 2"])
    }

    @Test func rule2OnceIsOnce() {
        var ledger = Ledger()
        ledger.recordSubmission("a", payload: [1], once: true)
        ledger.recordAnswer("a", payload: [1], .enqueued)
        ledger.recordRunStarted("a", token: 1, payload: [1])
        ledger.recordCrash(powerCut: true)
        #expect(ledger.check(against: [ObservedJob("a", .dead)]) == [])
        ledger.recordRunStarted("a", token: 2, payload: [1])
        #expect(Self.rules(ledger.violations) == ["rule 2"])
    }

    @Test func rule3RunsAreCounted() {
        var ledger = Self.ledger("a")
        for token in 1...3 as ClosedRange<UInt64> { Self.run(&ledger, "a", token, .failed) }
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .dead)])) == ["rule 3"])
        Self.run(&ledger, "a", 4, .failed)
        #expect(ledger.check(against: [ObservedJob("a", .dead)]) == [])
        ledger.recordRunStarted("a", token: 5, payload: [1])
        #expect(Self.rules(ledger.violations) == ["rule 3"])
    }

    @Test func rule3InterruptionsHaveABudgetOfTheirOwn() {
        var ledger = Self.ledger("a")
        for token in 1...4 as ClosedRange<UInt64> {
            ledger.recordRunStarted("a", token: token, payload: [1])
            #expect(ledger.violations == [])
            ledger.recordCrash(powerCut: false)
            ledger.recordRecovered()
        }
        #expect(ledger.check(against: [ObservedJob("a", .dead)]) == [])
        ledger.recordRunStarted("a", token: 5, payload: [1])
        #expect(Self.rules(ledger.violations) == ["rule 3"])
    }

    /// A stop may be a time-out, which is counted, or a drain, which is not: as many as there are retries prove nothing.
    @Test func rule3WhatWasNotARunIsNotCounted() {
        var ledger = Self.ledger("a")
        for token in 1...9 as ClosedRange<UInt64> { Self.run(&ledger, "a", token, token < 7 ? .notStarted : .stopped) }
        #expect(ledger.violations == [])
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .dead)])) == ["rule 3"])
    }

    @Test func rule3APermanentFailureIsTheLast() {
        var ledger = Self.ledger("a")
        Self.run(&ledger, "a", 1, .failedPermanently)
        #expect(ledger.check(against: [ObservedJob("a", .dead)]) == [])
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .pending)])) == ["rule 3"])
        ledger.recordRunStarted("a", token: 2, payload: [1])
        #expect(Self.rules(ledger.violations) == ["rule 3"])
    }

    @Test func rule3ARevivalGivesAFreshBudget() {
        var ledger = Self.ledger("a")
        Self.run(&ledger, "a", 1, .failedPermanently)
        ledger.recordRevival("a", confirmed: false)
        #expect(ledger.check(against: [ObservedJob("a", .dead)]) == [])
        #expect(ledger.check(against: [ObservedJob("a", .pending)]) == [])
        ledger.recordRevival("a", confirmed: true)
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .dead)])) == ["rule 3"])
        Self.run(&ledger, "a", 2, .completed)
        #expect(ledger.check(against: [ObservedJob("a", .completed)]) == [])
    }

    @Test func rule4TokensGrow() {
        var ledger = Self.ledger("a", "b")
        ledger.recordRunStarted("a", token: 5, payload: [1])
        ledger.recordRunStarted("b", token: 5, payload: [1])
        #expect(Self.rules(ledger.violations) == ["rule 4"])
    }

    @Test func rule4ALateResultIsRefused() {
        var ledger = Self.ledger("a")
        ledger.recordRunStarted("a", token: 1, payload: [1])
        ledger.recordCrash(powerCut: false)
        ledger.recordRunStarted("a", token: 2, payload: [1])
        ledger.recordLateResult("a", token: 1, accepted: false)
        ledger.recordLateResult("a", token: 2, accepted: true)
        #expect(ledger.violations == [])
        ledger.recordLateResult("a", token: 1, accepted: true)
        ledger.recordLateResult("a", token: 2, accepted: false)
        ledger.recordResultConfirmed("a", token: 1)
        #expect(Self.rules(ledger.violations) == ["rule 4", "rule 4", "rule 4"])
    }

    @Test func rule5TheSameIdTwiceIsOneJob() {
        var ledger = Self.ledger("a")
        ledger.recordSubmission("a", payload: [1])
        ledger.recordAnswer("a", payload: [1], .duplicate)
        ledger.recordSubmission("a", payload: [2])
        ledger.recordAnswer("a", payload: [2], .differs)
        #expect(ledger.violations == [])
        ledger.recordSubmission("a", payload: [2])
        ledger.recordAnswer("a", payload: [2], .duplicate)
        ledger.recordSubmission("a", payload: [1])
        ledger.recordAnswer("a", payload: [1], .differs)
        ledger.recordSubmission("a", payload: [1])
        ledger.recordAnswer("a", payload: [1], .enqueued)
        #expect(Self.rules(ledger.violations) == ["rule 5", "rule 5", "rule 5"])
    }

    @Test func rule5NothingIsADuplicateOfNothing() {
        var ledger = Ledger()
        ledger.recordSubmission("a", payload: [1])
        ledger.recordAnswer("a", payload: [1], .duplicate)
        #expect(Self.rules(ledger.violations) == ["rule 5"])
    }

    @Test func rule5ARepetitionAfterAnUnknownOutcomeMayBeEither() {
        for answer in [Ledger.Answer.enqueued, .duplicate] {
            var ledger = Ledger()
            ledger.recordSubmission("a", payload: [1])
            ledger.recordCrash(powerCut: true)
            ledger.recordSubmission("a", payload: [1])
            ledger.recordAnswer("a", payload: [1], answer)
            #expect(ledger.violations == [])
            #expect(Self.rules(ledger.check(against: [])) == ["rule 1"])
        }
    }

    @Test func rule5AForgottenIdIsANewJob() {
        var ledger = Self.ledger("a")
        Self.run(&ledger, "a", 1, .completed)
        ledger.recordForgettable("a")
        ledger.recordSubmission("a", payload: [2])
        ledger.recordAnswer("a", payload: [2], .enqueued)
        ledger.recordRunStarted("a", token: 2, payload: [2])
        #expect(ledger.check(against: [ObservedJob("a", .inFlight, payload: [2])]) == [])
    }

    @Test func rule5NoJobIsThereTwice() {
        let ledger = Self.ledger("a")
        let found = ledger.check(against: [ObservedJob("a", .pending), ObservedJob("a", .pending)])
        #expect(Self.rules(found) == ["rule 5"])
    }

    @Test func rule8UnknownWorkIsNeverCalledDone() {
        var ledger = Self.ledger("a")
        #expect(Self.rules(ledger.check(against: [ObservedJob("a", .completed)])) == ["rule 8"])
        ledger.recordSimulated("a")
        #expect(ledger.check(against: [ObservedJob("a", .completed)]) == [])
    }

    @Test func completedJobsNeedNotBeListedWhereTheyAreDropped() {
        var terms = Ledger.Terms()
        terms.completedAreListed = false
        var ledger = Self.ledger("a", "b", terms: terms)
        Self.run(&ledger, "a", 1, .completed)
        #expect(Self.rules(ledger.check(against: [], counts: [.completed: 1])) == ["rule 1"])
        #expect(ledger.check(against: [ObservedJob("b", .pending)], counts: [.completed: 1]) == [])
    }
}
