import ArgumentParser
import BeaverQueue

/// Three hundred failures are usually two kinds: counts them instead of listing them.
struct JobsErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Failures by kind, the most frequent first."
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions
    @OptionGroup var filter: FilterOptions

    mutating func run() async throws {
        let queue = try await Connection.open(self.globals).queue
        let groups = try await queue.groups(matching: self.filter.filter(queue))
        if self.globals.json {
            for group in groups { try Output.json(group) }
            return
        }
        guard let first = groups.first else { return self.globals.note("nothing failed") }
        Output.line(FailureText.lines(groups, width: Output.columns).joined(separator: "\n"))
        guard let example = first.examples.first else { return }
        let id = TerminalText.visible(example)
        self.globals.note(
            "`beaver-tui jobs output \(id)` shows what one of them said, "
                + "`beaver-tui jobs retry --like \(id) --yes` runs all like it again"
        )
    }
}

/// Kinds of failure as a table.
enum FailureText {
    static func lines(_ groups: [FailureGroup], width: Int?) -> [String] {
        var table = Table([
            Table.Column(heading: "DEAD", isNumber: true), Table.Column(heading: "WAITING", isNumber: true),
            Table.Column(heading: "ACTION", isWhole: true), Table.Column(heading: "EXAMPLE", isWhole: true),
            Table.Column(heading: "ERROR"),
        ])
        for group in groups {
            table.add([
                PeopleText.grouped(group.dead), PeopleText.grouped(group.waiting), group.action,
                group.examples.first ?? "-", self.error(group),
            ])
        }
        return table.lines(width: width)
    }

    /// The ending in front where it tells more than the error.
    static func error(_ group: FailureGroup) -> String {
        group.ending == "failed" ? group.shownError : "\(group.ending): \(group.shownError)"
    }
}
