/// Lists and details of jobs: rows from the engine, a slice at a time; ids, payloads and history from the files.
///
/// A running queue and one that is only read use it alike.
struct JobLookup: Sendable {
    let engine: Lock<Engine>
    let payloads: PayloadStore
    let hash: KeyedHash
    let outputDirectory: String
    let clock: @Sendable () -> EngineTime
    let memory: LookupMemory
    /// What holds for jobs of an action that bring no limits of their own; nothing where none are run.
    var limits: @Sendable (String) -> [JobLimit] = { _ in [] }
    /// Between two looks at what is about to be written; who is cancelled meanwhile gets what there is.
    var pause: @Sendable () async -> Void = { try? await Task.sleep(for: .milliseconds(1)) }

    /// Slots looked at in one go: about a tenth of a millisecond of the engine's time.
    static let slice = SlotTable.blockSlots
    /// How long one page may look for matches before it is handed out with those it has.
    private static let pageMilliseconds: Int64 = 2_000
    /// Jobs put in order by one scan: the first page asks for few, whoever goes on for many.
    private static let firstOrder = 4_096
    private static let nextOrder = 65_536

    /// One page in ENQUEUE order.
    ///
    /// A job that matches during the whole listing stands on exactly one page, whatever others do meanwhile. A page may
    /// have fewer than `limit` jobs, even none, and still have a `next`: the search is cut where it takes long.
    func jobs(
        matching filter: JobFilter,
        after cursor: JobCursor?,
        limit: Int
    ) async throws(QueueError) -> JobPage {
        guard limit >= 1 else { throw .invalidInput("a page of \(limit) jobs: it must have at least 1") }
        var page = JobPage(jobs: [], next: nil)
        if let row = self.onlyRow(filter) {
            if cursor == nil, let row, let summary = try self.summary(of: row, matching: filter) {
                page.jobs = [summary]
            }
            return page
        }
        let began = cursor?.listBegan ?? self.clock().bootNanoseconds
        var after = cursor?.enqueueSequence ?? 0
        let deadline = self.clock().bootMilliseconds + Self.pageMilliseconds
        while true {
            var place = JobCursor(enqueueSequence: after)
            place.listBegan = began
            let order = await self.order(matching: filter, after: place, limit: limit)
            var index = order.entries.firstIndex { $0.key > after } ?? order.entries.count
            while index < order.entries.count {
                let end = min(order.entries.count, index + 256)
                let rows = self.engine.withLock { engine in
                    order.entries[index..<end].map { engine.row($0, matching: filter) }
                }
                for (entry, row) in zip(order.entries[index..<end], rows) {
                    after = entry.key
                    if let row, let summary = try self.shown(row, matching: filter) {
                        page.jobs.append(summary)
                        if page.jobs.count == limit { break }
                    }
                }
                let isEnd = order.isLast && after == order.entries.last?.key
                if isEnd { return page }
                if page.jobs.count == limit || self.clock().bootMilliseconds >= deadline {
                    place.enqueueSequence = after
                    page.next = place
                    return page
                }
                index = end
                await Task.yield()
            }
            if order.isLast { return page }
            after = order.through
        }
    }

    /// How many of a batch are known, a slice of the engine's time after the other.
    func compare(_ batch: JobBatch) async -> EnqueueResult {
        var sum = EnqueueResult()
        var rest = batch.entries[...]
        while !rest.isEmpty {
            // A look by id goes to another place in memory each time, unlike a scan.
            let slice = rest.prefix(Int(Self.slice) / 16)
            sum.add(self.engine.withLock { $0.compare(slice, ids: batch.ids) })
            rest = rest.dropFirst(slice.count)
            await Task.yield()
        }
        return sum
    }

    /// The jobs in order after `cursor`: from memory if a page before this one left them there.
    private func order(matching filter: JobFilter, after cursor: JobCursor, limit: Int) async -> EnqueueOrder {
        let now = self.clock().bootNanoseconds
        let known = self.memory.orders.withLock { orders in
            orders.last { $0.answers(filter, after: cursor, now: now) }
        }
        if let known { return known }
        let order = await self.makeOrder(
            matching: filter,
            after: cursor.enqueueSequence,
            limit: cursor.enqueueSequence == 0 ? max(limit, Self.firstOrder) : Self.nextOrder
        )
        self.memory.orders.withLock { orders in
            if orders.count >= 4 { orders.removeFirst() }
            orders.append(order)
        }
        return order
    }

    private func makeOrder(matching filter: JobFilter, after: UInt64, limit: Int) async -> EnqueueOrder {
        var smallest = SmallestKeys(limit: limit)
        let begunAt = self.clock().bootNanoseconds
        let last = self.engine.withLock { $0.commit.writtenSequence }
        var next: UInt32? = 0
        while let start = next {
            next = self.engine.withLock { engine in
                guard let matcher = engine.matcher(filter) else { return nil }
                // Where slots were filled in order, all but the first blocks are left out.
                return engine.scan(from: start, count: Self.slice, below: smallest.bound) { number, slot in
                    let sequence = slot.enqueueSequence
                    guard sequence > after, sequence <= last, sequence < smallest.bound || !smallest.isCut,
                        matcher.matches(slot, engine)
                    else { return }
                    smallest.add(sequence, number)
                }
            }
            await Task.yield()
        }
        let entries = smallest.sorted()
        return EnqueueOrder(
            states: filter.states,
            action: filter.action,
            isSimulatedOnly: filter.simulatedOnly,
            after: after,
            through: entries.last?.key ?? last,
            isLast: !smallest.isCut,
            entries: entries,
            begunAt: begunAt
        )
    }

    // MARK: One job

    /// By whole id at once; else every id is read, for a while, and must begin with it, exactly one.
    func row(_ id: String) async throws(QueueError) -> Engine.Row {
        let fingerprint = self.hash(id)
        if let row = self.engine.withLock({ $0.find(fingerprint) }) { return row }
        guard !id.isEmpty else { throw QueueError(.notFound, "no job has an empty id") }
        var filter = JobFilter()
        filter.idPrefix = id
        var cursor: JobCursor?
        var matches: [String] = []
        let deadline = self.clock().bootMilliseconds + Self.pageMilliseconds
        repeat {
            let page = try await self.jobs(matching: filter, after: cursor, limit: 3)
            matches += page.jobs.map(\.id)
            cursor = page.next
            if cursor != nil, matches.count < 2, self.clock().bootMilliseconds >= deadline {
                throw QueueError(
                    .notFound,
                    "no job has the id `\(id)`, and there are too many to look for all that begin with it; write the whole id"
                )
            }
        } while cursor != nil && matches.count < 2
        guard let match = matches.first, let row = self.engine.withLock({ $0.find(self.hash(match)) }) else {
            throw QueueError(.notFound, "no job `\(id)` in this queue")
        }
        guard matches.count == 1 else {
            let names = matches.prefix(3).map { "`\($0)`" }.joined(separator: ", ")
            throw QueueError(.notFound, "more than one job begins with `\(id)`: \(names); write more of the id")
        }
        return row
    }

    /// With its newest record in the log; a write that takes longer than some tenths of a second is not waited for.
    private func rowWithHistory(_ id: String) async throws(QueueError) -> Engine.Row {
        var row = try await self.row(id)
        for _ in 0..<200 where row.isAheadOfLog {
            await self.pause()
            row = try await self.row(id)
        }
        return row
    }

    func job(_ id: String, reveals: Bool) async throws(QueueError) -> JobDetails {
        let row = try await self.rowWithHistory(id)
        // Each record is read once: whoever waits for a job's end asks for all of this.
        let (body, enqueuedAt) = try self.payloads.body(of: row.slot.enqueueSequence, id: row.slot.id)
        let history = try self.payloads.history(of: row.slot)
        let redaction = self.memory.redaction.withLock { $0 }
        var summary = Self.summary(
            of: row,
            LookupMemory.Body(id: body.id, work: Self.work(of: body, redaction), enqueuedAt: enqueuedAt),
            LookupMemory.End(
                row.hasRun ? history.entries.last : nil,
                error: history.entries.last?.error ?? (row.hasEarlierRuns ? history.lastError : nil),
                redaction
            )
        )
        let reason = self.reasonToWait(row)
        summary.waitsBecause = reason
        let firstRun = self.number(ofFirst: history.entries, row)
        let details = JobDetails(
            summary: summary,
            payload: String(decoding: body.payload, as: UTF8.self),
            arguments: body.command?.arguments,
            workingDirectory: body.command?.workingDirectory,
            environment: body.command?.environment,
            timeoutMilliseconds: body.timeoutMilliseconds,
            maxRetry: body.maxRetry.map(Int.init),
            once: row.slot.isOnce,
            interruptions: row.slot.interruptions,
            fencingToken: row.state == .inFlight ? row.slot.token : nil,
            waitsBecause: reason,
            limits: self.limits(row.action).map { limit in
                let own: Int64? =
                    switch limit.name {
                    case .timeout: body.timeoutMilliseconds.map(Int64.init)
                    case .maxRetry: body.maxRetry.map(Int64.init)
                    default: nil
                    }
                return own.map { JobLimit(limit.name, $0, from: "the job") } ?? limit
            },
            history: history.entries.enumerated().map { place, entry in
                var run = JobRun(entry)
                run.number = firstRun.map { $0 + place }
                if run.ending == .running { run.worker = row.worker }
                return run
            }
        )
        return details.redacted(redaction, reveals: reveals)
    }

    private func reasonToWait(_ row: Engine.Row) -> String? {
        switch row.state {
        case .pending, .scheduled, .parked:
            self.engine.withLock { $0.reasonToWaitWithPlace(row) }?.text(action: row.action)
        case .inFlight, .completed, .dead, .cancelled: nil
        }
    }

    /// Runs are counted since ENQUEUE or REVIVE; the newest of the list has the newest number.
    private func number(ofFirst entries: [RunHistory.Entry], _ row: Engine.Row) -> Int? {
        let runs = entries.count { $0.end.token != 0 }
        return runs == entries.count && row.slot.runs >= runs ? row.slot.runs - runs + 1 : nil
    }

    /// What the log still holds of a job, oldest first.
    func records(of id: String) async throws(QueueError) -> [Inspection.Line] {
        let row = try await self.rowWithHistory(id)
        let name = try self.body(of: row).id
        let redaction = self.memory.redaction.withLock { $0 }
        let action = self.engine.withLock { $0.manager.actionNames[Int(row.slot.action)] }
        return try self.payloads.records(of: row.slot, limit: 200).map { record in
            var line = Inspection.Line(record, job: name, action: action)
            line.details = redaction.text(line.details)
            return line
        }
    }

    func output(of id: String, run: Int?, from offset: Int64) async throws(QueueError) -> JobOutput {
        let row = try await self.rowWithHistory(id)
        let history = try self.payloads.history(of: row.slot)
        let tokens = history.entries.map(\.end.token).filter { $0 != 0 }
        let token: UInt64?
        if let run {
            guard run >= 1, run <= tokens.count else {
                throw QueueError(.notFound, "job `\(id)` has no run \(run); known: \(tokens.count)")
            }
            token = tokens[run - 1]
        } else {
            token = tokens.last
        }
        guard let token else {
            let isComplete = row.slot.state != .inFlight && !row.isAheadOfLog
            return JobOutput(bytes: [], nextOffset: max(0, offset), isComplete: isComplete)
        }
        // Asked before reading: what is written until the run ends is then read by this call or the next one.
        let isRunning = row.slot.state == .inFlight && row.slot.token == token || row.isAheadOfLog
        let path = OutputFile.path(in: self.outputDirectory, enqueueSequence: row.slot.enqueueSequence, token: token)
        var bytes: [UInt8] = []
        let storage = FileStorage()
        if try storage.identity(of: path) != nil {
            let file = try storage.open(path, .readOnly)
            defer { file.close() }
            let count = try file.read(into: &bytes, count: 256 << 10, at: max(0, offset))
            bytes.removeLast(bytes.count - count)
            if bytes.isEmpty, !isRunning {
                bytes = try Self.rest(of: history, token, file: file, size: file.size(), offset: offset)
            }
        } else if !isRunning {
            bytes = try Self.rest(of: history, token, file: nil, size: 0, offset: offset)
        }
        return JobOutput(
            bytes: bytes,
            nextOffset: max(0, offset) + Int64(bytes.count),
            isComplete: !isRunning && bytes.isEmpty
        )
    }

    /// What stands behind the end of a file that does not hold the end of the output, out of the log.
    ///
    /// On a full disk it could not grow, or it was deleted since.
    private static func rest(
        of history: RunHistory,
        _ token: UInt64,
        file: (any StorageFile)?,
        size: Int64,
        offset: Int64
    ) throws(QueueError) -> [UInt8] {
        guard offset == size, let end = history.entries.last(where: { $0.end.token == token })?.end,
            !end.outputTail.isEmpty
        else { return [] }
        let tail = end.outputTail
        if let file, size >= Int64(tail.count) {
            var kept: [UInt8] = []
            let count = try file.read(into: &kept, count: tail.count, at: size - Int64(tail.count))
            if kept.prefix(count).elementsEqual(tail) { return [] }
        }
        let note = "\n\(JobOutput.partNote); its last \(tail.count) bytes, from the log:]\n"
        return Array(note.utf8.dropFirst(size == 0 ? 1 : 0)) + tail
    }

    // MARK: Many jobs

    /// Calls `body` for all that match now, in no order, a slice at a time.
    func forEach(
        matching filter: JobFilter,
        _ body: ([Engine.Row]) throws(QueueError) -> Void
    ) async throws(QueueError) {
        if let row = self.onlyRow(filter) {
            if let row, try self.summary(of: row, matching: filter) != nil { try body([row]) }
            return
        }
        var next: UInt32? = 0
        while let start = next {
            var rows: [Engine.Row] = []
            next = self.engine.withLock { engine in
                guard let matcher = engine.matcher(filter) else { return nil }
                return engine.scan(from: start, count: Self.slice) { number, slot in
                    if matcher.matches(slot, engine) { rows.append(engine.row(number)) }
                }
            }
            if filter.needsFiles {
                // In the order of the files, which reads them once.
                rows.sort { $0.slot.enqueueSequence < $1.slot.enqueueSequence }
                var matching: [Engine.Row] = []
                for row in rows where try self.summary(of: row, matching: filter) != nil { matching.append(row) }
                rows = matching
            }
            try body(rows)
            await Task.yield()
        }
    }

    func count(matching filter: JobFilter) async throws(QueueError) -> Int {
        var count = 0
        try await self.forEach(matching: filter) { rows in count += rows.count }
        return count
    }

    /// Collects what matches for a later action on exactly that.
    func select(matching filter: JobFilter, token: String) async throws(QueueError) -> JobSelection {
        var jobs: [Selections.Job] = []
        let sequence = self.engine.withLock { $0.manager.lastSequence }
        try await self.forEach(matching: filter) { rows in
            for row in rows {
                jobs.append(Selections.Job(reference: row.slot.reference, lastSequence: row.slot.lastSequence))
            }
        }
        let count = jobs.count
        self.memory.selections.withLock { [jobs] in
            $0.add(jobs, token: token, now: self.clock().bootMilliseconds)
        }
        return JobSelection(token: token, count: count, sequence: sequence)
    }

    func selected(_ selection: JobSelection) throws(QueueError) -> [Selections.Job] {
        let jobs = self.memory.selections.withLock {
            $0.jobs(selection.token, now: self.clock().bootMilliseconds)
        }
        guard let jobs else { throw Selections.unknown }
        return jobs
    }
}

extension JobRun {
    init(_ entry: RunHistory.Entry) {
        self.init(
            token: entry.end.token,
            ending: entry.ending,
            startedAt: entry.startedAt == 0 ? nil : entry.startedAt,
            endedAt: entry.endedAt == 0 ? nil : entry.endedAt,
            exitStatus: entry.end.exitStatus.map(Int.init),
            error: entry.end.error,
            outputTail: String(decoding: entry.end.outputTail, as: UTF8.self)
        )
    }
}
