import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// Lists, filters, groups of failures and selections.
@Suite struct ListTests {
    /// Slots are used again, so that their order is not the order of acceptance.
    @Test func aListKeepsTheOrderOfAcceptanceWhileJobsComeAndGo() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            _ = try await fixture.queue.enqueue((0..<50).map { QueueFixture.job("old-\($0)") })
            for number in [10, 20, 30] {
                _ = try await fixture.queue.cancel("old-\(number)")
                try await fixture.queue.purge("old-\(number)")
            }
            _ = try await fixture.queue.enqueue((0..<3).map { QueueFixture.job("new-\($0)") })
            let all = try await fixture.list(page: 7)
            #expect(all.count == 50 && all.suffix(3) == ["new-0", "new-1", "new-2"])
            // A page, changes in front of and behind it, the rest.
            let first = try await fixture.queue.jobs(matching: JobFilter(), after: nil, limit: 5)
            for id in ["old-0", "old-6"] {
                _ = try await fixture.queue.cancel(id)
                try await fixture.queue.purge(id)
            }
            _ = try await fixture.queue.enqueue([QueueFixture.job("in-a-used-slot")])
            let second = try await fixture.queue.jobs(matching: JobFilter(), after: first.next, limit: 5)
            #expect(second.jobs.map(\.id) == ["old-5", "old-7", "old-8", "old-9", "old-11"])
        }
    }

    /// Found by `crash-test`: a list asked for after another went on with the order of the other, and missed what had
    /// been accepted in between.
    @Test func aListKnowsWhatWasAcceptedSinceTheListBefore() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            // In short lists, and in lists of which more is known than the first page's order holds.
            var count = 0
            for (new, page) in [
                (20, 7), (20, 7), (20, 7), (5_000, 1_000), (20, 1_000), (20_000, 1_000), (20, 7),
            ] {
                _ = try await fixture.queue.enqueue((count..<count + new).map { QueueFixture.job("\($0)") })
                count += new
                #expect(try await fixture.list(page: page).count == count)
            }
        }
    }

    /// A row has 200 bytes for the payload: it is cut in front of a character, never inside one.
    @Test func aLongPayloadIsCutBetweenCharacters() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            for spaces in 0..<4 {
                let payload = "\"\(String(repeating: "x", count: spaces))\(String(repeating: "水", count: 100))\""
                _ = try await fixture.queue.enqueue([QueueFixture.job("j\(spaces)", payload: payload)])
                let work = try await fixture.queue.job("j\(spaces)").summary.work
                #expect(work.hasSuffix("水…") && !work.contains("\u{fffd}"))
                #expect((195...200).contains(work.utf8.count))
            }
        }
    }

    @Test func filtersByText() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            try await fixture.put(
                QueueFixture.job("a-1", payload: #"{"file":"Holiday.PNG"}"#),
                QueueFixture.job("a-2", payload: #"{"file":"work.png"}"#),
                QueueFixture.job("png", payload: "1")
            )
            var filter = JobFilter()
            filter.text = "PNG"
            #expect(try await fixture.list(filter) == ["a-1", "a-2", "png"])
            filter.text = "holiday"
            #expect(try await fixture.list(filter) == ["a-1"])
            filter = JobFilter()
            filter.id = "a-?"
            #expect(try await fixture.list(filter, page: 1) == ["a-1", "a-2"])
            filter.id = "a-2"
            #expect(try await fixture.list(filter) == ["a-2"])
            filter.states = [.dead]
            #expect(try await fixture.list(filter) == [])
        }
    }

    @Test func anIdMayBeItsBeginning() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.put(QueueFixture.job("task-001"), QueueFixture.job("task-012"), QueueFixture.job("t*k"))
            #expect(try await fixture.queue.job("task-00").summary.id == "task-001")
            // A prefix is no pattern.
            #expect(try await fixture.queue.job("t*").summary.id == "t*k")
            await #expect(throws: QueueError.self) { try await fixture.queue.job("task-0") }
            await #expect(throws: QueueError.self) { try await fixture.queue.job("none") }
        }
    }

    @Test func failuresAreGroupedByWhatTheyHaveInCommon() async throws {
        let change: @Sendable (inout QueueConfiguration) -> Void = { configuration in
            // Numbers in columns are padded by more or less.
            let script = #"read -r n; [ $n -lt 3 ] || n=" $n"; echo "cannot open $n" >&2; exit $((n % 2 + 3))"#
            configuration.handlers["open"] = HandlerConfiguration(.command(["/bin/sh", "-c", script]))
        }
        try await QueueFixture.run(change) { fixture in
            _ = try await fixture.queue.enqueue(
                (0..<6).map { QueueFixture.job("j-\($0)", action: "open", payload: "\($0)") }
            )
            try await fixture.queue.waitUntilIdle()
            let groups = try await fixture.queue.groups(matching: JobFilter())
            #expect(Set(groups.map(\.ending)) == ["exit 3", "exit 4"])
            #expect(
                groups.allSatisfy { $0.dead == 3 && $0.waiting == 0 && $0.examples.count == 3 && $0.action == "open" }
            )
            #expect(groups.allSatisfy { !$0.error.contains { $0.isNumber } })
            // The group's own filter matches its jobs and no others.
            for group in groups {
                let ids = try await fixture.list(group.filter)
                #expect(ids.count == 3 && Set(group.examples).isSubset(of: ids))
            }
            let view = try await fixture.queue.view(ViewRequest(panes: []))
            #expect(Set(view.deadGroups.map(\.key)) == Set(groups.map(\.key)))
            let selection = try await fixture.queue.select(matching: groups[0].filter)
            #expect(try await fixture.queue.act(.purge, on: selection) == BulkResult(matched: 3, done: 3, skipped: 0))
            #expect(try await fixture.queue.groups(matching: JobFilter()).count == 1)
        }
    }

    @Test func whatASignalEndedIsAKindOfItsOwn() async throws {
        let change: @Sendable (inout QueueConfiguration) -> Void = { configuration in
            let script = #"read -r n; [ "$n" = 0 ] || echo "at step $n"; kill -SEGV $$"#
            configuration.handlers["crash"] = HandlerConfiguration(.command(["/bin/sh", "-c", script]))
        }
        try await QueueFixture.run(change) { fixture in
            _ = try await fixture.queue.enqueue(
                (0..<3).map { QueueFixture.job("j-\($0)", action: "crash", payload: "\($0)") }
            )
            try await fixture.queue.waitUntilIdle()
            let groups = try await fixture.queue.groups(matching: JobFilter())
            #expect(groups.allSatisfy { $0.ending.hasPrefix("killed by SIGSEGV") })
            #expect(groups.map(\.shownError) == ["at step #", "no more was said"])
        }
    }

    @Test func aBulkActionTouchesExactlyWhatWasSelected() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            _ = try await fixture.queue.enqueue((0..<5).map { QueueFixture.job("a-\($0)") })
            var filter = JobFilter()
            filter.states = [.pending]
            let selection = try await fixture.queue.select(matching: filter)
            #expect(selection.count == 5)
            // One changes, one comes: neither is touched.
            _ = try await fixture.queue.cancel("a-2")
            try await fixture.put(QueueFixture.job("later"))
            #expect(try await fixture.queue.act(.cancel, on: selection) == BulkResult(matched: 5, done: 4, skipped: 1))
            #expect(try await fixture.ids(.pending) == ["later"])
            var unknown = selection
            unknown.token = "nothing"
            await #expect(throws: QueueError.self) { try await fixture.queue.act(.cancel, on: unknown) }
        }
    }

    @Test func theRecordsOfAJobTellItsLife() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.put(QueueFixture.job("a", action: "fail"))
            try await fixture.queue.waitUntilIdle()
            try await fixture.queue.retry("a")
            try await fixture.queue.waitUntilIdle()
            let records = try await fixture.queue.records(of: "a")
            #expect(records.map(\.event) == ["ENQUEUE", "DISPATCH", "DEAD", "REVIVE", "DISPATCH", "DEAD"])
            #expect(records.allSatisfy { $0.job == "a" })
        }
    }

    @Test func secretsAreDots() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            try await fixture.put(QueueFixture.job("a", payload: #"{"user":"eva","apiToken":"t0p"}"#))
            let hidden = try await fixture.queue.jobs(matching: JobFilter(), after: nil, limit: 1).jobs[0].work
            #expect(hidden.contains("eva") && hidden.contains(Redaction.mark) && !hidden.contains("t0p"))
            var filter = JobFilter()
            filter.reveals = true
            let shown = try await fixture.queue.jobs(matching: filter, after: nil, limit: 1).jobs[0].work
            #expect(shown == #"{"user":"eva","apiToken":"t0p"}"#)
            // What is hidden cannot be searched out letter by letter either.
            filter = JobFilter()
            filter.text = "t0p"
            #expect(try await fixture.list(filter) == [])
        }
    }

    /// Nothing is ever synced then, and waiting for that was waiting for ever.
    @Test(arguments: SyncPolicy.allCases) func idleIsReachedUnderEveryPolicy(_ policy: SyncPolicy) async throws {
        let change: @Sendable (inout QueueConfiguration) -> Void = { $0.log.sync = policy }
        try await QueueFixture.run(change) { fixture in
            try await fixture.put(QueueFixture.job("a"))
            try await fixture.queue.waitUntilIdle()
            #expect(try await fixture.queue.status().jobs.completed == 1)
        }
    }

    @Test func aQueueWithoutAServerIsReadAlike() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = QueueConfiguration(dataDirectory: directory + "/data")
            let queue = Queue(configuration)
            try await queue.start()
            _ = try await queue.enqueue([QueueFixture.job("a", action: "fail"), QueueFixture.job("b")])
            try await queue.waitUntilIdle()
            try await queue.stop(now: false)
            let offline = try OfflineQueue(configuration)
            let view = try await offline.view(ViewRequest(panes: [ViewRequest.Pane(.dead, count: 5)]))
            #expect(view.status.state == .stopped && view.panes[0].rows.map(\.id) == ["a"])
            #expect(try await offline.groups(matching: JobFilter()).map(\.dead) == [1])
            let selection = try await offline.select(matching: JobFilter())
            #expect(try await offline.act(.purge, on: selection) == BulkResult(matched: 2, done: 2, skipped: 0))
            #expect(try await offline.status().jobs.purged == 2)
        }
    }
}
