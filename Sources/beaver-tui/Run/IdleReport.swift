import BeaverQueue

/// What `--until-idle` says at the end: counts, errors by kind, where the output is, and what to do about failures.
struct IdleReport: Sendable {
    let globals: GlobalOptions
    /// Before the input was taken.
    let before: QueueStatus
    let file: String?
    let taken: EnqueueResult?

    struct Summary: Sendable, Equatable {
        var lines: [String]
        /// Everything was done: none died, none is parked.
        var isGood: Bool
    }

    static let maxKinds = 10

    /// Asks the queue, which must still run.
    func summary(of queue: any QueueControl) async throws -> Summary {
        let status = try await queue.status()
        let isGood = status.jobs.dead == 0 && status.jobs.parked == 0 && (self.taken?.differs ?? 0) == 0
        if self.globals.json {
            return Summary(lines: [try Output.jsonText(status.jobs)], isGood: isGood)
        }
        var lines: [String] = []
        if let taken, let file, taken.enqueued == 0, taken.duplicates > 0 { lines += self.doneBefore(taken, file) }
        lines.append(self.counts(status.jobs))
        for id in taken?.differingIDs ?? [] {
            lines.append("refused: \(TerminalText.visible(id)) is known with another payload")
        }
        if status.jobs.dead > 0 {
            lines += try await self.errors(queue)
            lines.append("why one died: \(self.program) jobs show ID")
            lines.append(
                "to try them again: \(self.program) jobs retry --state dead --yes (or --like ID)"
            )
        }
        for parked in status.parkedActions {
            lines.append(
                "parked: \(PeopleText.count(parked.jobs, "job")) for \(TerminalText.visible(parked.action)): "
                    + TerminalText.visible(parked.reason)
            )
        }
        if status.jobs.completed + status.jobs.dead > 0, !status.simulated {
            lines.append("output: \(self.program) jobs output ID")
        }
        return Summary(lines: lines, isGood: isGood)
    }

    private func doneBefore(_ taken: EnqueueResult, _ file: String) -> [String] {
        let all = taken.duplicates == 1 ? "The job" : "All \(PeopleText.grouped(taken.duplicates)) jobs"
        return [
            "\(all) of \(file) had been taken before, and what is done is not done again.",
            "To run them again, give them new ids, or start a new queue with --data-dir DIR.",
        ]
    }

    private func counts(_ jobs: QueueStatus.Jobs) -> String {
        let done = jobs.completed + jobs.forgotten - self.before.jobs.completed - self.before.jobs.forgotten
        let simulated = jobs.simulated - self.before.jobs.simulated
        var line = "\(PeopleText.count(max(0, done), "job")) done"
        if simulated > 0 { line += " (\(PeopleText.grouped(simulated)) simulated: no handler is configured)" }
        line += ", \(PeopleText.grouped(jobs.dead)) dead, \(PeopleText.grouped(jobs.parked)) parked"
        if jobs.cancelled > 0 { line += ", \(PeopleText.grouped(jobs.cancelled)) cancelled" }
        return line + "; \(PeopleText.grouped(jobs.enqueuedTotal)) accepted in all"
    }

    /// The most frequent kinds of error.
    private func errors(_ queue: any QueueControl) async throws -> [String] {
        var filter = JobFilter()
        filter.states = [.dead]
        let groups = try await queue.groups(matching: filter)
        let lines = groups.prefix(Self.maxKinds).map { group in
            "  \(PeopleText.grouped(group.dead)) × "
                + TerminalText.visible("\(group.ending): \(group.shownError)")
                + "  (\(TerminalText.visible(group.examples.first ?? group.action)))"
        }
        return ["errors:"] + lines + (groups.count > Self.maxKinds ? ["  and other kinds"] : [])
    }

    private var program: String { ProgramName.here }
}
