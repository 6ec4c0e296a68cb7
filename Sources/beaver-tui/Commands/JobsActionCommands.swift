import ArgumentParser
import BeaverQueue

/// What retry, cancel and purge have in common: some ids, or a filter that `--yes` confirms.
struct JobsActionOptions: ParsableArguments {
    @OptionGroup var filter: FilterOptions

    @Flag(help: "Act on all that match the filter; without it they are only counted.")
    var yes = false

    @Argument(help: "Ids, or beginnings of them.")
    var ids: [String] = []

    func validate() throws {
        guard self.ids.isEmpty != self.filter.isEmpty else {
            throw ValidationError(
                self.ids.isEmpty
                    ? "name jobs, or a filter like --state dead" : "name jobs or give a filter, not both"
            )
        }
    }

    /// Acts on each id, or on the filter.
    ///
    /// One id that fails does not keep the others from their turn.
    func perform(
        _ verb: String,
        _ globals: GlobalOptions,
        each: (any QueueControl, String) async throws -> String,
        all: (any QueueControl, JobFilter) async throws -> BulkResult
    ) async throws {
        let connection = try await Connection.open(globals.directory())
        if self.ids.isEmpty {
            try await self.performBulk(verb, globals, connection, all)
        } else {
            var failures = 0
            for id in self.ids {
                do {
                    let done = try await each(connection.queue, id)
                    if !globals.json { Output.line("\(TerminalText.visible(id)) \(done)") }
                } catch let error as QueueError where error.code == .notFound || error.code == .conflict {
                    failures += 1
                    Output.error("beaver-tui: \(TerminalText.visible(error.message))")
                }
            }
            if failures > 0 { throw CommandFailure(.failed) }
        }
        if !connection.hasServer { globals.note("no server runs on \(globals.directory()): nothing runs yet") }
    }

    private func performBulk(
        _ verb: String,
        _ globals: GlobalOptions,
        _ connection: Connection,
        _ all: (any QueueControl, JobFilter) async throws -> BulkResult
    ) async throws {
        let filter = try await self.filter.filter(connection.queue)
        guard self.yes else {
            let count = try await connection.queue.count(matching: filter)
            if globals.json { return try Output.json(["matched": count]) }
            guard count > 0 else { return Output.line("no job matches; nothing was changed") }
            return Output.line(
                "\(PeopleText.count(count, "job")) would be \(verb); nothing was changed. Repeat with --yes"
            )
        }
        let result = try await all(connection.queue, filter)
        if globals.json { return try Output.json(result) }
        let skipped =
            result.skipped > 0 ? ", \(PeopleText.grouped(result.skipped)) left alone: not possible in their state" : ""
        Output.line("\(PeopleText.count(result.done, "job")) \(verb)\(skipped)")
    }
}

/// Gives jobs a fresh start.
struct JobsRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Run dead jobs again, scheduled ones now, simulated ones for real."
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @OptionGroup var options: JobsActionOptions

    mutating func run() async throws {
        try await self.options.perform("retried", self.globals) { queue, id in
            try await queue.retry(id)
            return "will run again"
        } all: { queue, filter in
            try await queue.retry(matching: filter)
        }
    }
}

/// Ends jobs, running ones too.
struct JobsCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel jobs; running ones are told to end."
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @OptionGroup var options: JobsActionOptions

    mutating func run() async throws {
        try await self.options.perform("cancelled", self.globals) { queue, id in
            try await queue.cancel(id) == .inFlight ? "is told to end" : "is cancelled"
        } all: { queue, filter in
            try await queue.cancel(matching: filter)
        }
    }
}

/// Removes ended jobs for good.
struct JobsPurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "purge", abstract: "Remove ended jobs for good.")

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @OptionGroup var options: JobsActionOptions

    mutating func run() async throws {
        try await self.options.perform("purged", self.globals) { queue, id in
            try await queue.purge(id)
            return "is purged"
        } all: { queue, filter in
            try await queue.purge(matching: filter)
        }
    }
}
