import BeaverQueue
import BeaverTestSupport
import Glibc
import NIOCore
import Testing

@testable import BeaverServer

/// What the network hands in: requests that are none, jobs in our own format that are none, answers of a server that is
/// none.
@Suite(.timeLimit(.minutes(5)))
struct ForeignBytesTests {
    private static let words = [
        "\r\n", "\r\n\r\n", "HTTP/1.1", "HTTP/2.0", "GET ", "POST ", "Content-Length: ",
        "Transfer-Encoding: chunked\r\n",
        "Expect: 100-continue\r\n", "Connection: close\r\n", "Host: ", "%00", "%zz", "/../", "?", "&", "0\r\n\r\n", "{",
        "}", "[", "\"", ":", "200", "503", "99999999999",
    ]

    // MARK: Requests

    private static let requests = [
        "GET /v1/jobs?state=dead&limit=10 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\n\r\n",
        "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\n"
            + "Content-Length: 15\r\n\r\n[{\"payload\":1}]",
        "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\nContent-Type: application/x-ndjson\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n7\r\n{\"paylo\r\n6\r\nad\":1}\r\n0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]

    @Test("no bytes end the server or stay unanswered for long", arguments: 1...3 as ClosedRange<UInt64>)
    func anyBytesAreAnsweredOrRefused(seed: UInt64) async throws {
        var mutation = Mutation(seed: seed, words: Self.words)
        let corpus = try Corpus.files("http")
        let sources = Self.requests.map { Array($0.utf8) } + corpus.map(\.bytes)
        let mutated = (0..<FuzzDepth.rounds(150)).map { _ in mutation.changed(mutation.pick(sources) ?? []) }
        let listen = ListenAddress(host: "127.0.0.1", port: 0)
        var limits = RequestLimits()
        limits.idleSeconds = 1
        limits.stallSeconds = 1
        try await withServer(over: FakeQueue(), listen: listen, tokens: AccessTokens(all: ["t"]), limits: limits) {
            server,
            _ in
            let address = try #require(server.tcpAddress)
            for bytes in corpus.map(\.bytes) + mutated {
                let connection = try RawConnection(address)
                connection.write(bytes)
                connection.finish()
                // Whatever it says, it comes to an end: by the client's, or within the second that the limits give.
                let answer = await connection.readToEnd()
                #expect(
                    answer.isEmpty || answer.hasPrefix("HTTP/1.1 "),
                    "seed \(seed): \(bytes) is answered: \(answer)"
                )
                #expect(!answer.contains(" 500 "), "seed \(seed): \(bytes) is answered: \(answer)")
            }
            let after = try await RawRequest(line: "GET /healthz", headers: ["Host: localhost"]).status(from: address)
            #expect(after == 200)
        }
    }

    // MARK: Jobs

    @Test("any bytes are jobs or a fault", arguments: 1...4 as ClosedRange<UInt64>)
    func anyFramesAreJobsOrAFault(seed: UInt64) throws {
        let jobs = [
            NewJob(payload: [0x31]),
            NewJob(
                id: "a",
                payload: Array("{}".utf8),
                action: "exec",
                timeoutMilliseconds: 1,
                maxRetry: 2,
                priority: 9,
                start: .after(milliseconds: 5),
                once: true,
                command: JobCommand(arguments: ["/bin/sh", "-c", "x"], workingDirectory: "/", environment: ["A=b"])
            ),
        ]
        let good = Array(JobFrames.encode(jobs).readableBytesView)
        var mutation = Mutation(seed: seed, words: ["exec"])
        for _ in 0..<FuzzDepth.rounds(2_000) {
            let bytes = mutation.changed(good)
            do {
                let found = try JobFrames.decode(ByteBuffer(bytes: bytes))
                #expect(found.count <= bytes.count, "seed \(seed): \(bytes)")
            } catch let error as QueueError {
                #expect(error.code == .invalidInput, "seed \(seed): \(bytes)")
            }
        }
    }

    // MARK: Answers

    /// Something that listens on the control socket and answers each connection with the next of these.
    private func withForeignServer(
        _ answers: [[UInt8]],
        _ body: (QueueClient) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let listening = try ControlSocket.bind(in: directory)
            _ = fcntl(listening, F_SETFL, 0)
            try SystemThread.start("foreign-server") {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                for answer in answers {
                    let connection = accept(listening, nil, nil)
                    guard connection >= 0 else { break }
                    _ = read(connection, &buffer, buffer.count)
                    _ = send(connection, answer, answer.count, CInt(MSG_NOSIGNAL))
                    close(connection)
                }
                close(listening)
            }
            try await body(QueueClient(dataDirectory: directory))
        }
    }

    @Test("any answer is a value or an error with a sentence", arguments: 1...3 as ClosedRange<UInt64>)
    func anyAnswerIsAValueOrAnError(seed: UInt64) async throws {
        let status = try JSONCoding.encode(QueueStatus())
        let problem = try JSONCoding.encode(ProblemDocument(QueueError.draining))
        func answer(_ line: String, _ body: [UInt8]) -> [UInt8] {
            Array("HTTP/1.1 \(line)\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
                + body
        }
        let sources = [
            answer("200 OK", status), answer("503 Service Unavailable", problem), answer("204 No Content", []),
            answer("200 OK", Array(#"{"jobs":[],"next":"dead,1,2,x"}"#.utf8)),
        ]
        var mutation = Mutation(seed: seed, words: Self.words)
        let rounds = FuzzDepth.rounds(150)
        // A question that only reads is asked up to three times.
        let answers = (0..<rounds * 3).map { _ in mutation.changed(mutation.pick(sources) ?? []) }
        try await self.withForeignServer(answers) { client in
            for round in 0..<rounds {
                do {
                    if round % 2 == 0 {
                        _ = try await client.status()
                    } else {
                        _ = try await client.jobs(matching: JobFilter(), after: nil, limit: 10)
                    }
                } catch let error as QueueError {
                    #expect(!error.message.isEmpty, "seed \(seed), round \(round)")
                }
            }
        }
    }
}
