/// Lists and details of jobs: rows from the engine, a slice at a time; ids, payloads and history from the files.
///
/// A running queue and one that is only read use it alike.
struct JobLookup: Sendable {
    let engine: Lock<Engine>
    let payloads: PayloadStore
    let hash: KeyedHash
    let outputDirectory: String
    let clock: @Sendable () -> EngineTime

    /// Slots looked at in one go: about a tenth of a millisecond of the engine's time.
    private static let slice: UInt32 = 8_192

    func jobs(
        matching filter: JobFilter,
        after cursor: JobCursor?,
        limit: Int
    ) async throws(QueueError) -> JobPage {
        var jobs: [JobSummary] = []
        var next: UInt32? = UInt32(clamping: cursor?.enqueueSequence ?? 0)
        while let start = next, jobs.count < limit {
            let found = self.engine.withLock {
                $0.rows(matching: filter, from: start, scan: Self.slice, limit: limit - jobs.count)
            }
            for row in found.rows {
                if let summary = try self.summary(of: row, matching: filter) { jobs.append(summary) }
            }
            next = found.next
            await Task.yield()
        }
        return JobPage(jobs: jobs, next: next.map { JobCursor(enqueueSequence: UInt64($0)) })
    }

    /// Nil if the parts of the filter that need the files do not match, or the job has gone meanwhile.
    private func summary(
        of row: Engine.Row,
        matching filter: JobFilter
    ) throws(QueueError) -> JobSummary? {
        let (body, enqueuedAt) = try self.payloads.body(of: row.slot.enqueueSequence, id: row.slot.id)
        if let pattern = filter.id, !Glob(pattern).matches(body.id) { return nil }
        if let age = filter.olderThanMilliseconds, self.clock().wallMilliseconds - enqueuedAt < age { return nil }
        let error = row.slot.runs > 0 || row.state == .dead ? try self.payloads.lastError(of: row.slot) : nil
        if let text = filter.error {
            guard let error, error.contains(text) else { return nil }
        }
        return JobSummary(
            id: body.id,
            state: row.state,
            action: row.action,
            priority: Int(row.slot.priority),
            runs: row.slot.runs,
            simulated: row.slot.isSimulated,
            enqueuedAt: enqueuedAt,
            time: row.state == .pending || row.state == .parked ? nil : row.slot.time,
            error: error,
            work: Self.work(of: body),
            enqueueSequence: row.slot.enqueueSequence
        )
    }

    /// The command line, or the payload, in one line of at most 200 bytes.
    static func work(of body: EnqueueBody) -> String {
        let text: String
        if let command = body.command {
            let arguments = command.arguments
            text =
                arguments.count == 3 && arguments[0] == "/bin/sh" && arguments[1] == "-c"
                ? arguments[2] : arguments.joined(separator: " ")
        } else {
            text = String(decoding: JSONText.singleLine(Array(body.payload.prefix(1_024))), as: UTF8.self)
        }
        guard text.utf8.count > 200 else { return text }
        return String(decoding: text.utf8.prefix(197), as: UTF8.self) + "…"
    }

    /// By whole id at once; else every id is read and must begin with it, exactly one.
    func row(_ id: String) async throws(QueueError) -> Engine.Row {
        let fingerprint = self.hash(id)
        if let row = self.engine.withLock({ $0.find(fingerprint) }) { return row }
        var matches: [Engine.Row] = []
        var next: UInt32? = 0
        while let start = next, matches.count < 2 {
            let found = self.engine.withLock {
                $0.rows(matching: JobFilter(), from: start, scan: Self.slice, limit: .max)
            }
            for row in found.rows {
                let body = try self.payloads.body(of: row.slot.enqueueSequence, id: row.slot.id).body
                if body.id.hasPrefix(id) { matches.append(row) }
            }
            next = found.next
            await Task.yield()
        }
        guard let match = matches.first else { throw QueueError(.notFound, "no job `\(id)` in this queue") }
        guard matches.count == 1 else {
            throw QueueError(.notFound, "more than one job begins with `\(id)`; write more of the id")
        }
        return match
    }

    func job(_ id: String) async throws(QueueError) -> JobDetails {
        let row = try await self.row(id)
        guard let summary = try self.summary(of: row, matching: JobFilter()) else {
            throw QueueError(.notFound, "no job `\(id)` in this queue")
        }
        let body = try self.payloads.body(of: row.slot.enqueueSequence, id: row.slot.id).body
        let history = try self.payloads.history(of: row.slot)
        let reason = self.engine.withLock { $0.reasonToWait(row) }
        return JobDetails(
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
            history: history.entries.map { JobRun($0) }
        )
    }

    func output(of id: String, run: Int?, from offset: Int64) async throws(QueueError) -> JobOutput {
        let row = try await self.row(id)
        let history = try self.payloads.history(of: row.slot)
        let tokens = history.entries.map(\.end.token).filter { $0 != 0 }
        let token: UInt64?
        if let run {
            guard run >= 1, run <= tokens.count else {
                throw QueueError(.notFound, "job `\(id)` has \(tokens.count) known runs, no run \(run)")
            }
            token = tokens[run - 1]
        } else {
            token = tokens.last
        }
        guard let token else { return JobOutput(bytes: [], nextOffset: 0, isComplete: row.slot.state != .inFlight) }
        // Asked before reading: what is written until the run ends is then read by this call or the next one.
        let isRunning = row.slot.state == .inFlight && row.slot.token == token
        let path = OutputFile.path(in: self.outputDirectory, enqueueSequence: row.slot.enqueueSequence, token: token)
        var bytes: [UInt8] = []
        let storage = FileStorage()
        if try storage.identity(of: path) != nil {
            let file = try storage.open(path, .readOnly)
            defer { file.close() }
            let count = try file.read(into: &bytes, count: 256 << 10, at: max(0, offset))
            bytes.removeLast(bytes.count - count)
        }
        return JobOutput(
            bytes: bytes,
            nextOffset: max(0, offset) + Int64(bytes.count),
            isComplete: !isRunning && bytes.isEmpty
        )
    }

    /// All that match, as they are now.
    func rows(matching filter: JobFilter) async throws(QueueError) -> [Engine.Row] {
        let needsFiles = filter.id != nil || filter.error != nil || filter.olderThanMilliseconds != nil
        var rows: [Engine.Row] = []
        var next: UInt32? = 0
        while let start = next {
            let found = self.engine.withLock {
                $0.rows(matching: filter, from: start, scan: Self.slice, limit: .max)
            }
            for row in found.rows {
                if needsFiles, try self.summary(of: row, matching: filter) == nil { continue }
                rows.append(row)
            }
            next = found.next
            await Task.yield()
        }
        return rows
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
