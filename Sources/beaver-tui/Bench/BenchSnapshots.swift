import BeaverQueue
import FoundationEssentials
import Glibc

/// What a snapshot of many stored jobs costs those who use the queue meanwhile.
struct BenchSnapshots {
    let runs: BenchRuns
    let stored: Int

    private static let callers = 64

    /// What the callers did since it was last asked.
    private struct Progress {
        var count = 0
        var last = BenchClock.now()
        var longestPause = 0.0
        var isOver = false

        mutating func noteEnd() {
            let now = BenchClock.now()
            self.count += 1
            self.longestPause = max(self.longestPause, now - self.last)
            self.last = now
        }
    }

    private struct Window {
        var sample: Sample
        var pause: Sample

        init(_ progress: Progress, seconds: Double) {
            self.sample = Sample(operations: progress.count, seconds: seconds)
            self.pause = Sample(operations: 1, seconds: progress.longestPause)
        }
    }

    func run() async throws {
        let name = "lifecycle, \(PeopleText.grouped(self.stored)) stored"
        let lines = [
            BenchLine("\(name), no snapshot", outstanding: Self.callers, batch: 1),
            BenchLine("\(name), during a snapshot", outstanding: Self.callers, batch: 1),
            BenchLine("longest time in which no job completed, no snapshot"),
            BenchLine("longest time in which no job completed, snapshot"),
        ]
        guard lines.contains(where: { self.runs.isWanted($0) }) else { return }
        let bench = BenchQueue(directory: self.runs.directory)
        let queue = try await bench.openNew(workers: Self.callers, handlers: ["closure"]) {
            // Only those that are asked for.
            $0.snapshot.intervalMilliseconds = 86_400_000
            $0.log.keepBytes = .max
        }
        // No handler has this name, so that they stay.
        try await BenchQueue.take(queue, callers: 1, batch: 1_000, jobs: self.stored, action: "stored", name: "stored")
        var (quiet, during): ([Window], [Window]) = ([], [])
        let progress = Lock(Progress())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<Self.callers {
                group.addTask { try await Self.call(queue, caller, progress) }
            }
            try await Task.sleep(for: .milliseconds(500))
            for _ in 0..<self.runs.runs {
                let window = try await Self.window(progress) { _ = try await queue.snapshot() }
                during.append(window)
                // As long: what comes round every few seconds, the log's next segment, say, then falls into both.
                let seconds = max(2, min(20, window.sample.seconds))
                quiet.append(try await Self.window(progress) { try await Task.sleep(for: .seconds(seconds)) })
            }
            progress.withLock { $0.isOver = true }
            try await group.waitForAll()
        }
        try await queue.stop(now: true)
        try self.report(lines, quiet, during)
    }

    private func report(_ lines: [BenchLine], _ quiet: [Window], _ during: [Window]) throws {
        var lines = lines
        lines[0].take(quiet.map(\.sample))
        lines[1].take(during.map(\.sample))
        lines[2].take(quiet.map(\.pause))
        lines[3].take(during.map(\.pause))
        if let measure = lines[0].perSecond?.median, let own = lines[1].perSecond?.median,
            let seconds = lines[1].seconds?.median
        {
            lines[1].percent = own / measure * 100
            lines[1].note =
                "\(Int((own / measure * 100).rounded())) % of that without; the snapshot took "
                + "\((seconds * 100).rounded() / 100) s"
        }
        for line in lines { try self.runs.report.report(line) }
    }

    private static func call(_ queue: Queue, _ caller: Int, _ progress: Lock<Progress>) async throws {
        var number = 0
        while !progress.withLock({ $0.isOver }) {
            let job = BenchQueue.job("job", caller, number, "closure")
            try await queue.enqueue([job])
            _ = try await queue.waitUntilEnded(job.id ?? "")
            progress.withLock { $0.noteEnd() }
            number += 1
        }
    }

    private static func window(_ progress: Lock<Progress>, _ body: () async throws -> Void) async throws -> Window {
        progress.withLock { $0 = Progress() }
        let start = BenchClock.now()
        try await body()
        let seconds = BenchClock.now() - start
        return Window(progress.withLock { $0 }, seconds: seconds)
    }
}
