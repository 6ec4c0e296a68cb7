import ArgumentParser
import BeaverQueue
import BeaverSimulation
import Glibc

/// The simulator, for everybody: histories full of crashes and faults, each from one number.
struct TortureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture",
        abstract: "Play histories with crashes and disk faults on a simulated machine; fail on any loss.",
        discussion: """
            Each seed is one history: clients, handlers, clocks, power cuts, failing calls, bit rot. After every recovery \
            and at the end all promises are checked against what the clients were told. A failing seed is made short and \
            can be replayed exactly. The run also fails if a kind of fault or a way of recovery was never met.
            """
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Option(help: "Seeds, as A..B or one number.")
    var seeds = "1..1000"

    @Option(help: "Threads; by default one for each processor.")
    var threads: Int?

    @Option(help: "Begin no new seed after this time (90s, 10m).")
    var time: String?

    @Option(help: "Only these steps of the one seed, as a failure names them (0,4-9).")
    var steps: String?

    @Flag(help: "Print every step of the one seed.")
    var trace = false

    mutating func run() async throws {
        let range = try self.range()
        if self.trace || self.steps != nil { return try self.replay(range) }
        let threadCount = self.threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        guard (1...256).contains(threadCount) else { throw CommandFailure(.usage, "--threads must be 1 to 256") }
        let limit = try self.time.map { time in
            let milliseconds = try UsageText.reading("--time") { () throws(QueueError) in
                try DurationText.milliseconds(time)
            }
            return Double(milliseconds) / 1_000
        }
        let run = TortureRun(seeds: range, threadCount: threadCount)
        let began = BootClock.now().bootNanoseconds
        func elapsed() -> Double { Double(BootClock.now().bootNanoseconds - began) / 1e9 }
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        try run.start { ended.finish() }
        let isShown = Output.isTerminal(STDERR_FILENO) && !self.globals.json && !self.globals.quiet
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(500))
                    if let limit, elapsed() >= limit { run.stop() }
                    let sum = run.sum
                    if isShown {
                        Output.write(
                            "\r \(PeopleText.grouped(sum.seeds)) seeds, \(sum.failures.count) failed ",
                            to: STDERR_FILENO
                        )
                    }
                }
            }
            for await _ in ends {}
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
        if isShown { Output.write("\r\u{1b}[K", to: STDERR_FILENO) }
        let sum = run.sum
        // Fewer, because time was up or seeds failed, need not have met everything.
        try self.report(sum, seconds: elapsed(), threads: threadCount, isGated: sum.seeds >= 1_000)
    }

    private func range() throws -> ClosedRange<UInt64> {
        let parts = self.seeds.split(separator: ".", omittingEmptySubsequences: true).map { UInt64($0) }
        guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first <= last else {
            throw CommandFailure(
                .usage,
                "--seeds is \"\(TerminalText.excerpt(self.seeds))\"; write it as 1..1000 or as one number"
            )
        }
        return first...last
    }

    // MARK: One seed

    private func replay(_ range: ClosedRange<UInt64>) throws {
        guard range.lowerBound == range.upperBound else {
            throw CommandFailure(.usage, "--trace and --steps replay one seed: --seeds N")
        }
        guard !self.globals.json else {
            throw CommandFailure(.usage, "--trace and --steps print text for people, without --json")
        }
        var places: [Int]?
        if let steps {
            places = StepList.parse(steps)
            guard places != nil else {
                throw CommandFailure(.usage, "--steps is \"\(TerminalText.excerpt(steps))\"; write it as 0,4-9")
            }
        }
        let outcome = Simulation(seed: range.lowerBound, keeping: places, isTracing: self.trace).run()
        for line in outcome.trace { Output.line(line) }
        for fault in outcome.faults { Output.line("FAULT  \(fault)") }
        Output.line(
            outcome.faults.isEmpty
                ? "seed \(outcome.seed): sound, digest \(String(outcome.digest, radix: 16))"
                : "seed \(outcome.seed): failed at step \(outcome.failedStep ?? 0)"
        )
        if !outcome.faults.isEmpty { throw CommandFailure(.failed) }
    }

    // MARK: Many seeds

    private struct JSON: Encodable {
        struct Failure: Encodable {
            var seed: UInt64
            var step: Int
            var faults: [String]
            var replay: String
        }

        var seeds: Int
        var seconds: Double
        var seeds_per_second: Double
        var simulated_hours: Double
        var jobs: Int
        var runs: Int
        var recoveries: Int
        var faults: [String: Int]
        var faults_total: Int
        var recovery_paths: [String: Int]
        var missing: [String]
        var failures: [Failure]
    }

    private func report(_ sum: Torture, seconds: Double, threads: Int, isGated: Bool) throws {
        let missing = isGated ? sum.missing : []
        let failures = sum.failures.map { Torture.shrink($0) }
        if self.globals.json {
            try Output.json(self.json(sum, seconds, missing, failures))
        } else {
            self.describe(sum, seconds, threads)
            for failure in failures { self.describe(failure) }
            if !missing.isEmpty { Output.line("NEVER MET: \(missing.joined(separator: ", "))") }
        }
        if !failures.isEmpty || !missing.isEmpty { throw CommandFailure(.failed) }
    }

    private func json(_ sum: Torture, _ seconds: Double, _ missing: [String], _ failures: [Torture.Failure]) -> JSON {
        JSON(
            seeds: sum.seeds,
            seconds: seconds,
            seeds_per_second: Double(sum.seeds) / seconds,
            simulated_hours: Double(sum.simulatedMilliseconds) / 3_600_000,
            jobs: sum.jobs,
            runs: sum.runs,
            recoveries: sum.recoveries,
            faults: Dictionary(uniqueKeysWithValues: FaultKind.allCases.map { ($0.rawValue, sum.faultCounts[$0]) }),
            faults_total: sum.faultCounts.total,
            recovery_paths: Dictionary(uniqueKeysWithValues: sum.paths.map { ($0.key.rawValue, $0.value) }),
            missing: missing,
            failures: failures.map {
                JSON.Failure(seed: $0.seed, step: $0.step, faults: $0.faults, replay: Self.replayCommand($0))
            }
        )
    }

    private func describe(_ sum: Torture, _ seconds: Double, _ threads: Int) {
        let rate = Int(Double(sum.seeds) / seconds)
        Output.line(
            "\(PeopleText.count(sum.seeds, "seed")) in \(PeopleText.duration(seconds: seconds)) on "
                + "\(PeopleText.count(threads, "thread")), \(PeopleText.grouped(rate))/s: "
                + "\(PeopleText.count(sum.jobs, "job")), \(PeopleText.count(sum.runs, "run")), "
                + "\(PeopleText.count(sum.recoveries, "recovery", "recoveries")), "
                + "\(PeopleText.grouped(Int(sum.simulatedMilliseconds / 3_600_000))) simulated hours"
        )
        let total = sum.faultCounts.total
        Output.line(
            "\(PeopleText.grouped(total)) crashes and faults, \(PeopleText.grouped(Int(Double(total) / seconds)))/s:"
        )
        let kinds = FaultKind.allCases.filter { sum.faultCounts[$0] > 0 }
        let names = kinds.map(\.rawValue) + RecoveryPath.allCases.map(\.rawValue)
        let width = names.map(\.count).max() ?? 0
        func row(_ name: String, _ count: Int) {
            let padding = String(repeating: " ", count: width - name.count + 2)
            Output.line("  \(name)\(padding)\(PeopleText.grouped(count))")
        }
        for kind in kinds { row(kind.rawValue, sum.faultCounts[kind]) }
        Output.line("ways of recovery, in so many seeds:")
        for path in RecoveryPath.allCases { row(path.rawValue, sum.paths[path] ?? 0) }
    }

    private func describe(_ failure: Torture.Failure) {
        Output.line("FAILED  seed \(failure.seed) at step \(failure.step)")
        for fault in failure.faults.prefix(5) { Output.line("        \(fault)") }
        Output.line(
            "        \(PeopleText.count(failure.steps.count, "step")) left of \(failure.step + 1) after "
                + "\(PeopleText.count(failure.shrinkTries, "try", "tries")):"
        )
        for fault in failure.shrunkFaults.prefix(3) { Output.line("        \(fault)") }
        Output.line("        \(Self.replayCommand(failure))")
    }

    private static func replayCommand(_ failure: Torture.Failure) -> String {
        let steps = failure.steps.isEmpty ? "" : " --steps \(StepList.text(failure.steps))"
        return "beaver-tui torture --seeds \(failure.seed)\(steps) --trace"
    }
}
