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

    /// Dead jobs that are looked at; their kinds show long before.
    static let maxDeadJobs = 10_000
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
            lines.append("why one died: beaver-tui\(self.directoryOption) jobs show ID")
            lines.append("to try them again: beaver-tui\(self.directoryOption) jobs retry --state dead --yes")
        }
        for parked in status.parkedActions {
            lines.append(
                "parked: \(PeopleText.count(parked.jobs, "job")) for \(TerminalText.visible(parked.action)): "
                    + TerminalText.visible(parked.reason)
            )
        }
        if status.jobs.completed + status.jobs.dead > 0, !status.simulated {
            lines.append("output: beaver-tui\(self.directoryOption) jobs output ID")
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

    /// The most frequent kinds of error, numbers folded so that like stands with like.
    private func errors(_ queue: any QueueControl) async throws -> [String] {
        var filter = JobFilter()
        filter.states = [.dead]
        var kinds: [String: (count: Int, example: String)] = [:]
        var cursor: JobCursor?
        var seen = 0
        repeat {
            let page = try await queue.jobs(matching: filter, after: cursor, limit: 500)
            for job in page.jobs {
                let kind = Self.folded(job.error ?? "no reason given")
                kinds[kind] = ((kinds[kind]?.count ?? 0) + 1, kinds[kind]?.example ?? job.id)
            }
            seen += page.jobs.count
            cursor = page.next
        } while cursor != nil && seen < Self.maxDeadJobs
        let sorted = kinds.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
        let lines = sorted.prefix(Self.maxKinds).map { kind, value in
            "  \(PeopleText.grouped(value.count)) × \(TerminalText.visible(kind))  (\(TerminalText.visible(value.example)))"
        }
        return ["errors:"] + lines + (sorted.count > Self.maxKinds ? ["  and other kinds"] : [])
    }

    static func folded(_ error: String) -> String {
        var result = ""
        for character in error {
            if character.isNumber, character.isASCII {
                if result.last != "#" { result.append("#") }
            } else {
                result.append(character)
            }
        }
        return result
    }

    private var directoryOption: String { self.globals.dataDirectory.map { " --data-dir \($0)" } ?? "" }
}
