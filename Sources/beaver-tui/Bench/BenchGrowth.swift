import BeaverQueue
import FoundationEssentials
import Glibc

/// What a job, a page and a start cost in stores of 1,000 jobs, ten times as many, and so on.
struct BenchGrowth {
    let directory: String
    let isJSON: Bool

    /// One size of store.
    struct Row: Encodable {
        var jobs: Int
        var enqueueMicroseconds = 0.0
        var lifecycleMicroseconds = 0.0
        var pageMicroseconds = 0.0
        var filterMilliseconds = 0.0
        var snapshotMilliseconds = 0.0
        var startMilliseconds = 0.0
        var replayMilliseconds = 0.0
        var memoryBytesEach = 0.0

        enum CodingKeys: String, CodingKey {
            case jobs
            case enqueueMicroseconds = "enqueue_us_each"
            case lifecycleMicroseconds = "lifecycle_us_each"
            case pageMicroseconds = "list_page_us"
            case filterMilliseconds = "filter_ms"
            case snapshotMilliseconds = "snapshot_ms"
            case startMilliseconds = "start_snapshot_ms"
            case replayMilliseconds = "start_log_ms"
            case memoryBytesEach = "memory_bytes_each"
        }

        var cells: [String] {
            func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
            return [
                PeopleText.grouped(self.jobs), text(self.enqueueMicroseconds), text(self.lifecycleMicroseconds),
                text(self.pageMicroseconds), text(self.filterMilliseconds), text(self.snapshotMilliseconds),
                text(self.startMilliseconds), text(self.replayMilliseconds), text(self.memoryBytesEach),
            ]
        }
    }

    func run(upTo largest: Int) async throws {
        let machine = BenchMachine(self.directory)
        if self.isJSON { try Output.json(machine) } else { machine.lines.forEach(Output.line) }
        var rows: [Row] = []
        var jobs = 1_000
        while jobs <= largest {
            let row = try await self.row(jobs)
            if self.isJSON { try Output.json(row) }
            rows.append(row)
            jobs *= 10
        }
        guard !self.isJSON else { return }
        var table = Table(
            [
                "jobs", "enqueue µs", "lifecycle µs", "page of 50 µs", "filter ms", "snapshot ms", "start ms",
                "start from log ms", "bytes each",
            ].map { Table.Column(heading: $0, isNumber: true) }
        )
        for row in rows { table.add(row.cells) }
        for line in table.lines(width: nil) { Output.line(line) }
    }

    private static func seconds(_ body: () async throws -> Void) async rethrows -> Double {
        let start = BenchClock.now()
        try await body()
        return BenchClock.now() - start
    }

    /// The median of several.
    private static func median(_ body: () async throws -> Void) async rethrows -> Double {
        var times: [Double] = []
        for _ in 0..<5 { times.append(try await self.seconds(body)) }
        return times.sorted()[2]
    }

    private func row(_ jobs: Int) async throws -> Row {
        var row = Row(jobs: jobs)
        let bench = BenchQueue(directory: self.directory)
        func keepAll(_ configuration: inout QueueConfiguration) {
            configuration.snapshot.intervalMilliseconds = 86_400_000
            configuration.log.keepBytes = .max
        }
        let queue = try await bench.openNew(workers: 0, keepAll)
        let empty = BenchClock.anonymousBytes()
        row.enqueueMicroseconds =
            try await Self.seconds {
                try await BenchQueue.take(queue, callers: 1, batch: min(1_000, jobs), jobs: jobs)
            } / Double(jobs) * 1e6
        row.memoryBytesEach = Double(max(0, BenchClock.anonymousBytes() - empty)) / Double(jobs)
        row.pageMicroseconds =
            try await Self.median { _ = try await queue.jobs(matching: JobFilter(), after: nil, limit: 50) } * 1e6
        var filter = JobFilter()
        // Matches the last one alone, so that all are looked at.
        filter.id = "*-\(jobs - 1)"
        row.filterMilliseconds =
            try await Self.seconds { _ = try await queue.count(matching: filter) } * 1e3
        row.snapshotMilliseconds = try await Self.seconds { _ = try await queue.snapshot() } * 1e3
        try await queue.stop(now: true)
        row.startMilliseconds = try await self.start(bench, keepAll)
        let snapshots = bench.data + "/snapshot"
        for name in try FileManager.default.contentsOfDirectory(atPath: snapshots) {
            try FileManager.default.removeItem(atPath: snapshots + "/" + name)
        }
        row.replayMilliseconds = try await self.start(bench, keepAll)
        row.lifecycleMicroseconds = try await self.lifecycle(bench, jobs, keepAll)
        return row
    }

    private func start(_ bench: BenchQueue, _ change: (inout QueueConfiguration) -> Void) async throws -> Double {
        let start = BenchClock.now()
        let queue = try await bench.open(workers: 1, change)
        let milliseconds = (BenchClock.now() - start) * 1e3
        try await queue.stop(now: true)
        return milliseconds
    }

    /// Of 10,000 jobs more, while all the others wait behind them.
    private func lifecycle(
        _ bench: BenchQueue,
        _ jobs: Int,
        _ change: (inout QueueConfiguration) -> Void
    ) async throws -> Double {
        let queue = try await bench.open(workers: 1_000) { configuration in
            change(&configuration)
            // Those that wait have no handler, so that only the new ones run.
            configuration.handlers["noop"] = HandlerConfiguration(.exec)
            configuration.handlers["fresh"] = HandlerConfiguration(.noop)
        }
        try await queue.resume()
        let count = 50_000
        let seconds = try await Self.seconds {
            try await BenchQueue.take(queue, callers: 1, batch: 1_000, jobs: count, action: "fresh", name: "new")
            while try await queue.status().jobs.completed < count { usleep(500) }
        }
        try await queue.stop(now: true)
        return seconds / Double(count) * 1e6
    }
}
