import ArgumentParser
import BeaverQueue

/// The engine: takes and runs jobs until it is told to stop.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the queue: under the console, or with --no-ui until SIGTERM or SIGINT."
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @OptionGroup var options: RunOptions

    mutating func run() async throws {
        if !self.options.detach { try Self.requireConsole(self.globals) }
        let settings = try self.options.settings(self.globals)
        let values = try settings.checked()
        if self.options.detach {
            // Its log lies there.
            try DataDirectory.prepare(values.queue)
            return try await DetachedServer(globals: self.globals).start()
        }
        guard self.globals.noUI else {
            return try await ConsoleSession(
                globals: self.globals,
                options: self.options,
                isReadOnly: false,
                attaches: false
            ).run()
        }
        try await RunSession(globals: self.globals, options: self.options, settings: settings).run()
    }

    /// Without `--no-ui` there must be something to draw on.
    static func requireConsole(_ globals: GlobalOptions) throws {
        guard !globals.noUI, let reason = Output.whyNotDrawn else { return }
        throw CommandFailure(
            .usage,
            "the console needs a terminal, \(reason); to run without it: beaver-tui --no-ui run"
        )
    }
}

/// What `run` can be told; each that is also a setting comes before environment and file.
struct RunOptions: ParsableArguments {
    @Option(help: "Runs at the same time.")
    var workers: String?

    @Option(help: "Time-out of jobs and handlers without one; 0 is none.")
    var taskTimeout: String?

    @Option(help: "Retries after the first run.")
    var maxRetry: String?

    @Option(help: "The shortest distance between two snapshots.")
    var snapshotInterval: String?

    @Option(help: "When the log is forced to disk: always, interval or never.")
    var sync: String?

    @Option(help: "ADDR:PORT of the HTTP server, or off.")
    var http: String?

    @Option(help: "How long a stop waits for running jobs.")
    var drainTimeout: String?

    @Flag(help: "Jobs may be commands of their own.")
    var allowExec = false

    @Flag(help: "Never create a queue.")
    var mustExist = false

    @Flag(help: "Go on in the background; returns once it answers.")
    var detach = false

    @Option(help: "Take these jobs at the start; - is standard input.")
    var jobs: String?

    @Option(help: "Take these command lines at the start; - is standard input.")
    var lines: String?

    @Flag(name: .customShort("0"), help: "Lines end with a zero byte instead.")
    var isNullSeparated = false

    @Flag(help: "End once nothing is pending, scheduled or running.")
    var untilIdle = false

    func validate() throws {
        if self.jobs != nil, self.lines != nil { throw ValidationError("name --jobs or --lines, not both") }
        if self.isNullSeparated, self.lines == nil { throw ValidationError("-0 goes with --lines only") }
        if self.detach, self.untilIdle || self.jobs != nil || self.lines != nil {
            throw ValidationError("--detach takes no jobs and does not wait; use `beaver-tui enqueue` once it runs")
        }
    }

    func settings(_ globals: GlobalOptions) throws(CommandFailure) -> Settings {
        let given: [(key: String, option: String, text: String?)] = [
            ("worker.worker_count", "--workers", self.workers),
            ("worker.task_timeout", "--task-timeout", self.taskTimeout),
            ("worker.max_retry", "--max-retry", self.maxRetry),
            ("snapshot.interval_seconds", "--snapshot-interval", self.snapshotInterval),
            ("wal.sync", "--sync", self.sync),
            ("http.listen", "--http", self.http),
            ("worker.drain_timeout", "--drain-timeout", self.drainTimeout),
        ]
        var layer: [String: Settings.Value] = [:]
        for (key, option, text) in given {
            if let text { layer[key] = Settings.Value(text: text, origin: .commandLine(option)) }
        }
        let settings = try SettingsLoader.load(
            globals,
            options: layer,
            allowExec: self.allowExec,
            mustExist: self.mustExist
        )
        // As the engine would, but before there is a queue of nothing that it may run.
        if self.lines != nil, !settings.values.allowsCommands {
            throw CommandFailure(
                .configuration,
                "--lines are commands, which a queue runs only with --allow-exec; nothing was taken"
            )
        }
        return settings
    }
}
