import ArgumentParser
import BeaverQueue
import FoundationEssentials
import Glibc

/// Takes jobs: a file of them, a file of command lines, one command, or one payload.
struct EnqueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue",
        abstract: "Take jobs from a file, command lines, one command, or one payload.",
        usage: """
            beaver-tui enqueue --file FILE
            beaver-tui enqueue --lines FILE [-0]
            beaver-tui enqueue [--id ID] -- CMD ARG…
            beaver-tui enqueue --payload JSON [--action ACTION] [--id ID]
            """
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @OptionGroup var options: EnqueueOptions

    @Option(help: "A JSON array of jobs, or one object a line; - is standard input.")
    var file: String?

    @Option(help: "One shell command a line; - is standard input.")
    var lines: String?

    @Flag(name: .customShort("0"), help: "Lines end with a zero byte instead.")
    var isNullSeparated = false

    @Option(help: "The handler's name, for --payload.")
    var action: String?

    @Option(help: "One JSON value.")
    var payload: String?

    @Option(help: "The id of the one job.")
    var id: String?

    @Flag(help: "Check, and compare with the queue if there is one; take nothing.")
    var dryRun = false

    @Flag(help: "Take the good entries of a file with bad ones.")
    var skipBad = false

    @Flag(help: "Wait until the jobs are done; 1 if one died.")
    var wait = false

    @Argument(parsing: .postTerminator, help: "The program and its arguments.")
    var command: [String] = []

    func validate() throws {
        let ways = [self.file != nil, self.lines != nil, !self.command.isEmpty, self.payload != nil].count { $0 }
        guard ways == 1 else {
            throw ValidationError(
                ways == 0 && self.action != nil
                    ? "--payload is missing; for a job without one write --payload '{}'"
                    : "name exactly one of --file FILE, --lines FILE, --payload JSON, or -- CMD ARG…"
            )
        }
        let isFile = self.file != nil || self.lines != nil
        if self.action != nil, self.payload == nil { throw ValidationError("--action goes with --payload only") }
        if self.isNullSeparated, self.lines == nil { throw ValidationError("-0 goes with --lines only") }
        if isFile, self.id != nil { throw ValidationError("--id is for one job; a file's jobs are named by --name") }
        if !isFile, self.options.name != nil { throw ValidationError("--name is for files; use --id") }
        if !isFile, self.skipBad { throw ValidationError("--skip-bad is for files") }
        if self.wait, self.options.name == nil, (self.file ?? self.lines) == "-" {
            throw ValidationError("--wait needs ids to wait for: give the jobs of standard input a --name")
        }
    }

    mutating func run() async throws {
        let directory = self.globals.directory()
        let jobsOptions = try self.options.jobsFileOptions(path: self.file ?? self.lines)
        if self.file == nil, self.lines == nil {
            let job = try self.singleJob(jobsOptions)
            if self.dryRun {
                let run = DryRun(globals: self.globals, jobCount: 1, badCount: 0)
                return try await run.answer { try await $0([job]) }
            }
            let connection = try await Connection.open(directory, advice: self.advice)
            let result = try await connection.queue.enqueue([job])
            try await self.answer(result, ids: result.ids.isEmpty ? [job.id].compactMap { $0 } : result.ids, connection)
            return
        }
        let input = JobInput(
            file: try InputFile(self.file ?? self.lines ?? "-"),
            form: self.lines == nil ? .jobs : .commandLines(isNullSeparated: self.isNullSeparated),
            options: jobsOptions,
            skipsBad: self.skipBad
        )
        let checked = try await input.check { Output.error("beaver-tui: \($0)") }
        if self.dryRun {
            let run = DryRun(globals: self.globals, jobCount: checked.jobCount, badCount: checked.badCount)
            return try await run.answer { compare in
                try await input.forEachBatch(checked) { batch in
                    try await compare(batch)
                    return .more
                }
            }
        }
        let connection = try await Connection.open(directory, advice: self.advice)
        let progress = EnqueueProgress(total: checked.jobCount, isShown: !self.globals.quiet)
        let result: EnqueueResult
        do {
            defer { progress.end() }
            result = try await input.take(checked, into: connection.queue) { batch in
                progress.show(batch.total)
                return .more
            }
        }
        try await self.answer(result, ids: self.wait ? try await self.ids(of: input, checked) : [], connection)
    }

    /// What begins a queue that takes these jobs.
    private var advice: String { "start one with `\(self.runCommand) --detach`, or name it with --data-dir" }

    private var runCommand: String {
        self.lines != nil || !self.command.isEmpty ? "beaver-tui run --allow-exec" : "beaver-tui run"
    }

    private func singleJob(_ options: JobsFileOptions) throws -> NewJob {
        guard let payload else { return try SingleJob.fromCommand(self.command, id: self.id, options: options) }
        return try SingleJob.fromPayload(payload, action: self.action, id: self.id, options: options)
    }

    private func ids(of input: JobInput, _ checked: JobInput.Checked) async throws -> [String] {
        if !checked.jobs.isEmpty { return checked.jobs.compactMap(\.id) }
        var reader = input.form.stream(input.options)
        var ids: [String] = []
        try await input.file.forEachPiece { piece in
            reader.feed(piece)
            ids += reader.takeJobs().compactMap(\.id)
        }
        reader.finish()
        return ids + reader.takeJobs().compactMap(\.id)
    }

    private func answer(_ result: EnqueueResult, ids: [String], _ connection: Connection) async throws {
        if self.globals.json {
            try Output.json(result)
        } else {
            Output.line(EnqueueText.sentence(result, id: ids.count == 1 ? ids.first : nil))
        }
        EnqueueText.complain(of: result.differingIDs)
        if !connection.hasServer {
            self.globals.note("no server runs on \(self.globals.directory()): they wait for `\(self.runCommand)`")
        }
        if result.differs > 0 { throw CommandFailure(.failed) }
        guard self.wait else { return }
        guard connection.hasServer else {
            throw CommandFailure(.unavailable, "--wait needs a server; the jobs are taken and wait for one")
        }
        try await JobWaiter(queue: connection.queue).waitForJobs(ids)
    }
}

/// What became of an enqueue, in words.
enum EnqueueText {
    static func complain(of differingIDs: [String]) {
        for id in differingIDs {
            Output.error("beaver-tui: \(TerminalText.visible(id)) is known with another payload; it was not taken")
        }
    }

    static func sentence(_ result: EnqueueResult, id: String? = nil) -> String {
        if let id, result.enqueued == 1, result.duplicates + result.differs == 0 {
            return "enqueued \(TerminalText.visible(id))"
        }
        if let id, result.duplicates == 1, result.enqueued + result.differs == 0 {
            return "\(TerminalText.visible(id)) is known already; it was not taken again"
        }
        var parts = ["\(PeopleText.grouped(result.enqueued)) enqueued"]
        if result.duplicates > 0 { parts.append("\(PeopleText.grouped(result.duplicates)) known already") }
        if result.differs > 0 {
            parts.append("\(PeopleText.grouped(result.differs)) refused: known with another payload")
        }
        return parts.joined(separator: ", ")
    }
}

/// How far a large file is, on one line of the terminal that is written over.
struct EnqueueProgress {
    let total: Int
    let isShown: Bool

    init(total: Int, isShown: Bool) {
        self.total = total
        self.isShown = isShown && total > JobInput.batchJobs && Output.isTerminal(STDERR_FILENO)
    }

    func show(_ taken: Int) {
        guard self.isShown else { return }
        Output.write(
            "\r\u{1b}[K\(PeopleText.grouped(taken)) of \(PeopleText.grouped(self.total)) jobs taken",
            to: STDERR_FILENO
        )
    }

    func end() {
        if self.isShown { Output.write("\r\u{1b}[K", to: STDERR_FILENO) }
    }
}
