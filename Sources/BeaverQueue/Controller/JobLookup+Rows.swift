/// The part of a filter that the slots alone can answer.
struct SlotMatcher {
    let states: Set<JobState>
    let action: UInt16?
    let isSimulatedOnly: Bool

    func matches(_ slot: JobSlot, _ engine: Engine) -> Bool {
        if let action = self.action, slot.action != action { return false }
        if self.isSimulatedOnly, !slot.isSimulated { return false }
        return self.states.isEmpty || self.states.contains(engine.state(of: slot))
    }
}

extension Engine {
    /// Nil if nothing can match: no job ever had that action.
    func matcher(_ filter: JobFilter) -> SlotMatcher? {
        let action = filter.action.map { self.manager.actionNumbers[$0] }
        if case .some(nil) = action { return nil }
        return SlotMatcher(
            states: Set(filter.states),
            action: action.flatMap { $0 },
            isSimulatedOnly: filter.simulatedOnly
        )
    }

    /// The row of a job that a scan found by its ENQUEUE number, if it is still there and still matches.
    func row(_ entry: SmallestKeys.Entry, matching filter: JobFilter) -> Row? {
        let slot = self.manager.slots[entry.slot]
        guard slot.enqueueSequence == entry.key, let matcher = self.matcher(filter), matcher.matches(slot, self) else {
            return nil
        }
        return self.row(entry.slot)
    }
}

extension Engine.Row {
    /// There is an end of a run to be told.
    var hasRun: Bool { self.slot.runs > 0 || self.state == .dead || self.state == .completed }
    /// If the last one says nothing, one of these may.
    var hasEarlierRuns: Bool { self.slot.runs > 1 }
}

extension LookupMemory.End {
    init(_ last: RunHistory.Entry?, error: String?, _ redaction: Redaction) {
        guard let last else { return }
        self.ending = last.ending
        self.startedAt = last.startedAt == 0 ? nil : last.startedAt
        self.exitStatus = last.end.exitStatus.map(Int.init)
        self.error = error.map(redaction.text)
    }
}

extension JobFilter {
    /// Slots cannot answer it.
    var needsFiles: Bool {
        self.id != nil || self.error != nil || self.text != nil || self.group != nil
            || self.olderThanMilliseconds != nil
            || self.idPrefix != nil
    }
}

/// Rows in words: what the files say about the jobs that the engine names.
extension JobLookup {
    /// For a filter that names one whole id: its row or nil, nothing to search; nil in the outer for any other filter.
    func onlyRow(_ filter: JobFilter) -> Engine.Row?? {
        guard let id = filter.id, Glob(id).isLiteral else { return nil }
        let fingerprint = self.hash(id)
        let row: Engine.Row? = self.engine.withLock { engine in
            guard let row = engine.find(fingerprint), let matcher = engine.matcher(filter),
                matcher.matches(row.slot, engine)
            else { return nil }
            return row
        }
        return .some(row)
    }

    func body(of row: Engine.Row) throws(QueueError) -> LookupMemory.Body {
        let key = row.slot.enqueueSequence
        if let body = self.memory.bodies.withLock({ $0.value(key) }) { return body }
        let (record, enqueuedAt) = try self.payloads.body(of: key, id: row.slot.id)
        let redaction = self.memory.redaction.withLock { $0 }
        let body = LookupMemory.Body(id: record.id, work: Self.work(of: record, redaction), enqueuedAt: enqueuedAt)
        self.memory.bodies.withLock { $0.set(key, body) }
        return body
    }

    func end(of row: Engine.Row) throws(QueueError) -> LookupMemory.End {
        let key = row.slot.lastSequence
        if let end = self.memory.ends.withLock({ $0.value(key) }) { return end }
        let redaction = self.memory.redaction.withLock { $0 }
        let last = try self.payloads.lastRun(of: row.slot)
        var error = last?.error
        if error == nil, row.hasEarlierRuns { error = try self.payloads.lastError(of: row.slot) }
        let end = LookupMemory.End(last, error: error, redaction)
        self.memory.ends.withLock { $0.set(key, end) }
        return end
    }

    /// Nil if the parts of the filter that need the files do not match, or the job has gone meanwhile.
    func summary(of row: Engine.Row, matching filter: JobFilter) throws(QueueError) -> JobSummary? {
        let body = try self.body(of: row)
        if let pattern = filter.id, !Glob(pattern).matches(body.id) { return nil }
        if let prefix = filter.idPrefix, !body.id.hasPrefix(prefix) { return nil }
        if let age = filter.olderThanMilliseconds, self.clock().wallMilliseconds - body.enqueuedAt < age { return nil }
        let end = row.hasRun ? try self.end(of: row) : LookupMemory.End()
        if let text = filter.error {
            guard let error = end.error, Self.holds(error, text) else { return nil }
        }
        if let text = filter.text, ![body.id, body.work, end.error ?? ""].contains(where: { Self.holds($0, text) }) {
            return nil
        }
        if let group = filter.group, FailureTable.key(row, end) != group { return nil }
        var summary = Self.summary(of: row, body, end)
        if filter.reveals { summary.work = try self.revealedWork(of: row) }
        return summary
    }

    static func summary(of row: Engine.Row, _ body: LookupMemory.Body, _ end: LookupMemory.End) -> JobSummary {
        var summary = JobSummary(
            id: body.id,
            state: row.state,
            action: row.action,
            priority: Int(row.slot.priority),
            runs: row.slot.runs,
            simulated: row.slot.isSimulated,
            enqueuedAt: body.enqueuedAt,
            time: row.state == .pending || row.state == .parked ? nil : row.slot.time,
            error: end.error,
            work: body.work,
            enqueueSequence: row.slot.enqueueSequence
        )
        summary.worker = row.worker
        summary.limitMilliseconds = row.limitMilliseconds
        if row.state == .completed || row.state == .dead {
            summary.startedAt = end.startedAt
            summary.exitStatus = end.exitStatus
        }
        summary.waitsBecause = row.wait?.text(action: row.action)
        return summary
    }

    /// As `summary`; a job that went meanwhile is left out, one whose files are damaged is shown as that.
    func shown(_ row: Engine.Row, matching filter: JobFilter) throws(QueueError) -> JobSummary? {
        do {
            return try self.summary(of: row, matching: filter)
        } catch {
            guard error.code == .damaged else { throw error }
            let isThere = self.engine.withLock {
                $0.manager.slots[row.number].enqueueSequence == row.slot.enqueueSequence
            }
            guard isThere, !filter.needsFiles else { return nil }
            return JobSummary(
                id: "#\(row.slot.enqueueSequence)",
                state: row.state,
                action: row.action,
                priority: Int(row.slot.priority),
                runs: row.slot.runs,
                simulated: row.slot.isSimulated,
                enqueuedAt: 0,
                time: nil,
                error: error.message,
                work: "",
                enqueueSequence: row.slot.enqueueSequence
            )
        }
    }

    private static func holds(_ text: String, _ wanted: String) -> Bool {
        if wanted.isEmpty { return true }
        let (bytes, pattern) = (Self.folded(text), Self.folded(wanted))
        guard pattern.count <= bytes.count else { return false }
        return (0...bytes.count - pattern.count).contains { start in
            bytes[start] == pattern[0] && bytes[start..<start + pattern.count].elementsEqual(pattern)
        }
    }

    private static func folded(_ text: String) -> [UInt8] {
        text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    private func revealedWork(of row: Engine.Row) throws(QueueError) -> String {
        let record = try self.payloads.body(of: row.slot.enqueueSequence, id: row.slot.id).body
        return Self.work(of: record, Redaction([]))
    }

    /// The command line, or the payload, in one line of at most 200 bytes.
    static func work(of body: EnqueueBody, _ redaction: Redaction) -> String {
        let text: String
        if let command = body.command {
            text = redaction.text(JobCommand.line(command.arguments))
        } else {
            let line = JSONText.singleLine(Array(body.payload.prefix(1_024)))
            text = String(decoding: redaction.json(line), as: UTF8.self)
        }
        guard text.utf8.count > 200 else { return text }
        // A slice of a text begins and ends between characters, wherever its ends are said to be.
        return String(text[..<text.utf8.index(text.startIndex, offsetBy: 197)]) + "…"
    }
}
