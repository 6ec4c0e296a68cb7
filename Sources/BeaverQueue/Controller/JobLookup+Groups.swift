internal import DequeModule

/// Failures by kind, learnt from the files job by job and remembered: a dead job's last record never changes.
struct FailureTable: Sendable {
    struct Job: Sendable {
        var entry: EndedOrder.Entry
        var group: Int
    }

    struct Group: Sendable {
        var key: String
        var action: String
        var ending: String
        var error: String
    }

    private(set) var groups: [Group] = []
    private var numbers: [String: Int] = [:]
    /// In the order of their deaths.
    private(set) var jobs: [Job] = []
    /// Deaths up to this record are in `jobs`.
    private(set) var through: UInt64 = 0
    var checkedAt: Int64 = 0
    var shown: [FailureGroup] = []

    /// Groups beyond this are one: errors that fold into nothing common tell nothing by being listed.
    private static let maxGroups = 1_000

    /// That one: no job's key is its key, so that nothing is done to all of them by the name of one.
    private static let others = Group(
        key: "*: other: kinds of error beyond \(Self.maxGroups - 1)",
        action: "*",
        ending: "other",
        error: "kinds of error beyond \(Self.maxGroups - 1)"
    )

    mutating func number(_ row: Engine.Row, _ end: LookupMemory.End) -> Int {
        let parts = Self.parts(end)
        let key = "\(row.action): \(parts.ending): \(parts.error)"
        if let number = self.numbers[key] { return number }
        if self.groups.count == Self.maxGroups - 1 { self.groups.append(Self.others) }
        guard self.groups.count < Self.maxGroups else { return Self.maxGroups - 1 }
        self.groups.append(Group(key: key, action: row.action, ending: parts.ending, error: parts.error))
        self.numbers[key] = self.groups.count - 1
        return self.groups.count - 1
    }

    /// Takes up a death that followed those up to `known`, unless somebody else has done so meanwhile, or begun anew.
    ///
    /// False then.
    mutating func learn(_ row: Engine.Row, _ end: LookupMemory.End, after known: UInt64) -> Bool {
        guard known == self.through, row.slot.lastSequence > known else { return false }
        let entry = EndedOrder.Entry(sequence: row.slot.lastSequence, slot: row.number)
        self.jobs.append(Job(entry: entry, group: self.number(row, end)))
        self.through = entry.sequence
        return true
    }

    /// Forgets jobs that are dead no longer, by the records they died with; what was learnt meanwhile stays.
    mutating func drop(_ gone: Set<UInt64>) {
        if !gone.isEmpty { self.jobs.removeAll { gone.contains($0.entry.sequence) } }
    }

    static func key(_ row: Engine.Row, _ end: LookupMemory.End) -> String? {
        guard row.slot.runs > 0 || row.state == .dead else { return nil }
        let parts = Self.parts(end)
        return "\(row.action): \(parts.ending): \(parts.error)"
    }

    /// How it ended in two words, and the folded error without them.
    private static func parts(_ end: LookupMemory.End) -> (ending: String, error: String) {
        let error = end.error ?? "no reason given"
        let folded = Self.folded(error)
        if let status = end.exitStatus { return ("exit \(status)", folded) }
        if error.hasPrefix("timed out") { return ("time-out", folded) }
        if error.hasPrefix("interrupted") || error.hasPrefix("poison") { return ("interrupted", folded) }
        if error.hasPrefix(RunResult.killedBy) { return (String(error.prefix { $0 != ":" }), folded) }
        return (end.ending == .timeout ? "time-out" : "failed", folded)
    }

    /// Numbers, and words that hold digits (ids, hashes, paths with numbers), become `#`; how many spaces pad them says nothing.
    static func folded(_ error: String) -> String {
        var result = ""
        var word = ""
        var hasDigit = false
        func close() {
            result += hasDigit ? (result.last == "#" ? "" : "#") : word
            word = ""
            hasDigit = false
        }
        for character in error.prefix(300) {
            if character.isLetter || character.isNumber || character == "_" || character == "-" {
                word.append(character)
                hasDigit = hasDigit || character.isNumber
            } else {
                close()
                if character != " " || result.last != " " { result.append(character) }
            }
        }
        close()
        return result
    }
}

extension JobLookup {
    /// At most so many deaths are read for one view; the rest comes with the next ones.
    private static let deathsAView = 500

    /// Kinds of error among the dead, for a view: kept up to date at most once a second.
    func deadGroups() async throws(QueueError) -> [FailureGroup] {
        let now = self.clock().bootMilliseconds
        let known = self.memory.failures.withLock { table in
            let isFresh = now - table.checkedAt < 1_000 && table.checkedAt > 0
            if !isFresh { table.checkedAt = now }
            return isFresh ? table.shown : nil
        }
        if let known { return known }
        try self.learnDeaths(atMost: Self.deathsAView)
        let shown = try await self.tally(limit: 20)
        self.memory.failures.withLock { $0.shown = shown }
        return shown
    }

    /// All failures that match, complete.
    func groups(matching filter: JobFilter) async throws(QueueError) -> [FailureGroup] {
        var wanted = filter
        if wanted.states.isEmpty { wanted.states = [.dead, .scheduled, .pending, .parked] }
        var table = FailureTable()
        var tallies: [Int: FailureGroup] = [:]
        try await self.forEach(matching: wanted) { rows throws(QueueError) in
            for row in rows where row.slot.runs > 0 || row.state == .dead {
                let end = try self.end(of: row)
                guard end.error != nil || row.state == .dead else { continue }
                let number = table.number(row, end)
                var group = tallies[number] ?? table.groups[number].empty(wanted.states)
                group.note(row.slot, isDead: row.state == .dead)
                if group.examples.count < 3, let id = try self.readableID(of: row) { group.examples.append(id) }
                tallies[number] = group
            }
        }
        return Self.sorted(Array(tallies.values), limit: 200)
    }

    /// Reads the last records of jobs that died since the last look.
    private func learnDeaths(atMost limit: Int) throws(QueueError) {
        var through = self.memory.failures.withLock { $0.through }
        let rows = self.engine.withLock { [through] engine in
            let order = engine.manager.deadOrder
            var rows: [Engine.Row] = []
            var index = order.firstIndex(after: through)
            while index < order.count, rows.count < limit {
                let entry = order.entries[index]
                if order.isGood(entry, engine.manager.slots) { rows.append(engine.row(entry.slot)) }
                index += 1
            }
            return rows
        }
        for row in rows {
            let end = try self.end(of: row)
            let isLearnt = self.memory.failures.withLock { [through] in $0.learn(row, end, after: through) }
            guard isLearnt else { return }
            through = row.slot.lastSequence
        }
    }

    /// Counts those still dead, in slices.
    private func tally(limit: Int) async throws(QueueError) -> [FailureGroup] {
        let (jobs, groups) = self.memory.failures.withLock { ($0.jobs, $0.groups) }
        var tallies: [Int: FailureGroup] = [:]
        var examples: [Int: [Engine.Row]] = [:]
        var gone: Set<UInt64> = []
        var start = 0
        while start < jobs.count {
            let end = min(jobs.count, start + Int(Self.slice))
            let rows = self.engine.withLock { engine in
                jobs[start..<end].map { job in
                    engine.manager.deadOrder.isGood(job.entry, engine.manager.slots) ? engine.row(job.entry.slot) : nil
                }
            }
            for (job, row) in zip(jobs[start..<end], rows) {
                guard let row else {
                    gone.insert(job.entry.sequence)
                    continue
                }
                tallies[job.group, default: groups[job.group].empty([.dead])].note(row.slot, isDead: true)
                if examples[job.group, default: []].count < 3 { examples[job.group, default: []].append(row) }
            }
            start = end
            await Task.yield()
        }
        self.memory.failures.withLock { [gone] in $0.drop(gone) }
        for (group, rows) in examples {
            for row in rows { if let id = try self.readableID(of: row) { tallies[group]?.examples.append(id) } }
        }
        return Self.sorted(Array(tallies.values), limit: limit)
    }

    /// Nil where the job has gone meanwhile or its bytes are damaged: there are other examples.
    private func readableID(of row: Engine.Row) throws(QueueError) -> String? {
        do {
            return try self.body(of: row).id
        } catch {
            guard error.code == .damaged else { throw error }
            return nil
        }
    }

    private static func sorted(_ groups: [FailureGroup], limit: Int) -> [FailureGroup] {
        let sorted = groups.sorted { left, right in
            let (leftCount, rightCount) = (left.dead + left.waiting, right.dead + right.waiting)
            return leftCount == rightCount ? left.key < right.key : leftCount > rightCount
        }
        return Array(sorted.prefix(limit))
    }
}

extension FailureTable.Group {
    func empty(_ states: [JobState]) -> FailureGroup {
        var filter = JobFilter()
        filter.states = states
        filter.action = self.action
        filter.group = self.key
        return FailureGroup(
            action: self.action,
            ending: self.ending,
            error: self.error,
            dead: 0,
            waiting: 0,
            firstAt: .max,
            lastAt: 0,
            examples: [],
            filter: filter
        )
    }
}

extension FailureGroup {
    /// `slot.time` is when a dead job ended, and when a waiting one is due: then it failed at some time before.
    fileprivate mutating func note(_ slot: JobSlot, isDead: Bool) {
        if isDead { self.dead += 1 } else { self.waiting += 1 }
        let time = isDead ? slot.time : slot.time - slot.delayMilliseconds
        self.firstAt = min(self.firstAt, time)
        self.lastAt = max(self.lastAt, time)
    }
}
