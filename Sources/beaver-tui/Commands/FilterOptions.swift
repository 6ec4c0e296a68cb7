import ArgumentParser
import BeaverQueue

/// Which jobs are meant; all that is given must hold.
struct FilterOptions: ParsableArguments {
    @Option(
        help: "pending, scheduled, parked, in_flight, completed, dead, cancelled or simulated; several with commas."
    )
    var state: [String] = []

    @Option(help: "The handler's name.")
    var action: String?

    @Option(help: "Text in the last error, whatever its case.")
    var error: String?

    @Option(help: "Text in the id, the command or payload, or the last error, whatever its case.")
    var text: String?

    @Option(help: ArgumentHelp("Failed in the same way as this job.", valueName: "id"))
    var like: String?

    @Option(help: "The id, with * and ?.")
    var id: String?

    @Option(help: ArgumentHelp("Accepted at least so long ago: 10m, 2h, 7d.", valueName: "duration"))
    var older: String?

    var isEmpty: Bool {
        self.state.isEmpty && self.action == nil && self.error == nil && self.text == nil && self.like == nil
            && self.id == nil && self.older == nil
    }

    func validate() throws {
        _ = try self.states()
        let texts = [
            ("--action", self.action), ("--error", self.error), ("--text", self.text), ("--like", self.like),
            ("--id", self.id),
        ]
        // It may be a variable that was never set, and would be the same as no filter: all jobs.
        for (option, text) in texts where text == "" { throw ValidationError("\(option) is empty") }
    }

    /// Asks the queue what kind of failure `--like` means.
    func filter(_ queue: any QueueControl) async throws -> JobFilter {
        var filter = JobFilter()
        (filter.states, filter.simulatedOnly) = try self.states()
        filter.action = self.action
        filter.error = self.error
        filter.text = self.text
        filter.id = self.id
        if let older {
            filter.olderThanMilliseconds = try UsageText.reading("--older") { () throws(QueueError) in
                try DurationText.milliseconds(older)
            }
        }
        if let like { filter.group = try await self.group(of: like, queue) }
        return filter
    }

    private func group(of id: String, _ queue: any QueueControl) async throws -> String {
        let whole = try await queue.job(id).summary.id
        var alone = JobFilter()
        alone.id = whole
        // Wildcards in an id may let others match too.
        let groups = try await queue.groups(matching: alone)
        guard let group = groups.first(where: { $0.examples.contains(whole) }) else {
            throw QueueError(.conflict, "\(whole) has not failed: there is no kind of failure to look for")
        }
        return group.key
    }

    private func states() throws -> (states: [JobState], simulatedOnly: Bool) {
        var states: [JobState] = []
        var simulatedOnly = false
        let names = self.state.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        for name in names {
            // What people say and what screens show.
            let aliases = ["running": "in_flight", "done": "completed", "canceled": "cancelled"]
            if name == "simulated" {
                simulatedOnly = true
            } else if let state = JobState(rawValue: aliases[name] ?? name) {
                states.append(state)
            } else {
                let known = JobState.allCases.map(\.rawValue) + ["simulated"]
                let closest = ClosestName.of(name, among: known).map { "did you mean \($0)?" }
                throw ValidationError(
                    "--state \"\(TerminalText.excerpt(name))\" is unknown; "
                        + (closest ?? "there are \(known.joined(separator: ", "))")
                )
            }
        }
        return (states, simulatedOnly)
    }
}
