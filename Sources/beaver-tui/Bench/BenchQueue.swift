import BeaverQueue
import FoundationEssentials
import Glibc

/// Tiers inside of this process: the library, without doors.
struct BenchQueue {
    let directory: String

    var data: String { self.directory + "/data" }

    func open(
        workers: Int,
        isPaused: Bool = false,
        handlers: [String] = [],
        _ change: (inout QueueConfiguration) -> Void = { _ in }
    ) async throws -> Queue {
        var configuration = QueueConfiguration(dataDirectory: self.data)
        configuration.worker.count = workers
        change(&configuration)
        let queue = Queue(configuration)
        for action in handlers { queue.handle(action) { _ in } }
        try await queue.start()
        if isPaused { try await queue.pause() }
        return queue
    }

    /// With an empty directory.
    func openNew(
        workers: Int,
        isPaused: Bool = false,
        handlers: [String] = [],
        _ change: (inout QueueConfiguration) -> Void = { _ in }
    ) async throws -> Queue {
        BenchFiles.remove(self.data)
        return try await self.open(workers: workers, isPaused: isPaused, handlers: handlers, change)
    }

    static func job(_ name: String, _ caller: Int, _ number: Int, _ action: String) -> NewJob {
        var payload: [UInt8] = []
        payload.reserveCapacity(BenchPayload.byteCount)
        BenchPayload.noop.append(number, to: &payload)
        return NewJob(id: "\(name)-\(caller)-\(number)", payload: payload, action: action)
    }

    /// `callers` at the same time, each with one call of `batch` jobs after the other, and what else it does after each.
    static func take(
        _ queue: Queue,
        callers: Int,
        batch: Int,
        jobs: Int,
        action: String,
        name: String = "job",
        then: @escaping @Sendable (_ caller: Int, _ first: Int) async throws -> Void = { _, _ in }
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for round in 0..<jobs / callers / batch {
                        let first = round * batch
                        try await queue.enqueue((first..<first + batch).map { Self.job(name, caller, $0, action) })
                        try await then(caller, first)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Runs `body`, which completes `jobs` operations; `count` says how many there are then.
    private func measured(
        _ queue: Queue,
        jobs: Int,
        of count: KeyPath<QueueStatus.Jobs, Int>,
        _ body: () async throws -> Void
    ) async throws -> Sample {
        let before = try await queue.status()
        let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds())
        try await body()
        let (seconds, used) = (BenchClock.now() - start, BenchClock.cpuSeconds() - cpu)
        let after = try await queue.status()
        let counted = after.jobs[keyPath: count] - before.jobs[keyPath: count]
        guard counted == jobs else {
            throw CommandFailure(.failed, "the queue counts \(counted) operations of \(jobs): no figure comes of that")
        }
        let bytes = after.wal.bytes - before.wal.bytes
        return Sample(operations: jobs, seconds: seconds, cpuSeconds: used, logBytes: bytes)
    }

    /// Behind a few calls that are not counted, as a queue is that has been up for a while.
    func enqueue(callers: Int, batch: Int, jobs: Int) async throws -> Sample {
        let queue = try await self.openNew(workers: 1, isPaused: true)
        let before = 20 * callers * batch
        try await Self.take(queue, callers: callers, batch: batch, jobs: before, action: "noop", name: "w")
        let sample = try await self.measured(queue, jobs: jobs, of: \.enqueuedTotal) {
            try await Self.take(queue, callers: callers, batch: batch, jobs: jobs, action: "noop")
        }
        try await queue.stop(now: true)
        return sample
    }

    /// Accepted, run, completed: all in the log, accepted and completed synced.
    enum Load {
        /// Each caller enqueues one job, waits until that has ended on disk, and so on.
        case oneByOne(callers: Int)
        /// One caller enqueues so many, waits until all have ended on disk, and so on.
        case inTurns(batch: Int)
        /// Callers enqueue batches as fast as they are taken.
        case streaming(callers: Int, batch: Int)

        /// As many jobs as each caller takes in whole batches, and at least one batch.
        func whole(_ jobs: Int) -> Int {
            let step =
                switch self {
                case .oneByOne(let callers): callers
                case .inTurns(let batch): batch
                case .streaming(let callers, let batch): callers * batch
                }
            return max(1, jobs / step) * step
        }
    }

    /// `handler`: "noop" is the queue's own, any other a Swift closure that does nothing.
    func lifecycles(_ load: Load, handler: String, workers: Int, jobs: Int) async throws -> Sample {
        let queue = try await self.openNew(workers: workers, handlers: handler == "noop" ? [] : [handler])
        let jobs = load.whole(jobs)
        try await self.lifecycles(queue, load, handler, jobs: load.whole(jobs / 10), name: "w")
        let sample = try await self.measured(queue, jobs: jobs, of: \.completed) {
            try await self.lifecycles(queue, load, handler, jobs: jobs, name: "job")
        }
        try await queue.stop(now: true)
        return sample
    }

    private func lifecycles(_ queue: Queue, _ load: Load, _ action: String, jobs: Int, name: String) async throws {
        switch load {
        case .oneByOne(let callers):
            try await Self.take(queue, callers: callers, batch: 1, jobs: jobs, action: action, name: name) {
                _ = try await queue.waitUntilEnded("\(name)-\($0)-\($1)")
            }
        case .inTurns(let batch):
            try await Self.take(queue, callers: 1, batch: batch, jobs: jobs, action: action, name: name) { _, _ in
                try await queue.waitUntilIdle()
            }
        case .streaming(let callers, let batch):
            try await Self.take(queue, callers: callers, batch: batch, jobs: jobs, action: action, name: name)
            try await queue.waitUntilIdle()
        }
    }
}

/// Real commands: `/bin/true`, again and again.
struct BenchProcesses {
    let bench: BenchQueue
    let slots: Int
    let jobs: Int

    /// As jobs, all of them waiting before the clock starts.
    func queued() async throws -> Sample {
        let queue = try await self.bench.openNew(workers: self.slots) {
            $0.handlers["true"] = HandlerConfiguration(.command(["/bin/true"]))
        }
        try await queue.pause()
        try await BenchQueue.take(queue, callers: 1, batch: 100, jobs: self.jobs, action: "true")
        let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds(children: true))
        try await queue.resume()
        try await queue.waitUntilIdle()
        let seconds = BenchClock.now() - start
        let completed = try await queue.status().jobs.completed
        try await queue.stop(now: true)
        guard completed == self.jobs else {
            throw CommandFailure(.failed, "\(completed) of \(self.jobs) jobs completed")
        }
        return self.sample(seconds, BenchClock.cpuSeconds(children: true) - cpu)
    }

    /// The bare loop: posix_spawn, so many at the same time, each awaited.
    func bare() throws -> Sample {
        let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds(children: true))
        var running: [pid_t] = []
        for number in 0..<self.jobs + self.slots {
            if running.count == self.slots || number >= self.jobs {
                var status: CInt = 0
                let pid = waitpid(-1, &status, 0)
                guard pid > 0 else { break }
                BenchProcess.forget(pid)
                running.removeAll { $0 == pid }
            }
            if number < self.jobs { running.append(try BenchProcess.spawn(["/bin/true"], output: "/dev/null")) }
        }
        return self.sample(BenchClock.now() - start, BenchClock.cpuSeconds(children: true) - cpu)
    }

    /// As people do without a queue.
    func xargs(_ program: String) throws -> Sample {
        let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds(children: true))
        let numbers = self.bench.directory + "/numbers"
        let text = (1...self.jobs).map { "\($0)\n" }.joined()
        try Data(text.utf8).write(to: URL(filePath: numbers))
        try BenchProcess.run(
            [program, "-a", numbers, "-P", "\(self.slots)", "-n", "1", "/bin/true"],
            output: self.bench.directory + "/xargs.log"
        )
        return self.sample(BenchClock.now() - start, BenchClock.cpuSeconds(children: true) - cpu)
    }

    private func sample(_ seconds: Double, _ cpuSeconds: Double) -> Sample {
        Sample(operations: self.jobs, seconds: seconds, cpuSeconds: cpuSeconds)
    }
}
