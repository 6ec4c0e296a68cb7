import BeaverQueue
import BeaverTestSupport
import Testing

@testable import BeaverServer

/// What a console asks for, through the socket and over TCP.
@Suite struct ViewRoutesTests {
    @Test("views, groups, selections and records arrive as the queue said them")
    func everythingGoesThrough() async throws {
        let queue = FakeQueue()
        var filter = JobFilter()
        filter.text = "a&b"
        filter.group = "resize: exit 1: no file #"
        filter.reveals = true
        let request = ViewRequest(
            panes: [
                ViewRequest.Pane(.running, count: 2), ViewRequest.Pane(.dead, count: 1, fromEnd: true),
                ViewRequest.Pane(.pending, anchor: "a,b/ü?", before: 3, count: 4),
            ],
            eventsAfter: 6,
            reveals: true
        )
        try await withServer(over: queue) { [filter] _, client in
            let view = try await client.view(request)
            #expect(view.panes.map(\.rows.count) == [2, 1, 2])
            #expect(view.events.map(\.number) == [7])
            let groups = try await client.groups(matching: filter)
            #expect(groups.first?.filter == filter && groups.first?.dead == 2)
            let selection = try await client.select(matching: filter)
            #expect(selection == JobSelection(token: "token", count: 2, sequence: 42))
            let result = try await client.act(.purge, on: selection)
            #expect(result == BulkResult(matched: 2, done: 1, skipped: 1))
            let records = try await client.records(of: "x/y")
            #expect(records.map(\.job) == ["x/y"])
        }
        #expect(
            queue.calls == [
                "view \(request)", "groups \(filter)", "select \(filter)", "act purge token", "records x/y",
            ]
        )
    }

    @Test(
        "a pane that cannot be understood is refused",
        arguments: ["pending", "pendin,3", "dead,x", "dead,1,2", "dead,501"]
    )
    func wrongPanes(pane: String) async throws {
        let queue = FakeQueue()
        try await withServer(over: queue, listen: ListenAddress(host: "127.0.0.1", port: 0), tokens: Self.tokens) {
            server,
            _ in
            let status = try await Self.request("/v1/views?pane=\(pane)").status(from: try #require(server.tcpAddress))
            #expect(status == 400)
        }
        #expect(queue.calls.isEmpty)
    }

    private static let tokens = AccessTokens(all: ["t"])

    private static func request(_ path: String, _ headers: [String] = []) -> RawRequest {
        RawRequest(line: "GET \(path)", headers: ["Host: localhost", "Authorization: Bearer t"] + headers)
    }

    @Test("a stream sends a view when something changed, and only what is new of the events")
    func views() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue, listen: ListenAddress(host: "127.0.0.1", port: 0), tokens: Self.tokens) {
            server,
            _ in
            let request = Self.request("/v1/views?pane=dead,2", ["Accept: text/event-stream"])
            let answer = try await request.send(to: try #require(server.tcpAddress)) { text in
                // The first view has come; now something changes, once.
                if text.contains("event: view") { queue.setStatus { $0.jobs.dead = 3 } }
                return text.contains(#""dead":3"#)
            }
            #expect(
                answer.contains("content-type: text/event-stream") || answer.contains("Content-Type: text/event-stream")
            )
            #expect(answer.components(of: "event: view") == 2)
            #expect(answer.components(of: "seven") == 1)
        }
    }

    /// Sends a request with the owner's token; the status, and what the queue was asked for.
    private func ask(_ line: String, body: String) async throws -> (status: String, calls: [String]) {
        let queue = FakeQueue()
        let address = ListenAddress(host: "127.0.0.1", port: 0)
        let answer = try await withServer(over: queue, listen: address, tokens: AccessTokens(all: ["t"])) { server, _ in
            let request = RawRequest(line: line, headers: ["Host: localhost", "Authorization: Bearer t"], body: body)
            return try await request.send(to: try #require(server.tcpAddress))
        }
        return (String(answer.dropFirst(9).prefix(3)), queue.calls)
    }

    @Test("a filter may stand in the body")
    func filterInBody() async throws {
        var dead = JobFilter()
        dead.states = [.dead, .parked]
        dead.error = "x"
        dead.olderThanMilliseconds = 60_000
        dead.simulatedOnly = true
        let body = #"{"state":["dead","parked"],"error":"x","older":"1m","simulated":true}"#
        let selected = try await self.ask("POST /v1/selections", body: body)
        #expect(selected.status == "201")
        #expect(selected.calls == ["select \(dead)"])
        let counted = try await self.ask("POST /v1/jobs/purge", body: body)
        #expect(counted.calls == ["count \(dead)"])
        let acted = try await self.ask("POST /v1/jobs/purge", body: #"{"selection":"token"}"#)
        #expect(acted.calls == ["act purge token"])
        let stopped = try await self.ask("POST /v1/stop", body: #"{"now":true}"#)
        #expect(stopped.calls == ["stop true"])
    }

    @Test(
        "a body that is not understood is refused and never passed over",
        arguments: [
            ("POST /v1/selections", #"{"sate":"dead"}"#), ("POST /v1/selections", #"{"filter":{"state":"dead"}}"#),
            ("POST /v1/selections", #"["dead"]"#), ("POST /v1/selections", "state=dead"),
            ("POST /v1/selections", #"{"state":[]}"#), ("POST /v1/selections", #"{"state":null}"#),
            ("POST /v1/selections", #"{"action":7}"#), ("POST /v1/selections", #"{"simulated":"yes"}"#),
            ("POST /v1/selections?state=dead", #"{"error":"x"}"#), ("POST /v1/jobs/purge", #"{"all":true}"#),
            ("GET /v1/jobs", #"{"state":"dead"}"#), ("GET /v1/groups", "x"), ("DELETE /v1/jobs/a", #"{"purge":true}"#),
            ("POST /v1/jobs/a/retry", "{}"), ("POST /v1/snapshot", "{}"), ("POST /v1/workers/pause/", "{}"),
            ("POST /v1/workers/pause?now", ""), ("GET /v1/status?x=1", ""),
            ("PUT /v1/workers?count=4", #"{"count":3}"#), ("POST /v1/reload?x=1", ""), ("POST /v1/reload", "{}"),
            ("POST /v1/lookup?ids=a", #"{"ids":["a"]}"#),
        ]
    )
    func foreignBody(line: String, body: String) async throws {
        let answer = try await self.ask(line, body: body)
        #expect(answer.status == "400")
        #expect(answer.calls == [])
    }
}

extension String {
    fileprivate func components(of text: String) -> Int {
        self.split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
