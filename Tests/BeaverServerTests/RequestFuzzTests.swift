import BeaverQueue
import BeaverSimulation
import BeaverTestSupport
import Testing

@testable import BeaverServer

/// Requests nobody would write, against a real queue: every answer is one that the API promises, and the server lives on.
@Suite struct RequestFuzzTests {
    private static let tokens = AccessTokens(all: ["t"])

    private static let values = [
        "", "a", "j-1", "%00", "%ff", "%F0%9F%A6%AB", "..", "%2e%2e%2f", "0", "-1", "1", "99999999999999999999", "1e3",
        "true", "false", "dead", "dead,pending", "in_flight", "7d", "1x", "*", "?", "%25", "all", "a%20b", "'", "%22",
        "%0d%0a",
        "pending,5", "dead,1,2,j-1", "running,500,end", "%7B%7D", String(repeating: "x", count: 2_000),
    ]
    private static let names = [
        "state", "action", "id", "error", "text", "group", "older", "simulated", "reveal", "cursor", "limit", "confirm",
        "selection", "purge", "run", "offset", "pane", "events_after", "interval_ms", "nonsense", "",
    ]
    private static let bodies = [
        "", "[]", "{}", "[{}]", "null", #"{"state":"dead"}"#, #"{"confirm":1}"#, #"{"id":{}}"#, #"{"older":-1}"#,
        #"{"count":2}"#, #"{"count":-1}"#, #"{"count":1e99}"#, #"[{"payload":1}]"#,
        #"[{"id":"j-1","payload":{"action":"noop"}}]"#, #"[{"id":"j-1","payload":2}]"#, #"{"payload":1}"#,
        "{\"payload\":1}\n{\"payload\":2}\n", "{\"payload\":1}\n{", #"[{"payload":1,"delay_ms":9223372036854775808}]"#,
        "[[[[[[[[", "\u{0}", "[{\"payload\":\"\\ud800\"}]", #"[{"payload":1,"run_at":"2026-02-30T00:00:00Z"}]"#,
        String(repeating: "[", count: 3_000),
    ]
    private static let types = [
        "application/json", "application/x-ndjson", "text/plain", "", "application/json; charset=utf-16",
        "multipart/form-data",
    ]

    private static func request(_ seed: inout Seed) throws -> RawRequest {
        func pick<Value>(_ values: [Value]) throws -> Value {
            let picked = seed.pick(values)
            return try #require(picked)
        }
        let method = try pick(["GET", "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE"])
        let (route, methods) = try pick(APIRoute.all)
        // Mostly what the route knows, so that more than the router is tried. A stop would end the test.
        let verb = seed.chance(2, in: 3) ? try pick(methods) : method
        guard route != "/v1/stop" || verb != "POST" else { return try Self.request(&seed) }
        let id = try pick(Self.values.filter { !$0.isEmpty })
        var path = route.replacing("{id}", with: id)
        var pairs: [String] = []
        for _ in 0..<seed.below(4) { pairs.append("\(try pick(Self.names))=\(try pick(Self.values))") }
        if !pairs.isEmpty { path += "?" + pairs.joined(separator: "&") }
        var request = RawRequest(
            line: "\(verb) \(path.replacing("'", with: "%27"))",
            headers: ["Host: localhost", "Authorization: Bearer t", "Content-Type: \(try pick(Self.types))"]
        )
        if verb != "GET", verb != "HEAD" { request.body = try pick(Self.bodies) }
        return request
    }

    @Test("no request is answered with a fault of the server or out of form", arguments: 1...4)
    func everyAnswerIsPromised(_ number: Int) async throws {
        try await withTemporaryDirectory { directory in
            var configuration = QueueConfiguration(dataDirectory: directory + "/data")
            configuration.log.sync = .never
            let queue = Queue(configuration)
            try await queue.start()
            try await withServer(over: queue, listen: ListenAddress(host: "127.0.0.1", port: 0), tokens: Self.tokens) {
                server,
                client in
                let address = try #require(server.tcpAddress)
                var seed = Seed(UInt64(number))
                var statuses: [Int: Int] = [:]
                for _ in 0..<300 {
                    let request = try Self.request(&seed)
                    let answer = try await request.send(to: address)
                    statuses[try Self.check(answer, request), default: 0] += 1
                }
                // It tried something, and not everything was refused.
                #expect(
                    (statuses[200] ?? 0) > 20 && (statuses[400] ?? 0) > 20
                        && (statuses[404] ?? 0) + (statuses[405] ?? 0) > 5
                )
                let status = try await client.status()
                #expect(status.jobs.isBalanced)
            }
            try await queue.stop(now: true)
        }
    }

    private static func check(_ answer: String, _ request: RawRequest) throws -> Int {
        let words = answer.split(separator: " ", maxSplits: 2)
        let status = try #require(words.count > 1 ? Int(words[1]) : nil, "\(request.line): \(answer.prefix(200))")
        #expect(status < 500 || status == 503, "\(request.line) \(request.body.prefix(80)): \(answer.prefix(400))")
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let body = parts.count > 1 ? String(parts[1]) : ""
        guard status >= 400, !request.line.hasPrefix("HEAD") else { return status }
        // What the parser of HTTP itself refuses has no body.
        guard status != 400 || !body.isEmpty else { return status }
        let problem = try JSONCoding.decode(ProblemDocument.self, from: Array(body.utf8))
        #expect(problem.status == status && !problem.detail.isEmpty, "\(request.line)")
        return status
    }

    @Test("the document names exactly the routes that are served")
    func theDocumentIsComplete() async throws {
        var path = ""
        var documented: [String: Set<String>] = [:]
        for line in OpenAPIDocument.text.split(separator: "\n") {
            if line.hasPrefix("  /") { path = String(line.dropFirst(2).dropLast()) }
            if line.hasPrefix("components:") { break }
            for verb in ["get", "post", "put", "delete"] where line.hasPrefix("    \(verb):") {
                documented[path, default: []].insert(verb.uppercased())
            }
        }
        #expect(documented == Dictionary(uniqueKeysWithValues: APIRoute.all.map { ($0, Set($1)) }))
        // Each of them is there: what is not is 404 with the router's own words.
        try await withServer(over: FakeQueue(), listen: ListenAddress(host: "127.0.0.1", port: 0), tokens: Self.tokens)
        {
            server,
            _ in
            let address = try #require(server.tcpAddress)
            for (path, verbs) in documented {
                for verb in verbs {
                    let line = "\(verb) \(path.replacing("{id}", with: "a"))"
                    let request = RawRequest(line: line, headers: ["Host: localhost", "Authorization: Bearer t"])
                    let answer = try await request.send(to: address)
                    #expect(!answer.contains("there is no "), "\(line)")
                }
            }
        }
    }
}

/// Written down once more, by hand, so that a route that falls out of the server is missed.
enum APIRoute {
    static let all: [(String, [String])] = [
        ("/v1/jobs", ["GET", "POST"]), ("/v1/jobs/{id}", ["GET", "DELETE"]), ("/v1/jobs/{id}/output", ["GET"]),
        ("/v1/jobs/{id}/records", ["GET"]), ("/v1/jobs/{id}/retry", ["POST"]), ("/v1/jobs/retry", ["POST"]),
        ("/v1/jobs/cancel", ["POST"]), ("/v1/jobs/purge", ["POST"]), ("/v1/selections", ["POST"]),
        ("/v1/groups", ["GET"]), ("/v1/status", ["GET"]), ("/v1/views", ["GET"]), ("/v1/workers", ["PUT"]),
        ("/v1/workers/pause", ["POST"]), ("/v1/workers/resume", ["POST"]), ("/v1/snapshot", ["POST"]),
        ("/v1/lookup", ["POST"]), ("/v1/reload", ["POST"]),
        ("/v1/stop", ["POST"]), ("/metrics", ["GET"]), ("/healthz", ["GET"]), ("/readyz", ["GET"]),
        ("/openapi.yaml", ["GET"]),
    ]
}
