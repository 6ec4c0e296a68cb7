import BeaverQueue
import BeaverTestSupport
import Foundation
import Logging

@testable import BeaverServer

/// A directory of the test's own, gone with it.
final class TemporaryDirectory: Sendable {
    let path: String

    /// `length` makes the path at least that long, in directories a file system takes.
    init(length: Int = 0) throws {
        var path = "/tmp/beaver-server-test-\(UUID().uuidString)"
        self.root = path
        while path.utf8.count < length { path += "/" + String(repeating: "d", count: 100) }
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        self.path = path
    }

    private let root: String

    deinit { try? FileManager.default.removeItem(atPath: self.root) }
}

/// Runs `body` with a server over `queue`, and stops it whatever happens.
@discardableResult
func withServer<Result>(
    over queue: any QueueControl,
    listen: ListenAddress? = nil,
    tokens: AccessTokens = AccessTokens(),
    directoryLength: Int = 0,
    limits: RequestLimits = RequestLimits(),
    _ body: (Server, QueueClient) async throws -> Result
) async throws -> Result {
    let directory = try TemporaryDirectory(length: directoryLength)
    var configuration = ServerConfiguration(dataDirectory: directory.path, listen: listen, tokens: tokens)
    configuration.limits = limits
    let server = Server(configuration, queue: queue, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await server.start()
    do {
        let result = try await body(server, QueueClient(dataDirectory: directory.path))
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}
