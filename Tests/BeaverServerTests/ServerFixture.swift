import BeaverQueue
import BeaverTestSupport
import Logging

@testable import BeaverServer

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
    try await withTemporaryDirectory(pathOfAtLeast: directoryLength) { directory in
        var configuration = ServerConfiguration(dataDirectory: directory, listen: listen, tokens: tokens)
        configuration.limits = limits
        let server = Server(
            configuration,
            queue: queue,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await server.start()
        do {
            let result = try await body(server, QueueClient(dataDirectory: directory))
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }
}
