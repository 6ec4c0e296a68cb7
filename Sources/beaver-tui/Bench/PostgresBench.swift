import BeaverQueue
import FoundationEssentials
import Glibc

/// A PostgreSQL of its own, driven by its own `pgbench` with prepared statements.
final class PostgresBench {
    struct Tier {
        var name: String
        var clients: Int
        var batch: Int
        var script: String
        var note: String
    }

    static let settings =
        "fsync=on, synchronous_commit=on, wal_sync_method=fdatasync, shared_buffers=1GB, max_wal_size=4GB, Unix socket, "
        + "pgbench -M prepared"

    private static let text = "'job-' || :client_id || repeat('x', 118)"
    private static let claim =
        "SELECT id FROM jobs WHERE state = 0 ORDER BY id LIMIT LIMIT_COUNT FOR UPDATE SKIP LOCKED"

    static let tiers: [Tier] = {
        let one = "INSERT INTO jobs(payload) VALUES (\(text));\n"
        let many = "INSERT INTO jobs(payload) SELECT \(text) FROM generate_series(1, 1000);\n"
        let takeOne =
            "UPDATE jobs SET state = 1 WHERE id = (\(claim.replacing("LIMIT_COUNT", with: "1"))) RETURNING id \\gset\n"
        let takeMany =
            "WITH c AS (\(claim.replacing("LIMIT_COUNT", with: "1000"))), u AS (UPDATE jobs SET state = 1 FROM c "
            + "WHERE jobs.id = c.id RETURNING jobs.id) SELECT array_agg(id) AS ids FROM u \\gset\n"
        return [
            Tier(name: "enqueue", clients: 1, batch: 1, script: one, note: "INSERT"),
            Tier(name: "enqueue", clients: 64, batch: 1, script: one, note: "INSERT"),
            Tier(
                name: "enqueue",
                clients: 1,
                batch: 1_000,
                script: many,
                note: "INSERT of 1,000 rows made by the server"
            ),
            Tier(
                name: "enqueue",
                clients: 4,
                batch: 1_000,
                script: many,
                note: "INSERT of 1,000 rows made by the server"
            ),
            Tier(
                name: "lifecycle",
                clients: 64,
                batch: 1,
                script: one + takeOne + "DELETE FROM jobs WHERE id = :id;\n",
                note: "INSERT, claim with SKIP LOCKED, DELETE"
            ),
            Tier(
                name: "lifecycle",
                clients: 4,
                batch: 1_000,
                script: many + takeMany + "DELETE FROM jobs WHERE id = ANY(:ids::bigint[]);\n",
                note: "INSERT, claim with SKIP LOCKED, DELETE, 1,000 at a time"
            ),
        ]
    }()

    private let place: String
    private let programs: String
    private let pgbench: String
    private var server: BenchProcess?

    /// Nil where it is not installed.
    init?(directory: String) {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = folders.max { (Int($0) ?? 0) < (Int($1) ?? 0) }.map { ["/usr/lib/postgresql/\($0)/bin"] } ?? []
        guard let initdb = BenchProcess.find("initdb", also: newest),
            let pgbench = BenchProcess.find("pgbench", also: newest)
        else { return nil }
        self.place = directory + "/postgres"
        self.programs = String(initdb.dropLast("/initdb".count))
        self.pgbench = pgbench
    }

    /// It refuses to run as root: there it becomes the user that its package made.
    private var asItsUser: [String] {
        guard getuid() == 0, let setpriv = BenchProcess.find("setpriv") else { return [] }
        return [setpriv, "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    }

    func start() throws {
        try FileStorage().createDirectory(self.place)
        if getuid() == 0 {
            // Its user must get there: through each folder on the way, for a scratch directory of ours.
            guard let user = getpwnam("postgres") else {
                throw CommandFailure(.unavailable, "PostgreSQL does not run as root, and there is no user postgres")
            }
            chown(self.place, user.pointee.pw_uid, user.pointee.pw_gid)
            chmod(String(self.place.dropLast("/postgres".count)), 0o711)
        }
        let data = self.place + "/data"
        let log = self.place + ".log"
        try BenchProcess.run(
            self.asItsUser + [self.programs + "/initdb", "-D", data, "-U", "postgres", "--locale=C", "-A", "trust"],
            output: log
        )
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(self.place)", "fsync=on", "synchronous_commit=on",
            "wal_sync_method=fdatasync", "shared_buffers=1GB", "max_wal_size=4GB", "max_connections=100",
        ]
        self.server = try BenchProcess(
            self.asItsUser + [self.programs + "/postgres", "-D", data] + settings.flatMap { ["-c", $0] },
            output: log
        )
        let socket = self.place + "/.s.PGSQL.5432"
        try self.server?.wait(for: "postgres") { access(socket, F_OK) == 0 }
        usleep(500_000)
    }

    /// A fast shutdown.
    func stop() { self.server?.kill(SIGINT) }

    func run(_ tier: Tier, seconds: Int) throws -> Sample {
        let schema = """
            DROP TABLE IF EXISTS jobs;
            CREATE TABLE jobs (id bigserial PRIMARY KEY, state smallint NOT NULL DEFAULT 0, payload text NOT NULL);
            CREATE INDEX ON jobs (id) WHERE state = 0;
            CHECKPOINT;
            """
        let (output, script) = (self.place + ".out", self.place + ".sql")
        let psql = BenchProcess.find("psql", also: [self.programs]) ?? "psql"
        try BenchProcess.run([psql, "-q", "-h", self.place, "-U", "postgres", "-c", schema], output: output)
        try Data(tier.script.utf8).write(to: URL(filePath: script))
        // The plan for a table that was never analysed: by the index, which is the best one here.
        let env = BenchProcess.find("env") ?? "/usr/bin/env"
        let options = "PGOPTIONS=-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
        let text = try BenchProcess.run(
            [
                env, options, self.pgbench, "-n", "-M", "prepared", "-h", self.place, "-U", "postgres", "-f", script,
                "-c", "\(tier.clients)", "-j", "1", "-T", "\(seconds)", "postgres",
            ],
            output: output
        )
        for line in text.split(separator: "\n") where line.hasPrefix("tps = ") {
            guard let rate = line.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) }) else { continue }
            let operations = Int(rate * Double(seconds * tier.batch))
            return Sample(operations: operations, seconds: Double(seconds))
        }
        throw CommandFailure(.failed, "pgbench said no rate: \(text.suffix(400))")
    }
}
