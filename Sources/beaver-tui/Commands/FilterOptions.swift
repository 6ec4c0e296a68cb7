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

    @Option(help: "Text in the last error.")
    var error: String?

    @Option(help: "The id, with * and ?.")
    var id: String?

    @Option(help: "Accepted at least so long ago.")
    var older: String?

    var isEmpty: Bool {
        self.state.isEmpty && self.action == nil && self.error == nil && self.id == nil && self.older == nil
    }

    func validate() throws { _ = try self.states() }

    func filter() throws -> JobFilter {
        var filter = JobFilter()
        (filter.states, filter.simulatedOnly) = try self.states()
        filter.action = self.action
        filter.error = self.error
        filter.id = self.id
        if let older {
            filter.olderThanMilliseconds = try UsageText.reading("--older") { () throws(QueueError) in
                try DurationText.milliseconds(older)
            }
        }
        return filter
    }

    private func states() throws -> (states: [JobState], simulatedOnly: Bool) {
        var states: [JobState] = []
        var simulatedOnly = false
        for name in self.state.flatMap({ $0.split(separator: ",").map(String.init) }) {
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
                    "--state \(TerminalText.excerpt(name)) is unknown; " + (closest ?? known.joined(separator: ", "))
                )
            }
        }
        return (states, simulatedOnly)
    }
}
