import BeaverQueue
import BeaverTestSupport
import Foundation
import Logging
import NIOHTTP1
import Testing

@testable import BeaverServer

@Suite struct ControlSocketTests {
    private func mode(of path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? Int) ?? -1
    }

    private func server(in directory: String) -> Server {
        Server(
            ServerConfiguration(dataDirectory: directory),
            queue: FakeQueue(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("the socket is the owner's alone, and gone with its server")
    func socketIsPrivateAndRemoved() async throws {
        try await withTemporaryDirectory { directory in
            let path = ControlSocket.path(in: directory)
            let server = self.server(in: directory)
            try await server.start()
            #expect(try self.mode(of: path) == 0o600)
            await server.stop()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("the socket of a dead server is replaced")
    func staleSocketIsReplaced() async throws {
        try await withTemporaryDirectory { directory in
            // A bound socket whose descriptor is closed: what a killed server leaves behind.
            close(try ControlSocket.bind(in: directory))
            #expect(FileManager.default.fileExists(atPath: ControlSocket.path(in: directory)))
            let server = self.server(in: directory)
            try await server.start()
            _ = try await QueueClient(dataDirectory: directory).status()
            await server.stop()
        }
    }

    @Test("a server that lives is not replaced, and goes on")
    func livingServerIsNotReplaced() async throws {
        try await withTemporaryDirectory { directory in
            let first = self.server(in: directory)
            try await first.start()
            let second = self.server(in: directory)
            let error = await #expect(throws: QueueError.self) { try await second.start() }
            #expect(error?.code == .locked)
            await second.stop()
            _ = try await QueueClient(dataDirectory: directory).status()
            await first.stop()
        }
    }

    @Test("a request over a connection that is closed already fails instead of waiting for ever")
    func closedConnectionFails() async throws {
        try await withTemporaryDirectory { directory in
            let server = self.server(in: directory)
            try await server.start()
            let connection = try await ClientConnection.open(ControlSocket.path(in: directory))
            connection.close()
            let head = HTTPRequestHead(
                version: .http1_1,
                method: .GET,
                uri: "/v1/status",
                headers: ["host": "localhost"]
            )
            await #expect(throws: ClientConnection.NotSent.self) { try await connection.send(head, body: nil) }
            await server.stop()
        }
    }

    @Test("who listens is there, whether it answers or not; who is dead, or no socket, is not")
    func listenersAreSeen() async throws {
        try await withTemporaryDirectory { directory in
            #expect(!ControlSocket.isServed(in: directory))
            let listening = try ControlSocket.bind(in: directory)
            #expect(ControlSocket.isServed(in: directory))
            // As many as wait to be let in by somebody who never does it.
            var waiting: [ConnectedSocket] = []
            while let one = ConnectedSocket(ControlSocket.path(in: directory)) { waiting.append(one) }
            #expect(waiting.count > 100)
            #expect(ControlSocket.isServed(in: directory))
            close(listening)
            #expect(!ControlSocket.isServed(in: directory))
            try "x".write(toFile: directory + "/file", atomically: false, encoding: .utf8)
            #expect(!ControlSocket.isServed(in: directory + "/file"))
        }
    }

    @Test("a client whose server went away finds the next one")
    func clientReconnects() async throws {
        try await withTemporaryDirectory { directory in
            let client = QueueClient(dataDirectory: directory)
            for _ in 0..<2 {
                let server = self.server(in: directory)
                try await server.start()
                _ = try await client.status()
                await server.stop()
            }
            let error = await #expect(throws: QueueError.self) { try await client.status() }
            #expect(error?.code == .unavailable)
        }
    }
}

/// A connection to a control socket that nobody has to accept; nil where there is no more room for one.
private final class ConnectedSocket {
    private let descriptor: CInt

    init?(_ path: String) {
        self.descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { return nil }
    }

    deinit { close(self.descriptor) }
}
