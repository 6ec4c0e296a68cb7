import BeaverConsole
import BeaverQueue
import Foundation
import Testing

/// A terminal has any size: the screen has exactly its cells, and nothing runs over an edge.
@Suite struct SweepTests {
    /// Every row count and every column count, in other pairs for each model; all pairs with BEAVER_ALL_SIZES=1.
    private static func sizes(_ model: Int) -> [(rows: Int, columns: Int)] {
        let isWhole = ProcessInfo.processInfo.environment["BEAVER_ALL_SIZES"] == "1"
        return (1...60).flatMap { rows in
            (1...200).filter { isWhole || ($0 + rows * 7 + model) % 100 == 0 || ($0 == 24 && rows < 8) }.map {
                (rows, $0)
            }
        }
    }

    private func sweep(_ stage: Stage, sourceLocation: SourceLocation = #_sourceLocation) {
        var model = stage.model
        for (rows, columns) in Self.sizes(sourceLocation.line + model.place.rawValue.utf8.count) {
            model.size = Size(rows: rows, columns: columns)
            let screen = View.screen(of: model)
            guard screen.cells.count == rows * columns, screen.size == model.size else {
                Issue.record("\(columns)x\(rows) has \(screen.cells.count) cells", sourceLocation: sourceLocation)
                return
            }
            if let fault = ScreenFile.fault(in: screen) {
                Issue.record("\(fault)", sourceLocation: sourceLocation)
                return
            }
        }
    }

    @Test func busy() { self.sweep(Stage(.thumbs, rows: 60, columns: 200)) }
    @Test func hostile() { self.sweep(Stage(.hostile, rows: 60, columns: 200)) }
    @Test func million() { self.sweep(Stage(.million, rows: 60, columns: 200)) }
    @Test func empty() { self.sweep(Stage(.empty, rows: 60, columns: 200)) }
    @Test func ascii() { self.sweep(Stage(.hostile, rows: 60, columns: 200) { $0.isASCII = true }) }

    @Test(arguments: Place.allCases.filter { $0 != .main })
    func place(_ place: Place) { self.sweep(Places.stage(place)) }

    @Test func hostileJob() {
        for (list, moves) in [("5" as Key, 0), ("1", 2)] {
            var stage = Stage(.hostile)
            stage.press(list)
            for _ in 0...moves { stage.press(.down) }
            stage.press(.enter)
            self.sweep(stage)
        }
    }

    @Test func promptAndNotice() {
        var stage = Stage(.hostile)
        stage.press("e")
        stage.send(.paste(String(repeating: "画像/e\u{301}\u{202e}", count: 60)))
        self.sweep(stage)
        stage.press(.left, .left, .tab)
        self.sweep(stage)
        stage.press(.escape)
        stage.send(.acted("it", .failure(QueueError(.unavailable, String(repeating: "画\u{1b}", count: 200)))))
        self.sweep(stage)
    }

    /// One row is for the counts; only what went wrong may take it for a moment.
    @Test func aNoticeLeavesTheOnlyRowToTheCounts() {
        var stage = Stage(.thumbs, rows: 1, columns: 80)
        stage.send(.acted("snapshot", .success("snapshot written")))
        #expect(stage.shows("1,860 wait") && !stage.shows("written"))
        stage.send(.acted("snapshot", .failure(QueueError(.full, "the disk is full"))))
        #expect(stage.shows("the disk is full"))
        stage.wait(milliseconds: 9_000)
        #expect(stage.shows("1,860 wait"))
    }

    @Test func draining() {
        var stage = Stage(.hostile)
        stage.holds = { if case .quit = $0 { true } else { false } }
        stage.press("q")
        self.sweep(stage)
    }

    /// No size is small enough to trap.
    @Test func noRoomAtAll() {
        for (rows, columns) in [(0, 0), (0, 80), (24, 0), (1, 1), (2, 1), (1, 2)] {
            var stage = Stage(.thumbs, rows: rows, columns: columns)
            for key in Places.keys { stage.press(key) }
            #expect(stage.screen.cells.count == rows * columns)
        }
    }

    /// What a smaller terminal still says.
    @Test(arguments: 1...24)
    func countsAndStateAreAlwaysThere(rows: Int) {
        for columns in [20, 30, 40, 60, 80, 100, 120, 200] {
            let text = Stage(.thumbs, rows: rows, columns: columns).text
            #expect(text.contains("●"), "\(columns)x\(rows)")
            #expect(text.contains("7 dead") || text.contains("Dead 7"), "\(columns)x\(rows)")
            #expect(text.contains("8 run") || text.contains("Running 8"), "\(columns)x\(rows)")
        }
    }

    /// A figure that is cut is a wrong figure: whatever is a number in the row of counts is a whole one.
    @Test func countsAreNeverCut() {
        let scene = Scene.million
        let jobs = scene.status.jobs
        let known: Set<String> = Set(
            [
                jobs.pending, jobs.inFlight, jobs.scheduled, jobs.completed, jobs.dead, jobs.cancelled, jobs.purged,
                jobs.forgotten, jobs.enqueuedTotal, jobs.cancelled + jobs.purged + jobs.forgotten,
            ].map { Figures.grouped($0) }
        )
        let stage = Stage(scene, rows: 24, columns: 200)
        var model = stage.model
        for columns in 24...200 {
            model.size.columns = columns
            let words = View.screen(of: model).lines[1].split(separator: " ").map(String.init)
            for word in words where word.first?.isNumber == true {
                #expect(known.contains(word), "\(word) at \(columns) columns")
            }
        }
    }
}
