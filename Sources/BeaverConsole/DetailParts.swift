internal import BeaverQueue

/// The parts of the screen of a job: what each says, and where it stands.
struct DetailParts {
    typealias Line = (text: String, style: Style)

    /// The lines of a part, of which a screen takes a few.
    enum Lines {
        case styled([Line])
        /// There may be a hundred thousand of these.
        case plain([String])

        var count: Int {
            switch self {
            case .styled(let lines): lines.count
            case .plain(let lines): lines.count
            }
        }

        func shown(from place: Int, count: Int) -> [Line] {
            switch self {
            case .styled(let lines): Array(lines.dropFirst(place).prefix(max(0, count)))
            case .plain(let lines): lines.dropFirst(place).prefix(max(0, count)).map { ($0, .plain) }
            }
        }
    }

    let model: Model
    let state: DetailState
    let areas: [(part: Int, area: MainLayout.Area)]

    init(_ model: Model, _ state: DetailState) {
        self.model = model
        self.state = state
        self.areas = Self.areas(model, state)
    }

    /// The first line shown where nobody has scrolled: of runs the chosen one is in sight.
    func start(of part: Int, lines: Int, height: Int) -> Int {
        let end = max(0, lines - height)
        if part == 1, let run = self.state.run { return min(end, run - 1) }
        return Self.startsAtEnd(part) ? end : 0
    }

    /// How many lines a part has, and how many of them fit.
    func extent(of part: Int) -> (lines: Int, height: Int) {
        guard let area = self.areas.first(where: { $0.part == part })?.area else { return (0, 1) }
        return (self.lines(of: part, width: self.width(of: area)).count, max(1, area.rows - 2))
    }

    /// Columns for text inside a box.
    func width(of area: MainLayout.Area) -> Int { area.columns - 4 }

    private static func areas(_ model: Model, _ state: DetailState) -> [(part: Int, area: MainLayout.Area)] {
        typealias Area = MainLayout.Area
        let (rows, columns) = (model.size.rows, model.size.columns)
        let body = rows - 3
        if state.isZoomed || rows < 18 {
            return [(state.part, Area(row: 2, column: 0, rows: body, columns: columns))]
        }
        if columns >= 110, rows >= 30 {
            let right = 42
            let left = columns - right
            let extra = rows - 34
            let top = 8
            let records = 6 + max(0, extra / 4)
            let middle = body - top - 4 - records
            return [
                (1, Area(row: 2, column: 0, rows: top, columns: left)),
                (2, Area(row: 2, column: left, rows: top, columns: right)),
                (3, Area(row: 2 + top, column: 0, rows: 4, columns: columns)),
                (4, Area(row: 6 + top, column: 0, rows: middle, columns: left)),
                (5, Area(row: 6 + top, column: left, rows: middle, columns: right)),
                (6, Area(row: 6 + top + middle, column: 0, rows: records, columns: columns)),
            ]
        }
        let runs = 2 + max(1, min(3, state.details?.history.count ?? 1))
        let main = [1, 3].contains(state.part) ? 4 : state.part
        let records = main == 6 ? 0 : 4
        let rest = body - 5 - runs - records
        var areas = [
            (3, Area(row: 2, column: 0, rows: 5, columns: columns)),
            (1, Area(row: 7, column: 0, rows: runs, columns: columns)),
            (main, Area(row: 7 + runs, column: 0, rows: rest, columns: columns)),
        ]
        if records > 0 { areas.append((6, Area(row: 7 + runs + rest, column: 0, rows: records, columns: columns))) }
        return areas
    }

    /// Parts whose newest lines stand at their end: those are read first.
    static func startsAtEnd(_ part: Int) -> Bool { [1, 4, 6].contains(part) }

    static let names = [1: "Runs", 2: "Facts", 3: "Why", 4: "Output", 5: "Payload", 6: "Log records of this job"]

    func title(of part: Int) -> String {
        let name = "\(part) \(Self.names[part] ?? "")"
        guard let details = self.state.details else { return name }
        switch part {
        case 1: return name + Self.runCount(details)
        case 3 where details.waitsBecause != nil: return "3 Why it waits"
        case 4:
            let run = self.state.run ?? details.history.count
            guard run > 0 else { return name }
            return "\(name) of run \(self.number(run)) · stdout and stderr as written"
        case 6: return "\(name) \(self.state.records?.count ?? 0)"
        default: return name
        }
    }

    /// Of the output: the file in which all of it is.
    func foot(of part: Int) -> String {
        guard part == 4, let details = self.state.details, let directory = self.model.status?.dataDirectory,
            !directory.isEmpty, !self.state.output.isEmpty,
            // Where that is so, the log was read in the place of a file.
            !self.state.output.starts(with: JobOutput.partNote.utf8)
        else { return "" }
        return details.outputPath(ofRun: (self.state.run ?? details.history.count) - 1, in: directory) ?? ""
    }

    /// Runs used of those it may have, where the job says itself how many that are.
    private static func runCount(_ details: JobDetails) -> String {
        let runs = max(details.summary.runs, details.history.count)
        if runs > details.history.count { return ", the last \(details.history.count) of \(runs)" }
        // Runs that a crash of the queue ended are not counted against it, and an operator's retry begins anew.
        let effective = details.limits.first { $0.name == .maxRetry }.map { Int($0.value) }
        guard let retries = effective ?? details.maxRetry, runs <= retries + 1 else { return " \(runs)" }
        return " \(runs) of \(retries + 1)"
    }

    /// The number of a run of the history among all runs of the job.
    private func number(_ run: Int) -> Int {
        let history = self.state.details?.history.count ?? 0
        return max(self.state.details?.summary.runs ?? 0, history) - history + run
    }

    func lines(of part: Int, width: Int) -> Lines {
        if let source = self.longText(of: part) {
            let laidOut = self.state.laidOut[part].flatMap { $0.fits(source, width: width) ? $0 : nil }
            return .plain((laidOut ?? LaidOutText(source, width: width)).lines)
        }
        return .styled(self.shortLines(of: part, width: width))
    }

    /// The text of a part that may be of any length.
    func longText(of part: Int) -> LaidOutText.Source? {
        guard let details = self.state.details else { return nil }
        switch part {
        case 4:
            if !self.state.output.isEmpty { return .output(self.state.output) }
            // Until the output itself has come, the end of it that the engine keeps.
            guard self.state.run == nil, let tail = details.history.last?.outputTail, !tail.isEmpty else { return nil }
            return .output(Array(tail.utf8))
        case 5: return .payload(details.payload)
        default: return nil
        }
    }

    private func shortLines(of part: Int, width: Int) -> [Line] {
        guard let details = self.state.details else {
            return part == 3 ? [(self.state.failure ?? "looking it up", self.state.failure == nil ? .dim : .bad)] : []
        }
        switch part {
        case 1: return self.runs(details)
        case 2: return self.facts(details).flatMap { self.fact($0.name, $0.text, width) }
        case 3:
            let lines = self.why(details) + [self.notTheReason(details.summary)].compactMap { $0 }
            return lines.flatMap { TextWidth.wrap($0, to: width) }.map { ($0, .plain) }
        case 4:
            let word = details.history.isEmpty ? "no run yet" : self.state.isOutputAwaited ? "" : "no output"
            return [(word, .dim)]
        case 5: return []
        default: return self.records
        }
    }

    private func runs(_ details: JobDetails) -> [Line] {
        guard !details.history.isEmpty else { return [("no run yet", .dim)] }
        let hasWorkers = details.history.contains { $0.worker != nil }
        return details.history.enumerated().map { place, run in
            let started = run.startedAt.map { self.model.moment.time($0) } ?? "-"
            let end = run.ending == .running ? self.model.moment.wallMilliseconds : run.endedAt
            var took = ""
            if let begin = run.startedAt, let end {
                took =
                    run.ending == .running
                    ? Figures.elapsed(milliseconds: end - begin) : Figures.took(milliseconds: end - begin)
            }
            let sign = place + 1 == (self.state.run ?? details.history.count) ? ">" : " "
            var text = sign + TextWidth.left(String(self.number(place + 1)), 4)
            if hasWorkers { text += TextWidth.left(run.worker.map { "worker \($0)" } ?? "", 11) }
            text += TextWidth.left(started, 9) + TextWidth.right(took, 7) + "  " + Self.ending(run)
            let isBad = [.failed, .timeout, .dead].contains(run.ending)
            return (text, isBad ? .bad : run.ending == .completed ? .good : .plain)
        }
    }

    private static func ending(_ run: JobRun) -> String {
        let status = run.exitStatus.map { "exit \($0)" } ?? ""
        let error = run.error.isEmpty || run.error == status ? "" : "  \(run.error)"
        // The error of a command says itself how it ended.
        if run.ending == .failed, !status.isEmpty, run.error.hasPrefix(status) { return run.error }
        if run.ending == .dead, !status.isEmpty, run.error.hasPrefix(status) { return "dead, " + run.error }
        if let limit = self.timeout(run.error) { return limit }
        return switch run.ending {
        case .running: "runs now"
        case .completed: "done" + (status.isEmpty ? "" : ", \(status)")
        case .failed: (status.isEmpty ? "failed" : status) + error
        case .timeout: "time-out" + error
        case .interrupted: "interrupted" + error
        case .cancelled: "cancelled" + error
        case .dead: "dead" + (status.isEmpty ? "" : ", \(status)") + error
        }
    }

    private static func shown(_ error: String?) -> String { error.map { self.timeout($0) ?? $0 } ?? "without a word" }

    /// "timed out after 30000 ms: killed by SIGTERM" as people say it, which leaves room for how it ended.
    private static func timeout(_ error: String) -> String? {
        let start = "timed out after "
        guard error.hasPrefix(start) else { return nil }
        let rest = error.dropFirst(start.count)
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard let limit = Int64(digits), rest.dropFirst(digits.count).hasPrefix(" ms") else { return nil }
        return "time-out \(Figures.length(milliseconds: limit, spaced: true))" + rest.dropFirst(digits.count + 3)
    }

    private func facts(_ details: JobDetails) -> [(name: String, text: String)] {
        let job = details.summary
        var facts = [("action", job.action)]
        if let arguments = details.arguments { facts.append(("command", JobCommand.line(arguments))) }
        if let directory = details.workingDirectory { facts.append(("in", directory)) }
        facts += LimitText.facts(of: details)
        facts.append(("priority", "\(job.priority)    accepted \(self.model.moment.time(job.enqueuedAt))"))
        if details.once { facts.append(("once", "never run twice")) }
        if job.simulated { facts.append(("simulated", "it was not really run")) }
        if details.interruptions > 0 { facts.append(("interrupted", Figures.count(details.interruptions, "time"))) }
        if let token = details.fencingToken { facts.append(("token", String(token))) }
        facts.append(("record", Figures.grouped(job.enqueueSequence)))
        return facts.map { (name: $0.0, text: $0.1) }
    }

    private func fact(_ name: String, _ text: String, _ width: Int) -> [Line] {
        TextWidth.chop(text, to: max(10, width - 12)).enumerated().map { place, piece in
            (TextWidth.left(place == 0 ? name : "", 12) + piece, .plain)
        }
    }

    private func why(_ details: JobDetails) -> [String] {
        let job = details.summary
        let last = details.history.last
        if job.state == .scheduled, let due = job.time { return [self.whyScheduled(details, due)] }
        if let reason = details.waitsBecause { return ["> " + reason] }
        switch job.state {
        case .inFlight:
            let worker = job.worker.map { " on worker \($0)" } ?? ""
            return ["It runs now\(worker), run \(job.runs)."]
        case .completed:
            if job.simulated { return ["Simulated: there is no handler for \(job.action); retry makes it real work."] }
            return ["It is done and will never run again."]
        case .dead: return self.whyDead(job, last)
        case .cancelled: return ["An operator cancelled it; r brings it back."]
        case .pending: return ["It waits for a free worker."]
        case .scheduled: return ["It waits for its time."]
        case .parked: return ["No handler can start it."]
        }
    }

    /// What may keep a job waiting and does not, so that nobody looks for it there.
    private func notTheReason(_ job: JobSummary) -> String? {
        guard [.pending, .scheduled, .parked].contains(job.state), let status = self.model.status else { return nil }
        let causes = [
            ("paused", status.workers.paused), ("no handler", job.state == .parked),
            ("no free worker", status.workers.busy >= status.workers.count),
        ]
        let others = causes.filter { !$0.1 }.map(\.0)
        return others.isEmpty ? nil : "not the reason: " + others.joined(separator: ", ")
    }

    private func whyScheduled(_ details: JobDetails, _ due: Int64) -> String {
        let moment = self.model.moment
        let wait = Figures.length(milliseconds: max(0, due - moment.wallMilliseconds), spaced: true)
        let when = "due \(moment.time(due)), in \(wait)"
        guard details.summary.runs > 0 else { return "> it is \(when)" }
        let ending = details.history.last.map { Self.ending($0) } ?? details.summary.error ?? "an error"
        return "> run \(details.summary.runs) ended: \(ending); run \(details.summary.runs + 1) is \(when)"
    }

    private func whyDead(_ job: JobSummary, _ last: JobRun?) -> [String] {
        var lines = ["\(Figures.count(job.runs, "run")), the last one ended: \(Self.shown(job.error))"]
        let same = self.model.view?.deadGroups.first { $0.examples.contains(job.id) }
        if let same, same.dead > 1 {
            lines.append("\(Figures.grouped(same.dead)) dead jobs have this error: \(same.shownError)")
        }
        return lines
    }

    private var records: [Line] {
        guard let records = self.state.records else { return [("reading the log", .dim)] }
        guard !records.isEmpty else { return [("the log holds none of it any more; a snapshot does", .dim)] }
        return records.map { record in
            let sequence = TextWidth.left(Figures.grouped(record.sequence), 10)
            let event = TextWidth.left(record.event, 12)
            return (sequence + self.model.moment.preciseTime(record.time) + " " + event + record.details, .plain)
        }
    }
}
