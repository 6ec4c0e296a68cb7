import BeaverQueue
import FoundationEssentials
import Glibc

/// What things cost in stores of 1,000 jobs, ten times as many, and so on.
struct BenchGrowth {
    let directory: String
    let isJSON: Bool

    /// One size of store.
    struct Row: Encodable {
        var kind = "growth"
        var jobs: Int
        var enqueueMicroseconds = 0.0
        var lifecycleMicroseconds = 0.0
        var dispatchMicroseconds = 0.0
        var pageMicroseconds = 0.0
        var deepPageMicroseconds = 0.0
        var lookupMicroseconds = 0.0
        var filterMilliseconds = 0.0
        var snapshotMilliseconds = 0.0
        var startMilliseconds = 0.0
        var replayMilliseconds = 0.0
        var memoryMiB = 0.0

        enum CodingKeys: String, CodingKey {
            case kind, jobs
            case enqueueMicroseconds = "enqueue_us_each"
            case lifecycleMicroseconds = "lifecycle_us_each"
            case dispatchMicroseconds = "run_all_us_each"
            case pageMicroseconds = "first_page_us"
            case deepPageMicroseconds = "last_page_us"
            case lookupMicroseconds = "one_job_us"
            case filterMilliseconds = "filter_ms"
            case snapshotMilliseconds = "snapshot_ms"
            case startMilliseconds = "start_snapshot_ms"
            case replayMilliseconds = "start_log_ms"
            case memoryMiB = "memory_mib"
        }

        static let headings = [
            "jobs", "enqueue µs", "lifecycle µs", "run all µs", "page µs", "far page µs", "one job µs", "filter ms",
            "snapshot ms", "start ms", "from log ms", "MiB",
        ]

        var cells: [String] {
            func text(_ value: Double) -> String {
                value < 10 ? "\((value * 100).rounded() / 100)" : PeopleText.grouped(Int(value.rounded()))
            }
            let values = [
                self.enqueueMicroseconds, self.lifecycleMicroseconds, self.dispatchMicroseconds, self.pageMicroseconds,
                self.deepPageMicroseconds, self.lookupMicroseconds, self.filterMilliseconds, self.snapshotMilliseconds,
                self.startMilliseconds, self.replayMilliseconds, self.memoryMiB,
            ]
            return [PeopleText.grouped(self.jobs)] + values.map(text)
        }
    }

    private static let legend = """

        enqueue, lifecycle: of each of 50,000 jobs more, in batches of 1,000, beside so many stored; run all: of each of the
        stored ones until all are completed; page: 50 jobs of a list, the first page and one in the middle; one job: its
        details by id; filter: the count of jobs whose id matches a pattern, all looked at; start: from the newest snapshot,
        and from the log alone, warm; MiB: memory of the process with all stored, less what it had empty.

        """

    /// Each row as soon as it is there: the last one takes as long as all before it, ten times over.
    func run(upTo largest: Int, _ machine: BenchMachine) async throws {
        if self.isJSON {
            try Output.json(machine)
        } else {
            machine.lines.forEach(Output.line)
            Output.line(Self.legend)
            Output.line(Self.padded(Row.headings))
        }
        var jobs = 1_000
        while jobs <= largest {
            let row = try await self.row(jobs)
            if self.isJSON { try Output.json(row) } else { Output.line(Self.padded(row.cells)) }
            jobs *= 10
        }
    }

    private static func padded(_ cells: [String]) -> String {
        zip(cells, Row.headings).map { cell, heading in
            String(repeating: " ", count: max(0, max(10, heading.count) - cell.count)) + cell
        }.joined(separator: "  ")
    }

    private static func seconds(_ body: () async throws -> Void) async rethrows -> Double {
        let start = BenchClock.now()
        try await body()
        return BenchClock.now() - start
    }

    /// The median of several.
    private static func median(_ count: Int = 5, _ body: () async throws -> Void) async rethrows -> Double {
        var times: [Double] = []
        for _ in 0..<count { times.append(try await self.seconds(body)) }
        return times.sorted()[count / 2]
    }

    private static let more = 50_000

    private func row(_ jobs: Int) async throws -> Row {
        var row = Row(jobs: jobs)
        let bench = BenchQueue(directory: self.directory)
        func noSnapshots(_ configuration: inout QueueConfiguration) {
            configuration.snapshot.intervalMilliseconds = 86_400_000
            configuration.log.keepBytes = .max
        }
        let queue = try await bench.openNew(workers: 1, noSnapshots)
        let empty = BenchClock.memoryBytes()
        // No handler has this name: they wait.
        try await BenchQueue.take(queue, callers: 1, batch: 1_000, jobs: jobs, action: "stored", name: "stored")
        row.memoryMiB = Double(max(0, BenchClock.memoryBytes() - empty)) / 1_048_576
        try await self.look(queue, &row)
        // Once: a second one would find nothing new.
        row.snapshotMilliseconds = try await Self.seconds { _ = try await queue.snapshot() } * 1e3
        try await queue.stop(now: true)
        row.startMilliseconds = try await self.start(bench, noSnapshots)
        BenchFiles.all(below: bench.data + "/snapshot").forEach(BenchFiles.remove)
        row.replayMilliseconds = try await self.start(bench, noSnapshots)
        try await self.load(bench, &row, noSnapshots)
        return row
    }

    /// Lists and details.
    private func look(_ queue: Queue, _ row: inout Row) async throws {
        row.pageMicroseconds =
            try await Self.median { _ = try await queue.jobs(matching: JobFilter(), after: nil, limit: 50) } * 1e6
        var cursor: JobCursor?
        // Pages as large as there are, to half way.
        for _ in 0..<max(1, row.jobs / 2_000) {
            cursor = try await queue.jobs(matching: JobFilter(), after: cursor, limit: 1_000).next
        }
        row.deepPageMicroseconds =
            try await Self.median { _ = try await queue.jobs(matching: JobFilter(), after: cursor, limit: 50) } * 1e6
        row.lookupMicroseconds = try await Self.median { _ = try await queue.job("stored-0-\(row.jobs / 3)") } * 1e6
        var filter = JobFilter()
        filter.id = "*-\(row.jobs - 1)"
        row.filterMilliseconds =
            try await Self.median(row.jobs < 1_000_000 ? 3 : 1) {
                guard try await queue.count(matching: filter) == 1 else {
                    throw CommandFailure(.failed, "the filter did not find its job")
                }
            } * 1e3
    }

    private func start(_ bench: BenchQueue, _ change: (inout QueueConfiguration) -> Void) async throws -> Double {
        var times: [Double] = []
        for _ in 0..<3 {
            let start = BenchClock.now()
            let queue = try await bench.open(workers: 1, change)
            times.append(BenchClock.now() - start)
            try await queue.stop(now: true)
        }
        return times.sorted()[1] * 1e3
    }

    private static func take(_ queue: Queue, _ action: String, _ round: Int) async throws {
        try await BenchQueue.take(
            queue,
            callers: 1,
            batch: 1_000,
            jobs: Self.more,
            action: action,
            name: "\(action)-\(round)"
        )
    }

    /// More jobs beside those that wait; then those.
    private func load(
        _ bench: BenchQueue,
        _ row: inout Row,
        _ change: (inout QueueConfiguration) -> Void
    ) async throws {
        let before = try await bench.open(workers: 1_000, handlers: ["fresh"], change)
        var round = 0
        row.enqueueMicroseconds =
            try await Self.median(3) {
                round += 1
                try await Self.take(before, "later", round)
            } / Double(Self.more) * 1e6
        row.lifecycleMicroseconds =
            try await Self.median(3) {
                round += 1
                try await Self.take(before, "fresh", round)
                try await before.waitUntilIdle()
            } / Double(Self.more) * 1e6
        try await before.stop(now: true)
        let after = try await bench.open(workers: 1_000, handlers: ["stored"], change)
        row.dispatchMicroseconds = try await Self.seconds { try await after.waitUntilIdle() } / Double(row.jobs) * 1e6
        let completed = try await after.status().jobs.completed
        try await after.stop(now: true)
        guard completed >= min(row.jobs, 100_000) else {
            throw CommandFailure(.failed, "\(completed) jobs completed of \(row.jobs)")
        }
    }
}
