package import BeaverQueue

/// The panes of the main screen, numbered as their keys.
package enum Pane: Int, Sendable, Hashable, CaseIterable {
    case running = 1
    case pending, scheduled, done, dead, events

    /// What a pane is: the one place that says it.
    struct Facts {
        let title: String
        /// The list of jobs that it shows; nil: it shows something else.
        var list: ViewRequest.List?
        /// The filter that finds the same jobs.
        var filterText: String?
        /// How many jobs that list has.
        var count: (QueueStatus.Jobs) -> Int = { _ in 0 }
        /// What stands there while there is none.
        var empty: (QueueStatus) -> String = { _ in "" }
    }

    var facts: Facts {
        switch self {
        case .running:
            Facts(title: "Running", list: .running, filterText: "state:running", count: \.inFlight) { status in
                status.workers.paused ? "paused; p lets the workers go on" : "nothing runs"
            }
        case .pending:
            Facts(title: "Pending", list: .pending, filterText: "state:pending", count: \.pending) { status in
                let parked = status.jobs.parked
                guard parked > 0 else { return "nothing waits" }
                let reason = status.parkedActions.first?.reason ?? "no handler"
                return "\(Figures.count(parked, "job")) parked (/ state:parked): \(reason)"
            }
        case .scheduled:
            Facts(title: "Scheduled", list: .scheduled, filterText: "state:scheduled", count: \.scheduled) { _ in
                "nothing is scheduled for later"
            }
        case .done:
            Facts(title: "Done", list: .completed, filterText: "state:done", count: \.completed) { _ in
                "nothing is done yet"
            }
        case .dead: Facts(title: "Dead", list: .dead, filterText: "state:dead", count: \.dead) { _ in "no dead jobs" }
        case .events: Facts(title: "Events")
        }
    }

    package var title: String { self.facts.title }
    package var list: ViewRequest.List? { self.facts.list }
    var filterText: String? { self.facts.filterText }
    package func count(in jobs: QueueStatus.Jobs) -> Int { self.facts.count(jobs) }

    /// Where a job in this state is looked for.
    static func holding(_ state: JobState) -> Pane {
        switch state {
        case .pending, .parked: .pending
        case .scheduled: .scheduled
        case .inFlight: .running
        case .completed: .done
        case .dead, .cancelled: .dead
        }
    }
}
