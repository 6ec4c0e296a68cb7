import ArgumentParser
import BeaverQueue
import BeaverServer
import BeaverTestSupport
import Logging
import Testing

@testable import beaver_tui

/// What a console is given by this program, around a real engine.
@Suite struct SessionHostTests {
    /// Any route that asks for a token.
    private struct Question: Conversation {
        let token: String

        func next(_ answers: ArraySlice<UInt8>, _ request: inout SocketRequest) {
            request.bytes += Array(
                "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(self.token)\r\n\r\n".utf8
            )
        }

        func answerEnd(_ bytes: [UInt8], from start: Int) -> Int? { AnswerBytes.lineEnd(bytes, from: start) }
    }

    private static func status(_ port: UInt16, _ token: String) async throws -> Int {
        let answer = try await onOwnThread { try? SocketLoad(address: .tcp(port: port)).ask(Question(token: token)) }
        return AnswerBytes.number(try #require(answer), from: "HTTP/1.1 ".utf8.count)
    }

    @Test("a reload takes new tokens too, as SIGHUP does")
    func reloadTakesTokens() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("http: { token_file: token }\n", to: "beaver.yaml")
        try directory.write("old\n", to: "token")
        let globals = try GlobalOptions.parse(["--data-dir", directory.file("data"), "--config", path])
        let options = try RunOptions.parse(["--http", "127.0.0.1:0"])
        let settings = try options.settings(globals)
        let values = try settings.checked()
        try DataDirectory.prepare(values.queue)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let reload = Reload(globals: globals, options: options, settings: settings, logger: logger)
        let host = SessionHost(reload, values, isDemo: false)
        try await host.embed()
        try await host.start()
        let address = try await QueueClient(dataDirectory: values.queue.dataDirectory).status().http
        let port = try #require(address?.split(separator: ":").last.flatMap { UInt16($0) })
        let before = try await Self.status(port, "old")
        try directory.write("new\n", to: "token")
        _ = try await host.reload()
        let after = [try await Self.status(port, "old"), try await Self.status(port, "new")]
        try await host.state.withLock { $0.life }?.stop(now: true)
        #expect(before == 200 && after == [401, 200])
        withExtendedLifetime(directory) {}
    }
}
