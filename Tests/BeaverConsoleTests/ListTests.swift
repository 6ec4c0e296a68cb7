import BeaverConsole
import BeaverQueue
import Testing

/// Lists move under the cursor; the cursor belongs to a job.
@Suite struct ListTests {
    private func refresh(_ stage: inout Stage) {
        stage.model.nextViewAt = 0
        stage.send(.tick)
    }

    @Test func aRefreshNeverMovesAnotherJobUnderTheCursor() {
        var stage = Stage(.thumbs)
        stage.press(.down, .down)
        #expect(stage.model.focused.current?.id == "thumbs-3143")
        stage.scene.lists[.pending]?.removeFirst(2)
        self.refresh(&stage)
        #expect(stage.model.focused.current?.id == "thumbs-3143")
        #expect(stage.model.focused.isUnsure == false)
        #expect(stage.screen.lines.contains { $0.hasPrefix("│>4   thumbs-3143") })
    }

    @Test func whereTheJobLeftItsNeighbourIsNotActedOnUnasked() {
        var stage = Stage(.thumbs)
        stage.press("3", .down, .down)
        let id = stage.model.focused.current?.id
        stage.scene.lists[.scheduled]?.removeAll { $0.id == id }
        self.refresh(&stage)
        #expect(stage.model.focused.isUnsure)
        #expect(stage.shows("has left Scheduled"))
        stage.forget()
        stage.press("d")
        #expect(stage.changes.isEmpty)
        #expect(stage.model.question != nil)
    }

    /// The rows that are here are those of the other end.
    @Test func keysAfterAJumpCountFromWhereItGoes() {
        var stage = Stage(.thumbs)
        stage.press(.end)
        stage.holds = { if case .view = $0 { true } else { false } }
        stage.press(.home, .pageDown, .down)
        let height = 5
        stage.holds = { _ in false }
        guard case .view(let request) = stage.effects.last else {
            Issue.record("nothing was asked")
            return
        }
        stage.send(.view(.success(stage.scene.answer(request))))
        let rows = stage.scene.lists[.pending] ?? []
        #expect(stage.model.focused.current?.id == rows[height + 1].id, "\(stage)")
        stage.press(.end, .up)
        #expect(stage.model.focused.current?.id == rows[rows.count - 2].id, "\(stage)")
    }

    /// Rows are older than the count while one scrolls.
    @Test func noRangeGoesBeyondTheCount() {
        var stage = Stage(.thumbs)
        stage.press(.end)
        #expect(stage.shows("-1,860 of 1,860 "), "\(stage)")
        stage.model.view?.status.jobs.pending -= 10
        stage.model.view?.status.jobs.completed += 10
        #expect(stage.shows("-1,850 of 1,850 "), "\(stage)")
    }

    @Test func marksBelongToJobs() {
        var stage = Stage(.thumbs)
        stage.press(" ", " ")
        stage.scene.lists[.pending]?.removeFirst(1)
        self.refresh(&stage)
        #expect(stage.model.marks == ["thumbs-3141", "thumbs-3142"])
        #expect(stage.screen.lines.contains { $0.hasPrefix("│*4   thumbs-3142") })
    }

    /// Keys pressed while an answer is on its way belong to the next one.
    @Test func anAnswerBelongsToItsQuestion() {
        var stage = Stage(.thumbs)
        stage.holds = { if case .view = $0 { true } else { false } }
        self.refresh(&stage)
        guard case .view(let request) = stage.effects.last else {
            Issue.record("nothing was asked")
            return
        }
        stage.press("5")
        stage.send(.view(.success(stage.scene.answer(request))))
        #expect(stage.model.lists[.dead]?.rows.isEmpty == true)
        #expect(stage.model.lists[.pending]?.rows.first?.id == "thumbs-3141")
        // What is wanted now is asked at once.
        guard case .view(let next) = stage.effects.last else { return }
        #expect(next.panes.map(\.list) == [.running, .dead])
    }

    @Test func theEndIsTheEndThoughAnOlderAnswerComesFirst() {
        var stage = Stage(.thumbs)
        stage.holds = { if case .view = $0 { true } else { false } }
        self.refresh(&stage)
        guard case .view(let request) = stage.effects.last else { return }
        stage.press("G")
        stage.holds = { _ in false }
        stage.send(.view(.success(stage.scene.answer(request))))
        #expect(stage.model.focused.current?.id == "thumbs-5000")
        #expect(stage.shows("1,856-1,860 of 1,860"))
        stage.press("g")
        #expect(stage.shows("1-5 of 1,860"))
    }

    /// Somebody turns pages faster than answers come: each key counts, also beyond the rows that are known.
    @Test func pagesTurnedAheadOfTheirRowsAreNotLost() {
        var stage = Stage(.thumbs)
        let height = 5
        func place() -> Int? { stage.model.focused.current.flatMap { Int($0.id.suffix(4)) } }
        for (end, key, first) in [("G", Key.pageUp, 5_000), ("g", .pageDown, 3_141)] as [(Key, Key, Int)] {
            stage.press(end)
            #expect(place() == first)
            stage.holds = { if case .view = $0 { true } else { false } }
            for _ in 0..<30 { stage.press(key) }
            guard case .view(let request)? = stage.effects.last(where: { if case .view = $0 { true } else { false } })
            else { return }
            stage.holds = { _ in false }
            stage.send(.view(.success(stage.scene.answer(request))))
            #expect(place() == first + (key == .pageUp ? -30 : 30) * height)
            #expect(stage.model.lists[.pending]?.jump == nil)
        }
        // At an end the rest is nothing, and nothing is asked for again and again.
        stage.press("g", .pageUp, .pageUp)
        stage.forget()
        stage.press(.up)
        #expect(place() == 3_141 && stage.effects.count <= 3)
        #expect(stage.model.lists[.pending]?.jump == nil)
    }

    @Test func aListKeepsItsCursorWhileAnotherIsLookedAt() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        for _ in 0..<60 { stage.press(.down) }
        #expect(stage.model.lists[.pending]?.cursor == "thumbs-3201")
        stage.press("3")
        self.refresh(&stage)
        self.refresh(&stage)
        #expect(stage.model.lists[.pending]?.cursor == "thumbs-3201")
        stage.press("2")
        #expect(stage.model.focused.current?.id == "thumbs-3201")
        #expect(stage.shows("thumbs-3201"))
    }

    @Test func pagesEndsAndStepsMove() {
        var stage = Stage(.thumbs)
        func current() -> String? { stage.model.focused.current?.id }
        stage.press(.pageDown)
        #expect(current() == "thumbs-3146")
        stage.press(.pageUp, .down)
        #expect(current() == "thumbs-3142")
        stage.press(.end)
        #expect(current() == "thumbs-5000")
        stage.press(.up)
        #expect(current() == "thumbs-4999")
        stage.press(.home)
        #expect(current() == "thumbs-3141")
        stage.press(.up, .pageUp)
        #expect(current() == "thumbs-3141")
    }

    @Test func tabGoesRound() {
        var stage = Stage(.thumbs)
        var seen: [Pane] = []
        for _ in Pane.allCases {
            stage.press(.tab)
            seen.append(stage.model.focus)
        }
        #expect(seen == Pane.allCases.dropFirst(2) + [.running, .pending])
        stage.press(.backTab)
        #expect(stage.model.focus == .running)
    }

    /// What one view may hold is never exceeded, however large the terminal is.
    @Test func aViewIsNeverTooLarge() {
        for rows in [1, 5, 10, 24, 34, 60, 120, 250, 1_000] {
            for columns in [20, 80, 120, 400] {
                var stage = Stage(.thumbs, rows: rows, columns: columns)
                for key in ["2", "3", "4", "5", "1"] as [Key] { stage.press(key, .down, .pageDown) }
                #expect(stage.model.wantedView.fault == nil, "\(columns)x\(rows)")
                stage.press("G")
                #expect(stage.model.wantedView.fault == nil, "\(columns)x\(rows)")
            }
        }
    }

    /// The last of them must not stand on a row that is not drawn, nor be counted as shown.
    @Test(arguments: [4, 6, 7])
    func whatTheFootCountsIsShown(steps: Int) {
        var stage = Stage(.thumbs, rows: 30, columns: 120)
        stage.press("5")
        for _ in 0..<steps { stage.press(.down) }
        let shown = stage.scene.lists[.dead, default: []].filter { job in
            stage.screen.lines.contains { $0.contains(" \(job.id) ") || $0.contains(">\(job.id) ") }
        }
        let foot = stage.screen.lines.compactMap { $0.firstMatch(of: #/(\d+)-(\d+) of 7 /#) }.first
        #expect(foot.map { (Int($0.2) ?? 0) - (Int($0.1) ?? 0) + 1 } == shown.count)
    }

    // MARK: Filter

    @Test func aFilterIsAskedAsItIsTyped() {
        var stage = Stage(.thumbs)
        stage.press("/")
        stage.forget()
        stage.type("state:dead")
        let asked = stage.effects.compactMap { effect -> JobFilter? in
            if case .list(_, let filter, _, _) = effect { filter } else { nil }
        }
        #expect(asked.last?.states == [.dead])
        #expect(stage.shows("[filter state:dead] 7"))
        stage.press(.enter)
        #expect(stage.model.prompt == nil)
        stage.press(.escape)
        #expect(stage.model.filter == nil)
        #expect(stage.shows("[2 Pending 1,860]"))
    }

    @Test func anOlderAnswerDoesNotFillANewerFilter() {
        var stage = Stage(.thumbs)
        stage.holds = { if case .list = $0 { true } else { false } }
        stage.press("/", "a", "b")
        stage.send(.list(.filter("a", page: 1), .success(JobPage(jobs: stage.scene.lists[.dead] ?? [], next: nil))))
        #expect(stage.model.filter?.list.rows.isEmpty == true)
        #expect(stage.effects.last.map { "\($0)".contains("filter(\"ab\",") } == true)
    }

    /// An answer that was on its way when the page was turned.
    @Test func anAnswerOfAnotherPageDoesNotFillThisOne() {
        var stage = Stage(.thumbs)
        stage.press("/")
        stage.type("state:pending")
        stage.press(.enter)
        stage.holds = { if case .list = $0 { true } else { false } }
        stage.wait(milliseconds: 1_000)
        guard case .list(let first, let filter, _, let limit) = stage.effects.last else {
            Issue.record("nothing was asked: \(stage.effects)")
            return
        }
        stage.press(.end, "n")
        stage.forget()
        stage.send(.list(first, .success(stage.scene.page(filter, limit: limit))))
        #expect(stage.model.filter?.list.rows.isEmpty == true)
        #expect(stage.effects.count { if case .list = $0 { true } else { false } } == 1)
    }

    @Test func allThatMatchAreMarkedBeyondWhatIsInSight() {
        var stage = Stage(.thumbs)
        stage.press("/")
        stage.type("state:pending")
        stage.press(.enter, "*")
        stage.forget()
        stage.press("d")
        guard case .select(let filter, .cancel, let label) = stage.effects.first else {
            Issue.record("nothing was counted: \(stage.effects)")
            return
        }
        #expect(filter.states == [.pending])
        #expect(label == "state:pending")
        #expect(stage.model.question?.title == "Cancel 1,860 jobs?")
    }

    /// It once said that there was nothing to mark, below a title with a count.
    @Test func aListWhoseRowsHaveNotComeYetIsMarkedAsAWhole() {
        var stage = Stage(.thumbs)
        stage.press("2")
        stage.model.lists[.pending] = nil
        stage.press("*")
        #expect(stage.shows("all 1,860 are marked"))
    }

    /// A list of which only some rows are known is meant whole: what was done to ten of 1,860 would surprise.
    @Test func markingAllOfALongListMeansTheList() {
        var stage = Stage(.thumbs)
        stage.press("2", "*")
        #expect(stage.shows("all 1,860 are marked"))
        stage.press("d")
        #expect(
            stage.effects.contains {
                if case .select(let filter, .cancel, _) = $0 { filter.states == [.pending] } else { false }
            }
        )
        stage.press(.escape, .escape)
        #expect(stage.model.filter == nil && stage.model.marks.isEmpty)
        stage.press("2", "*", "*")
        #expect(stage.model.filter?.marksAll == false)
    }

    @Test func nextAndPreviousMatchWalkThroughPages() {
        var stage = Stage(.thumbs)
        stage.press("/")
        stage.type("state:pending")
        stage.press(.enter, .end, "n")
        #expect(stage.model.filter?.pages.count == 2)
        stage.press("N")
        #expect(stage.model.filter?.pages.count == 1)
    }

    // MARK: Mouse

    @Test func aClickChoosesARowAndASecondOpensIt() {
        var stage = Stage(.thumbs)
        let row = stage.screen.lines.firstIndex { $0.contains("thumbs-3143") } ?? 0
        stage.send(.mouse(.click, row: row, column: 20))
        #expect(stage.model.focused.current?.id == "thumbs-3143")
        stage.wait(milliseconds: 800)
        stage.send(.mouse(.click, row: row, column: 20))
        #expect(stage.model.place == .main)
        stage.send(.mouse(.click, row: row, column: 20))
        #expect(stage.model.place == .detail)
    }

    @Test func aClickOnTheNameOfAListShowsIt() {
        var stage = Stage(.thumbs)
        for name in ["4 Done", "5 Dead", "3 Scheduled", "6 Events"] {
            let row = stage.screen.lines.firstIndex { $0.contains(name) } ?? 0
            let before = String(stage.screen.lines[row].split(separator: name, omittingEmptySubsequences: false)[0])
            stage.send(.mouse(.click, row: row, column: TextWidth.of(before) + 1))
            #expect(stage.shows("[\(name)"))
        }
    }

    /// It moves what is under the pointer, as in any other program.
    @Test func theWheelScrollsThePaneItIsOver() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        let row = stage.screen.lines.firstIndex { $0.contains("thumbs-3133") } ?? 0
        stage.send(.mouse(.wheelDown, row: row, column: 20))
        #expect(stage.model.focus == .done)
        #expect(stage.model.lists[.pending]?.cursor == nil)
    }

    /// What is looked for is still there after a click beside it.
    @Test func aClickDoesNotTakeAFilterAway() {
        var stage = Stage(.thumbs)
        stage.press("1", "/")
        stage.type("thumbs")
        stage.press(.enter)
        let row = stage.screen.lines.lastIndex { $0.contains("thumbs-") } ?? 0
        stage.send(.mouse(.click, row: row, column: 20))
        #expect(stage.model.filter != nil)
        #expect(stage.screen.lines[row].contains("│>"))
        stage.send(.mouse(.click, row: 5, column: 20))
        #expect(stage.model.filter != nil)
    }

    /// A smaller terminal shows other rows of what was found, until the next answer comes.
    @Test func aClickIntoAFilterChoosesTheRowThatIsSeen() {
        var stage = Stage(.thumbs)
        stage.press("/")
        stage.type("state:pending")
        stage.press(.enter, .down, .down, .down, .down)
        stage.send(.resized(Size(rows: 9, columns: 80)))
        let row = stage.screen.lines.lastIndex { $0.contains("thumbs-3144") } ?? 0
        stage.send(.mouse(.click, row: row, column: 20))
        #expect(stage.model.focused.current?.id == "thumbs-3144")
    }

    @Test func theMouseAnswersNoQuestion() {
        var stage = Places.stage(.question)
        for row in 0..<24 {
            for column in stride(from: 0, to: 80, by: 3) {
                for _ in 0..<2 { stage.send(.mouse(.click, row: row, column: column)) }
                stage.send(.mouse(.wheelDown, row: row, column: column))
            }
        }
        #expect(stage.model.place == .question)
        #expect(stage.changes.isEmpty)
    }

    // MARK: Time

    /// The loop sleeps until `wakeAt`: one that is never later than now would spin.
    @Test(arguments: Place.allCases)
    func theLoopAlwaysSleeps(place: Place) {
        var stage = Places.stage(place)
        for _ in 0..<50 {
            stage.wait(milliseconds: 1)
            #expect(stage.model.wakeAt > stage.model.moment.steadyMilliseconds)
        }
    }

    @Test func aFileThatWasJustTakenIsNoGrowth() {
        var scene = Scene.thumbs
        scene.status.rates.backlogPerSecond = 710
        var stage = Stage(scene)
        #expect(stage.shows("new jobs came in"))
        for _ in 0..<10 { stage.wait(milliseconds: 1_000) }
        #expect(!stage.shows("growing"))
        for _ in 0..<10 { stage.wait(milliseconds: 1_000) }
        #expect(stage.shows("growing 710/s"))
        stage.scene.status.rates.backlogPerSecond = -6.1
        stage.wait(milliseconds: 1_000)
        #expect(stage.shows("clears in about 5 min"))
    }
}
