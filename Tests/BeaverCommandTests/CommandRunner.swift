import BeaverQueue
import BeaverServer
import BeaverTestSupport
import Foundation
import Logging
import Synchronization

/// What the built binary said and how it ended.
struct CommandAnswer: Sendable {
    var status: Int32
    var output: String
    var errors: String
}

/// Runs the built binary the way a user does, in a directory of the test's own.
enum BuiltCommand {
    static func run(_ arguments: [String], in directory: String, input: String = "") async throws -> CommandAnswer {
        let process = Process()
        process.executableURL = Self.executable
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: directory)
        process.environment = ["PATH": "/usr/bin:/bin", "TZ": "UTC", "HOME": directory]
        let (output, errors, source) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = source
        return try await withCheckedThrowingContinuation { continuation in
            // Reading blocks, so it has a thread of its own.
            Thread.detachNewThread {
                do {
                    try process.run()
                    // One that hangs must not hold up all the others: its end is a wrong status, which its test reports.
                    let watch = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
                    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(120), execute: watch)
                    defer { watch.cancel() }
                    source.fileHandleForWriting.write(Data(input.utf8))
                    try source.fileHandleForWriting.close()
                    // Short outputs: neither pipe can fill while the other is read.
                    let outputText = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                    let errorText = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                    process.waitUntilExit()
                    continuation.resume(
                        returning: CommandAnswer(
                            status: process.terminationStatus,
                            output: outputText,
                            errors: errorText
                        )
                    )
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Beside the bundle that these tests are built into.
    private static var executable: URL {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "beaver-tui")
    }
}

/// A server over `queue` at `directory/data`, which is where commands look by default.
func withServer(
    over queue: FakeQueue,
    limits: RequestLimits = RequestLimits(),
    _ body: (String) async throws -> Void
) async throws {
    try await withTemporaryDirectory { directory in
        let data = directory + "/data"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        var configuration = ServerConfiguration(dataDirectory: data)
        configuration.limits = limits
        let server = Server(
            configuration,
            queue: queue,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await server.start()
        do {
            try await body(directory)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}
