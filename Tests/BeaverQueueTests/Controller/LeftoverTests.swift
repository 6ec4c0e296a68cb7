import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// Jobs that leave a line by another way leave an entry behind; when most entries are such, they are dropped.
@Suite("Leftovers in lines", .timeLimit(.minutes(2)))
struct LeftoverTests {
    @Test("of thousands of delayed jobs, most of them cancelled, exactly the rest runs", arguments: [false, true])
    func delayed(byWallClock: Bool) async throws {
        try await QueueFixture.run { fixture in
            let hour = NewJob.Start.after(milliseconds: 3_600_000)
            let start = byWallClock ? .at(wallMilliseconds: BootClock.now().wallMilliseconds + 3_600_000) : hour
            try await Self.put(3_000, start, in: fixture)
            try await Self.cancelAllButFifty(of: .scheduled, in: fixture)
            #expect(try await fixture.queue.status().jobs.scheduled == 50)
            var scheduled = JobFilter()
            scheduled.states = [.scheduled]
            #expect(try await fixture.queue.retry(matching: scheduled).done == 50)
            try await Self.expectFifty(in: fixture)
        }
    }

    @Test("of thousands that came back from a delay, most of them cancelled, exactly the rest runs")
    func returned() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            try await Self.put(3_000, .after(milliseconds: 1), in: fixture)
            // The last to be due comes after all others.
            while try await fixture.queue.status().jobs.pending < 3_000 { await Task.yield() }
            try await Self.cancelAllButFifty(of: .pending, in: fixture)
            try await fixture.queue.resume()
            try await Self.expectFifty(in: fixture)
        }
    }

    private static func put(_ count: Int, _ start: NewJob.Start, in fixture: QueueFixture) async throws {
        let jobs = (1...count).map { number in
            QueueFixture.job("\(number <= count - 50 ? "gone" : "stays")-\(number)", start: start)
        }
        #expect(try await fixture.queue.enqueue(jobs).enqueued == count)
    }

    private static func cancelAllButFifty(of state: JobState, in fixture: QueueFixture) async throws {
        var filter = JobFilter()
        filter.states = [state]
        filter.id = "gone-*"
        #expect(try await fixture.queue.cancel(matching: filter).done == 2_950)
    }

    private static func expectFifty(in fixture: QueueFixture) async throws {
        try await fixture.queue.waitUntilIdle()
        let jobs = try await fixture.queue.status().jobs
        #expect(jobs.completed == 50)
        #expect(jobs.cancelled == 2_950)
        var completed = JobFilter()
        completed.states = [.completed]
        #expect(try await fixture.list(completed).allSatisfy { $0.hasPrefix("stays-") })
    }
}
