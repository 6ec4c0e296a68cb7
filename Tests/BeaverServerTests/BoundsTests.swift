import BeaverQueue
import BeaverTestSupport
import Foundation
import Testing

@testable import BeaverServer

/// What one client may cost the server: sizes, counts and time.
@Suite struct BoundsTests {
    private func withDoor(
        _ limits: RequestLimits,
        _ body: (RawConnection, String) async throws -> Void
    ) async throws {
        let listen = ListenAddress(host: "127.0.0.1", port: 0)
        try await withServer(
            over: FakeQueue(),
            listen: listen,
            tokens: AccessTokens(all: ["t"]),
            limits: limits
        ) { server, _ in
            let address = try #require(server.tcpAddress)
            try await body(try RawConnection(address), address)
        }
    }

    private static func limits<Value>(_ limit: WritableKeyPath<RequestLimits, Value>, _ value: Value) -> RequestLimits {
        var limits = RequestLimits()
        limits[keyPath: limit] = value
        return limits
    }

    private static let head = "HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\n"

    @Test("a head with too much in it is refused", arguments: [(1, 40_000), (200, 10)])
    func largeHeads(count: Int, length: Int) async throws {
        try await self.withDoor(RequestLimits()) { connection, _ in
            let field = "X-A: \(String(repeating: "a", count: length))\r\n"
            connection.write("GET /healthz \(Self.head)" + String(repeating: field, count: count) + "\r\n")
            #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 400"))
        }
    }

    @Test("a head that does not come is not waited for", arguments: ["", "GET /healthz HTTP/1.1\r\nHost: loc"])
    func slowHeads(sent: String) async throws {
        try await self.withDoor(Self.limits(\.idleSeconds, 1)) { connection, _ in
            connection.write(sent)
            #expect(!(await connection.readToEnd()).contains("200"))
        }
    }

    @Test("who stays after a head that was refused is shown the door", arguments: ["", "a second head\r\n"])
    func staysAfterABadHead(afterwards: String) async throws {
        var limits = Self.limits(\.idleSeconds, 1)
        limits.connections = 1
        try await self.withDoor(limits) { connection, address in
            connection.write("GET /healthz \(Self.head)X-A: \(String(repeating: "a", count: 40_000))\r\n\r\n")
            #expect(await connection.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 400"))
            connection.write(afterwards)
            try await waitUntil("there is room again") {
                try await RawRequest(line: "GET /healthz", headers: ["Host: localhost"]).status(from: address) == 200
            }
            withExtendedLifetime(connection) {}
        }
    }

    @Test("a connection at rest is closed, after its answers")
    func idleConnections() async throws {
        try await self.withDoor(Self.limits(\.idleSeconds, 1)) { connection, _ in
            connection.write("GET /healthz \(Self.head)\r\n")
            #expect(await connection.readToEnd().contains("running"))
        }
    }

    @Test("a body that stands still ends the connection")
    func slowBodies() async throws {
        try await self.withDoor(Self.limits(\.stallSeconds, 1)) { connection, _ in
            let type = "Content-Type: application/json\r\nContent-Length: 1000\r\n"
            connection.write("POST /v1/jobs \(Self.head)\(type)\r\n[")
            #expect(!(await connection.readToEnd()).contains("200 OK"))
        }
    }

    @Test("an answer that nobody reads ends the connection, and the server goes on")
    func unreadAnswers() async throws {
        var limits = Self.limits(\.stallSeconds, 1)
        limits.connections = 1
        try await self.withDoor(limits) { connection, address in
            connection.write("GET /v1/jobs/endless/output?follow=true \(Self.head)\r\n")
            // Nothing is read. The one connection that there may be is free again once the server has given this one up.
            try await waitUntil("the server closed it") {
                try await RawRequest(line: "GET /healthz", headers: ["Host: localhost"]).status(from: address) == 200
            }
            withExtendedLifetime(connection) {}
        }
    }

    @Test("more connections than there may be are closed at once; as one ends, another may come")
    func connectionCount() async throws {
        try await self.withDoor(Self.limits(\.connections, 2)) { first, address in
            first.write("GET /healthz \(Self.head)\r\n")
            #expect(await first.read(until: "running\n").contains("200 OK"))
            let second = try RawConnection(address)
            second.write("GET /healthz \(Self.head)\r\n")
            #expect(await second.read(until: "running\n").contains("200 OK"))
            let third = try RawConnection(address)
            third.write("GET /healthz \(Self.head)\r\n")
            #expect(await third.readToEnd().isEmpty)
            first.close()
            try await waitUntil("there is room again") {
                try await RawRequest(line: "GET /healthz", headers: ["Host: localhost"]).status(from: address) == 200
            }
        }
    }
}
