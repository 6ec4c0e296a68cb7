import BeaverQueue
import BeaverTestSupport
import Testing

@testable import BeaverConsole

/// The screen of one job while the job lives on, and what can be read at length.
@Suite struct DetailTests {
    private func pendingJob() -> Stage {
        var stage = Stage(.thumbs)
        stage.press("2", .enter)
        stage.forget()
        return stage
    }

    private static func records(_ stage: Stage) -> Int {
        stage.effects.count { if case .records = $0 { true } else { false } }
    }

    /// It was opened while it waited: its records and its output came later.
    @Test func whatTheLogSaysIsReadAgainOnceTheJobHasMoved() throws {
        var stage = self.pendingJob()
        stage.wait(milliseconds: 1_000)
        #expect(Self.records(stage) == 0)
        var job = try #require(stage.scene.lists[.pending]?.first)
        job.state = .completed
        job.runs = 1
        stage.scene.details[job.id] = .sample(job)
        stage.wait(milliseconds: 1_000)
        #expect(Self.records(stage) == 1)
        #expect(stage.effects.contains(.output(job.id, run: nil, from: 0)))
        stage.wait(milliseconds: 1_000)
        #expect(Self.records(stage) == 1)
    }

    /// A job that runs: what its answers ask for in turn must not keep the console and the queue busy.
    @Test(arguments: [false, true])
    func outputIsAskedForAtAPace(follows: Bool) throws {
        var stage = Stage(.thumbs)
        let job = try #require(stage.scene.lists[.running]?.first)
        func asked() -> Int { stage.effects.count { if case .output = $0 { true } else { false } } }
        stage.holds = { if case .output = $0 { true } else { false } }
        stage.press("1", follows ? "f" : .enter)
        stage.forget()
        for _ in 0..<100 {
            let output = JobOutput(bytes: [], nextOffset: 0, isComplete: false)
            stage.send(.output(job.id, run: nil, from: 0, .success(output)))
            stage.wait(milliseconds: 10)
        }
        #expect((1...4).contains(asked()))
    }

    /// The end of what a job wrote is what is read first: all pieces are asked for, also after its end.
    @Test func theOutputOfAJobThatHasEndedIsReadToItsEnd() throws {
        var stage = Stage(.thumbs)
        stage.press("5", .down)
        let id = try #require(stage.model.focused.current?.id)
        stage.holds = { if case .output = $0 { true } else { false } }
        stage.press(.enter)
        let piece = [UInt8](repeating: 0x61, count: 1 << 18)
        for number in 0..<3 {
            let offset = Int64(number) << 18
            let asked = stage.effects.last { if case .output = $0 { true } else { false } }
            #expect(asked == .output(id, run: nil, from: offset))
            let output = JobOutput(bytes: piece, nextOffset: offset + 1 << 18, isComplete: false)
            stage.send(.output(id, run: nil, from: offset, .success(output)))
            stage.send(.tick)
        }
        // Of what a frame looks at there is an end.
        guard case .detail(let state) = stage.model.sheet else { return }
        #expect(state.output.count <= 320 << 10)
        let end = JobOutput(bytes: [], nextOffset: 3 << 18, isComplete: true)
        stage.send(.output(id, run: nil, from: 3 << 18, .success(end)))
        stage.forget()
        for _ in 0..<5 { stage.wait(milliseconds: 1_000) }
        #expect(!stage.effects.contains { if case .output = $0 { true } else { false } })
    }

    /// A job with more runs than its history keeps: a run is asked for by its place in that.
    @Test func theOutputOfARunIsAskedForByItsPlaceInTheHistory() throws {
        var stage = Stage(.thumbs)
        stage.press("5", .down)
        var job = try #require(stage.model.focused.current)
        job.runs = 21
        let run = JobRun.sample()
        stage.scene.details[job.id] = .sample(job, history: Array(repeating: run, count: 10))
        stage.press(.enter, "[")
        #expect(stage.effects.last == .output(job.id, run: 9, from: 0))
        #expect(stage.shows("Output of run 20"))
    }

    /// The engine hides what is redacted, so that nothing of it lies in the console before someone asks for it.
    @Test func hiddenValuesAreAskedForByAKey() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        stage.press("5", .end, .enter)
        #expect(stage.shows(#""password": "•••""#))
        #expect(stage.shows("─ . shows ••• ─"))
        #expect(stage.effects.allSatisfy { if case .details(_, let reveals) = $0 { !reveals } else { true } })
        stage.press(".")
        #expect(stage.shows(#""password": "hunter2""#))
        #expect(!stage.shows(". shows"))
        stage.press(".")
        #expect(!stage.shows("hunter2"))
    }

    /// The largest that is allowed, on one line.
    @Test(.timeLimit(.minutes(1)))
    func aPayloadOfAMegabyteIsDrawn() throws {
        var stage = Stage(.thumbs)
        let job = try #require(stage.scene.lists[.pending]?.first)
        let text = String(repeating: "x", count: 1 << 20)
        stage.scene.details[job.id] = .sample(job, payload: #"{"text":"\#(text)!"}"#)
        stage.press("2", .enter, .end)
        #expect(stage.shows(#"x!""#))
    }

    @Test(arguments: [(0, 3, "1 Runs 0 of 4"), (2, 3, "1 Runs 2 of 4"), (1, 0, "1 Runs 1 of 1"), (5, 3, "1 Runs 5 ")])
    func runsAreCountedAgainstThoseAllowed(runs: Int, retries: Int, title: String) throws {
        var stage = self.pendingJob()
        var job = try #require(stage.scene.lists[.pending]?.first)
        job.runs = runs
        let run = JobRun.sample(exitStatus: 75)
        var details = JobDetails.sample(job, history: Array(repeating: run, count: runs))
        details.maxRetry = retries
        stage.scene.details[job.id] = details
        stage.wait(milliseconds: 1_000)
        #expect(stage.shows(title))
    }

    /// Job, handler, configuration and default, in this order of precedence, each by name.
    @Test func eachLimitSaysWhoSetIt() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        stage.press("3", .enter, "2", "z")
        for text in [
            "time-out    30 s, beaver.yaml:4", "retries     3, its own",
            "backoff     1 s to 15 s, beaver.yaml:9",
            "crashes     3 runs, default", "at a time   2, beaver.yaml:4",
        ] { #expect(stage.shows(text)) }
    }

    @Test func theFileOfARunsOutputIsNamedWhereThereIsOne() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        stage.press("5", .end, .enter)
        #expect(stage.shows("─ /srv/thumbs/data/output/5/5002-8589935246.out ─"), "\(stage)")
        stage.press("[")
        #expect(stage.shows("-8589935245.out ─"))
        // Read from the log, since the file has gone.
        stage.scene.output = "[not all of the output is on disk; its last 3 bytes, from the log:]\nabc"
        stage.press("]")
        #expect(!stage.shows(".out ─"))
    }

    /// How the run ended is what a narrow screen must have room for.
    @Test func theLimitOfARunIsSaidAsPeopleSayIt() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        stage.press("5", .end, .enter)
        #expect(stage.shows("time-out 30 s: waiting for lock (20 s)"))
        #expect(stage.shows("SIGKILL after 35.0 s]"))
    }

    /// Programs of other systems end a line with both, progress bars write over it.
    @Test(
        arguments: [
            ("a\r\nb\r\n", ["a", "b"]), ("1 %\r50 %\rdone\nnext", ["done", "next"]), ("", []), ("\n", [""]),
            ("a\tb\n\nc\n", ["a    b", "", "c"]),
        ]
    )
    func outputIsSplitAsATerminalShowsIt(text: String, lines: [String]) {
        #expect(OutputText.lines(text) == lines)
    }

    /// The one at the cursor, also after a step to the next job.
    @Test func theErrorsShowWhatTheJobWrote() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        for id in ["thumbs-0416", "thumbs-0415"] {
            let run = JobRun.sample(outputTail: "convert: \(id)\nno images\n")
            stage.scene.details[id] = .sample(.sample(id), history: [run])
        }
        stage.press("o")
        #expect(stage.shows("Output of thumbs-0416, run 4, the last 2 lines"))
        #expect(stage.shows("│ convert: thumbs-0416 "))
        stage.press(.tab, .down)
        #expect(stage.shows("Output of thumbs-0415, run 4, the last 2 lines"))
    }

    @Test func followingIsSaidWithoutASignBeforeIt() {
        var scene = Scene.thumbs
        scene.output = "one line"
        var stage = Stage(scene)
        stage.press("2", .enter, "f")
        #expect(stage.shows("─ following ─"))
    }

    @Test(arguments: [Place.detail, .errors, .preview, .crashMenu, .proof])
    func helpBeginsWithThePlaceItWasAskedIn(place: Place) {
        var stage = Places.stage(place)
        stage.press("?")
        let lines = stage.screen.lines
        // The last ones cannot stand at the top where no more follows.
        #expect(lines.contains { $0.contains("│ \(place.rawValue) ") })
        if place == .detail { #expect(lines[2].contains(place.rawValue)) }
        stage.press(.escape)
        #expect(stage.model.place == place)
    }

    // MARK: Events

    private func events(_ messages: [String]) -> Stage {
        var scene = Scene.thumbs
        scene.view.events = messages.enumerated().map { place, text in
            QueueEvent(number: UInt64(place + 1), time: Scene.moment.wallMilliseconds, level: .info, message: text)
        }
        var stage = Stage(scene)
        stage.press("6")
        return stage
    }

    /// What a message says last is often what matters.
    @Test func aLongEventGoesOnBelowItself() {
        let message = (1...30).map { "word\($0)" }.joined(separator: " ")
        let stage = self.events([message])
        #expect(stage.shows("word30"))
        let lines = stage.screen.lines
        #expect(lines.contains { $0.hasPrefix("│" + String(repeating: " ", count: 10) + "word") })
    }

    @Test func whoReadsOldEventsIsNotMovedByNewOnes() {
        var stage = self.events((1...40).map { "event \($0)" })
        stage.press(.pageUp)
        let read = stage.screen.lines.filter { $0.contains("event ") }
        #expect(!read.isEmpty)
        stage.scene.view.events.append(
            QueueEvent(number: 41, time: Scene.moment.wallMilliseconds, level: .info, message: "new")
        )
        stage.model.nextViewAt = 0
        stage.send(.tick)
        #expect(stage.model.events.last?.message == "new")
        #expect(stage.screen.lines.filter { $0.contains("event ") } == read)
        stage.press("G")
        #expect(stage.shows("new"))
    }

    /// A payload may be a MiB: frames take its lines from the model, where they are as long as text and size are the same.
    @Test func aLongPayloadIsLaidOutOnce() throws {
        var stage = self.pendingJob()
        func open() throws -> DetailState {
            if case .detail(let state) = stage.model.sheet { return state }
            return try #require(nil, "no job is open")
        }
        var state = try open()
        let payload =
            "["
            + (0..<5_000).map { "{\"n\":\($0),\"text\":\"é\(String(repeating: "x", count: 90))\"}" }
            .joined(separator: ",") + "]"
        var details = try #require(state.details)
        details.payload = payload
        stage.send(.details(state.id, reveals: false, .success(details)))
        func payloadLines() throws -> LaidOutText {
            try #require(try open().laidOut[5])
        }
        let lines = try payloadLines().lines
        #expect(lines.count > 20_000)
        #expect(lines.allSatisfy { TextWidth.of($0) <= 76 })
        #expect(lines.joined().filter { $0 != " " } == payload)
        // The same with and without what was kept.
        let drawn = View.screen(of: stage.model)
        state = try open()
        state.laidOut = [:]
        var model = stage.model
        model.sheet = .detail(state)
        #expect(View.screen(of: model) == drawn)
        stage.send(.resized(Size(rows: 40, columns: 120)))
        #expect(try payloadLines().width != 76)
        #expect(try payloadLines().lines.joined().filter { $0 != " " } == payload)
    }
}
