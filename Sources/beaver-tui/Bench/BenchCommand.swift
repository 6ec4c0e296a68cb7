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
            and their spread; write and fdatasync alone, on the same disk, are measured before each run. Run it on a quiet \
            machine. Without --only it takes some minutes.
            """
    )

    @OptionGroup var globals: GlobalOptions

    @Option(help: "Where the scratch directory is made: on the disk to be measured.")
    var scratch = "."

    @Option(help: "How often each tier is measured.")
    var runs = 3

    @Option(help: "Only tiers with this text in their name, or of this system: redis, for example.")
    var only: String?

    @Option(help: "Pending jobs of the start tiers and of enqueue --file; with --growth, the largest store.")
    var pending = 1_000_000

    @Option(help: "Jobs of each lifecycle tier; without it as many as take a second or some.")
    var jobs: Int?

    @Flag(help: "Also Redis, beanstalkd and PostgreSQL, as far as they are installed, each as durable as this queue.")
    var compare = false

    @Flag(help: "How cost grows with the number of jobs, instead of the tiers.")
    var growth = false

    func validate() throws {
        guard (1...99).contains(self.runs) else { throw ValidationError("--runs is 1 to 99") }
        guard self.pending >= 1_000 else { throw ValidationError("--pending is 1000 or more") }
        guard self.jobs.map({ $0 >= 1_000 }) ?? true else { throw ValidationError("--jobs is 1000 or more") }
        guard !self.growth || (!self.compare && self.only == nil) else {
            throw ValidationError("--growth measures nothing but growth: it takes neither --compare nor --only")
        }
    }

    mutating func run() async throws {
        let directory = AbsolutePath.of("\(self.scratch)/beaver-bench.\(getpid())")
        try FileStorage().createDirectory(directory)
        let cleaning = BenchCleaning(directory: directory)
        let interruption = cleaning.begin()
        do {
            try await self.measure(in: directory)
        } catch {
            // Servers that were killed and files that went away are no failure of the measuring then: the signal is the end.
            if cleaning.hasBegun { await interruption.value }
            BenchCleaning.clean(directory)
            throw error
        }
        interruption.cancel()
        BenchCleaning.clean(directory)
    }

    private func measure(in directory: String) async throws {
        let machine = BenchMachine(directory)
        if self.growth {
            return try await BenchGrowth(directory: directory, isJSON: self.globals.json)
                .run(upTo: self.pending, machine)
        }
        let runs = BenchRuns(
            report: BenchReport(isJSON: self.globals.json),
            directory: directory,
            runs: self.runs,
            only: self.only
        )
        try runs.report.begin(machine)
        try await BenchTiers(runs: runs, pending: self.pending, lifecycleJobs: self.jobs).run()
        if self.compare { try await BenchPeers(runs: runs, pending: self.pending).run() }
        try runs.refuseVainName()
    }
}

/// Ends what was started and removes the scratch directory, however the end comes about: a store of millions of jobs is
/// large.
private final class BenchCleaning: Sendable {
    private let directory: String
    private let begun = Lock(false)
    private let signals = SignalStream([SIGINT, SIGTERM])

    init(directory: String) { self.directory = directory }

    /// A signal came: whatever fails from then on fails because of it.
    var hasBegun: Bool { self.begun.withLock { $0 } }

    /// Beside the measuring, which knows nothing of signals; to be cancelled at its end.
    func begin() -> Task<Void, Never> {
        Output.whenReaderIsGone { [directory] in
            Self.clean(directory)
            exit(ExitStatus.done.rawValue)
        }
        // It lives as long as the measuring, which is no task's child.
        return Task {
            for await number in self.signals.stream {
                self.begun.withLock { $0 = true }
                Self.clean(self.directory)
                exit(128 + number)
            }
        }
    }

    static func clean(_ directory: String) {
        BenchProcess.killAll()
        // What those have started ends a moment later, and may write until then.
        for _ in 0..<100 where access(directory, F_OK) == 0 {
            BenchFiles.remove(directory)
            usleep(20_000)
        }
    }
}
