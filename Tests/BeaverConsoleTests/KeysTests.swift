import BeaverConsole
import BeaverQueue
import Testing

/// Every key in every place.
@Suite struct KeysTests {
    private static let moves: [Action] = [
        .up, .down, .pageUp, .pageDown, .first, .last, .nextPane, .previousPane, .nextMatch, .previousMatch,
    ]

    /// What a reader sees or the loop does.
    private static func hasDone(_ stage: Stage, since before: Model) -> Bool {
        let now = stage.model
        return now != before || !stage.effects.isEmpty || now.isFrozen != before.isFrozen
            || now.followed != before.followed || now.eventsUp != before.eventsUp
    }

    @Test(arguments: Place.allCases)
    func everyKeyDoesSomethingOrSaysWhyNot(place: Place) {
        let start = Places.stage(place)
        #expect(start.model.place == place)
        for key in Places.keys {
            var stage = start
            stage.press(key)
            let action = stage.model.keys.action(for: key, in: place)
            if let action, Self.moves.contains(action) || action == .pane(stage.model.focus.rawValue) { continue }
            if place == .detail, case .pane = action { continue }
            if place == .crashMenu, action == .choose(0) { continue }
            #expect(Self.hasDone(stage, since: start.model), "\(key.name) in \(place.rawValue)")
            if action == nil, place != .recovery {
                #expect(stage.model.notice != nil, "\(key.name) in \(place.rawValue) is silent")
                #expect(stage.changes.isEmpty, "\(key.name) in \(place.rawValue)")
            }
        }
    }

    /// Fingers are faster than a disk.
    @Test func anEnterBehindATabTakesWhatIsCompleted() {
        var stage = Stage(.thumbs)
        stage.holds = { if case .complete = $0 { true } else { false } }
        for key in [Key.character("e"), .character("a"), .tab, .enter] { stage.press(key) }
        #expect(stage.model.prompt?.text == "a")
        stage.send(.completions("a", ["another", "any"]))
        #expect(stage.model.prompt?.text == "an")
        for key in [Key.tab, .enter] { stage.press(key) }
        stage.send(.completions("an", ["any"]))
        #expect(stage.model.prompt == nil)
        #expect(stage.effects.contains(.check("any", FileLimits())))
    }

    @Test func noKeyTrapsWhereNothingIsKnown() {
        var start = Stage(.thumbs)
        start.model = Model(
            settings: Model.Settings(),
            size: Size(rows: 24, columns: 80),
            moment: Scene.moment,
            isEmbedded: true
        )
        start.scene = .empty
        for key in Places.keys {
            for other in [Key.enter, .escape, .down, "x", "G", .tab] {
                var stage = start
                stage.press(key, other)
                #expect(ScreenFile.fault(in: stage.screen) == nil)
            }
        }
    }

    // MARK: Ways out

    @Test(arguments: Place.allCases.filter { $0 != .recovery })
    func escapeLeadsOutOfEveryPlace(place: Place) {
        var stage = Places.stage(place)
        for _ in 0..<4 { stage.press(.escape) }
        #expect(stage.model.place == .main)
        #expect(stage.model.sheet == .none)
        stage.forget()
        stage.press("q")
        #expect(stage.effects == [.quit(.drain)])
        #expect(stage.model.quitting == .done)
    }

    @Test(arguments: Place.allCases.filter { $0 != .recovery })
    func qLeadsOutOfEveryPlaceAndQuitsAtLast(place: Place) {
        var stage = Places.stage(place)
        for _ in 0..<4 where stage.model.quitting == nil { stage.press("q") }
        #expect(stage.model.quitting == .done)
        #expect(stage.changes.isEmpty)
    }

    @Test func aRecoveryEndsAndIsLeft() {
        var stage = Places.stage(.recovery)
        stage.press("q")
        #expect(stage.model.place == .recovery)
        #expect(stage.model.notice?.text.contains("Ctrl-C") == true)
        stage.send(.crashed(Scene.outcome(.kill)))
        #expect(stage.model.place == .proof)
        stage.press("q")
        #expect(stage.model.place == .main)
    }

    @Test(arguments: Place.allCases)
    func controlCEndsFromEverywhere(place: Place) {
        var stage = Places.stage(place)
        stage.press(.control("c"))
        if place == .question {
            // A question is answered first.
            #expect(stage.changes.isEmpty)
            stage.press(.escape, .control("c"))
        }
        #expect(stage.model.quitting == .done)
    }

    @Test func aSecondQStopsNow() {
        var stage = Stage(.thumbs)
        stage.holds = { if case .quit = $0 { true } else { false } }
        stage.forget()
        stage.press("q")
        #expect(stage.effects == [.quit(.drain)])
        #expect(stage.shows("Waiting for 8 running jobs"))
        stage.press("e", .enter, "k", .escape)
        #expect(stage.effects == [.quit(.drain)])
        stage.press("q")
        #expect(stage.effects == [.quit(.drain), .quit(.now)])
        stage.press("q", .control("c"))
        #expect(stage.effects.count == 2)
    }

    /// The system says it by a signal, by the end of the input, and a shell by another signal.
    @Test func aTerminalThatIsGoneIsNoHaste() {
        var stage = Stage(.thumbs)
        stage.holds = { if case .quit = $0 { true } else { false } }
        stage.forget()
        for _ in 0..<3 { stage.send(.hungUp) }
        #expect(stage.effects == [.quit(.drain)])
        stage.send(.endAsked)
        #expect(stage.effects == [.quit(.drain), .quit(.now)])
    }

    @Test func aConsoleThatIsAttachedLeavesTheServerAlone() {
        var stage = Stage(.thumbs, isEmbedded: false)
        stage.forget()
        stage.press("q")
        #expect(stage.model.quitting == .done)
        #expect(stage.effects.isEmpty)
    }

    @Test func quitAndLeaveRunningAsksFirst() {
        var stage = Stage(.thumbs)
        stage.forget()
        stage.press("Q")
        #expect(stage.effects == [.dropTyped])
        #expect(stage.model.place == .question)
        stage.press(.enter)
        #expect(stage.model.place == .main)
        stage.press("Q", .right, .enter)
        #expect(stage.effects.last == .quit(.leaveRunning))
    }

    // MARK: Settings

    @Test func jSaysWhyItIsNotBound() {
        var stage = Stage(.thumbs)
        stage.forget()
        stage.press("j")
        #expect(stage.effects.isEmpty)
        #expect(stage.model.notice?.text.contains("j is not bound") == true)
        #expect(stage.shows("j is not bound"))
    }

    @Test func withVimKeysJAndKMoveAndTheCrashTestIsElsewhere() {
        var stage = Stage(.thumbs) { $0.vimKeys = true }
        stage.press("j", "j", "k")
        #expect(stage.model.lists[.pending]?.cursor == "thumbs-3142")
        #expect(stage.model.place == .main)
        stage.press("X")
        #expect(stage.model.place == .crashMenu)
        stage.press("j")
        guard case .crashMenu(let state) = stage.model.sheet else {
            Issue.record("the menu is gone")
            return
        }
        #expect(state.chosen == 1)
        let tiny = Stage(.thumbs, rows: 3, columns: 40) { $0.vimKeys = true }
        #expect(tiny.screen.lines[2].contains(" X "))
    }

    @Test(arguments: [Place.main, .detail, .errors, .help], [false, true])
    func readOnlyBindsNothingThatChanges(place: Place, vimKeys: Bool) {
        let start = Places.stage(place) {
            $0.isReadOnly = true
            $0.vimKeys = vimKeys
        }
        #expect(start.model.place == place)
        #expect(start.model.keys.bindings.allSatisfy { !$0.changes })
        for key in Places.keys {
            for follow in [Key.enter, .right, "y"] {
                var stage = start
                stage.press(key, follow, .enter)
                #expect(stage.changes.isEmpty, "\(key.name) in \(place.rawValue)")
            }
            guard KeyMap.isWithheld(key, in: place, vimKeys: vimKeys),
                KeyMap(vimKeys: vimKeys, readOnly: true).action(for: key, in: place) == nil
            else { continue }
            var stage = start
            stage.press(key)
            #expect(stage.model.notice?.text.contains("--read-only") == true, "\(key.name) in \(place.rawValue)")
        }
    }

    /// What is bound as changing nothing must not change anything: the table is not only what it says of itself.
    @Test(arguments: Place.allCases)
    func onlyKeysThatAreMarkedSoChangeTheQueue(place: Place) {
        let start = Places.stage(place)
        for binding in start.model.keys.bindings(in: place) where !binding.changes {
            // These do what was asked before, in a place that only keys that change lead to.
            if binding.action == .confirm { continue }
            for key in binding.keys {
                var stage = start
                stage.press(key)
                #expect(stage.changes.isEmpty, "\(key.name) in \(place.rawValue)")
            }
        }
    }

    @Test func keysThatNeedTheServerSaySoWhileItIsGone() {
        var start = Stage(.thumbs, isEmbedded: false)
        start.scene.failure = QueueError(.unavailable, "no server")
        start.wait(milliseconds: 2_000)
        #expect(start.model.isLost)
        for binding in start.model.keys.bindings(in: .main) where binding.changes && binding.action != .quitLeaving {
            for key in binding.keys {
                var stage = start
                stage.forget()
                stage.model.notice = nil
                stage.press(key)
                #expect(stage.model.notice != nil, "\(key.name)")
                #expect(stage.changes.allSatisfy { $0 == .takeOver }, "\(key.name)")
            }
        }
    }

    @Test func theServerIsGoneAndComesBack() {
        var stage = Stage(.thumbs, isEmbedded: false)
        stage.scene.failure = QueueError(.unavailable, "no server")
        stage.wait(milliseconds: 2_000)
        #expect(stage.shows("DISCONNECTED"))
        let waits = stage.model.wakeAt - stage.model.moment.steadyMilliseconds
        #expect((1...1_000).contains(waits))
        stage.scene.failure = nil
        stage.wait(milliseconds: 1_000)
        #expect(!stage.model.isLost)
        #expect(stage.shows("the server answers again"))
    }
}
