import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// Payloads as Swift values, and events as a sequence: what an embedder writes.
@Suite("Codable payloads and events", .timeLimit(.minutes(2)))
struct CodableTests {
    private struct Picture: Codable, Sendable, Equatable {
        var width: Int
        var file: String
    }

    private func withQueue(_ body: (Queue) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            try await body(Queue(QueueConfiguration(dataDirectory: directory + "/data")))
        }
    }

    @Test("a handler is given the value that was enqueued")
    func roundTrip() async throws {
        try await self.withQueue { queue in
            let (stream, continuation) = AsyncStream.makeStream(of: Picture.self)
            queue.handle("resize", of: Picture.self) { picture, _ in continuation.yield(picture) }
            try await queue.start()
            let picture = Picture(width: 400, file: "a/b.png")
            try await queue.enqueue("resize", picture, id: "one")
            #expect(try await queue.waitUntilEnded("one").summary.state == .completed)
            try await queue.stop()
            continuation.finish()
            #expect(await stream.reduce(into: []) { $0.append($1) } == [picture])
        }
    }

    @Test("the same value is the same payload, whatever the order of its fields")
    func sameBytes() async throws {
        try await self.withQueue { queue in
            try await queue.start()
            let picture = Picture(width: 1, file: "a/b.png")
            #expect(try await queue.enqueue("resize", picture, id: "one").enqueued == 1)
            #expect(try await queue.enqueue("resize", ["width": picture.width], id: "one").differs == 1)
            #expect(try await queue.enqueue("resize", picture, id: "one").duplicates == 1)
            #expect(try NewJob("resize", picture).payload == Array(#"{"file":"a/b.png","width":1}"#.utf8))
            try await queue.stop()
        }
    }

    @Test("a payload of another shape ends its job as dead in its first run")
    func otherShape() async throws {
        try await self.withQueue { queue in
            queue.handle("resize", of: Picture.self) { _, _ in }
            try await queue.start()
            try await queue.enqueue("resize", 17, id: "one")
            let job = try await queue.waitUntilEnded("one")
            #expect(job.summary.state == .dead)
            #expect(job.summary.runs == 1)
            #expect(job.summary.error?.contains("no Picture") == true)
            try await queue.stop()
        }
    }

    @Test("what cannot be encoded is refused as invalid input")
    func notEncodable() async throws {
        try await self.withQueue { queue in
            try await queue.start()
            let error = await #expect(throws: QueueError.self) { try await queue.enqueue("resize", Double.nan) }
            #expect(error?.code == .invalidInput)
            #expect(try await queue.status().jobs.enqueuedTotal == 0)
            try await queue.stop()
        }
    }

    @Test("a handler that comes after the start is not used, and an event says so")
    func lateHandler() async throws {
        try await self.withQueue { queue in
            let events = queue.events()
            try await queue.start()
            queue.handle("late") { _ in }
            try await queue.enqueue("late", 1, id: "a")
            #expect(try await queue.status().jobs.parked == 1)
            try await queue.stop()
            let all = await events.reduce(into: []) { $0.append($1) }
            #expect(all.contains { $0.level == .error && $0.message.contains("`late` came after the start") })
        }
    }

    @Test("every id of a large call is told, and a page of nothing is refused")
    func manyIDsAndEmptyPage() async throws {
        try await self.withQueue { queue in
            try await queue.start()
            let result = try await queue.enqueue((1...1_001).map { try NewJob("resize", $0) })
            #expect(Set(result.ids).count == 1_001)
            let error = await #expect(throws: QueueError.self) { try await queue.jobs(limit: 0) }
            #expect(error?.code == .invalidInput)
            try await queue.stop()
        }
    }

    @Test("each listener gets the events from its beginning on, and ends with the queue")
    func events() async throws {
        try await self.withQueue { queue in
            let early = queue.events()
            try await queue.start()
            try await queue.pause()
            let late = queue.events()
            try await queue.stop()
            let first = await early.reduce(into: []) { $0.append($1) }
            let second = await late.reduce(into: []) { $0.append($1) }
            #expect(first.contains { $0.message.contains("recovered") })
            #expect(first.map(\.number) == Array(1...UInt64(first.count)))
            #expect(second.allSatisfy { event in first.contains(event) && !event.message.contains("recovered") })
            // A sequence that begins after the end is empty.
            #expect(await queue.events().reduce(0) { sum, _ in sum + 1 } == 0)
        }
    }

    @Test("a listener that is dropped is forgotten")
    func droppedListener() async throws {
        var ring = EventRing()
        let (_, continuation) = AsyncStream.makeStream(of: QueueEvent.self)
        let listener = ring.listen(continuation)
        let key = try #require(listener)
        ring.forget(key)
        let closed = ring.close()
        #expect(closed.isEmpty)
        let late = ring.listen(continuation)
        #expect(late == nil)
    }
}
