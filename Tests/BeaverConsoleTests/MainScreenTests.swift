import BeaverConsole
import BeaverQueue
import Testing

/// The main screen at the sizes of the drawings, and in the states a queue can be in.
@Suite struct MainScreenTests {
    @Test(
        arguments: [
            (24, 80), (34, 120), (60, 200), (10, 40), (3, 80), (3, 40), (1, 80), (1, 40), (1, 20),
        ]
    )
    func workInHand(rows: Int, columns: Int) {
        let stage = Stage(.thumbs, rows: rows, columns: columns)
        ScreenFile.expect(stage.screen, "main-\(columns)x\(rows)")
    }

    @Test func theFirstStartSaysWhatToPress() {
        ScreenFile.expect(Stage(.empty).screen, "empty-80x24")
        ScreenFile.expect(Stage(.empty, rows: 34, columns: 120).screen, "empty-120x34")
    }

    @Test func nothingIsKnownYet() {
        var stage = Stage(.thumbs)
        stage.model.view = nil
        for pane in Pane.allCases { stage.model.lists[pane] = ListState() }
        stage.model.events = []
        ScreenFile.expect(stage.screen, "starting-80x24")
    }

    @Test func paused() { ScreenFile.expect(Stage(.paused).screen, "paused-80x24") }

    /// What the log has room for is still done; only then nothing clears any more.
    @Test func aFullDiskIsNoForecast() {
        var stage = Stage(.full)
        stage.model.view?.status.rates.completedPerSecond = 0
        #expect(stage.shows("stalled: no room for more log"))
        stage.model.view?.status.rates.completedPerSecond = 6
        #expect(!stage.shows("stalled"))
    }

    @Test func cancelledJobsAreNotWantedAnyMore() {
        var stage = Stage(.thumbs)
        stage.model.view?.status.jobs.completed = 0
        stage.model.view?.status.jobs.cancelled = 3_120
        #expect(stage.shows("  0 % "))
        stage.model.view?.status.jobs = QueueStatus.Jobs()
        stage.model.view?.status.jobs.enqueuedTotal = 10
        stage.model.view?.status.jobs.completed = 4
        stage.model.view?.status.jobs.cancelled = 6
        #expect(stage.shows(" 100 % "), "\(stage)")
    }

    @Test func theDiskIsFull() { ScreenFile.expect(Stage(.full).screen, "full-80x24") }

    @Test func theServerIsGone() {
        var stage = Stage(.thumbs, isEmbedded: false)
        stage.scene.failure = QueueError(.unavailable, "no server listens at /srv/thumbs/data")
        stage.wait(milliseconds: 2_000)
        ScreenFile.expect(stage.screen, "disconnected-80x24")
        stage.resize(rows: 34, columns: 120)
        ScreenFile.expect(stage.screen, "disconnected-120x34")
    }

    /// However long the path: that another process has the queue is read.
    @Test func aLongPathLeavesRoomForWhoHoldsIt() {
        var stage = Stage(.thumbs, isEmbedded: false)
        stage.model.view?.status.dataDirectory = "/srv/" + String(repeating: "long/", count: 9) + "data"
        #expect(stage.screen.lines[0].contains("long/data · attached "))
    }

    @Test func namesThatTryToAct() {
        ScreenFile.expect(Stage(.hostile).screen, "hostile-80x24")
        ScreenFile.expect(Stage(.hostile, rows: 34, columns: 120).screen, "hostile-120x34")
    }

    @Test func aMillionJobs() {
        ScreenFile.expect(Stage(.million).screen, "million-80x24")
        ScreenFile.expect(Stage(.million, rows: 34, columns: 120).screen, "million-120x34")
    }

    @Test(arguments: Pane.allCases)
    func eachList(pane: Pane) {
        var stage = Stage(.thumbs)
        stage.send(.key(.character(Unicode.Scalar(UInt8(48 + pane.rawValue)))))
        stage.model.nextViewAt = 0
        stage.send(.tick)
        ScreenFile.expect(stage.screen, "list-\(pane.title.lowercased())-80x24")
    }

    @Test func aZoomedListTakesTheWholeScreen() {
        var stage = Stage(.thumbs, rows: 34, columns: 120)
        stage.press("5", "z")
        stage.model.nextViewAt = 0
        stage.send(.tick)
        ScreenFile.expect(stage.screen, "zoom-dead-120x34")
    }

    @Test func aFilterShowsWhatMatches() {
        var stage = Stage(.thumbs)
        stage.press("/")
        stage.type("state:dead open image")
        ScreenFile.expect(stage.screen, "filter-typed-80x24")
        stage.press(.enter)
        stage.press(" ", " ")
        ScreenFile.expect(stage.screen, "filter-80x24")
    }

    @Test func bordersOfASCIIWhereThereIsNoUTF8() {
        let stage = Stage(.thumbs) { $0.isASCII = true }
        ScreenFile.expect(stage.screen, "ascii-80x24")
        #expect(stage.screen.cells.allSatisfy { $0.base >= 0x20 && $0.base < 0x7f })
    }

    @Test func booksThatDoNotBalanceAreSaidInWords() {
        var scene = Scene.thumbs
        scene.status.jobs.pending -= 1
        for (rows, columns) in [(24, 80), (34, 120), (3, 80), (3, 40)] {
            let stage = Stage(scene, rows: rows, columns: columns)
            #expect(stage.shows("NOT BALANCED"), "\(columns)x\(rows)")
        }
    }
}
