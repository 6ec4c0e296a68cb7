import ArgumentParser
import BeaverQueue
import FoundationEssentials
import Glibc

/// What this machine and this build can do, measured here and now.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Throughput and recovery of the engine, measured in a scratch directory.",
        discussion: """
            Every enqueue is durable (sync always). Each line names its concurrency and batch; the raw rate of write and \
            fdatasync of the same disk stands beside. Run it on a quiet machine.
            """
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Option(help: "Where the scratch directory is made: on the disk to be measured.")
    var scratch = "."

    @Option(help: "Pending jobs of the recovery tier.")
    var pending = 1_000_000

    mutating func run() async throws {
        let directory = self.scratch + "/beaver-bench.\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let bench = Bench(directory: directory, isJSON: self.globals.json)
        try bench.rawSync()
        try await bench.enqueue(callers: 1, batch: 1, jobs: 20_000)
        try await bench.enqueue(callers: 64, batch: 1, jobs: 300_000)
        try await bench.enqueue(callers: 1, batch: 1_000, jobs: 1_000_000)
        try await bench.enqueue(callers: 4, batch: 1_000, jobs: 1_000_000)
        try await bench.lifecycles(outstanding: 64, jobs: 200_000)
        try await bench.lifecycles(outstanding: 1_000, jobs: 500_000)
        try await bench.recovery(pending: self.pending)
    }
}

/// One line of a result, in words or as JSON.
private struct BenchLine: Encodable {
    var tier: String
    var callers: Int?
    var batch: Int?
    var jobs: Int?
    var seconds: Double
    var per_second: Double?
    var cpu_seconds: Double?
    var log_bytes_per_job: Double?
}

private struct Bench {
    let directory: String
    let isJSON: Bool

    private static let payload = Array(
        (#"{"action":"noop","value":42,"text":""# + String(repeating: "abcdefghij", count: 8) + #""}"#).utf8
    )

    private func report(_ line: BenchLine) throws {
        if self.isJSON { return try Output.json(line) }
        var text = line.tier
        if let callers = line.callers { text += ", \(callers) outstanding" }
        if let batch = line.batch, batch > 1 { text += ", batches of \(batch)" }
        if let rate = line.per_second { text += ": \(PeopleText.grouped(Int(rate)))/s" }
        text += " (\(Double(Int(line.seconds * 1_000)) / 1_000) s"
        if let cpu = line.cpu_seconds, let jobs = line.jobs {
            text += ", \(Double(Int(cpu / Double(jobs) * 1e8)) / 100) µs CPU each"
        }
        if let bytes = line.log_bytes_per_job { text += ", \(Int(bytes)) bytes of log each" }
        Output.line(text + ")")
    }

    private func now() -> Double { Double(BootClock.now().bootNanoseconds) / 1e9 }

    private func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// A 160-byte write into a file of zeros, then fdatasync: what one durable job costs at least.
    func rawSync() throws {
        let storage = FileStorage()
        try storage.createDirectory(self.directory)
        let file = try storage.open(self.directory + "/raw", .createOrTruncate)
        defer { file.close() }
        try file.write([UInt8](repeating: 0, count: 4 << 20).span.bytes, at: 0)
        try file.synchronizeData()
        let record = [UInt8](repeating: 7, count: 160)
        let (count, start) = (2_000, self.now())
        for number in 0..<count {
            try file.write(record.span.bytes, at: Int64(number * 160))
            try file.synchronizeData()
        }
        let seconds = self.now() - start
        try self.report(
            BenchLine(
                tier: "raw write + fdatasync of 160 bytes",
                callers: 1,
                seconds: seconds,
                per_second: Double(count) / seconds
            )
        )
    }

    private func queue(workers: Int) async throws -> Queue {
        try? FileManager.default.removeItem(atPath: self.directory + "/data")
        return try await self.reopen(workers: workers)
    }

    private func reopen(workers: Int) async throws -> Queue {
        var configuration = QueueConfiguration(dataDirectory: self.directory + "/data")
        configuration.worker.count = max(1, workers)
        let queue = Queue(configuration)
        try await queue.start()
        if workers == 0 { try await queue.pause() }
        return queue
    }

    private func take(_ queue: Queue, callers: Int, batch: Int, jobs: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for round in 0..<jobs / callers / batch {
                        let first = round * batch
                        _ = try await queue.enqueue(
                            (first..<first + batch).map { number in
                                NewJob(id: "job-\(caller)-\(number)", payload: Self.payload, action: "noop")
                            }
                        )
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    func enqueue(callers: Int, batch: Int, jobs: Int) async throws {
        let queue = try await self.queue(workers: 0)
        let (start, cpu) = (self.now(), self.cpuSeconds())
        try await self.take(queue, callers: callers, batch: batch, jobs: jobs)
        let (seconds, used) = (self.now() - start, self.cpuSeconds() - cpu)
        let status = try await queue.status()
        try await queue.stop(now: true)
        try self.report(
            BenchLine(
                tier: "durable enqueue",
                callers: callers,
                batch: batch,
                jobs: status.jobs.enqueuedTotal,
                seconds: seconds,
                per_second: Double(status.jobs.enqueuedTotal) / seconds,
                cpu_seconds: used,
                log_bytes_per_job: Double(status.wal.bytes) / Double(status.jobs.enqueuedTotal)
            )
        )
    }

    /// Accepted, run by a handler that does nothing, completed: all three in the log, accepted and completed synced.
    func lifecycles(outstanding: Int, jobs: Int) async throws {
        let queue = try await self.queue(workers: outstanding)
        let (start, cpu) = (self.now(), self.cpuSeconds())
        let batch = outstanding >= 1_000 ? 1_000 : 1
        try await self.take(queue, callers: batch == 1 ? outstanding : 1, batch: batch, jobs: jobs)
        try await queue.waitUntilIdle()
        let (seconds, used) = (self.now() - start, self.cpuSeconds() - cpu)
        let status = try await queue.status()
        try await queue.stop(now: true)
        try self.report(
            BenchLine(
                tier: "lifecycles (enqueue, run noop, ack)",
                callers: outstanding,
                batch: batch,
                jobs: status.jobs.completed,
                seconds: seconds,
                per_second: Double(status.jobs.completed) / seconds,
                cpu_seconds: used,
                log_bytes_per_job: Double(status.wal.bytes) / Double(max(1, status.jobs.completed))
            )
        )
    }

    /// A store of many pending jobs, opened again: from the log and the last snapshot, as after a crash.
    func recovery(pending: Int) async throws {
        let queue = try await self.queue(workers: 0)
        try await self.take(queue, callers: 1, batch: 1_000, jobs: pending)
        try await queue.stop(now: true)
        let start = self.now()
        let again = try await self.reopen(workers: 0)
        let seconds = self.now() - start
        let status = try await again.status()
        try await again.stop(now: true)
        try self.report(
            BenchLine(
                tier: "start with \(PeopleText.grouped(status.jobs.enqueuedTotal)) pending "
                    + "(snapshot to \(status.recovery.snapshotSequence), \(status.recovery.replayedRecords) records replayed)",
                jobs: pending,
                seconds: seconds
            )
        )
    }
}
