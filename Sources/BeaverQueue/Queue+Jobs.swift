/// Lists, details and what operators do to jobs.
extension Queue {
    /// Slots looked at in one go: about a tenth of a millisecond of the engine's time.
    private static let slice: UInt32 = 8_192

    public func jobs(
        matching filter: JobFilter,
        after cursor: JobCursor?,
        limit: Int
    ) async throws(QueueError) -> JobPage {
        let core = try self.core()
        var jobs: [JobSummary] = []
        var next: UInt32? = UInt32(clamping: cursor?.enqueueSequence ?? 0)
        while let start = next, jobs.count < limit {
            let found = core.controller.look {
                $0.rows(matching: filter, from: start, scan: Self.slice, limit: limit - jobs.count)
            }
            for row in found.rows {
                if let summary = try self.summary(of: row, core, matching: filter) { jobs.append(summary) }
            }
            next = found.next
            await Task.yield()
        }
        return JobPage(jobs: jobs, next: next.map { JobCursor(enqueueSequence: UInt64($0)) })
    }

    /// Nil if the parts of the filter that need the files do not match, or the job has gone meanwhile.
    private func summary(
        of row: Engine.Row,
        _ core: Core,
        matching filter: JobFilter
    ) throws(QueueError) -> JobSummary? {
        let (body, enqueuedAt) = try core.payloads.body(of: row.slot.enqueueSequence, id: row.slot.id)
        if let pattern = filter.id, !Glob(pattern).matches(body.id) { return nil }
        if let age = filter.olderThanMilliseconds, BootClock.now().wallMilliseconds - enqueuedAt < age { return nil }
        let error = row.slot.runs > 0 || row.state == .dead ? try core.payloads.lastError(of: row.slot) : nil
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
    private func row(_ id: String, _ core: Core) async throws(QueueError) -> Engine.Row {
        let fingerprint = core.hash(id)
        if let row = core.controller.look({ $0.find(fingerprint) }) { return row }
        var matches: [Engine.Row] = []
        var next: UInt32? = 0
        while let start = next, matches.count < 2 {
            let found = core.controller.look {
                $0.rows(matching: JobFilter(), from: start, scan: Self.slice, limit: .max)
            }
            for row in found.rows {
                let body = try core.payloads.body(of: row.slot.enqueueSequence, id: row.slot.id).body
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

    public func job(_ id: String) async throws(QueueError) -> JobDetails {
        let core = try self.core()
        let row = try await self.row(id, core)
        guard let summary = try self.summary(of: row, core, matching: JobFilter()) else {
            throw QueueError(.notFound, "no job `\(id)` in this queue")
        }
        let body = try core.payloads.body(of: row.slot.enqueueSequence, id: row.slot.id).body
        let history = try core.payloads.history(of: row.slot)
        let reason = core.controller.look { $0.reasonToWait(row) }
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

    public func output(of id: String, run: Int?, from offset: Int64) async throws(QueueError) -> JobOutput {
        let core = try self.core()
        let row = try await self.row(id, core)
        let history = try core.payloads.history(of: row.slot)
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
        let path = core.runner.outputPath(enqueueSequence: row.slot.enqueueSequence, token: token)
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

    public func retry(_ id: String) async throws(QueueError) { _ = try await self.act(.retry, id) }

    public func cancel(_ id: String) async throws(QueueError) -> JobState {
        switch try await self.act(.cancel, id) {
        case .inFlight: .inFlight
        case .pending, .completed, .dead, .cancelled, nil: .cancelled
        }
    }

    public func purge(_ id: String) async throws(QueueError) { _ = try await self.act(.purge, id) }

    private func act(_ action: JobAction, _ id: String) async throws(QueueError) -> JobSlot.State? {
        let row = try await self.row(id, self.core())
        guard case .acted(let result, let state) = try await self.perform(.act(action, on: [.id(row.slot.id)])) else {
            return nil
        }
        guard result.matched == 1 else { throw QueueError(.notFound, "no job `\(id)` in this queue") }
        guard result.done == 1 else {
            throw QueueError(.conflict, "job `\(id)` is \(row.state.rawValue): \(Self.rule(action))")
        }
        return state
    }

    private static func rule(_ action: JobAction) -> String {
        switch action {
        case .retry: "only dead, cancelled, scheduled or simulated jobs can be retried"
        case .cancel: "only waiting and running jobs can be cancelled"
        case .purge: "only completed, dead and cancelled jobs can be purged; cancel it first"
        }
    }

    public func retry(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.act(.retry, matching: filter)
    }

    public func cancel(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.act(.cancel, matching: filter)
    }

    public func purge(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.act(.purge, matching: filter)
    }

    /// The jobs are collected first; one that changed before its turn is skipped, and counted.
    private func act(_ action: JobAction, matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        let rows = try await self.rows(matching: filter)
        var sum = BulkResult(matched: rows.count, done: 0, skipped: 0)
        var start = 0
        while start < rows.count {
            let end = min(start + 1_000, rows.count)
            let targets = rows[start..<end].map {
                JobTarget.selected($0.slot.reference, lastSequence: $0.slot.lastSequence)
            }
            guard case .acted(let result, _) = try await self.perform(.act(action, on: targets)) else { break }
            sum.done += result.done
            start = end
        }
        sum.skipped = sum.matched - sum.done
        return sum
    }

    public func count(matching filter: JobFilter) async throws(QueueError) -> Int {
        try await self.rows(matching: filter).count
    }

    private func rows(matching filter: JobFilter) async throws(QueueError) -> [Engine.Row] {
        let core = try self.core()
        let needsFiles = filter.id != nil || filter.error != nil || filter.olderThanMilliseconds != nil
        var rows: [Engine.Row] = []
        var next: UInt32? = 0
        while let start = next {
            let found = core.controller.look {
                $0.rows(matching: filter, from: start, scan: Self.slice, limit: .max)
            }
            for row in found.rows {
                if needsFiles, try self.summary(of: row, core, matching: filter) == nil { continue }
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
