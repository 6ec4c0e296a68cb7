import ArgumentParser
import BeaverConsole
import BeaverQueue
import FoundationEssentials
import Glibc

/// Kills a real server again and again and looks whether anything is lost.
struct CrashTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash-test",
        abstract: "SIGKILL under load, again and again, checked against a ledger outside of the queue.",
        discussion: """
            A real server in a scratch directory runs real commands for concurrent clients and is killed while it starts, \
            works, writes a snapshot, rolls its log, or drains. Every answer and every run is held against a file that the \
            commands append to and the queue does not know. The seed decides what is done and when; the machine decides \
            what that hits. Exit status 1 if anything acknowledged was lost, or anything completed ran again; everything is \
            then kept.
            """
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Option(help: "Lives of the server.")
    var cycles = 100

    @Option(help: "Jobs offered in each life.")
    var jobs = 60

    @Option(help: "Repeats the plan of another test; drawn and printed if not given.")
    var seed: UInt64?

    @Option(help: "Where the scratch directory is made: on the disk to be tested.")
    var scratch: String?

    @Option(help: "The program to be tested; this one if not given.")
    var program: String?

    func validate() throws {
        if self.cycles < 1 { throw ValidationError("--cycles must be at least 1") }
        if self.jobs < 1 { throw ValidationError("--jobs must be at least 1") }
    }

    mutating func run() async throws {
        let directory = try self.makeDirectory()
        let seed = self.seed ?? UInt64.random(in: 0..<1 << 32)
        self.globals.note("beaver-tui: crash test with seed \(seed) in \(directory)")
        let place = CrashServer.Place(
            program: self.program.map { AbsolutePath.resolved($0) } ?? "/proc/self/exe",
            directory: directory
        )
        let line = ProgressLine(cycles: self.cycles, isQuiet: self.globals.quiet)
        var test = try CrashTest(place: place, cycles: self.cycles, jobsPerCycle: self.jobs, seed: seed) {
            line.show($0)
        }
        defer { line.clear() }
        let interruption = CrashTestInterruption(place)
        let ending = interruption.begin()
        do {
            try await test.run()
        } catch {
            if interruption.hasBegun { await ending.value }
            guard let error = error as? QueueError else { throw error }
            throw CommandFailure(
                .failed,
                "\(error.message) (crash test with seed \(seed); everything that speaks about it lies in \(directory))"
            )
        }
        if interruption.hasBegun { await ending.value }
        ending.cancel()
        line.clear()
        var report = test.report
        if report.losses.isEmpty {
            try? FileManager.default.removeItem(atPath: directory)
        } else {
            report.evidence = directory
        }
        if self.globals.json {
            try Output.json(report)
        } else {
            for line in report.lines { Output.line(TerminalText.visible(line)) }
        }
        if !report.losses.isEmpty { throw CommandFailure(.failed) }
    }

    private func makeDirectory() throws -> String {
        let parent = AbsolutePath.resolved(
            self.scratch ?? ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        )
        let directory = "\(parent)/beaver-crash-test.\(getpid())"
        try DataDirectory.create(directory, what: "scratch directory", option: "--scratch")
        return directory
    }
}

/// Ends a test that a signal interrupts, with all that it started, which would outlive it, and leaves nothing behind.
private final class CrashTestInterruption: Sendable {
    private let place: CrashServer.Place
    private let begun = Lock(false)
    private let signals = SignalStream([SIGINT, SIGTERM])

    init(_ place: CrashServer.Place) { self.place = place }

    /// A signal came: whatever is found from then on is found because of it.
    var hasBegun: Bool { self.begun.withLock { $0 } }

    /// Beside the test, which knows nothing of signals; to be cancelled at its end.
    func begin() -> Task<Void, Never> {
        // It lives as long as the test, which is no task's child.
        Task {
            for await number in self.signals.stream {
                self.begun.withLock { $0 = true }
                await self.clean()
                exit(128 + number)
            }
        }
    }

    private func clean() async {
        // The test goes on meanwhile, and may begin another life of its server.
        for _ in 0..<100 where access(self.place.directory, F_OK) == 0 {
            for process in LeftoverProcesses(ledger: self.place.ledger).now(livesBefore: .max) {
                kill(process.pid, SIGKILL)
            }
            try? FileManager.default.removeItem(atPath: self.place.directory)
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// How far it is: one line of the terminal written over, else a line every ten seconds.
private final class ProgressLine {
    private let cycles: Int
    private let isQuiet: Bool
    private let isTerminal = Output.isTerminal(STDERR_FILENO)
    private var next: ContinuousClock.Instant

    init(cycles: Int, isQuiet: Bool) {
        self.cycles = cycles
        self.isQuiet = isQuiet
        self.next = ContinuousClock.now + .seconds(self.isTerminal ? 0 : 10)
    }

    func show(_ report: CrashReport) {
        guard !self.isQuiet, ContinuousClock.now >= self.next else { return }
        self.next = ContinuousClock.now + (self.isTerminal ? .milliseconds(200) : .seconds(10))
        let line = report.progress(of: self.cycles)
        if self.isTerminal {
            Output.write("\r\u{1b}[K" + TextWidth.cut(line, to: (Output.columns ?? 80) - 1), to: STDERR_FILENO)
        } else {
            Output.error(line)
        }
    }

    func clear() {
        if self.isTerminal, !self.isQuiet { Output.write("\r\u{1b}[K", to: STDERR_FILENO) }
    }
}
