import BeaverQueue
import FoundationEssentials
import Glibc

/// Tiers inside of this process: the library, without doors.
struct BenchQueue {
    let directory: String

    var data: String { self.directory + "/data" }

    static let payload = Array(
        (#"{"action":"noop","value":42,"text":""# + String(repeating: "abcdefghij", count: 8) + #""}"#).utf8
    )

    /// A 160-byte write into a file of zeros, then fdatasync: what one durable job costs at least.
    func rawSync() throws -> Sample {
        let file = try FileStorage().open(self.directory + "/raw", .createOrTruncate)
        defer { file.close() }
        try file.write([UInt8](repeating: 0, count: 4 << 20).span.bytes, at: 0)
        try file.synchronizeData()
        let record = [UInt8](repeating: 7, count: 160)
        let (count, start) = (5_000, BenchClock.now())
        for number in 0..<count {
            try file.write(record.span.bytes, at: Int64(number * 160))
            try file.synchronizeData()
        }
        return Sample(operations: count, seconds: BenchClock.now() - start)
    }

    func open(workers: Int, _ change: (inout QueueConfiguration) -> Void = { _ in }) async throws -> Queue {
        var configuration = QueueConfiguration(dataDirectory: self.data)
        configuration.worker.count = max(1, workers)
        change(&configuration)
        let queue = Queue(configuration)
        try await queue.start()
        if workers == 0 { try await queue.pause() }
        return queue
    }

    /// With an empty directory.
    func openNew(workers: Int, _ change: (inout QueueConfiguration) -> Void = { _ in }) async throws -> Queue {
        try? FileManager.default.removeItem(atPath: self.data)
        return try await self.open(workers: workers, change)
    }

    /// `callers` at the same time, each with one call of `batch` jobs after the other.
    static func take(
        _ queue: Queue,
        callers: Int,
        batch: Int,
        jobs: Int,
        action: String = "noop",
        name: String = "job"
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for round in 0..<jobs / callers / batch {
                        let first = round * batch
                        _ = try await queue.enqueue(
                            (first..<first + batch).map { number in
                                NewJob(id: "\(name)-\(caller)-\(number)", payload: Self.payload, action: action)
                            }
                        )
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func measured(_ queue: Queue, _ body: () async throws -> Int) async throws -> Sample {
        let before = try await queue.status().wal.bytes
        let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds())
        let count = try await body()
        let (seconds, used) = (BenchClock.now() - start, BenchClock.cpuSeconds() - cpu)
        let bytes = try await queue.status().wal.bytes - before
        return Sample(operations: count, seconds: seconds, cpuSeconds: used, logBytes: bytes)
    }

    func enqueue(callers: Int, batch: Int, jobs: Int) async throws -> Sample {
        let queue = try await self.openNew(workers: 0)
        let sample = try await self.measured(queue) {
            try await Self.take(queue, callers: callers, batch: batch, jobs: jobs)
            return try await queue.status().jobs.enqueuedTotal
        }
        try await queue.stop(now: true)
        return sample
    }

    /// Accepted, run by a handler that does nothing, completed: all three in the log, accepted and completed synced.
    func lifecycles(outstanding: Int, callers: Int, batch: Int, jobs: Int) async throws -> Sample {
        let queue = try await self.openNew(workers: outstanding)
        let sample = try await self.measured(queue) {
            try await Self.take(queue, callers: callers, batch: batch, jobs: jobs)
            try await queue.waitUntilIdle()
            return try await queue.status().jobs.completed
        }
        try await queue.stop(now: true)
        return sample
    }

    /// Jobs that run `/bin/true`, with so many workers.
    func commands(workers: Int, jobs: Int) async throws -> Sample {
        let queue = try await self.openNew(workers: workers) {
            $0.handlers["true"] = HandlerConfiguration(.command(["/bin/true"]))
        }
        try await queue.pause()
        try await Self.take(queue, callers: 1, batch: 500, jobs: jobs, action: "true")
        let sample = try await self.measured(queue) {
            try await queue.resume()
            try await queue.waitUntilIdle()
            return try await queue.status().jobs.completed
        }
        try await queue.stop(now: true)
        return sample
    }

    /// The bare loop: `/bin/true` by posix_spawn, so many at the same time, each awaited.
    static func bareCommands(slots: Int, jobs: Int) throws -> Sample {
        let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds())
        var running = 0
        for number in 0..<jobs + slots {
            if running == slots || number >= jobs {
                var status: CInt = 0
                guard running > 0, waitpid(-1, &status, 0) > 0 else { continue }
                running -= 1
            }
            guard number < jobs else { continue }
            _ = try BenchProcess.spawn(["/bin/true"], output: "/dev/null")
            running += 1
        }
        let seconds = BenchClock.now() - start
        return Sample(operations: jobs, seconds: seconds, cpuSeconds: BenchClock.cpuSeconds() - cpu)
    }

    /// How a start with many pending is to find its files.
    enum Files {
        case snapshot
        case logAlone
    }

    /// A store of many pending jobs that ends as by SIGKILL; the seconds until it has started again.
    func starts(pending: Int, from files: Files, runs: Int) async throws -> [Sample] {
        let queue = try await self.openNew(workers: 0) { configuration in
            guard files == .logAlone else { return }
            configuration.snapshot.intervalMilliseconds = 86_400_000
            configuration.log.keepBytes = .max
        }
        try await Self.take(queue, callers: 1, batch: 1_000, jobs: pending)
        if files == .snapshot { _ = try await queue.snapshot() }
        try await queue.stop(now: true)
        if files == .logAlone {
            let snapshots = self.data + "/snapshot"
            for name in try FileManager.default.contentsOfDirectory(atPath: snapshots) {
                try FileManager.default.removeItem(atPath: snapshots + "/" + name)
            }
        }
        var samples: [Sample] = []
        for _ in 0..<runs {
            let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds())
            let again = try await self.open(workers: 1) { $0.snapshot.intervalMilliseconds = 86_400_000 }
            let (seconds, used) = (BenchClock.now() - start, BenchClock.cpuSeconds() - cpu)
            guard try await again.status().jobs.enqueuedTotal == pending else {
                throw CommandFailure(.failed, "the store came back with other jobs than it had")
            }
            try await again.stop(now: true)
            samples.append(Sample(operations: 1, seconds: seconds, cpuSeconds: used))
        }
        return samples
    }
}
