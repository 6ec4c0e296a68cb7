import BeaverQueue

/// What `enqueue --dry-run` says: how many jobs there are, and, where a queue is there, how many of them it knows and which
/// of their actions it would not run.
struct DryRun {
    let globals: GlobalOptions
    let jobCount: Int
    let badCount: Int

    /// Asks the queue about a batch, which takes nothing of it.
    typealias Compare = ([NewJob]) async throws -> Void

    /// Says it, and throws where taking the jobs would: a refused job is 1.
    ///
    /// `batches` hands every job to the function that it is given.
    func answer(_ batches: (Compare) async throws -> Void) async throws {
        let directory = self.globals.directory()
        let connection: Connection?
        do {
            connection = try await Connection.open(directory)
        } catch let error as QueueError where error.code == .noSuchQueue {
            connection = nil
        }
        var sum: EnqueueResult?
        if let queue = connection?.queue {
            var found = EnqueueResult()
            try await batches { found.add(try await queue.compare($0)) }
            sum = found
        }
        if self.globals.json {
            try Output.json(Answer(self, sum))
        } else {
            for line in self.lines(sum) { Output.line(line) }
        }
        EnqueueText.complain(of: sum?.differingIDs ?? [])
        if connection == nil {
            self.globals.note("not compared with what is known already: there is no queue at \(directory)")
        } else if connection?.hasServer == false {
            self.globals.note(
                "no server runs on \(directory): compared with its files; which actions have a handler was not looked up"
            )
        }
        if sum.map({ $0.differs > 0 }) == true { throw CommandFailure(.failed) }
    }

    func lines(_ sum: EnqueueResult?) -> [String] {
        let newCount = sum?.enqueued ?? self.jobCount
        var text = "\(PeopleText.count(newCount, "job")) could be taken"
        if let sum {
            if sum.duplicates > 0 { text += ", \(PeopleText.grouped(sum.duplicates)) known already" }
            if sum.differs > 0 {
                text += ", \(PeopleText.grouped(sum.differs)) refused: known with another payload"
            }
        }
        if self.badCount > 0 { text += ", \(PeopleText.count(self.badCount, "bad entry", "bad entries")) left out" }
        let unhandled = (sum?.unhandled ?? []).map { action in
            "action \(TerminalText.visible(action.action)), \(PeopleText.count(action.jobs, "job")): "
                + TerminalText.visible(action.reason)
        }
        return ["\(text); nothing was"] + unhandled
    }

    /// With `--json`; what was not compared is null.
    private struct Answer: Encodable {
        let jobs: Int
        let bad: Int
        let duplicates: Int?
        let differs: Int?
        let differingIDs: [String]?
        let unhandled: [QueueStatus.ParkedAction]?

        init(_ run: DryRun, _ sum: EnqueueResult?) {
            self.jobs = run.jobCount
            self.bad = run.badCount
            self.duplicates = sum?.duplicates
            self.differs = sum?.differs
            self.differingIDs = sum?.differingIDs
            self.unhandled = sum?.unhandled
        }

        private enum CodingKeys: String, CodingKey {
            case jobs, bad, duplicates, differs
            case differingIDs = "differing_ids"
            case unhandled
        }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(self.jobs, forKey: .jobs)
            try values.encode(self.bad, forKey: .bad)
            try values.encode(self.duplicates, forKey: .duplicates)
            try values.encode(self.differs, forKey: .differs)
            try values.encode(self.differingIDs, forKey: .differingIDs)
            try values.encode(self.unhandled, forKey: .unhandled)
        }
    }
}
