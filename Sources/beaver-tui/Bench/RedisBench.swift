import BeaverQueue
import Glibc

/// Redis with an append-only file that is synced before every answer; jobs are elements of a list.
struct RedisBench {
    let runs: BenchRuns
    let pending: Int
    let program: String

    private var server: PeerServer {
        let directory = self.runs.directory + "/redis"
        let socket = directory + "/s"
        return PeerServer(
            name: "redis",
            arguments: [
                self.program, "--unixsocket", socket, "--port", "0", "--dir", directory, "--save", "", "--appendonly",
                "yes",
                "--appendfsync", "always",
            ],
            directory: directory,
            socket: socket
        )
    }

    private static let settings = "--save '' --appendonly yes --appendfsync always, Unix socket"

    func run() async throws {
        let tiers = PeerTiers(runs: self.runs, server: self.server)
        for (callers, batch) in [(1, 1), (64, 1), (1, 1_000), (4, 1_000)] {
            let note = batch == 1 ? Self.settings : "an LPUSH has \(batch) values"
            try await tiers.measure(
                BenchLine("enqueue", system: "redis", outstanding: callers * batch, batch: batch, note: note),
                callers: callers,
                { RedisEnqueue(caller: $0, batch: batch) },
                check: { try Self.check($0, "LLEN q", is: $1) }
            )
        }
        let cycle = "LPUSH, LMOVE to a list of the connection, then SET of the result and LREM"
        for (callers, batch) in [(64, 1), (1, 1_000), (4, 1_000), (8, 1_000)] {
            let note = batch == 1 ? cycle + " in MULTI/EXEC" : cycle + ", pipelined"
            try await tiers.measure(
                BenchLine("lifecycle", system: "redis", outstanding: callers * batch, batch: batch, note: note),
                callers: callers,
                { RedisLifecycle(caller: $0, batch: batch) },
                // Each leaves the key that says it is done; the lists are empty and gone.
                check: { try Self.check($0, "DBSIZE", is: $1) }
            )
        }
        try self.starts(tiers)
    }

    private static func check(_ load: SocketLoad, _ question: String, is expected: Int) throws {
        let answer = try load.ask(PeerQuestion.redis(question)) ?? []
        guard AnswerBytes.number(answer, from: 1) == expected else {
            let text = AnswerBytes.text(answer, answer.indices)
            throw CommandFailure(.failed, "redis answers \(text) to \(question), the client counted \(expected)")
        }
    }

    private func starts(_ tiers: PeerTiers) throws {
        guard tiers.isWantedAtStarts(self.pending) else { return }
        let process = try self.server.startNew()
        defer { process.kill() }
        let load = SocketLoad(address: self.server.address)
        _ = try load.run([RedisEnqueue(caller: 0, batch: 1_000)], until: .operations(self.pending))
        try Self.waitForRewrite(load)
        try tiers.reportLoaded(process, pending: self.pending)
        process.kill()
        let first = PeerQuestion.redis("LMOVE q p RIGHT LEFT")
        func isJob(_ answer: [UInt8]) -> Bool { answer.first == UInt8(ascii: "$") && answer.dropFirst().first != 0x2d }
        try tiers.starts(
            "the file as it was written",
            pending: self.pending,
            first: first,
            isJob: isJob,
            count: Self.count
        )
        let again = try self.server.start()
        defer { again.kill() }
        try BenchProcess.wait(for: "redis") {
            try load.ask(PeerQuestion.redis("BGREWRITEAOF")).map { $0.first == UInt8(ascii: "+") } ?? false
        }
        try Self.waitForRewrite(load)
        again.kill()
        try tiers.starts("the file rewritten", pending: self.pending, first: first, isJob: isJob, count: Self.count)
        // Once the old file is gone, which takes Redis a while.
        var line = BenchLine("\(PeopleText.grouped(self.pending)) pending, rewritten: disk", system: "redis")
        line.bytes = Spread([Double(BenchFiles.bytesOnDisk(below: self.server.directory))])
        try self.runs.report.report(line)
    }

    /// Those that wait, and those that the starts took.
    private static func count(_ load: SocketLoad) throws -> Int {
        try ["q", "p"].reduce(0) { sum, list in
            try sum + AnswerBytes.number(load.ask(PeerQuestion.redis("LLEN \(list)")) ?? [], from: 1)
        }
    }

    /// One that it began by itself, too.
    private static func waitForRewrite(_ load: SocketLoad) throws {
        try BenchProcess.wait(for: "the rewrite of Redis's file") {
            let answer = try load.ask(PeerQuestion.redis("INFO persistence")) ?? []
            let text = AnswerBytes.text(answer, answer.indices)
            return text.contains("aof_rewrite_in_progress:0") && text.contains("aof_rewrite_scheduled:0")
        }
    }
}

/// Redis's protocol: requests as arrays of strings, answers by their first byte.
enum RedisProtocol {
    static func array(_ count: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "*"))
        AnswerBytes.append(count, to: &bytes)
        bytes += [13, 10]
    }

    static func string(_ word: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "$"))
        AnswerBytes.append(word.count, to: &bytes)
        bytes += [13, 10]
        bytes += word
        bytes += [13, 10]
    }

    static func command(_ text: String, to bytes: inout [UInt8]) {
        let words = text.split(separator: " ")
        self.array(words.count, to: &bytes)
        for word in words { self.string(word.utf8, to: &bytes) }
    }

    static func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        guard let line = AnswerBytes.lineEnd(bytes, from: start) else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "$"):
            if bytes[start + 1] == UInt8(ascii: "-") { return line }
            let end = line + AnswerBytes.number(bytes, from: start + 1) + 2
            return end <= bytes.count ? end : nil
        case UInt8(ascii: "*"):
            var end = line
            for _ in 0..<AnswerBytes.number(bytes, from: start + 1) {
                guard let next = try self.answerEnd(bytes, from: end) else { return nil }
                end = next
            }
            return end
        default: return line
        }
    }

    /// An answer to a load, where a refusal ends it.
    static func acceptedEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        let end = try self.answerEnd(bytes, from: start)
        if let end, bytes[start] == UInt8(ascii: "-") {
            throw CommandFailure(.failed, "redis: \(AnswerBytes.text(bytes, start..<end))")
        }
        return end
    }
}

extension PeerQuestion {
    /// Its answer may be a refusal.
    static func redis(_ command: String) -> PeerQuestion {
        var bytes: [UInt8] = []
        RedisProtocol.command(command, to: &bytes)
        return PeerQuestion(bytes: bytes, end: RedisProtocol.answerEnd)
    }
}

struct RedisEnqueue: Conversation {
    let batch: Int
    private var jobs: PeerJobs

    init(caller: Int, batch: Int) {
        self.batch = batch
        self.jobs = PeerJobs(caller: caller)
    }

    mutating func next(_ answers: ArraySlice<UInt8>, _ request: inout SocketRequest) {
        RedisProtocol.array(self.batch + 2, to: &request.bytes)
        RedisProtocol.string("LPUSH".utf8, to: &request.bytes)
        RedisProtocol.string("q".utf8, to: &request.bytes)
        for _ in 0..<self.batch {
            RedisProtocol.string(self.jobs.next(), to: &request.bytes)
        }
        request.operations = self.batch
    }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        try RedisProtocol.acceptedEnd(bytes, from: start)
    }
}

struct RedisLifecycle: Conversation {
    private enum Step {
        case enqueue
        case take
        case finish
    }

    private var jobs: RedisEnqueue
    private let take: [UInt8]
    private let list: [UInt8]
    private var step = Step.enqueue

    init(caller: Int, batch: Int) {
        self.jobs = RedisEnqueue(caller: caller, batch: batch)
        var take: [UInt8] = []
        RedisProtocol.command("LMOVE q p\(caller) RIGHT LEFT", to: &take)
        self.take = take
        self.list = Array("p\(caller)".utf8)
    }

    mutating func next(_ answers: ArraySlice<UInt8>, _ request: inout SocketRequest) throws {
        switch self.step {
        case .enqueue:
            self.step = .take
            self.jobs.next([], &request)
            request.operations = 0
        case .take:
            self.step = .finish
            for _ in 0..<self.jobs.batch { request.bytes += self.take }
            request.answers = self.jobs.batch
        case .finish:
            self.step = .enqueue
            try self.finish(Array(answers), &request)
        }
    }

    private func finish(_ received: [UInt8], _ request: inout SocketRequest) throws {
        let isSingle = self.jobs.batch == 1
        var place = 0
        if isSingle { RedisProtocol.command("MULTI", to: &request.bytes) }
        for _ in 0..<self.jobs.batch {
            guard let line = AnswerBytes.lineEnd(received, from: place),
                let end = try RedisProtocol.answerEnd(received, from: place), received[place + 1] != UInt8(ascii: "-")
            else { throw CommandFailure(.failed, "redis gave no job") }
            let job = received[line..<end - 2]
            RedisProtocol.array(3, to: &request.bytes)
            RedisProtocol.string("SET".utf8, to: &request.bytes)
            RedisProtocol.string(Array("done:".utf8) + job.prefix { $0 != UInt8(ascii: ":") }, to: &request.bytes)
            RedisProtocol.string("1".utf8, to: &request.bytes)
            // The oldest stands at the tail: found at once.
            RedisProtocol.array(4, to: &request.bytes)
            RedisProtocol.string("LREM".utf8, to: &request.bytes)
            RedisProtocol.string(self.list, to: &request.bytes)
            RedisProtocol.string("-1".utf8, to: &request.bytes)
            RedisProtocol.string(job, to: &request.bytes)
            place = end
        }
        if isSingle { RedisProtocol.command("EXEC", to: &request.bytes) }
        request.answers = isSingle ? 4 : 2 * self.jobs.batch
        request.operations = self.jobs.batch
    }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        try RedisProtocol.acceptedEnd(bytes, from: start)
    }
}
