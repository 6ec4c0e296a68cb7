import ArgumentParser
import BeaverQueue
import Glibc

/// Looks at jobs and acts on them.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List, show, retry, cancel or purge jobs, count their errors, or read their output.",
        subcommands: [
            JobsListCommand.self, JobsErrorsCommand.self, JobsShowCommand.self, JobsOutputCommand.self,
            JobsRetryCommand.self, JobsCancelCommand.self, JobsPurgeCommand.self,
        ]
    )
}

/// The jobs that match, in the order in which they were accepted.
struct JobsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The jobs that match.")

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @OptionGroup var filter: FilterOptions

    @Option(help: "At most so many.")
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "What to show, with commas: \(JobColumn.allCases.map(\.rawValue).joined(separator: ",")).",
            valueName: "columns"
        )
    )
    var columns: String?

    @Flag(help: "Show the values of redacted keys.")
    var reveal = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
        _ = try self.chosenColumns()
    }

    mutating func run() async throws {
        let columns = try self.chosenColumns()
        let queue = try await Connection.open(self.globals).queue
        var filter = try await self.filter.filter(queue)
        filter.reveals = self.reveal
        var left = self.limit ?? .max
        var cursor: JobCursor?
        var isFirst = true
        // Page by page, so that a list of any length begins at once and takes no memory.
        repeat {
            let page = try await queue.jobs(matching: filter, after: cursor, limit: min(500, left))
            left -= page.jobs.count
            cursor = left > 0 ? page.next : nil
            try self.show(page.jobs, columns, isFirst: isFirst)
            isFirst = false
        } while cursor != nil
    }

    private func chosenColumns() throws -> [JobColumn] {
        guard let columns else { return JobColumn.standard }
        return try columns.split(separator: ",", omittingEmptySubsequences: false).map { name in
            if let column = JobColumn(rawValue: String(name)) { return column }
            let known = JobColumn.allCases.map(\.rawValue)
            let closest = ClosestName.of(String(name), among: known).map { "did you mean \($0)?" }
            throw ValidationError(
                "--columns: \"\(name)\" is unknown; " + (closest ?? "there are \(known.joined(separator: ", "))")
            )
        }
    }

    private func show(_ jobs: [JobSummary], _ columns: [JobColumn], isFirst: Bool) throws {
        if self.globals.json {
            for job in jobs { try Output.json(job) }
            return
        }
        guard !jobs.isEmpty else {
            if isFirst { self.globals.note("no job matches") }
            return
        }
        let width = Output.columns
        var table = Table(columns.map(\.tableColumn))
        for job in jobs { table.add(columns.map { $0.text(job, isShort: width != nil) }) }
        let lines = table.lines(width: width, showsHeading: isFirst && !self.globals.quiet)
        Output.line(lines.joined(separator: "\n"))
    }
}

/// A column of `jobs list`.
enum JobColumn: String, CaseIterable {
    case id, state, action, priority, runs, enqueued, started, time, took, exit, error, work, seq

    static let standard: [JobColumn] = [.id, .state, .action, .runs, .time, .error, .work]

    var tableColumn: Table.Column {
        Table.Column(
            heading: self.rawValue.uppercased(),
            isNumber: [.priority, .runs, .took, .exit, .seq].contains(self),
            isWhole: self != .error && self != .work
        )
    }

    /// Times are short where a person looks, and whole where they may be kept.
    func text(_ job: JobSummary, isShort: Bool) -> String {
        let time = isShort ? PeopleText.shortTime : PeopleText.time
        return self.text(job, time: time)
    }

    private func text(_ job: JobSummary, time: (Int64) -> String) -> String {
        switch self {
        case .id: job.id
        case .state: job.simulated ? "\(job.state.rawValue) (simulated)" : job.state.rawValue
        case .action: job.action
        case .priority: String(job.priority)
        case .runs: String(job.runs)
        case .enqueued: time(job.enqueuedAt)
        case .started: job.startedAt.map(time) ?? (job.state == .inFlight ? job.time.map(time) : nil) ?? "-"
        case .time: job.time.map(time) ?? "-"
        case .took: Self.took(job)
        case .exit: job.exitStatus.map(String.init) ?? "-"
        case .error: job.error ?? "-"
        case .work: job.work
        case .seq: String(job.enqueueSequence)
        }
    }

    /// Seconds of the last run, for arithmetic.
    private static func took(_ job: JobSummary) -> String {
        guard let started = job.startedAt, let ended = job.time, ended >= started else { return "-" }
        let (seconds, milliseconds) = (ended - started).quotientAndRemainder(dividingBy: 1_000)
        return "\(seconds).\(String(1_000 + milliseconds).dropFirst())"
    }
}

/// Everything about one job.
struct JobsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Everything about one job.")

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @Argument(help: "Its id, or the beginning of it.") var id: String

    @Flag(help: "Show the values of redacted keys.")
    var reveal = false

    mutating func run() async throws {
        let job = try await Connection.open(self.globals).queue.job(self.id, reveals: self.reveal)
        if self.globals.json { return try Output.json(job) }
        for (name, text) in JobText.rows(job) {
            Output.line(name + String(repeating: " ", count: max(1, 11 - name.count)) + TerminalText.visible(text))
        }
    }
}

/// A job as people read it.
enum JobText {
    static func rows(_ job: JobDetails) -> [(String, String)] {
        let summary = job.summary
        var rows = [
            ("id", summary.id),
            ("state", summary.state.rawValue + (summary.simulated ? " (simulated: nothing was run)" : "")),
            ("action", summary.action),
            ("enqueued", PeopleText.time(summary.enqueuedAt)),
        ]
        if let time = summary.time { rows.append((self.timeName(summary.state), PeopleText.time(time))) }
        if let reason = job.waitsBecause { rows.append(("waits", reason)) }
        rows.append(("priority", String(summary.priority)))
        rows.append(("runs", String(summary.runs)))
        if job.interruptions > 0 {
            rows.append(("interrupted", "\(PeopleText.count(job.interruptions, "time")) by a crash"))
        }
        rows += self.limits(job).map { ("limit", $0) }
        if job.once { rows.append(("once", "never run twice")) }
        if let token = job.fencingToken { rows.append(("token", String(token))) }
        if let error = summary.error { rows.append(("error", error)) }
        if let arguments = job.arguments { rows.append(("command", self.command(arguments))) }
        if let directory = job.workingDirectory { rows.append(("cwd", directory)) }
        for variable in job.environment ?? [] { rows.append(("env", variable)) }
        // The payload of a command says the same again.
        if job.arguments == nil { rows.append(("payload", job.payload)) }
        for run in job.history { rows.append(("run", self.run(run))) }
        return rows
    }

    /// Where no queue runs only the job's own are known.
    private static func limits(_ job: JobDetails) -> [String] {
        var limits = job.limits
        if limits.isEmpty {
            if let timeout = job.timeoutMilliseconds {
                limits.append(JobLimit(.timeout, Int64(timeout), from: "the job"))
            }
            if let retries = job.maxRetry { limits.append(JobLimit(.maxRetry, Int64(retries), from: "the job")) }
        }
        return limits.map { limit in
            let length = limit.value == 0 ? "none" : DurationText.text(milliseconds: limit.value)
            let text =
                switch limit.name {
                case .timeout: "time-out \(length)"
                case .maxRetry: PeopleText.count(Int(limit.value), "retry", "retries")
                case .maxInterrupted: PeopleText.count(Int(limit.value), "interrupted run")
                case .backoffBase: "first retry after \(length)"
                case .backoffMax: "later ones after \(length) at most"
                case .concurrency: "\(limit.value) at a time"
                case .pauseOnFailures: "paused after \(PeopleText.count(Int(limit.value), "failed run")) in a row"
                }
            return "\(text) (\(limit.from))"
        }
    }

    /// As it can be pasted into a shell.
    private static func command(_ arguments: [String]) -> String {
        if let line = JobCommand.shellLine(arguments) { return line }
        return arguments.map(ProgramName.word).joined(separator: " ")
    }

    private static func timeName(_ state: JobState) -> String {
        switch state {
        case .pending, .parked, .scheduled: "due"
        case .inFlight: "started"
        case .completed, .dead, .cancelled: "ended"
        }
    }

    private static func run(_ run: JobRun) -> String {
        var parts = [run.ending.rawValue]
        if let started = run.startedAt { parts.append("started \(PeopleText.time(started))") }
        if let started = run.startedAt, let ended = run.endedAt {
            parts.append("took \(PeopleText.duration(seconds: Double(ended - started) / 1_000))")
        }
        // A failed run's error begins with its exit status.
        if let status = run.exitStatus, run.error.isEmpty { parts.append("exit \(status)") }
        if !run.error.isEmpty, run.error != run.ending.rawValue { parts.append(run.error) }
        return parts.joined(separator: ", ")
    }
}

/// What a job wrote.
struct JobsOutputCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "output", abstract: "What a job wrote.")

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @Argument(help: "Its id, or the beginning of it.") var id: String

    @Flag(name: [.long, .customShort("f")], help: "Go on until the run has ended.")
    var follow = false

    @Flag(help: "Byte for byte to a terminal too, which then obeys it.")
    var raw = false

    @Option(name: .customLong("run"), help: "The run, from 1 (the newest).")
    var runNumber: Int?

    func validate() throws {
        guard !self.globals.json else {
            throw ValidationError(
                "--json: what a job wrote is printed as it is; jobs show --json has all else of the job"
            )
        }
    }

    mutating func run() async throws {
        let queue = try await Connection.open(self.globals.directory()).queue
        var offset: Int64 = 0
        // A terminal would obey what a job wrote.
        var visible = Output.isTerminal(STDOUT_FILENO) && !self.raw ? VisibleStream() : nil
        while true {
            let output = try await queue.output(of: self.id, run: self.runNumber, from: offset)
            if visible == nil { Output.bytes(output.bytes) }
            if let text = visible?.text(output.bytes, isLast: output.isComplete) { Output.text(text) }
            offset = output.nextOffset
            if output.isComplete { return }
            guard output.bytes.isEmpty else { continue }
            guard self.follow else { return }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
