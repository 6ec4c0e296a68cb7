import BeaverQueue
import BeaverTestSupport
import Foundation
import Testing

@testable import BeaverServer

@Suite struct RoutesTests {
    private static let json = "Content-Type: application/json"
    private static let lines = "Content-Type: application/x-ndjson"

    /// Sends one request with the owner's token and returns status and body.
    private func ask(
        _ line: String,
        _ headers: [String] = [],
        body: String = "",
        queue: FakeQueue = FakeQueue(),
        limits: RequestLimits = RequestLimits()
    ) async throws -> (status: Int, head: String, body: String) {
        let address = ListenAddress(host: "127.0.0.1", port: 0)
        let tokens = AccessTokens(all: ["t"])
        return try await withServer(over: queue, listen: address, tokens: tokens, limits: limits) { server, _ in
            let all = ["Host: localhost", "Authorization: Bearer t"] + headers
            let request = RawRequest(line: line, headers: all, body: body)
            let answer = try await request.send(to: try #require(server.tcpAddress))
            let words = answer.split(separator: " ", maxSplits: 2)
            let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
            let status = words.count > 1 ? Int(words[1]) ?? 0 : 0
            return (status, String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    private func problem(_ body: String) throws -> ProblemDocument {
        try JSONCoding.decode(ProblemDocument.self, from: Array(body.utf8))
    }

    @Test("an array is taken in one commit")
    func arraysAreAtomic() async throws {
        let queue = FakeQueue()
        let body = #"[{"id":"a","payload":{"action":"x", "n":1}},{"payload":2}]"#
        let answer = try await self.ask("POST /v1/jobs", [Self.json], body: body, queue: queue)
        #expect(answer.status == 200)
        #expect(answer.body.contains(#""enqueued":2"#))
        #expect(queue.batchSizes == [2])
        #expect(queue.jobs.first?.action == "x")
        #expect(queue.jobs.first.map { String(decoding: $0.payload, as: UTF8.self) } == #"{"action":"x", "n":1}"#)
    }

    @Test("a dry run takes nothing, a misspelt one is refused", arguments: ["dry_run", "dry_run=true", "dryrun"])
    func dryRun(query: String) async throws {
        let queue = FakeQueue()
        let answer = try await self.ask("POST /v1/jobs?\(query)", [Self.json], body: #"[{"payload":1}]"#, queue: queue)
        #expect(answer.status == (query == "dryrun" ? 400 : 200))
        #expect(queue.calls == (query == "dryrun" ? [] : ["compare 1"]))
        #expect(queue.jobs.isEmpty)
    }

    @Test("the answer to an enqueue is what an encoder would make of it")
    func answerOfAnEnqueue() throws {
        var result = EnqueueResult(enqueued: 3, duplicates: 2, differs: 1, differingIDs: ["a/b"], ids: ["x", "y", "é"])
        #expect(try EnqueueRoute.json(result) == JSONCoding.encode(result))
        #expect(try EnqueueRoute.json(EnqueueResult()) == JSONCoding.encode(EnqueueResult()))
        result.ids = ["quote\" back\\slash", "line\nfeed\r\t\u{1}\u{7f}", ""]
        let read = try JSONCoding.decode(EnqueueResult.self, from: EnqueueRoute.json(result))
        #expect(read == result)
        result.unhandled = []
        #expect(try EnqueueRoute.json(result) == JSONCoding.encode(result))
    }

    @Test("one bad entry refuses the whole array, with its place")
    func badArrayIsRefused() async throws {
        let queue = FakeQueue()
        let body = #"[{"payload":1},{"payload":2,"prority":3}]"#
        let answer = try await self.ask("POST /v1/jobs", [Self.json], body: body, queue: queue)
        let problem = try self.problem(answer.body)
        #expect(answer.status == 400)
        #expect(problem.code == "invalidInput")
        #expect(problem.detail.contains("entry 2, line 1"))
        #expect(problem.detail.contains("priority"))
        #expect(queue.jobs.isEmpty)
    }

    @Test("lines are taken in batches, each answered with a line")
    func linesAreBatched() async throws {
        let queue = FakeQueue()
        var limits = RequestLimits()
        limits.batchJobs = 2
        let body = (1...5).map { #"{"id":"j\#($0)","payload":\#($0)}"# }.joined(separator: "\n")
        let answer = try await self.ask("POST /v1/jobs", [Self.lines], body: body, queue: queue, limits: limits)
        #expect(answer.status == 200)
        #expect(queue.jobs.map(\.id) == ["j1", "j2", "j3", "j4", "j5"])
        #expect(queue.batchSizes.reduce(0, +) == 5)
        let lines = answer.body.split(separator: "\n").filter { $0.contains("enqueued") }
        #expect(lines.count == queue.batchSizes.count)
    }

    @Test("a bad line ends the request after the lines before it, and says so")
    func badLineEndsTheRequest() async throws {
        let queue = FakeQueue()
        let body = "{\"payload\":1}\n{\"payload\":}\n{\"payload\":3}\n"
        let answer = try await self.ask("POST /v1/jobs", [Self.lines], body: body, queue: queue)
        #expect(queue.jobs.count == 1)
        #expect(answer.body.contains(#""code":"invalidInput""#))
        #expect(answer.body.contains("line 2"))
    }

    @Test("a body that is too large is refused before it is read")
    func largeBodiesAreRefused() async throws {
        var limits = RequestLimits()
        limits.bodyBytes = 64
        let body = "[" + String(repeating: " ", count: 100) + "]"
        let answer = try await self.ask("POST /v1/jobs", [Self.json], body: body, limits: limits)
        #expect(answer.status == 413)
        #expect(try self.problem(answer.body).detail.contains("ndjson"))
    }

    @Test("our own frames are for the control socket only")
    func framesAreNotTakenOnTCP() async throws {
        let header = "Content-Type: \(JobFrames.contentType)"
        let answer = try await self.ask("POST /v1/jobs", [header], body: "x")
        #expect(answer.status == 415)
    }

    @Test("if the first line is bad, the whole answer is the problem, with its status")
    func badFirstLineIsRefused() async throws {
        let queue = FakeQueue()
        let answer = try await self.ask(
            "POST /v1/jobs",
            [Self.lines],
            body: "{\"payload\":}\n{\"payload\":3}\n",
            queue: queue
        )
        #expect(answer.status == 400)
        #expect(try self.problem(answer.body).code == "invalidInput")
        #expect(queue.jobs.isEmpty)
    }

    @Test("a queue that takes nothing says so with its status")
    func fullQueueRefusesLines() async throws {
        let queue = FakeQueue()
        queue.failOnly("enqueue", with: QueueError(.full, "the disk is full"))
        let answer = try await self.ask("POST /v1/jobs", [Self.lines], body: "{\"payload\":1}\n", queue: queue)
        #expect(answer.status == 503)
        #expect(try self.problem(answer.body).code == "full")
    }

    @Test(
        "a method that a path does not take is told from a path that is not there",
        arguments: [
            ("PUT /v1/jobs", "GET, HEAD, POST"), ("GET /v1/workers", "PUT"), ("GET /v1/jobs/purge", "POST"),
            ("TRACE /v1/jobs/a", "DELETE, GET, HEAD"),
            ("OPTIONS /metrics", "GET, HEAD"),
        ]
    )
    func wrongMethods(line: String, allowed: String) async throws {
        let answer = try await self.ask(line)
        #expect(answer.status == 405)
        #expect(try self.problem(answer.body).detail.contains(allowed))
        #expect(answer.head.contains("Allow: \(allowed)"))
    }

    @Test("HEAD is answered like GET, without the body", arguments: ["/healthz", "/v1/status", "/metrics"])
    func headIsAnswered(path: String) async throws {
        let answer = try await self.ask("HEAD \(path)")
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
    }

    @Test("a client that waits to be asked for its body is asked")
    func expectIsAnswered() async throws {
        let headers = [Self.json, "Expect: 100-continue"]
        let answer = try await self.ask("POST /v1/jobs", headers, body: #"[{"payload":1}]"#)
        #expect(answer.status == 100)
        #expect(answer.body.contains("HTTP/1.1 200 OK") && answer.body.contains(#""enqueued":1"#))
    }

    @Test("what does not exist is a problem document too", arguments: ["GET /v1/nothing", "PUT /v2/jobs", "GET /"])
    func unknownRoutes(line: String) async throws {
        let answer = try await self.ask(line)
        #expect(answer.status == 404)
        #expect(try self.problem(answer.body).status == 404)
    }

    @Test(
        "a misspelt or wrong parameter is refused, never ignored",
        arguments: [
            "GET /v1/jobs?sate=dead", "POST /v1/jobs/purge?state=&confirm=all", "GET /v1/jobs?state=dead,,pending",
            "GET /v1/jobs?state=ded", "GET /v1/jobs?limit=0", "GET /v1/jobs?limit=x",
            "GET /v1/jobs?older=1x", "GET /v1/jobs?cursor=-1", "POST /v1/jobs/purge?stat=dead&confirm=all",
            "POST /v1/stop?now=perhaps", "GET /v1/jobs/a/output?offset=-1", "GET /v1/jobs?id=%f",
            "DELETE /v1/jobs/a?prge=true", "POST /v1/stop?now=", "GET /v1/jobs?reveal=", "DELETE /v1/jobs/a?purge=1",
            "POST /v1/jobs/purge?text=&confirm=all", "POST /v1/jobs/cancel?action&confirm=all",
            "POST /v1/selections?id=", "GET /v1/jobs?error=", "GET /v1/groups?group=",
        ]
    )
    func wrongParameters(line: String) async throws {
        let queue = FakeQueue()
        let answer = try await self.ask(line, queue: queue)
        #expect(answer.status == 400)
        #expect(queue.calls.isEmpty)
    }

    @Test("bulk: counted first, done when the count is confirmed, refused when it changed")
    func bulkNeedsConfirmation() async throws {
        let counted = try await self.ask("POST /v1/jobs/purge?state=dead&older=7d")
        #expect(counted.body.contains(#""matched":2"#))
        let changed = try await self.ask("POST /v1/jobs/purge?state=dead&confirm=3")
        #expect(changed.status == 409)
        let queue = FakeQueue()
        let done = try await self.ask("POST /v1/jobs/purge?state=dead&confirm=2", queue: queue)
        #expect(done.body.contains(#""done":2"#))
        #expect(queue.calls.count == 2)
    }

    @Test("readiness follows the state", arguments: QueueStatus.State.allCases)
    func readiness(state: QueueStatus.State) async throws {
        let ready = try await self.ask("GET /readyz", queue: FakeQueue(state: state))
        let healthy = try await self.ask("GET /healthz", queue: FakeQueue(state: state))
        let isReady = [.running, .paused, .degraded].contains(state)
        #expect(ready.status == (isReady ? 200 : 503))
        #expect(healthy.status == (state == .failed ? 503 : 200))
    }

    @Test("the status names the address it was asked at")
    func statusNamesItsAddress() async throws {
        let answer = try await self.ask("GET /v1/status")
        #expect(answer.body.contains(#""http":"127.0.0.1:"#))
    }

    @Test("a plus is a plus in a path and a space in a query")
    func plusSigns() async throws {
        let queue = FakeQueue()
        _ = try await self.ask("GET /v1/jobs/a+b", queue: queue)
        #expect(queue.calls == ["job a+b"])
        var filter = JobFilter()
        filter.id = "a b"
        _ = try await self.ask("POST /v1/jobs/purge?id=a+b", queue: queue)
        #expect(queue.calls.last == "count \(filter)")
    }

    /// Others wait behind what an event loop does.
    @Test("what takes long is not done on the thread of an event loop")
    func longWorkLeavesTheLoop() async throws {
        let threads = Lock<[String]>([])
        let queue = FakeQueue { call in
            guard ["enqueue", "compare", "output"].contains(where: call.hasPrefix) else { return }
            threads.withLock { $0.append(Self.threadName()) }
        }
        let body =
            "["
            + (0..<800).map { #"{"payload":"\#($0)\#(String(repeating: "a", count: 100))"}"# }
            .joined(separator: ",") + "]"
        _ = try await self.ask("POST /v1/jobs", [Self.json], body: body, queue: queue)
        _ = try await self.ask("POST /v1/jobs?dry_run", [Self.json], body: body, queue: queue)
        #expect(threads.withLock { $0.count } == 2)
        let address = ListenAddress(host: "127.0.0.1", port: 0)
        try await withServer(over: queue, listen: address, tokens: AccessTokens(all: ["t"])) { server, _ in
            let request = RawRequest(
                line: "GET /v1/jobs/endless/output?follow=true",
                headers: ["Host: localhost", "Authorization: Bearer t"]
            )
            // The first read is the route's, the others are the answer's.
            _ = try await request.send(to: try #require(server.tcpAddress)) { _ in threads.withLock { $0.count } > 4 }
        }
        let onLoops = threads.withLock { $0 }.filter { $0.hasPrefix("NIO") }
        #expect(onLoops == [])
    }

    private static func threadName() -> String {
        (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? "unknown"
    }

    @Test("every id survives the way through a path", arguments: ["a", "a/b", "..", "ü x", "%2F", "a?b#c", "+"])
    func idsAreEncoded(id: String) throws {
        #expect(try PercentEncoding.decode(PercentEncoding.encode(id)[...]) == id)
        #expect(!PercentEncoding.encode(id).contains("/"))
    }
}
