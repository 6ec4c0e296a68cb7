import BeaverQueue
import FoundationEssentials
import Glibc

/// The same jobs through other queues, each as durable as this one and by the best client it allows.
///
/// Every server gets an empty directory and a socket of its own and is ended afterwards. One that is not installed is left
/// out, and said.
struct BenchPeers {
    let report: BenchReport
    let directory: String
    let runs: Int
    let only: String?
    private let seconds = 1.5

    init(report: BenchReport, directory: String, runs: Int, only: String?) {
        self.report = report
        self.directory = directory
        self.runs = runs
        self.only = only
    }

    func run() throws {
        try self.redis()
        try self.beanstalkd()
        try self.postgres()
    }

    private func missing(_ system: String) throws {
        var line = BenchLine("not installed", [])
        line.system = system
        try self.report.report(line)
    }

    /// One tier of a peer, on a server that `start` gives; `settings` are said beside.
    private func tier(
        _ system: String,
        _ name: String,
        outstanding: Int,
        batch: Int,
        note: String?,
        start: () throws -> (process: BenchProcess, address: SocketAddress),
        conversation: (Int) -> any Conversation
    ) throws {
        guard self.only.map({ name.contains($0) }) ?? true else { return }
        var samples: [Sample] = []
        for _ in 0..<self.runs {
            let (process, address) = try start()
            defer { process.kill() }
            let cpu = process.cpuSeconds
            let load = SocketLoad(address: address)
            var sample = try load.run((0..<outstanding).map(conversation), seconds: self.seconds)
            sample.cpuSeconds = process.cpuSeconds - cpu
            samples.append(sample)
        }
        var line = BenchLine(name, outstanding: outstanding, batch: batch, samples)
        line.system = system
        line.note = note
        try self.report.report(line)
    }

    private func fresh(_ name: String) throws -> String {
        let path = self.directory + "/" + name
        try? FileManager.default.removeItem(atPath: path)
        try FileStorage().createDirectory(path)
        return path
    }

    // MARK: Redis

    private func redis() throws {
        guard let program = BenchProcess.find("redis-server", also: ["/usr/sbin"]) else {
            return try self.missing("redis")
        }
        let settings = ["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        func start() throws -> (process: BenchProcess, address: SocketAddress) {
            let place = try self.fresh("redis")
            let socket = place + "/s"
            let process = try BenchProcess(
                [program, "--unixsocket", socket, "--dir", place] + settings,
                output: place + "/log"
            )
            try process.wait(for: "redis-server") { access(socket, F_OK) == 0 }
            return (process, .unix(socket))
        }
        let note = "redis-server --save '' --appendonly yes --appendfsync always, Unix socket; a job is an LPUSH"
        for (callers, batch) in [(1, 1), (64, 1), (1, 1_000), (4, 1_000)] {
            try self.tier(
                "redis",
                "enqueue",
                outstanding: callers,
                batch: batch,
                note: batch == 1 ? note : note + " with \(batch) values",
                start: start
            ) { RedisEnqueue(caller: $0, batch: batch) }
        }
        let cycle = "LPUSH, LMOVE to a list of the connection, then SET of the result and LREM"
        for (callers, batch) in [(64, 1), (4, 1_000), (8, 1_000)] {
            try self.tier(
                "redis",
                "lifecycle",
                outstanding: callers,
                batch: batch,
                note: batch == 1 ? cycle + " in MULTI/EXEC" : cycle + ", pipelined",
                start: start
            ) { RedisLifecycle(caller: $0, batch: batch) }
        }
    }

    // MARK: beanstalkd

    private func beanstalkd() throws {
        guard let program = BenchProcess.find("beanstalkd", also: ["/usr/sbin"]) else {
            return try self.missing("beanstalkd")
        }
        func start() throws -> (process: BenchProcess, address: SocketAddress) {
            let place = try self.fresh("beanstalkd")
            let socket = place + "/s"
            let process = try BenchProcess(
                [program, "-l", "unix:\(socket)", "-b", place, "-f0"],
                output: place + "/log"
            )
            try process.wait(for: "beanstalkd") { access(socket, F_OK) == 0 }
            return (process, .unix(socket))
        }
        let note = "beanstalkd -b DIR -f0, Unix socket"
        for (callers, batch) in [(1, 1), (64, 1), (1, 1_000)] {
            try self.tier(
                "beanstalkd",
                "enqueue",
                outstanding: callers,
                batch: batch,
                note: batch == 1 ? note : note + ", \(batch) puts pipelined",
                start: start
            ) { BeanstalkEnqueue(caller: $0, batch: batch) }
        }
        try self.tier(
            "beanstalkd",
            "lifecycle",
            outstanding: 64,
            batch: 1,
            note: note + "; put, reserve, delete",
            start: start
        ) { BeanstalkLifecycle(caller: $0) }
    }

    // MARK: PostgreSQL

    private func postgres() throws {
        let tiers = PostgresBench.tiers.filter { tier in self.only.map { tier.name.contains($0) } ?? true }
        guard !tiers.isEmpty else { return }
        guard let bench = PostgresBench(directory: self.directory) else { return try self.missing("postgresql") }
        defer { bench.stop() }
        try bench.start()
        for tier in tiers {
            var samples: [Sample] = []
            for _ in 0..<self.runs { samples.append(try bench.run(tier, seconds: 2)) }
            var line = BenchLine(tier.name, outstanding: tier.clients, batch: tier.batch, samples)
            line.system = "postgresql"
            line.note = PostgresBench.settings + "; " + tier.note
            try self.report.report(line)
        }
    }
}
