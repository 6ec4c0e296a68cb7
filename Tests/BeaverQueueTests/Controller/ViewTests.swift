import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// What a screen is shown: each list in its order, around a job, and never by counting through everything.
@Suite struct ViewTests {
    private static let anchored = ViewRequest.Pane(.pending, anchor: "j-0500", before: 3, count: 4)

    @Test func pendingJobsStandInTheOrderOfTheirRuns() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            try await fixture.put(
                QueueFixture.job("a"),
                QueueFixture.job("b", action: "sleep"),
                QueueFixture.job("c", priority: 9),
                QueueFixture.job("d", action: "sleep", priority: 9),
                QueueFixture.job("e", priority: 0)
            )
            let pane = try await fixture.pane(ViewRequest.Pane(.pending, count: 10))
            #expect(pane.rows.map(\.id) == ["c", "d", "a", "b", "e"])
            #expect(pane.position == 0 && !pane.isAnchorGone)
            #expect(pane.rows.allSatisfy { $0.waitsBecause == "paused" })
            let end = try await fixture.pane(ViewRequest.Pane(.pending, count: 2, fromEnd: true))
            #expect(end.rows.map(\.id) == ["b", "e"] && end.position == 3)
            let around = try await fixture.pane(ViewRequest.Pane(.pending, anchor: "a", before: 1, count: 2))
            #expect(around.rows.map(\.id) == ["d", "a", "b"] && around.position == 1)
            let gone = try await fixture.pane(ViewRequest.Pane(.pending, anchor: "gone", before: 1, count: 2))
            #expect(gone.rows.map(\.id) == ["c", "d"] && gone.isAnchorGone)
        }
    }

    @Test func aPlaceFarFromTheHeadIsFoundToo() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            let names = (0..<5_000).map { "j-\(String(10_000 + $0).dropFirst())" }
            _ = try await fixture.queue.enqueue(names.map { QueueFixture.job($0) })
            let near = try await fixture.pane(Self.anchored)
            #expect(near.rows.map(\.id) == Array(names[497..<504]) && near.position == 497)
            let far = try await fixture.pane(ViewRequest.Pane(.pending, anchor: "j-4000", before: 3, count: 4))
            #expect(far.rows.map(\.id) == Array(names[3_997..<4_004]) && far.position == 3_997)
            // The next screen is answered by what was found for this one, but never with jobs that have gone.
            _ = try await fixture.queue.cancel("j-4002")
            let next = try await fixture.pane(ViewRequest.Pane(.pending, anchor: "j-4001", before: 1, count: 3))
            #expect(next.rows.map(\.id) == ["j-4000", "j-4001", "j-4003", "j-4004"])
            let end = try await fixture.pane(ViewRequest.Pane(.pending, count: 3, fromEnd: true))
            #expect(end.rows.map(\.id) == ["j-4997", "j-4998", "j-4999"])
        }
    }

    @Test func scheduledJobsStandByWhenTheyAreDue() async throws {
        try await QueueFixture.run { fixture in
            let wall = BootClock.now().wallMilliseconds
            try await fixture.put(
                QueueFixture.job("late", start: .after(milliseconds: 900_000)),
                QueueFixture.job("middle", start: .at(wallMilliseconds: wall + 600_000)),
                QueueFixture.job("soon", start: .after(milliseconds: 300_000))
            )
            #expect(try await fixture.ids(.scheduled) == ["soon", "middle", "late"])
            _ = try await fixture.queue.cancel("soon")
            #expect(try await fixture.ids(.scheduled) == ["middle", "late"])
            let view = try await fixture.queue.view(ViewRequest(panes: []))
            #expect(view.nextDue == wall + 600_000)
        }
    }

    @Test func endedJobsStandNewestFirst() async throws {
        try await QueueFixture.run { fixture in
            for id in ["a", "b", "c", "d"] {
                try await fixture.put(QueueFixture.job(id, action: "fail"))
                try await fixture.queue.waitUntilIdle()
            }
            #expect(try await fixture.ids(.dead) == ["d", "c", "b", "a"])
            let around = try await fixture.pane(ViewRequest.Pane(.dead, anchor: "b", before: 1, count: 5))
            #expect(around.rows.map(\.id) == ["c", "b", "a"] && around.position == 1)
            #expect(around.rows.allSatisfy { $0.error?.isEmpty == false && $0.startedAt != nil })
            try await fixture.queue.purge("c")
            #expect(try await fixture.ids(.dead) == ["d", "b", "a"])
            let oldest = try await fixture.pane(ViewRequest.Pane(.dead, count: 2, fromEnd: true))
            #expect(oldest.rows.map(\.id) == ["b", "a"] && oldest.position == 1)
            try await fixture.put(QueueFixture.job("x"), QueueFixture.job("y"))
            try await fixture.queue.waitUntilIdle()
            #expect(Set(try await fixture.ids(.completed)) == ["x", "y"])
            try await fixture.queue.pause()
            try await fixture.put(QueueFixture.job("z"))
            _ = try await fixture.queue.cancel("z")
            #expect(try await fixture.ids(.cancelled) == ["z"])
        }
    }

    @Test func runningJobsNameTheirWorkerAndWhoWaitsHisPlace() async throws {
        let change: @Sendable (inout QueueConfiguration) -> Void = { configuration in
            configuration.handlers["import"] = HandlerConfiguration(.sleep, timeoutMilliseconds: 90_000, concurrency: 2)
        }
        try await QueueFixture.run(change) { fixture in
            let jobs = (1...5).map { QueueFixture.job("i-\($0)", action: "import", payload: #"{"ms":60000}"#) }
            _ = try await fixture.queue.enqueue(jobs)
            try await waitUntil("two runs") { try await fixture.queue.status().workers.busy == 2 }
            let running = try await fixture.pane(ViewRequest.Pane(.running, count: 10)).rows
            #expect(running.map(\.worker) == [1, 2])
            #expect(running.allSatisfy { $0.limitMilliseconds == 90_000 && $0.state == .inFlight })
            let waiting = try await fixture.pane(ViewRequest.Pane(.pending, count: 10)).rows
            #expect(
                waiting.map(\.waitsBecause) == [
                    "1st in line behind `import` (limit 2)", "2nd in line behind `import` (limit 2)",
                    "3rd in line behind `import` (limit 2)",
                ]
            )
            let details = try await fixture.queue.job("i-5")
            #expect(details.waitsBecause == "3rd in line behind `import` (limit 2)")
        }
    }

    @Test func parkedJobsSayWhyAndWhatWasMeant() async throws {
        let change: @Sendable (inout QueueConfiguration) -> Void = { configuration in
            configuration.handlers["resize"] = HandlerConfiguration(.noop)
        }
        try await QueueFixture.run(change) { fixture in
            try await fixture.put(QueueFixture.job("a", action: "resizee"))
            let rows = try await fixture.pane(ViewRequest.Pane(.parked, count: 10)).rows
            #expect(rows.map(\.waitsBecause) == ["no handler for `resizee`; did you mean `resize`?"])
        }
    }

    @Test func eventsAreNumberedAndAskedForOnce() async throws {
        try await QueueFixture.run { fixture in
            let first = try await fixture.queue.view(ViewRequest(panes: []))
            #expect(first.events.first?.message.hasPrefix("recovered in ") == true)
            let last = try #require(first.events.last)
            let second = try await fixture.queue.view(ViewRequest(panes: [], eventsAfter: last.number))
            #expect(second.events.isEmpty)
        }
    }

    @Test func aViewMeasures() async throws {
        try await QueueFixture.run { fixture in
            _ = try await fixture.queue.enqueue((0..<100).map { QueueFixture.job("a-\($0)") })
            try await fixture.queue.waitUntilIdle()
            let view = try await fixture.queue.view(ViewRequest(panes: []))
            #expect(view.runSeconds.p50 != nil && view.waitSeconds.p99 != nil)
            #expect(view.recordsToReplay > 300)
            #expect(view.freeDiskBytes > 0 && view.completedKeep == 100_000)
            #expect(view.status.jobs.isBalanced && view.status.pid > 0)
            try await waitUntil("a whole second") {
                try await fixture.queue.view(ViewRequest(panes: [])).completedEachSecond.reduce(0, +) == 100
            }
        }
    }

    @Test func moreThanAScreenIsRefused() async throws {
        try await QueueFixture.run { fixture in
            let panes = [ViewRequest.Pane(.dead, count: 400), ViewRequest.Pane(.dead, before: 101, count: 0)]
            await #expect(throws: QueueError.self) { try await fixture.queue.view(ViewRequest(panes: panes)) }
            await #expect(throws: QueueError.self) {
                try await fixture.queue.view(ViewRequest(panes: [ViewRequest.Pane(.dead, count: -1)]))
            }
        }
    }
}
