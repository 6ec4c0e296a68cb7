import BeaverQueue
import FoundationEssentials
import Glibc

/// A PostgreSQL of its own, driven by its own `pgbench` with prepared statements.
final class PostgresBench {
    private let runs: BenchRuns
    private let pending: Int
    private let place: String
    private let programs: String
    private var server: BenchProcess?

    /// Nil where it is not installed.
    init?(runs: BenchRuns, pending: Int) {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = folders.max { (Int($0) ?? 0) < (Int($1) ?? 0) }.map { ["/usr/lib/postgresql/\($0)/bin"] } ?? []
        let needed = ["initdb", "postgres", "pgbench"]
        guard let programs = BenchProcess.folder(of: needed, also: newest) else { return nil }
        self.runs = runs
        self.pending = pending
        self.place = runs.directory + "/postgres"
        self.programs = programs
    }

    private static let settings =
        "fsync=on, synchronous_commit=on, wal_sync_method=fdatasync, shared_buffers=1GB, max_wal_size=4GB, Unix socket, "
        + "pgbench -M prepared"

    private struct Tier {
        var line: BenchLine
        var clients: Int
        var batch: Int
        var script: String

        init(_ name: String, _ clients: Int, _ batch: Int, _ script: String, note: String) {
            self.line = BenchLine(
                name,
                system: "postgresql",
                outstanding: clients * batch,
                batch: batch,
                note: note
            )
            self.clients = clients
            self.batch = batch
            self.script = script
        }
    }

    private static var tiers: [Tier] {
        let text = "'job-' || :client_id || repeat('x', 118)"
        func claim(_ count: Int) -> String {
            "SELECT id FROM jobs WHERE state = 0 ORDER BY id LIMIT \(count) FOR UPDATE SKIP LOCKED"
        }
        let one = "INSERT INTO jobs(payload) VALUES (\(text));\n"
        let many = "INSERT INTO jobs(payload) SELECT \(text) FROM generate_series(1, 1000);\n"
        // Where others hold all that this one sees, it gets none.
        let takeOne =
            "WITH c AS (\(claim(1))), u AS (UPDATE jobs SET state = 1 FROM c WHERE jobs.id = c.id RETURNING jobs.id) "
            + "SELECT coalesce(max(id), 0) AS id FROM u \\gset\n"
        let takeMany =
            "WITH c AS (\(claim(1_000))), u AS (UPDATE jobs SET state = 1 FROM c WHERE jobs.id = c.id RETURNING jobs.id) "
            + "SELECT coalesce(array_agg(id), '{}') AS ids FROM u \\gset\n"
        let deleteOne = "DELETE FROM jobs WHERE id = :id;\n"
        let deleteMany = "DELETE FROM jobs WHERE id = ANY(:ids::bigint[]);\n"
        let made = "INSERT of 1,000 rows that the server makes"
        return [
            Tier("enqueue", 1, 1, one, note: settings + "; INSERT"),
            Tier("enqueue", 64, 1, one, note: "INSERT"),
            Tier("enqueue", 1, 1_000, many, note: made),
            Tier("enqueue", 4, 1_000, many, note: made),
            Tier("lifecycle", 64, 1, one + takeOne + deleteOne, note: "INSERT, claim with SKIP LOCKED, DELETE"),
            Tier("lifecycle", 2, 1_000, many + takeMany + deleteMany, note: "the same, 1,000 at a time"),
            Tier("lifecycle", 4, 1_000, many + takeMany + deleteMany, note: "the same, 1,000 at a time"),
        ]
    }

    func run() async throws {
        let starts = BenchLine("\(PeopleText.grouped(self.pending)) pending: start", system: "postgresql")
        let tiers = Self.tiers.filter { self.runs.isWanted($0.line) }
        guard !tiers.isEmpty || self.runs.isWanted(starts) else { return }
        try self.make()
        defer { self.stop() }
        for tier in tiers { try await self.runs.measure(tier.line) { try self.run(tier, seconds: 2) } }
        if self.runs.isWanted(starts) { try self.starts() }
    }

    // MARK: Its process

    /// It refuses to run as root: there it becomes the user that its package made.
    private var asItsUser: [String] {
        guard getuid() == 0, let setpriv = BenchProcess.find("setpriv") else { return [] }
        return [setpriv, "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    }

    private var data: String { self.place + "/data" }
    private var log: String { self.place + ".log" }

    private func make() throws {
        try FileStorage().createDirectory(self.place)
        if getuid() == 0 {
            // Its user must get there: through each folder on the way, for a scratch directory of ours.
            guard let user = getpwnam("postgres") else {
                throw CommandFailure(.unavailable, "PostgreSQL does not run as root, and there is no user postgres")
            }
            chown(self.place, user.pointee.pw_uid, user.pointee.pw_gid)
            chmod(self.runs.directory, 0o711)
        }
        try BenchProcess.run(
            self.asItsUser + [self.programs + "/initdb", "-D", self.data]
                + ["-U", "postgres", "--locale=C", "-A", "trust"],
            output: self.log
        )
        try self.start()
        try self.waitUntilReady()
    }

    private func start() throws {
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(self.place)", "fsync=on", "synchronous_commit=on",
            "wal_sync_method=fdatasync", "shared_buffers=1GB", "max_wal_size=4GB", "max_connections=100",
        ]
        BenchFiles.remove(self.place + "/.s.PGSQL.5432")
        self.server = try BenchProcess(
            self.asItsUser + [self.programs + "/postgres", "-D", self.data] + settings.flatMap { ["-c", $0] },
            output: self.log
        )
    }

    private func waitUntilReady() throws {
        try BenchProcess.wait(for: "postgres") { try self.ask("SELECT 1") != nil }
    }

    /// A fast shutdown.
    private func stop() { self.server?.kill(SIGINT) }

    /// All of its processes at once, as when the machine's memory is short.
    private func kill() {
        guard let server = self.server else { return }
        for pid in BenchClock.children(of: server.pid) { Glibc.kill(pid, SIGKILL) }
        server.kill()
    }

    /// The first column of the answer's last row; nil while it does not answer.
    private func ask(_ query: String) throws -> String? {
        try SocketLoad(address: .unix(self.place + "/.s.PGSQL.5432")).ask(PostgresQuestion(query))
            .flatMap(PostgresQuestion.value)
    }

    // MARK: Tiers

    private static let schema = """
        DROP TABLE IF EXISTS jobs;
        CREATE TABLE jobs (id bigserial PRIMARY KEY, state smallint NOT NULL DEFAULT 0, payload text NOT NULL);
        CREATE INDEX ON jobs (id) WHERE state = 0;
        """

    private func statement(_ text: String) throws {
        guard try self.ask(text + "; SELECT 1") == "1" else {
            throw CommandFailure(.failed, "PostgreSQL refused \(text)")
        }
    }

    private func run(_ tier: Tier, seconds: Int) throws -> Sample {
        try self.statement(Self.schema)
        try self.statement("CHECKPOINT")
        let (output, script) = (self.place + ".out", self.place + ".sql")
        try Data(tier.script.utf8).write(to: URL(filePath: script))
        // The plan for a table that was never analysed: by the index, which is the best one here.
        let env = BenchProcess.find("env") ?? "/usr/bin/env"
        let options = "PGOPTIONS=-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
        let cpu = self.server?.cpuSeconds(children: true) ?? 0
        let own = BenchClock.cpuSeconds(children: true)
        let text = try BenchProcess.run(
            [env, options, self.programs + "/pgbench", "-n", "-M", "prepared", "-h", self.place, "-U", "postgres"]
                + ["-f", script, "-c", "\(tier.clients)", "-j", "1", "-T", "\(seconds)", "postgres"],
            output: output
        )
        guard let count = PgbenchReport.transactions(text), let rate = PgbenchReport.perSecond(text), rate > 0 else {
            throw CommandFailure(.failed, "pgbench said no rate: \(text.suffix(400))")
        }
        let enqueued = count * tier.batch
        guard let left = try self.ask("SELECT count(*) FROM jobs").flatMap({ Int($0) }) else {
            throw CommandFailure(.failed, "PostgreSQL does not say how many jobs it holds")
        }
        // Of those that went through all of it some may be left that another client looked at in the same moment.
        let mayBeLeft = enqueued / 100 + tier.clients * tier.batch
        guard tier.line.tier == "enqueue" ? left == enqueued : left <= mayBeLeft else {
            throw CommandFailure(.failed, "PostgreSQL holds \(left) jobs, pgbench enqueued \(enqueued)")
        }
        // Without the time it took to connect.
        var sample = Sample(operations: enqueued, seconds: Double(count) / rate)
        sample.cpuSeconds = (self.server?.cpuSeconds(children: true) ?? 0) - cpu
        sample.clientCPUSeconds = BenchClock.cpuSeconds(children: true) - own
        return sample
    }

    // MARK: Starts

    private func starts() throws {
        let name = "\(PeopleText.grouped(self.pending)) pending"
        func report(_ what: String, _ change: (inout BenchLine) -> Void) throws {
            var line = BenchLine("\(name)\(what)", system: "postgresql")
            change(&line)
            try self.runs.report.report(line)
        }
        for checkpointed in [false, true] {
            try self.statement(Self.schema)
            try self.statement("CHECKPOINT")
            try self.statement(
                "INSERT INTO jobs(payload) SELECT 'job-' || i || repeat('x', 115) "
                    + "FROM generate_series(1, \(self.pending)) i"
            )
            if checkpointed { try self.statement("CHECKPOINT") }
            let memory = self.memoryBytes
            let size = try self.ask("SELECT pg_total_relation_size('jobs')").flatMap { Double($0) }
            if checkpointed {
                try report(": memory") { $0.bytes = Spread([Double(memory)]) }
                try report(": disk, table and indexes") { $0.bytes = size.flatMap { Spread([$0]) } }
            }
            for isCold in [false, true] {
                // A replay ends with a checkpoint, so that there is one start of the other kind for each load.
                if !checkpointed, isCold { continue }
                var samples: [Sample] = []
                for _ in 0..<(checkpointed ? self.runs.runs : 1) {
                    self.kill()
                    if isCold { BenchFiles.forget(below: self.runs.directory) }
                    samples.append(try self.startAndTake())
                    if checkpointed { try self.statement("CHECKPOINT") }
                }
                let state = checkpointed ? "just checkpointed" : "the whole load to replay"
                try report(", \(state), \(isCold ? "cold" : "warm"): start to first job") {
                    $0.take(samples)
                    $0.note = "memory after the start \(self.memoryBytes >> 20) MiB"
                }
            }
        }
    }

    private func startAndTake() throws -> Sample {
        let claim =
            "UPDATE jobs SET state = 1 WHERE id = (SELECT id FROM jobs WHERE state = 0 ORDER BY id LIMIT 1 "
            + "FOR UPDATE SKIP LOCKED) RETURNING id"
        let start = BenchClock.now()
        try self.start()
        try BenchProcess.wait(for: "a job from PostgreSQL") {
            try self.ask("SET enable_seqscan = off; " + claim) != nil
        }
        return Sample(operations: 1, seconds: BenchClock.now() - start)
    }

    /// Of all its processes.
    private var memoryBytes: Int {
        guard let server = self.server else { return 0 }
        return ([server.pid] + BenchClock.children(of: server.pid)).reduce(0) {
            $0 + BenchClock.memoryBytes(of: "\($1)")
        }
    }
}

/// What `pgbench` says at its end.
enum PgbenchReport {
    static func transactions(_ text: String) -> Int? {
        self.word(behind: "number of transactions actually processed: ", of: text).flatMap { Int($0) }
    }

    static func perSecond(_ text: String) -> Double? { self.word(behind: "tps = ", of: text).flatMap { Double($0) } }

    private static func word(behind prefix: String, of text: String) -> Substring? {
        text.split(separator: "\n").first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count).prefix {
            $0 != " " && $0 != "/"
        }
    }
}

/// PostgreSQL's protocol, as far as it takes to log in where everyone is trusted and to ask one question.
struct PostgresQuestion: Conversation {
    private let query: String

    init(_ query: String) { self.query = query }

    /// Start and question together: the server reads one after the other.
    func next(_ answers: ArraySlice<UInt8>, _ request: inout SocketRequest) {
        var parameters: [UInt8] = [0, 3, 0, 0]
        for text in ["user", "postgres", "database", "postgres"] { parameters += Array(text.utf8) + [0] }
        parameters.append(0)
        request.bytes += Self.length(parameters.count) + parameters
        let text = Array(self.query.utf8) + [0]
        request.bytes += [UInt8(ascii: "Q")] + Self.length(text.count) + text
        // Ready once after the start, once after the answer.
        request.answers = 2
    }

    private static func length(_ count: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(count + 4).bigEndian) { Array($0) }
    }

    /// Behind the next "ready for query"; a fault at the start is the end, and one in the answer comes before it.
    func answerEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var place = start
        while let end = Self.messageEnd(bytes, from: place) {
            if bytes[place] == UInt8(ascii: "Z") { return end }
            place = end
        }
        return nil
    }

    private static func messageEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        guard start + 5 <= bytes.count else { return nil }
        let length = bytes[start + 1..<start + 5].reduce(0) { $0 << 8 | Int($1) }
        return start + 1 + length <= bytes.count ? start + 1 + length : nil
    }

    /// The first column of the last row; nil if there is none or the server refused.
    static func value(_ answer: [UInt8]) -> String? {
        var place = 0
        var value: String?
        while let end = self.messageEnd(answer, from: place) {
            if answer[place] == UInt8(ascii: "E") { return nil }
            if answer[place] == UInt8(ascii: "D"), end - place >= 11 {
                let count = answer[place + 7..<place + 11].reduce(0) { $0 << 8 | Int($1) }
                if place + 11 + count <= end {
                    value = String(decoding: answer[place + 11..<place + 11 + count], as: UTF8.self)
                }
            }
            place = end
        }
        return value
    }
}
