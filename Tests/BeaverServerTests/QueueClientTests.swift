import BeaverQueue
import BeaverTestSupport
import Foundation
import Logging
import Testing

@testable import BeaverServer

@Suite struct QueueClientTests {
    @Test("a job may be called like a bulk action", arguments: BulkAction.allCases)
    func idsLikeActions(action: BulkAction) async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { _, client in
            _ = try await client.job(action.rawValue)
            _ = try await client.cancel(action.rawValue)
            try await client.retry(action.rawValue)
        }
        #expect(queue.calls == ["job \(action.rawValue)", "cancel \(action.rawValue)", "retry \(action.rawValue)"])
    }

    @Test("no job has an empty id, and nothing else is meant by one")
    func emptyIDs() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { _, client in
            let calls: [() async throws -> Void] = [
                { try await client.retry("") }, { _ = try await client.cancel("") }, { try await client.purge("") },
                { _ = try await client.job("") }, { _ = try await client.records(of: "") },
                { _ = try await client.output(of: "", run: nil, from: 0) },
            ]
            for call in calls {
                let error = await #expect(throws: QueueError.self) { try await call() }
                #expect(error?.code == .notFound)
            }
        }
        #expect(queue.calls.isEmpty)
    }

    /// `run --detach` asks until the server is there, which may come between an attempt and the look at what it met.
    @Test("a server that comes up at this moment is not called a full one")
    func comingUp() async throws {
        for _ in 0..<30 {
            try await withTemporaryDirectory { directory in
                let server = Server(
                    ServerConfiguration(dataDirectory: directory),
                    queue: FakeQueue(),
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                )
                async let refusals = Self.refusals(until: QueueClient(dataDirectory: directory))
                do {
                    try await server.start()
                    let said = try await refusals
                    #expect(said.allSatisfy { $0.hasPrefix("no server answers at ") }, "\(said.last ?? "")")
                } catch {
                    await server.stop()
                    throw error
                }
                await server.stop()
            }
        }
    }

    /// What a client hears, again and again, until it is answered.
    private static func refusals(until client: QueueClient) async throws -> [String] {
        var said: [String] = []
        while true {
            do throws(QueueError) {
                _ = try await client.status()
                return said
            } catch {
                guard error.code == .unavailable else { throw error }
                said.append(error.message)
            }
        }
    }

    @Test("a job goes through the socket field for field")
    func jobsArriveAsTheyWereSent() async throws {
        let jobs = [
            NewJob(payload: Array(#"{ "a" : 1.0 }"#.utf8)),
            NewJob(
                id: "ü/..%",
                payload: Array("null".utf8),
                action: "exec",
                timeoutMilliseconds: 0,
                maxRetry: 0,
                priority: 9,
                start: .after(milliseconds: 5),
                once: true,
                command: JobCommand(arguments: ["/bin/sh", "-c", ""], workingDirectory: "/", environment: ["A=b"])
            ),
            NewJob(
                id: "x",
                payload: [],
                start: .at(wallMilliseconds: 1_800_000_000_000),
                command: JobCommand(arguments: [])
            ),
        ]
        let queue = FakeQueue()
        try await withServer(over: queue) { _, client in
            let result = try await client.enqueue(jobs)
            #expect(result.enqueued == 3)
            let known = try await client.compare(jobs + [NewJob(id: "new", payload: [0x31])])
            #expect(known == EnqueueResult(enqueued: 2, duplicates: 2))
        }
        #expect(queue.jobs == jobs)
    }

    @Test("every call reaches the queue with its arguments and comes back with its answer")
    func everyCallGoesThrough() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { server, client in
            let answer1 = try await client.status()
            #expect(answer1.state == .running)
            let details = try await client.job("a/b ü?")
            #expect(details.payload == #"{"a/b":"ü"}"#)
            let output = try await client.output(of: "..", run: 2, from: 9)
            #expect(output == JobOutput(bytes: [0, 255, 10], nextOffset: 12, isComplete: true))
            try await client.retry("r")
            let answer2 = try await client.cancel("c")
            #expect(answer2 == .inFlight)
            try await client.purge("p")
            try await client.pause()
            try await client.resume()
            try await client.setWorkers(3)
            let answer3 = try await client.snapshot()
            #expect(answer3 == 42)
            try await client.stop(now: true)
            try await client.stop(now: false)
        }
        #expect(
            queue.calls == [
                "status", "job a/b ü?", "output .. run 2 from 9", "retry r", "cancel c", "purge p", "pause", "resume",
                "workers 3", "snapshot", "stop true", "stop false",
            ]
        )
    }

    @Test("what became of many jobs is asked in one request, in their order")
    func lookup() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { _, client in
            let known = try await client.known(["a/b ü?", "unknown", "old"])
            #expect(known == [KnownJob(state: .completed, runs: 2), nil, KnownJob(state: .completed, runs: nil)])
            let longest = (0..<1_000).map { "\($0)" + String(repeating: "\"", count: 250) }
            let all = try await client.known(longest)
            #expect(all.count == 1_000)
            let error = await #expect(throws: QueueError.self) { try await client.known(longest + ["one more"]) }
            #expect(error?.code == .invalidInput)
        }
    }

    @Test("the configuration is read again where the server can do it")
    func reload() async throws {
        try await withServer(over: FakeQueue()) { server, client in
            let error = await #expect(throws: QueueError.self) { try await client.reload() }
            #expect(error?.code == .conflict)
            server.onReload { ["http.listen is other now, which holds from the next start"] }
            let waits = try await client.reload()
            #expect(waits == ["http.listen is other now, which holds from the next start"])
            server.onReload { () throws(QueueError) in throw QueueError(.configuration, "line 3: wrong") }
            let fault = await #expect(throws: QueueError.self) { try await client.reload() }
            #expect(fault == QueueError(.configuration, "line 3: wrong"))
        }
    }

    @Test("a filter arrives as it was asked")
    func filtersGoThrough() async throws {
        var filter = JobFilter()
        filter.states = [.dead, .inFlight]
        filter.action = "a&b=c"
        filter.id = "x*+ y"
        filter.error = "100%"
        filter.olderThanMilliseconds = 60_000
        filter.simulatedOnly = true
        let queue = FakeQueue()
        try await withServer(over: queue) { _, client in
            let answer4 = try await client.count(matching: filter)
            #expect(answer4 == 2)
            let answer5 = try await client.retry(matching: filter)
            #expect(answer5 == BulkResult(matched: 2, done: 1, skipped: 1))
        }
        #expect(queue.calls == ["count \(filter)", "retry \(filter)"])
    }

    @Test("a list goes on at its cursor until the end")
    func listsArePaged() async throws {
        try await withServer(over: FakeQueue()) { _, client in
            var ids: [String] = []
            var cursor: JobCursor?
            repeat {
                let page = try await client.jobs(matching: JobFilter(), after: cursor, limit: 1)
                ids += page.jobs.map(\.id)
                cursor = page.next
            } while cursor != nil
            #expect(ids == ["a-1", "a-2", "a-3"])
        }
    }

    @Test("the queue's error arrives as it was thrown", arguments: ProblemDocument.codes.map(\.code))
    func errorsAreTheSameOnBothSides(code: QueueError.Code) async throws {
        let thrown = QueueError(code, "what, where, why", errorNumber: 28, path: "/data/wal", offset: 512)
        let queue = FakeQueue()
        queue.fail(with: thrown)
        try await withServer(over: queue) { _, client in
            _ = await #expect(throws: thrown) { try await client.pause() }
        }
    }

    @Test("no server: unavailable, and it says what to do")
    func missingSocketIsUnavailable() async throws {
        try await withTemporaryDirectory { directory in
            let client = QueueClient(dataDirectory: directory)
            let error = await #expect(throws: QueueError.self) { try await client.status() }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("beaver-tui run") == true)
        }
    }

    @Test("a directory deeper than a socket address is long")
    func longPathsWork() async throws {
        try await withServer(over: FakeQueue(), directoryLength: 300) { server, client in
            #expect(server.configuration.dataDirectory.utf8.count > 107)
            let answer6 = try await client.status()
            #expect(answer6.state == .running)
        }
    }

    @Test("requests at the same time do not wait for each other's connection")
    func concurrentRequestsWork() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { _, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 { group.addTask { try await client.retry("job-\(number)") } }
                try await group.waitForAll()
            }
        }
        #expect(Set(queue.calls) == Set((0..<50).map { "retry job-\($0)" }))
    }
}
