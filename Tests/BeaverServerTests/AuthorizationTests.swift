import BeaverQueue
import BeaverTestSupport
import Testing

@testable import BeaverServer

@Suite struct AuthorizationTests {
    static let loopback = ListenAddress(host: "127.0.0.1", port: 0)

    private func status(
        _ line: String,
        _ headers: [String] = [],
        host: String = "localhost",
        tokens: AccessTokens = AccessTokens(all: ["owner-token"], readOnly: ["reader-token"])
    ) async throws -> Int {
        try await withServer(over: FakeQueue(), listen: Self.loopback, tokens: tokens) { server, _ in
            let address = try #require(server.tcpAddress)
            return try await RawRequest(line: line, headers: ["Host: \(host)"] + headers).status(from: address)
        }
    }

    @Test("metrics and health are for anyone", arguments: ["/metrics", "/healthz", "/readyz"])
    func publicPathsNeedNoToken(path: String) async throws {
        let with = try await self.status("GET \(path)")
        let without = try await self.status("GET \(path)", tokens: AccessTokens())
        #expect(with == 200)
        #expect(without == 200)
    }

    @Test("without any token configured nothing else is served on TCP, whatever is offered")
    func nothingWithoutConfiguredTokens() async throws {
        for headers in [[], ["Authorization: Bearer "], ["Authorization: Bearer x"]] {
            let status = try await self.status("GET /v1/status", headers, tokens: AccessTokens())
            #expect(status == 403)
        }
    }

    @Test(
        "the rest is for those with a token",
        arguments: [
            ("GET /v1/status", "Bearer owner-token", 200),
            ("GET /v1/status", "bearer reader-token", 200),
            ("GET /v1/status", "Bearer owner-toke", 401),
            ("GET /v1/status", "Bearer owner-tokenn", 401),
            ("GET /v1/status", "Bearer ", 401),
            ("GET /v1/status", "Basic owner-token", 401),
            ("POST /v1/workers/pause", "Bearer owner-token", 204),
            ("POST /v1/workers/pause", "Bearer reader-token", 403),
            ("DELETE /v1/jobs/a", "Bearer reader-token", 403),
            ("POST /metrics", "Bearer wrong", 401),
            ("HEAD /v1/status", "Bearer reader-token", 200),
            ("PUT /v1/workers", "Bearer reader-token", 403),
            ("POST /v1/jobs", "Bearer reader-token", 403),
            ("POST /v1/stop", "Bearer reader-token", 403),
            ("POST /v1/selections", "Bearer reader-token", 403),
            ("GET /v1/jobs/a?reveal=true", "Bearer reader-token", 403),
            ("GET /v1/jobs?state=dead&reveal", "Bearer reader-token", 403),
            ("GET /v1/jobs?%72eveal=1", "Bearer reader-token", 403),
            ("GET /v1/jobs?reveal=false", "Bearer reader-token", 200),
            ("GET /v1/jobs?reveal=true", "Bearer owner-token", 200),
        ]
    )
    func tokensDecide(line: String, authorization: String, expected: Int) async throws {
        let status = try await self.status(line, ["Authorization: \(authorization)"])
        #expect(status == expected)
    }

    @Test("a web page is refused, also with a token and on public paths")
    func originsAreRefused() async throws {
        let headers = ["Origin: http://localhost:3000", "Authorization: Bearer owner-token"]
        let status = try await self.status("GET /v1/status", headers)
        let metrics = try await self.status("GET /metrics", headers)
        #expect(status == 403)
        #expect(metrics == 403)
    }

    @Test("a foreign Host is refused", arguments: ["evil.example", "evil.example:9090", "10.0.0.1", "localhost.evil"])
    func foreignHostsAreRefused(host: String) async throws {
        let status = try await self.status("GET /metrics", host: host)
        #expect(status == 421)
    }

    @Test(
        "which Host may be named",
        arguments: [
            ("localhost:9090", "127.0.0.1", true), ("127.0.0.1", "127.0.0.1", true), ("[::1]:80", "::1", true),
            ("127.9.9.9", "127.0.0.1", true), ("10.1.2.3", "0.0.0.0", true), ("beaver", "0.0.0.0", true),
            ("beaver.lan:9090", "0.0.0.0", true), ("queue.lan", "queue.lan", true), ("", "127.0.0.1", false),
            (":9090", "0.0.0.0", false), ("evil.example", "0.0.0.0", false), ("beavers", "0.0.0.0", false),
            ("beaver", "127.0.0.1", false),
        ]
    )
    func hostTable(authority: String, bound: String, isAllowed: Bool) {
        #expect(HostCheck.allows(authority, boundHost: bound, machineName: "beaver") == isAllowed)
    }

    @Test("a machine without a name has no name that may be said", arguments: ["", ":80", ".", "evil"])
    func noMachineName(authority: String) {
        #expect(!HostCheck.allows(authority, boundHost: "0.0.0.0", machineName: ""))
    }

    @Test("every token and every byte is compared, whatever the first difference")
    func tokensAreComparedWhole() {
        let token = String(repeating: "a", count: 64)
        #expect(AccessTokens.isAny(token, of: ["x", token, "y"]))
        for place in [0, 31, 63] {
            var wrong = Array(token)
            wrong[place] = "b"
            #expect(!AccessTokens.isAny(String(wrong), of: [token]))
        }
        #expect(!AccessTokens.isAny("", of: ["", token]))
        #expect(!AccessTokens.isAny(token + token, of: [token]))
        #expect(!AccessTokens.isAny(String(token.dropLast()), of: [token]))
    }

    @Test("tokens can be replaced while the server runs, and not by none where others can reach it")
    func tokensAreReplaced() async throws {
        try await withServer(over: FakeQueue(), listen: Self.loopback, tokens: AccessTokens(all: ["old"])) {
            server,
            _ in
            let address = try #require(server.tcpAddress)
            func status(_ token: String) async throws -> Int {
                let headers = ["Host: localhost", "Authorization: Bearer \(token)"]
                return try await RawRequest(line: "GET /v1/status", headers: headers).status(from: address)
            }
            #expect(try await status("old") == 200)
            try server.replaceTokens(AccessTokens(all: ["new"]))
            #expect(try await status("old") == 401)
            #expect(try await status("new") == 200)
        }
        let open = ListenAddress(host: "0.0.0.0", port: 0)
        try await withServer(over: FakeQueue(), listen: open, tokens: AccessTokens(all: ["old"])) { server, _ in
            #expect(throws: QueueError.self) { try server.replaceTokens(AccessTokens()) }
        }
    }

    @Test("an address that others can reach needs a token")
    func openAddressNeedsToken() throws {
        var configuration = ServerConfiguration(dataDirectory: "/", listen: ListenAddress(host: "0.0.0.0", port: 0))
        #expect(throws: QueueError.self) { try configuration.check() }
        configuration.tokens.readOnly = ["reader"]
        try configuration.check()
    }

    @Test(
        "addresses as people write them",
        arguments: [
            ("127.0.0.1:9090", "127.0.0.1:9090"), ("[::1]:80", "[::1]:80"), (":8080", "0.0.0.0:8080"),
            ("localhost:0", "localhost:0"), ("9090", nil), ("::1:80", nil), ("a:70000", nil), ("a:", nil),
        ]
    )
    func listenAddresses(text: String, expected: String?) {
        #expect(ListenAddress(text)?.description == expected)
    }

    @Test("an address that was asked for and is taken ends the start; the default is given up")
    func takenAddresses() async throws {
        try await withServer(over: FakeQueue(), listen: Self.loopback) { server, _ in
            var taken = try #require(server.tcpAddress.flatMap { ListenAddress($0) })
            let error = await #expect(throws: QueueError.self) {
                try await withServer(over: FakeQueue(), listen: taken) { _, _ in }
            }
            #expect(error?.code == .unavailable)
            taken.isExplicit = false
            try await withServer(over: FakeQueue(), listen: taken) { second, client in
                #expect(second.tcpAddress == nil)
                _ = try await client.status()
            }
        }
    }
}
