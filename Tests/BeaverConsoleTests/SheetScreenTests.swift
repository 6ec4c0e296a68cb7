import BeaverConsole
import BeaverQueue
import Testing

/// What covers the main screen.
@Suite struct SheetScreenTests {
    private func preview(_ check: FileCheck) -> Stage {
        var scene = check.areCommands ? Scene.empty : Scene.thumbs
        scene.check = check
        var stage = Stage(scene)
        stage.press("e")
        stage.type(check.path)
        stage.press(.enter)
        return stage
    }

    @Test func previewOfAGoodFile() {
        ScreenFile.expect(self.preview(Scene.commandFile).screen, "preview-good-80x24")
    }

    /// What the engine would refuse is not offered, and the way to have it is on the screen.
    @Test func commandsThatWouldBeRefusedAreNotOffered() {
        var stage = self.preview(Scene.commandFile)
        stage.model.settings.allowsExec = false
        stage.press("R")
        self.expectNotOffered(&stage)
    }

    /// A server says it itself, with the answer to the comparison.
    @Test func commandsThatAServerRefusesAreNotOffered() {
        var stage = self.preview(Scene.commandFile)
        stage.send(.known(Scene.commandFile.path, .failure(QueueError(.configuration, Self.serverRefuses))))
        self.expectNotOffered(&stage)
        // Started with it meanwhile, and read again.
        stage.press("R")
        #expect(stage.shows("Enter take 5,000"))
    }

    private static let serverRefuses =
        "this queue refuses commands: configure a handler, or start it with `beaver-tui run --allow-exec`"

    private func expectNotOffered(_ stage: inout Stage) {
        #expect(stage.text.contains("beaver-tui run --allow-exec"))
        #expect(!stage.text.contains("Enter take"))
        stage.forget()
        stage.press(.enter)
        #expect(stage.effects.isEmpty)
        #expect(stage.model.place == .preview)
        #expect(stage.model.notice?.text.contains("refuses commands") == true)
    }

    @Test func theLimitsOfCommandsAreTyped() {
        var stage = self.preview(Scene.commandFile)
        stage.press("t", .control("u"))
        stage.type("soon")
        stage.press(.enter)
        #expect(stage.model.prompt?.note?.contains("soon?") == true)
        stage.press(.control("u"))
        stage.type("5m 2")
        stage.press(.enter)
        guard case .preview(let state) = stage.model.sheet else {
            Issue.record("the preview has gone")
            return
        }
        #expect(state.limits.maxRetry == 2)
        #expect(state.limits.timeoutMilliseconds == 300_000)
    }

    @Test(arguments: ["-5ms", "-5s", "99999999999999999999s", "86400001ms", "2d", "10001", "-1", "ms"])
    func aLimitThatIsNoneIsRefused(word: String) {
        var stage = self.preview(Scene.commandFile)
        stage.press("t", .control("u"))
        stage.type(word)
        stage.press(.enter)
        #expect(stage.model.prompt?.note?.contains("\(word)?") == true)
    }

    /// A million was cut to "1,000,…".
    @Test func countsOfMillionsAreWhole() {
        var check = Scene.commandFile
        check.jobCount = 12_000_000
        #expect(self.preview(check).shows("│ 12,000,000  jobs to take"))
    }

    @Test func previewOfABadFile() {
        ScreenFile.expect(self.preview(Scene.badFile).screen, "preview-bad-80x24")
    }

    /// A long path hid what became of the file.
    @Test func previewOfABadFileWithALongPathSaysItsVerdict() {
        var check = Scene.badFile
        check.path = "/" + String(repeating: "long/", count: 20) + "import.json"
        let lines = self.preview(check).screen.lines
        let title = lines.first { $0.hasPrefix("┌─ Enqueue …") }
        #expect(title?.contains("/long/import.json: refused, nothing taken ─") == true, "\(lines)")
    }

    /// The list cuts it; below the place stands all of it.
    @Test func theWholeFaultAtTheCursorIsRead() {
        var check = Scene.badFile
        let message = "a line break or another control character stands inside a string; write it as \\n, or close it"
        check.faults[0] = JobsFault(entry: 17, line: 52, column: 19, message: message)
        let text = self.preview(check).text
        #expect(text.contains("│ a line break or another control character stands inside a string;"))
        #expect(text.contains("or close it"))
    }

    @Test func previewOfAFileThatCannotBeRead() {
        var check = FileCheck(path: "nothing.json", form: "")
        check.failure = "nothing.json: no such file or directory"
        ScreenFile.expect(self.preview(check).screen, "preview-unreadable-80x24")
    }

    @Test func aFileThatIsBeingTaken() {
        var stage = self.preview(Scene.commandFile)
        stage.holds = { if case .take = $0 { true } else { false } }
        stage.press(.enter)
        stage.send(.takeProgress(3_120))
        ScreenFile.expect(stage.screen, "preview-taking-80x24")
    }

    /// The answer comes in pieces, and may not come at all.
    @Test func whatTheQueueKnowsOfAFileIsSaid() {
        let path = Scene.commandFile.path
        var stage = self.preview(Scene.commandFile)
        #expect(stage.shows("      0  known already"))
        stage.send(.known(path, .success(EnqueueResult(enqueued: 1_990, duplicates: 10))))
        #expect(stage.shows("     10  known already: not taken again, of the first 2,000"))
        stage.send(.known("another file", .success(EnqueueResult(enqueued: 1, duplicates: 1))))
        stage.send(.known(path, .success(EnqueueResult(enqueued: 4_987, duplicates: 10, differs: 3))))
        #expect(stage.shows("     10  known already: not taken again "))
        #expect(stage.shows("      3  refused: the id is known with another payload"))
        stage.send(.known(path, .failure(QueueError(.unavailable, "the server does not answer"))))
        #expect(stage.shows("      ?  known already: the server does not answer"))
        stage.press(.escape)
        #expect(stage.effects.contains(.endComparing))
    }

    /// What has no handler stands first, however few jobs name it.
    @Test func actionsWithoutAHandlerStandFirst() {
        var check = FileCheck(path: "jobs.json", form: "JSON array")
        check.jobCount = 22
        check.actions = ["a", "b", "c", "d", "e", "f"].map { (name: $0, count: 3) } + [("resise", 1)]
        var stage = self.preview(check)
        #expect(stage.shows("3  action e"))
        #expect(stage.shows("and 2 more actions"))
        var known = EnqueueResult(enqueued: 22)
        known.unhandled = [.init(action: "resise", jobs: 1, reason: "no handler for `resise`")]
        stage.send(.known(check.path, .success(known)))
        #expect(stage.shows("      1  action resise"))
        #expect(stage.shows("         would wait: no handler for `resise`"))
        #expect(stage.shows("3  action d"))
        #expect(!stage.shows("3  action e"))
        #expect(stage.shows("and 2 more actions"))
    }

    @Test func badEntriesStandInAFileBeside() {
        var scene = Scene.thumbs
        scene.check = Scene.badFile
        var stage = self.preview(Scene.badFile)
        stage.holds = { if case .take = $0 { true } else { false } }
        stage.press("S")
        #expect(stage.effects.contains(.take(skipsBad: true)))
        let taken = FileTaken(EnqueueResult(enqueued: 1_201), refusedPath: "import.json.bad")
        stage.send(.taken(.success(taken)))
        #expect(stage.shows("1,201 jobs taken, on disk; the 3 bad in import.json.bad"))
    }

    @Test func theJobsOfAFileAreLookedThrough() {
        var stage = self.preview(Scene.commandFile)
        stage.press("l", .pageDown)
        ScreenFile.expect(stage.screen, "preview-looked-through-80x24")
        stage.press("G")
        #expect(stage.shows("thumbs-5000"))
        stage.press("l", .enter)
        #expect(stage.changes == [.take(skipsBad: false)])
    }

    /// A file of many batches can be left after one of them; a single commit cannot be halved.
    @Test(arguments: [true, false])
    func takingALargeFileCanBeEnded(isTakenInBatches: Bool) {
        var check = Scene.commandFile
        check.isTakenInBatches = isTakenInBatches
        var stage = self.preview(check)
        stage.holds = { if case .take = $0 { true } else { false } }
        stage.press(.enter)
        stage.send(.takeProgress(3_120))
        stage.press(.escape)
        #expect(stage.effects.contains(.endTaking) == isTakenInBatches)
        guard isTakenInBatches else {
            #expect(stage.model.place == .main)
            return
        }
        #expect(stage.shows("ends after this batch"))
        stage.send(.taken(.success(FileTaken(EnqueueResult(enqueued: 4_000), refusedPath: nil))))
        #expect(stage.model.place == .main)
        #expect(stage.shows("ended: 4,000 jobs taken, on disk; 1,000 left: the same file takes the rest"))
    }

    // MARK: Crash-test

    static func crashMenu(_ scene: Scene = .thumbs, rows: Int = 24, columns: Int = 80) -> Stage {
        var scene = scene
        scene.facts = Scene.menuFacts
        scene.outcome = Scene.outcome(.kill)
        var stage = Stage(scene, rows: rows, columns: columns)
        stage.press("k")
        return stage
    }

    @Test func crashMenu() {
        ScreenFile.expect(Self.crashMenu().screen, "crash-menu-80x24")
    }

    @Test func crashMenuOfAServer() {
        var scene = Scene.thumbs
        scene.facts.isEmbedded = false
        scene.facts.serverPid = 4_121
        scene.facts.runningOnce = 2
        var stage = Stage(scene, isEmbedded: false)
        stage.press("k", "4")
        stage.type("kil")
        ScreenFile.expect(stage.screen, "crash-menu-attached-80x24")
    }

    @Test func recovery() {
        var stage = Self.crashMenu()
        stage.holds = { if case .crash = $0 { true } else { false } }
        stage.press("1", .enter)
        ScreenFile.expect(stage.screen, "recovery-waiting-80x24")
        stage.send(.crashed(Scene.outcome(.kill)))
        stage.wait(milliseconds: 800)
        ScreenFile.expect(stage.screen, "recovery-80x24")
    }

    private func proof(_ outcome: CrashOutcome, sync: SyncPolicy = .always, rows: Int = 24) -> Stage {
        var scene = Scene.thumbs
        scene.status.wal.sync = sync
        scene.facts = Scene.menuFacts
        scene.outcome = outcome
        var stage = Stage(scene, rows: rows)
        stage.press("k", "1", .enter, .enter)
        return stage
    }

    @Test func proofThatNothingIsLost() {
        ScreenFile.expect(self.proof(Scene.outcome(.kill)).screen, "proof-good-80x24")
    }

    @Test func proofThatSomethingIsLost() {
        var outcome = Scene.outcome(.kill)
        outcome.ownMissing = ["thumbs-4998", "thumbs-4999", "thumbs-5000"]
        outcome.replayed.pending -= 3
        outcome.replayed.enqueuedTotal -= 3
        outcome.after.jobs.pending -= 3
        outcome.after.jobs.enqueuedTotal -= 3
        outcome.fingerprintReplayed = "11ee57a0c0ffee00"
        outcome.evidence = "/srv/thumbs/data/evidence-20261125T130405"
        ScreenFile.expect(self.proof(outcome).screen, "proof-lost-80x24")
        ScreenFile.expect(self.proof(outcome, sync: .interval).screen, "proof-lost-interval-80x24")
    }

    @Test func proofThatSomethingWasDoneTwice() {
        var outcome = Scene.outcome(.kill)
        outcome.doneTwice = ["thumbs-0007"]
        let stage = self.proof(outcome)
        ScreenFile.expect(stage.screen, "proof-twice-80x24")
        #expect(stage.text.contains("DONE TWICE 1 · this is a bug"))
        #expect(stage.text.contains("1 RAN AGAIN"))
        // Where none of its own was done by then, nothing is claimed about it.
        outcome.doneTwice = []
        outcome.ownDone = 0
        #expect(!self.proof(outcome).text.contains("twice"))
    }

    @Test func proofOfAPowerCut() {
        var outcome = Scene.outcome(.powerCut)
        outcome.cutBytes = 311
        outcome.unanswered = 2
        outcome.unansweredFound = 1
        outcome.replayed.enqueuedTotal += 1
        outcome.replayed.pending += 1
        outcome.after.jobs.enqueuedTotal += 1
        outcome.after.jobs.pending += 1
        outcome.downSeconds = 0.019
        ScreenFile.expect(self.proof(outcome).screen, "proof-power-cut-80x24")
    }

    private func lie(_ change: (inout CrashOutcome) -> Void) -> Stage {
        var scene = Scene.thumbs
        scene.facts = Scene.menuFacts
        scene.facts.isDemo = true
        scene.outcome = Scene.outcome(.lyingDisk)
        scene.outcome.recovery.phases = []
        var lie = CrashLie(afterSequence: 11_301, lastSequence: 11_394)
        lie.sectors = 28
        lie.keptSectors = 15
        scene.outcome.lie = lie
        change(&scene.outcome)
        var stage = Stage(scene)
        stage.press("k", "3", .enter)
        return stage
    }

    @Test func aLyingDiskThatIsNoticed() {
        let stage = self.lie { outcome in
            outcome.lie?.refusal =
                "wal/0000000001.wal at byte 35656: records 11302 to 11390 were acknowledged and cannot be read; records up "
                + "to 11301 are whole. Nothing was changed. `beaver-tui verify` says what is still safe."
            outcome.lie?.salvagedJobs = 4_990
            outcome.lie?.uncertainJobs = 7
            outcome.lie?.losses = 3
        }
        ScreenFile.expect(stage.screen, "lie-noticed-80x24")
        // It says nothing about this queue.
        #expect(stage.model.crashTests.lost == 0)
    }

    @Test func aLyingDiskThatIsNot() {
        let stage = self.lie { outcome in
            outcome.sequence = 11_310
            outcome.ownMissing = ["thumbs-4998", "thumbs-4999", "thumbs-5000"]
        }
        ScreenFile.expect(stage.screen, "lie-unseen-80x24")
        #expect(stage.model.crashTests.lost == 0)
        let whole = self.lie { _ in }
        #expect(whole.text.contains("all survived by chance"))
    }

    // MARK: Jobs

    static func detail(_ pane: Key, _ moves: [Key], rows: Int, columns: Int) -> Stage {
        var stage = Stage(.thumbs, rows: rows, columns: columns)
        stage.press(pane)
        stage.model.nextViewAt = 0
        stage.send(.tick)
        for key in moves { stage.press(key) }
        stage.press(.enter)
        return stage
    }

    @Test func aDeadJob() {
        let moves = [Key](repeating: .down, count: 6)
        ScreenFile.expect(Self.detail("5", moves, rows: 34, columns: 120).screen, "job-dead-120x34")
        ScreenFile.expect(Self.detail("5", moves, rows: 24, columns: 80).screen, "job-dead-80x24")
    }

    @Test func aJobThatWaits() {
        ScreenFile.expect(Self.detail("3", [], rows: 24, columns: 80).screen, "job-waiting-80x24")
        ScreenFile.expect(Self.detail("3", [], rows: 34, columns: 120).screen, "job-waiting-120x34")
    }

    /// Whoever looks at one failure after another does not begin at the first screen each time.
    @Test func aJobOpenedFromTheErrorsLeadsBackToThem() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        stage.press("o", .down)
        let before = stage.text
        stage.press(.enter)
        #expect(stage.model.place == .detail)
        stage.press(.escape)
        #expect(stage.model.place == .errors)
        #expect(stage.text == before)
        stage.press(.escape)
        #expect(stage.model.place == .main)
    }

    /// A quote in it would end the term.
    @Test func theFilterOfAKindHoldsNoQuoteOfItsError() {
        var scene = Scene.thumbs
        scene.groups[0].error = #"exit #: no such key "colour of the sky" in # lines"#
        var stage = Stage(scene, rows: 34, columns: 120)
        stage.press("o", "/")
        #expect(stage.model.filter?.filter.error == "colour of the sky")
    }

    /// A folded error is no text that a job has.
    @Test func theFilterOfAKindIsTextThatItsJobsHave() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        stage.press("o", "/")
        #expect(stage.model.prompt?.text == #"error:"convert: unable to open image 'in/""#)
    }

    @Test func errorsByKind() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        stage.press("o")
        ScreenFile.expect(stage.screen, "errors-120x34")
        stage.resize(rows: 24, columns: 80)
        ScreenFile.expect(stage.screen, "errors-80x24")
    }

    @Test func aQuestionBeforeManyJobs() {
        var stage = Stage(.thumbs)
        stage.press("o", "r")
        ScreenFile.expect(stage.screen, "question-retry-80x24")
    }

    @Test func aQuestionWhoseCountMustBeTyped() {
        var stage = Stage(.thumbs)
        stage.send(
            .selected(
                .purge,
                label: "state:done",
                .success(JobSelection(token: "t", count: 3_120, sequence: 11_394))
            )
        )
        stage.type("31")
        ScreenFile.expect(stage.screen, "question-typed-80x24")
    }

    @Test func help() {
        var stage = Stage(.thumbs)
        stage.press("?")
        ScreenFile.expect(stage.screen, "help-80x24")
        stage.resize(rows: 60, columns: 200)
        ScreenFile.expect(stage.screen, "help-200x60")
    }

    @Test func draining() {
        var stage = Stage(.thumbs)
        stage.holds = { if case .quit = $0 { true } else { false } }
        stage.press("q")
        ScreenFile.expect(stage.screen, "draining-80x24")
    }
}
