import BeaverQueue
import FoundationEssentials
import Glibc

/// A queue of others, driven with the same jobs.
///
/// Every server gets an empty directory and a socket of its own and is ended afterwards.
struct PeerServer {
    let name: String
    /// What is started, with its settings.
    let arguments: [String]
    let directory: String
    let socket: String

    var address: SocketAddress { .unix(self.socket) }

    /// On the files that are there; returns as soon as the process exists.
    func start(_ more: [String] = []) throws -> BenchProcess {
        // One that a killed server left behind would be taken for the new one's.
        BenchFiles.remove(self.socket)
        return try BenchProcess(self.arguments + more, output: self.directory + ".log")
    }

    /// On an empty directory, ready to be connected to.
    func startNew(_ more: [String] = []) throws -> BenchProcess {
        _ = try BenchFiles.fresh(self.directory)
        let process = try self.start(more)
        let load = SocketLoad(address: self.address)
        try BenchProcess.wait(for: self.name) { load.isAnswered }
        return process
    }
}

/// The jobs of one caller, as peers store them: the id, for which they have no place, then the payload.
struct PeerJobs {
    let caller: Int
    private var number = 0
    private var job: [UInt8] = []

    init(caller: Int) { self.caller = caller }

    mutating func next() -> [UInt8] {
        self.job.removeAll(keepingCapacity: true)
        self.job += [0x6a, 0x6f, 0x62, 0x2d]
        AnswerBytes.append(self.caller, to: &self.job)
        self.job.append(0x2d)
        AnswerBytes.append(self.number, to: &self.job)
        self.job.append(UInt8(ascii: ":"))
        BenchPayload.noop.append(self.number, to: &self.job)
        self.number += 1
        return self.job
    }
}

/// One command in a peer's protocol.
struct PeerQuestion: Conversation {
    let bytes: [UInt8]
    let end: ([UInt8], Int) throws -> Int?

    func next(_ answers: ArraySlice<UInt8>, _ request: inout SocketRequest) { request.bytes += self.bytes }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? { try self.end(bytes, start) }
}

/// Measures a peer's tiers: the same for all that are driven over a socket.
struct PeerTiers {
    let runs: BenchRuns
    let server: PeerServer
    static let seconds = 1.5

    /// `check` throws unless the server counts as many as the client.
    func measure<Talk: Conversation>(
        _ line: BenchLine,
        callers: Int,
        _ conversation: @escaping (Int) -> Talk,
        check: @escaping (SocketLoad, Int) throws -> Void
    ) async throws {
        try await self.runs.measure(line) {
            let process = try self.server.startNew()
            defer { process.kill() }
            let load = SocketLoad(address: self.server.address)
            let cpu = process.cpuSeconds()
            var sample = try load.run((0..<callers).map(conversation), until: .seconds(Self.seconds))
            sample.cpuSeconds = process.cpuSeconds() - cpu
            try check(load, sample.operations)
            return sample
        }
    }

    /// A million are pending, the server is killed and started again, until it hands out a job.
    func starts<Talk: Conversation>(
        _ case: String,
        pending: Int,
        first: Talk,
        isJob: @escaping ([UInt8]) -> Bool,
        count: @escaping (SocketLoad) throws -> Int
    ) throws {
        for isCold in [false, true] {
            let name = "\(PeopleText.grouped(pending)) pending, \(`case`), \(isCold ? "cold" : "warm")"
            var samples: [Sample] = []
            var memory = 0
            for _ in 0..<self.runs.runs {
                if isCold { BenchFiles.forget(below: self.runs.directory) }
                let start = BenchClock.now()
                let process = try self.server.start()
                defer { process.kill() }
                try BenchProcess.wait(for: "a job from \(self.server.name)") {
                    try SocketLoad(address: self.server.address).ask(first).map(isJob) ?? false
                }
                samples.append(Sample(operations: 1, seconds: BenchClock.now() - start))
                let found = try count(SocketLoad(address: self.server.address))
                guard found == pending else {
                    throw CommandFailure(.failed, "\(self.server.name) came back with \(found) jobs of \(pending)")
                }
                memory = BenchClock.memoryBytes(of: "\(process.pid)")
            }
            var line = BenchLine("\(name): start to first job", system: self.server.name)
            line.take(samples)
            line.note = "memory after the start \(memory >> 20) MiB"
            try self.runs.report.report(line)
        }
    }

    func isWantedAtStarts(_ pending: Int) -> Bool {
        self.runs.isWanted(BenchLine("\(PeopleText.grouped(pending)) pending: start", system: self.server.name))
    }

    func reportLoaded(_ process: BenchProcess, pending: Int) throws {
        for (what, bytes) in [
            ("memory", BenchClock.memoryBytes(of: "\(process.pid)")),
            ("disk", BenchFiles.bytesOnDisk(below: self.server.directory)),
        ] {
            var line = BenchLine("\(PeopleText.grouped(pending)) pending: \(what)", system: self.server.name)
            line.bytes = Spread([Double(bytes)])
            try self.runs.report.report(line)
        }
    }
}

/// The same jobs through other queues, each as durable as this one and by the best client it allows.
///
/// One that is not installed is left out, and said.
struct BenchPeers {
    let runs: BenchRuns
    let pending: Int

    func run() async throws {
        if let program = BenchProcess.find("redis-server", also: ["/usr/sbin"]) {
            try await RedisBench(runs: self.runs, pending: self.pending, program: program).run()
        } else {
            try self.missing("redis")
        }
        if let program = BenchProcess.find("beanstalkd", also: ["/usr/sbin"]) {
            try await BeanstalkdBench(runs: self.runs, pending: self.pending, program: program).run()
        } else {
            try self.missing("beanstalkd")
        }
        if let postgres = PostgresBench(runs: self.runs, pending: self.pending) {
            try await postgres.run()
        } else {
            try self.missing("postgresql")
        }
    }

    private func missing(_ system: String) throws {
        let line = BenchLine("not installed", system: system)
        if self.runs.isWanted(line) { try self.runs.report.report(line) }
    }
}
