import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// Waiting until a job has ended.
@Suite struct WaitingTests {
    @Test func returnsWhenTheJobHasEndedHoweverItEnds() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            try await fixture.put(
                QueueFixture.job("done"),
                QueueFixture.job("failed", action: "fail"),
                QueueFixture.job("cancelled")
            )
            let queue = fixture.queue
            async let done = queue.waitUntilEnded("done")
            async let failed = queue.waitUntilEnded("failed")
            async let cancelled = queue.waitUntilEnded("cancelled")
            _ = try await queue.cancel("cancelled")
            #expect(try await cancelled.summary.state == .cancelled)
            try await queue.resume()
            #expect(try await done.summary.state == .completed)
            #expect(try await failed.summary.state == .dead)
            // It has ended already.
            #expect(try await queue.waitUntilEnded("done").summary.state == .completed)
        }
    }

    private static func failure<Value>(_ body: () async throws(QueueError) -> Value) async -> QueueError? {
        do throws(QueueError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func throwsForAJobThatIsNotThere() async throws {
        try await QueueFixture.run { fixture in
            await #expect(throws: QueueError.self) { try await fixture.queue.waitUntilEnded("none") }
        }
    }

    @Test func throwsWhenTheQueueStopsBeforeTheJob() async throws {
        try await QueueFixture.run { fixture in
            try await fixture.queue.pause()
            try await fixture.put(QueueFixture.job("waiting"))
            let queue = fixture.queue
            async let waiting = Self.failure { () async throws(QueueError) in
                try await queue.waitUntilEnded("waiting")
            }
            try await queue.stop(now: false)
            #expect(await waiting == .draining)
        }
    }
}
