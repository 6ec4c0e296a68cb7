import ArgumentParser
import BeaverQueue
import FoundationEssentials
import Glibc

/// What this machine and this build can do, measured here and now.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Throughput and recovery, measured in a scratch directory; --compare: against other queues.",
        discussion: """
            Every enqueue is durable (sync always). Each line names its concurrency and batch, the median of several runs \
            and their spread; the raw rate of write and fdatasync of the same disk is measured between them. Run it on a \
            quiet machine.
            """
    )

    @OptionGroup var globals: GlobalOptions

    @Option(help: "Where the scratch directory is made: on the disk to be measured.")
    var scratch = "."

    @Option(help: "How often each tier is measured.")
    var runs = 3

    @Option(help: "Only tiers with this word in their name.")
    var only: String?

    @Option(help: "Pending jobs of the start tiers and of enqueue --file; with --growth, the largest store.")
    var pending = 1_000_000

    @Flag(help: "Also Redis, beanstalkd and PostgreSQL, as far as they are installed, each as durable as this queue.")
    var compare = false

    @Flag(help: "How cost grows with the number of jobs, instead of the tiers.")
    var growth = false

    func validate() throws {
        guard (1...99).contains(self.runs) else { throw ValidationError("--runs is 1 to 99") }
        guard self.pending >= 1_000 else { throw ValidationError("--pending is 1000 or more") }
    }

    mutating func run() async throws {
        let directory = AbsolutePath.of("\(self.scratch)/beaver-bench.\(getpid())")
        try FileStorage().createDirectory(directory)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let report = BenchReport(isJSON: self.globals.json)
        if self.growth {
            return try await BenchGrowth(directory: directory, isJSON: self.globals.json).run(upTo: self.pending)
        }
        try report.begin(BenchMachine(directory))
        try await BenchTiers(
            report: report,
            directory: directory,
            runs: self.runs,
            only: self.only,
            pending: self.pending
        ).run()
        if self.compare {
            try BenchPeers(report: report, directory: directory, runs: self.runs, only: self.only).run()
        }
    }
}

/// The tiers, in the order in which they are printed.
struct BenchTiers {
    let report: BenchReport
    let directory: String
    let runs: Int
    let only: String?
    let pending: Int

    private var inside: BenchQueue { BenchQueue(directory: self.directory) }

    func run() async throws {
        try await self.enqueues()
        try await self.doors()
        try await self.lifecycles()
        try await self.commands()
        for (files, name) in [(BenchQueue.Files.snapshot, "snapshot"), (.logAlone, "log alone")] {
            let tier = "start, \(PeopleText.grouped(self.pending)) pending, \(name)"
            guard self.isWanted(tier) else { continue }
            let samples = try await self.inside.starts(pending: self.pending, from: files, runs: self.runs)
            try self.report.report(BenchLine(tier, samples))
        }
    }

    private func isWanted(_ tier: String) -> Bool { self.only.map { tier.contains($0) } ?? true }

    /// Measures one tier.
    private func tier(
        _ name: String,
        outstanding: Int? = nil,
        batch: Int? = nil,
        _ measure: () async throws -> Sample
    ) async throws {
        guard self.isWanted(name) else { return }
        var samples: [Sample] = []
        for _ in 0..<self.runs { samples.append(try await measure()) }
        try self.report.report(BenchLine(name, outstanding: outstanding, batch: batch, samples))
    }

    private func enqueues() async throws {
        if self.isWanted("enqueue") {
            // By turns, so that both see the disk as it is at that time.
            var (raw, one): ([Sample], [Sample]) = ([], [])
            for _ in 0..<self.runs {
                raw.append(try self.inside.rawSync())
                one.append(try await self.inside.enqueue(callers: 1, batch: 1, jobs: 10_000))
            }
            let rawLine = BenchLine("raw write + fdatasync of 160 bytes", outstanding: 1, batch: 1, raw)
            var line = BenchLine("enqueue", outstanding: 1, batch: 1, one)
            if let best = rawLine.perSecond?.median, let own = line.perSecond?.median { line.shareOfRaw = own / best }
            try self.report.report(rawLine)
            try self.report.report(line)
        }
        for (callers, batch, jobs) in [(64, 1, 256_000), (1, 1_000, 1_000_000), (4, 1_000, 1_000_000)] {
            try await self.tier("enqueue", outstanding: callers, batch: batch) {
                try await self.inside.enqueue(callers: callers, batch: batch, jobs: jobs)
            }
        }
    }

    private func doors() async throws {
        let doors = BenchDoors(directory: self.directory, program: "/proc/self/exe")
        for (callers, batch) in [(1, 1), (64, 1), (4, 1_000)] {
            try await self.tier("control socket: enqueue", outstanding: callers, batch: batch) {
                try await doors.enqueue(.controlSocket, callers: callers, batch: batch, seconds: 1.5)
            }
        }
        for (callers, batch) in [(1, 1), (64, 1), (4, 1_000)] {
            try await self.tier("HTTP: enqueue", outstanding: callers, batch: batch) {
                try await doors.enqueue(.tcp, callers: callers, batch: batch, seconds: 1.5)
            }
        }
        guard self.isWanted("enqueue --file") else { return }
        var (samples, memory): ([Sample], Int) = ([], 0)
        for _ in 0..<self.runs {
            let (sample, clientKiB) = try await doors.enqueueFile(jobs: self.pending)
            samples.append(sample)
            memory = max(memory, clientKiB)
        }
        var line = BenchLine("enqueue --file, \(PeopleText.grouped(self.pending)) jobs", samples)
        line.note = "the command itself took \(memory >> 10) MiB of private memory at most"
        try self.report.report(line)
    }

    private func lifecycles() async throws {
        for (outstanding, callers, batch, jobs) in [(64, 64, 1, 192_000), (1_000, 1, 1_000, 500_000)] {
            try await self.tier("lifecycle", outstanding: outstanding, batch: batch) {
                try await self.inside.lifecycles(
                    outstanding: outstanding,
                    callers: callers,
                    batch: batch,
                    jobs: jobs
                )
            }
        }
    }

    private func commands() async throws {
        let slots = 8
        guard self.isWanted("/bin/true") else { return }
        var (bare, queued): ([Sample], [Sample]) = ([], [])
        for _ in 0..<self.runs {
            bare.append(try BenchQueue.bareCommands(slots: slots, jobs: 2_000))
            queued.append(try await self.inside.commands(workers: slots, jobs: 2_000))
        }
        let bareLine = BenchLine("/bin/true, bare posix_spawn loop", outstanding: slots, bare)
        var line = BenchLine("/bin/true as a job", outstanding: slots, queued)
        if let best = bareLine.perSecond?.median, let own = line.perSecond?.median {
            line.note = "\(Int((own / best * 100).rounded())) % of the bare loop"
        }
        try self.report.report(bareLine)
        try self.report.report(line)
    }
}
