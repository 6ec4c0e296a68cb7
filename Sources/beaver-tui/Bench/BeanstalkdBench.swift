import BeaverQueue
import Glibc

/// beanstalkd with a log that is synced at every write.
struct BeanstalkdBench {
    let runs: BenchRuns
    let pending: Int
    let program: String

    private func server(_ sync: [String]) -> PeerServer {
        let directory = self.runs.directory + "/beanstalkd"
        let socket = directory + "/s"
        return PeerServer(
            name: "beanstalkd",
            arguments: [self.program, "-l", "unix:\(socket)", "-b", directory] + sync,
            directory: directory,
            socket: socket
        )
    }

    func run() async throws {
        let tiers = PeerTiers(runs: self.runs, server: self.server(["-f0"]))
        let settings = "-b DIR -f0, Unix socket"
        for (callers, batch) in [(1, 1), (64, 1), (1, 1_000)] {
            try await tiers.measure(
                BenchLine(
                    "enqueue",
                    system: "beanstalkd",
                    outstanding: callers * batch,
                    batch: batch,
                    note: batch == 1 ? settings : "puts pipelined"
                ),
                callers: callers,
                { BeanstalkEnqueue(caller: $0, batch: batch) },
                check: { try Self.check($0, "current-jobs-ready", is: $1) }
            )
        }
        try await tiers.measure(
            BenchLine("lifecycle", system: "beanstalkd", outstanding: 64, batch: 1, note: "put, reserve, delete"),
            callers: 64,
            { BeanstalkLifecycle(caller: $0) },
            check: { try Self.check($0, "cmd-delete", is: $1) }
        )
        try self.starts(tiers)
    }

    private static func check(_ load: SocketLoad, _ name: String, is expected: Int) throws {
        let found = try self.count(name, load)
        guard found == expected else {
            throw CommandFailure(.failed, "beanstalkd counts \(found) as \(name), the client \(expected)")
        }
    }

    /// Loaded without syncs, for time; each start is with them.
    private func starts(_ tiers: PeerTiers) throws {
        guard tiers.isWantedAtStarts(self.pending) else { return }
        let loading = self.server(["-F"])
        let process = try loading.startNew()
        defer { process.kill() }
        let load = SocketLoad(address: loading.address)
        _ = try load.run([BeanstalkEnqueue(caller: 0, batch: 1_000)], until: .operations(self.pending))
        try Self.check(load, "current-jobs-ready", is: self.pending)
        try tiers.reportLoaded(process, pending: self.pending)
        process.kill()
        sync()
        try tiers.starts(
            "the log",
            pending: self.pending,
            first: PeerQuestion.beanstalkd("reserve"),
            isJob: { $0.starts(with: "RESERVED".utf8) },
            count: { try Self.count("current-jobs-ready", $0) + Self.count("current-jobs-reserved", $0) }
        )
    }

    private static func count(_ name: String, _ load: SocketLoad) throws -> Int {
        let text = try load.ask(PeerQuestion.beanstalkd("stats")).map { AnswerBytes.text($0, $0.indices) } ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name): ") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }
}

/// beanstalkd's protocol: lines, with a body behind RESERVED and OK.
enum BeanstalkProtocol {
    static func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        guard let line = AnswerBytes.lineEnd(bytes, from: start) else { return nil }
        switch bytes[start] {
        // INSERTED, DELETED.
        case UInt8(ascii: "I"), UInt8(ascii: "D"): return line
        // RESERVED id bytes, OK bytes: the last word is the length.
        case UInt8(ascii: "R"), UInt8(ascii: "O"):
            let digits = bytes[start..<line - 2].lastIndex(of: 0x20).map { $0 + 1 } ?? start
            let end = line + AnswerBytes.number(bytes, from: digits) + 2
            return end <= bytes.count ? end : nil
        default: throw CommandFailure(.failed, "beanstalkd: \(AnswerBytes.text(bytes, start..<line))")
        }
    }
}

extension PeerQuestion {
    static func beanstalkd(_ command: String) -> PeerQuestion {
        PeerQuestion(bytes: Array(command.utf8) + [13, 10], end: BeanstalkProtocol.answerEnd)
    }
}

struct BeanstalkEnqueue: Conversation {
    let batch: Int
    private var jobs: PeerJobs

    init(caller: Int, batch: Int) {
        self.batch = batch
        self.jobs = PeerJobs(caller: caller)
    }

    private static let head = Array("put 1 0 60 ".utf8)

    mutating func next(_ answers: ArraySlice<UInt8>, _ request: inout SocketRequest) {
        for _ in 0..<self.batch {
            let job = self.jobs.next()
            request.bytes += Self.head
            AnswerBytes.append(job.count, to: &request.bytes)
            request.bytes += [13, 10]
            request.bytes += job
            request.bytes += [13, 10]
        }
        request.answers = self.batch
        request.operations = self.batch
    }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        try BeanstalkProtocol.answerEnd(bytes, from: start)
    }
}

struct BeanstalkLifecycle: Conversation {
    private var jobs: BeanstalkEnqueue
    private var step = 0

    init(caller: Int) { self.jobs = BeanstalkEnqueue(caller: caller, batch: 1) }

    mutating func next(_ answers: ArraySlice<UInt8>, _ request: inout SocketRequest) throws {
        defer { self.step = (self.step + 1) % 3 }
        switch self.step {
        case 0:
            self.jobs.next([], &request)
            request.operations = 0
        case 1: request.bytes += Array("reserve\r\n".utf8)
        default:
            let received = Array(answers)
            request.bytes += Array("delete ".utf8)
            // "RESERVED id bytes": the id begins at the tenth byte.
            AnswerBytes.append(AnswerBytes.number(received, from: 9), to: &request.bytes)
            request.bytes += [13, 10]
            request.operations = 1
        }
    }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        try BeanstalkProtocol.answerEnd(bytes, from: start)
    }
}
