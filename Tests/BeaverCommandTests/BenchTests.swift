import Testing

@testable import beaver_tui

/// What the bench decides: medians, and where the answer of each server ends.
@Suite struct BenchTests {
    @Test func theMedianAndTheSpread() {
        #expect(Spread([]) == nil)
        let odd = Spread([3, 1, 2])
        #expect(odd?.median == 2 && odd?.min == 1 && odd?.max == 3)
        #expect(Spread([4, 1, 2, 3])?.median == 2.5)
        #expect(Spread([7])?.median == 7)
    }

    /// Rates are medians of rates, costs are for each operation, and one operation is a time.
    @Test func aLineOfSeveralRuns() {
        var line = BenchLine("enqueue", outstanding: 64, batch: 1)
        line.take([
            Sample(operations: 100, seconds: 1, cpuSeconds: 0.001, clientCPUSeconds: 0.5, logBytes: 20_000),
            Sample(operations: 100, seconds: 0.5, cpuSeconds: 0.002, clientCPUSeconds: 0.5, logBytes: 30_000),
            Sample(operations: 100, seconds: 2, cpuSeconds: 0.003, clientCPUSeconds: 0.5, logBytes: 40_000),
        ])
        #expect(line.perSecond?.median == 100 && line.perSecond?.min == 50 && line.perSecond?.max == 200)
        #expect(line.cpuMicrosecondsEach.map { Int($0.rounded()) } == 20)
        #expect(line.logBytesEach == 300 && line.clientCores == 0.5 && line.runs == 3)
        #expect(line.cells == ["enqueue", "64", "1", "100", "50 – 200", "20.0", "300", ""])
        var start = BenchLine("start", system: "redis")
        start.take([Sample(operations: 1, seconds: 0.25)])
        #expect(start.perSecond == nil)
        #expect(start.cells == ["redis: start", "", "", "0.25 s", "", "", "", ""])
        start.take([Sample(operations: 1, seconds: 0.001234)])
        #expect(start.cells[3] == "1.23 ms")
    }

    /// Callers take whole batches: what is measured is what they can take, and never nothing.
    @Test func jobsInWholeBatches() {
        #expect(BenchQueue.Load.oneByOne(callers: 64).whole(1_000) == 960)
        #expect(BenchQueue.Load.inTurns(batch: 1_000).whole(2_999) == 2_000)
        #expect(BenchQueue.Load.streaming(callers: 2, batch: 1_000).whole(1_000) == 2_000)
        #expect(BenchQueue.Load.oneByOne(callers: 64).whole(128_000) == 128_000)
    }

    /// An answer is whole at its last byte and not before; what follows belongs to the next one.
    private func expectEnds(
        _ answers: [String],
        _ conversation: some Conversation,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let bytes = Array(answers.joined().utf8)
        var start = 0
        for answer in answers {
            let end = start + answer.utf8.count
            for count in start..<end {
                #expect(
                    try conversation.answerEnd(Array(bytes[..<count]), from: start) == nil,
                    "\(answer.debugDescription) was whole after \(count - start) bytes",
                    sourceLocation: sourceLocation
                )
            }
            #expect(try conversation.answerEnd(bytes, from: start) == end, sourceLocation: sourceLocation)
            start = end
        }
    }

    @Test func whereAnAnswerOverHTTPEnds() throws {
        let talk = HTTPEnqueue(prefix: "a-", batch: 1, token: "t", port: 1)
        try self.expectEnds(
            [
                "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX: y\r\n\r\nok",
                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: y\r\ncontent-length: 12\r\n\r\nhello\r\n\r\nall",
            ],
            talk
        )
        #expect(throws: CommandFailure.self) {
            try talk.answerEnd(Array("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".utf8), from: 0)
        }
    }

    @Test func aRequestOverHTTPIsAsLongAsItSays() throws {
        var talk = HTTPEnqueue(prefix: "a-", batch: 3, token: "t", port: 1)
        for expected in [["a-0", "a-1", "a-2"], ["a-3", "a-4", "a-5"]] {
            var request = SocketRequest()
            talk.next([], &request)
            let text = AnswerBytes.text(request.bytes, request.bytes.indices)
            let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
            #expect(parts.count == 2 && parts[0].contains("\r\nContent-Length: \(parts[1].utf8.count)"))
            for id in expected { #expect(parts[1].contains("{\"id\":\"\(id)\",\"payload\":{")) }
            #expect(request.operations == 3 && request.answers == 1)
        }
    }

    @Test func whereAnAnswerOfRedisEnds() throws {
        try self.expectEnds(
            [
                ":12\r\n", "+OK\r\n", "$5\r\na\r\nbc\r\n", "$-1\r\n", "*2\r\n+OK\r\n$1\r\nx\r\n", "*0\r\n",
                "-ERR no\r\n",
            ],
            PeerQuestion.redis("PING")
        )
        #expect(throws: CommandFailure.self) {
            try RedisEnqueue(caller: 0, batch: 1).answerEnd(Array("-OOM\r\n".utf8), from: 0)
        }
    }

    /// The job that Redis hands out is the one that is acknowledged.
    @Test func aLifecycleInRedis() throws {
        var talk = RedisLifecycle(caller: 7, batch: 2)
        var jobs = PeerJobs(caller: 7)
        var answers: [UInt8] = []
        for _ in 0..<2 { RedisProtocol.string(jobs.next(), to: &answers) }
        var request = SocketRequest()
        try talk.next([], &request)
        #expect(request.operations == 0 && request.answers == 1)
        request = SocketRequest()
        try talk.next(Array(":2\r\n".utf8)[...], &request)
        #expect(request.operations == 0 && request.answers == 2)
        request = SocketRequest()
        try talk.next(answers[...], &request)
        let text = AnswerBytes.text(request.bytes, request.bytes.indices)
        #expect(text.hasPrefix("*3\r\n$3\r\nSET\r\n$12\r\ndone:job-7-0\r\n$1\r\n1\r\n*4\r\n$4\r\nLREM\r\n$2\r\np7\r\n"))
        #expect(text.contains("done:job-7-1") && request.operations == 2 && request.answers == 4)
    }

    @Test func whereAnAnswerOfBeanstalkdEnds() throws {
        try self.expectEnds(
            ["INSERTED 7\r\n", "RESERVED 12 4\r\n\r\nab\r\n", "DELETED\r\n", "OK 3\r\n---\r\n"],
            PeerQuestion.beanstalkd("stats")
        )
        #expect(throws: CommandFailure.self) {
            try PeerQuestion.beanstalkd("stats").answerEnd(Array("NOT_FOUND\r\n".utf8), from: 0)
        }
        var talk = BeanstalkLifecycle(caller: 1)
        var requests: [String] = []
        for answer in ["", "INSERTED 1\r\n", "RESERVED 123 4\r\nabcd\r\n"] {
            var request = SocketRequest()
            try talk.next(Array(answer.utf8)[...], &request)
            requests.append(AnswerBytes.text(request.bytes, request.bytes.indices))
        }
        #expect(requests[0].hasPrefix("put 1 0 60 ") && requests[1...] == ["reserve\r\n", "delete 123\r\n"])
    }

    @Test func whereAnAnswerOfPostgreSQLEnds() throws {
        func message(_ kind: Character, _ body: [UInt8]) -> [UInt8] {
            [kind.asciiValue ?? 0, 0, 0, 0, UInt8(body.count + 4)] + body
        }
        let start = message("R", [0, 0, 0, 0]) + message("Z", [0x49])
        let row = message("D", [0, 1, 0, 0, 0, 2, 0x34, 0x32])
        let answer = row + message("C", [0x41, 0]) + message("Z", [0x49])
        let talk = PostgresQuestion("SELECT 42")
        #expect(talk.answerEnd(start + answer, from: 0) == start.count)
        #expect(talk.answerEnd(start + answer, from: start.count) == start.count + answer.count)
        #expect(talk.answerEnd((start + answer).dropLast(), from: start.count) == nil)
        #expect(PostgresQuestion.value(start + answer) == "42")
        #expect(PostgresQuestion.value(start + message("E", [0x53, 0]) + message("Z", [0x49])) == nil)
        #expect(PostgresQuestion.value(start) == nil)
    }

    @Test func whatPgbenchSays() {
        let text = """
            number of transactions actually processed: 8079
            number of failed transactions: 0 (0.000%)
            latency average = 0.124 ms
            tps = 4042.338108 (without initial connection time)
            """
        #expect(PgbenchReport.transactions(text) == 8_079)
        #expect(PgbenchReport.perSecond(text) == 4_042.338108)
        #expect(PgbenchReport.transactions("number of transactions actually processed: 7/7") == 7)
        #expect(PgbenchReport.perSecond("") == nil)
    }
}
