import BeaverConsole
import BeaverQueue
import BeaverTestSupport
import Testing

/// What a queue would answer at one moment: lists, counts, details, of which a console sees what it asks for.
struct Scene: Sendable {
    var view: QueueView
    var lists: [ViewRequest.List: [JobSummary]] = [:]
    var details: [String: JobDetails] = [:]
    var records: [Inspection.Line] = []
    var output = ""
    var groups: [FailureGroup] = []
    var check = FileCheck(path: "thumbs.txt", form: "commands, one a line")
    var facts = CrashFacts()
    var outcome = CrashOutcome(.kill)
    /// Every answer fails with it, as when the server is gone.
    var failure: QueueError?

    var status: QueueStatus {
        get { self.view.status }
        set { self.view.status = newValue }
    }

    func answer(_ request: ViewRequest) -> QueueView {
        var view = self.view
        view.panes = request.panes.map { pane in
            let rows = self.lists[pane.list] ?? []
            var start = 0
            if pane.fromEnd {
                start = max(0, rows.count - pane.count)
            } else if let anchor = pane.anchor {
                guard let place = rows.firstIndex(where: { $0.id == anchor }) else {
                    return QueueView.Pane(rows: Array(rows.prefix(pane.count)), position: 0, isAnchorGone: true)
                }
                start = max(0, place - pane.before)
                return QueueView.Pane(
                    rows: Array(rows[start..<min(rows.count, place + pane.count)]),
                    position: start,
                    isAnchorGone: false
                )
            }
            return QueueView.Pane(
                rows: Array(rows.dropFirst(start).prefix(pane.count)),
                position: start,
                isAnchorGone: false
            )
        }
        view.events = view.events.filter { $0.number > request.eventsAfter }
        return view
    }

    func page(_ filter: JobFilter, limit: Int) -> JobPage {
        let order: [ViewRequest.List] = [.running, .pending, .scheduled, .dead, .completed]
        let jobs = order.flatMap { self.lists[$0] ?? [] }.filter { job in
            (filter.states.isEmpty || filter.states.contains(job.state))
                && (filter.action.map { $0 == job.action } ?? true)
                && (filter.error.map { job.error?.contains($0) ?? false } ?? true)
                && (filter.text.map { job.id.contains($0) || job.work.contains($0) || job.error?.contains($0) == true }
                    ?? true)
        }
        let next = jobs.count > limit ? JobCursor(enqueueSequence: jobs[limit - 1].enqueueSequence) : nil
        return JobPage(jobs: Array(jobs.prefix(limit)), next: next)
    }

    func job(_ id: String, reveals: Bool = false) -> Result<JobDetails, QueueError> {
        if var details = self.details[id] {
            if !reveals { details.payload = details.payload.replacing("hunter2", with: Redaction.mark) }
            return .success(details)
        }
        guard let job = self.lists.values.lazy.flatMap({ $0 }).first(where: { $0.id == id }) else {
            return .failure(QueueError(.notFound, "no job `\(id)` in this queue"))
        }
        return .success(.sample(job, payload: #"{"action":"\#(job.action)"}"#))
    }

    /// What the engine or the host would post for an effect; nil for what only a terminal does.
    func message(for effect: Effect) -> Message? {
        if let failure = self.failure { return self.refusal(of: effect, failure) }
        return switch effect {
        case .view(let request): .view(.success(self.answer(request)))
        case .list(let purpose, let filter, _, let limit): .list(purpose, .success(self.page(filter, limit: limit)))
        case .details(let id, let reveals): .details(id, reveals: reveals, self.job(id, reveals: reveals))
        case .records(let id): .records(id, self.records)
        case .output(let id, let run, let offset): .output(id, run: run, from: offset, .success(self.bytes(offset)))
        case .groups: .groups(.success(self.groups))
        case .select(let filter, let action, let label):
            .selected(
                action,
                label: label,
                .success(
                    JobSelection(token: "t", count: self.page(filter, limit: .max).jobs.count, sequence: 11_394)
                )
            )
        case .act(let action, _), .actOn(let action, _): .acted(action.verb, .success("\(action.verb): done"))
        case .pause, .setWorkers, .snapshot, .reload, .create, .write, .saveReport: .acted("", .success("done"))
        case .complete(let text): .completions(text, [text + "a", text + "b"])
        case .check: .checked(self.check)
        case .compare(let path): .known(path, .success(EnqueueResult(enqueued: self.check.jobCount)))
        case .take: .taken(.success(FileTaken(EnqueueResult(enqueued: self.check.jobCount), refusedPath: nil)))
        case .crashFacts: .crashFacts(self.facts)
        case .crash: .crashed(self.outcome)
        case .takeOver: .tookOver(nil)
        case .quit: .stopped
        case .askOwn, .endAsking, .endComparing, .endTaking, .dropTyped, .redraw, .suspend: nil
        }
    }

    private func bytes(_ offset: Int64) -> JobOutput {
        let bytes = Array(self.output.utf8.dropFirst(Int(offset)))
        return JobOutput(bytes: bytes, nextOffset: offset + Int64(bytes.count), isComplete: true)
    }

    private func refusal(of effect: Effect, _ error: QueueError) -> Message? {
        switch effect {
        case .view: .view(.failure(error))
        case .list(let purpose, _, _, _): .list(purpose, .failure(error))
        case .details(let id, let reveals): .details(id, reveals: reveals, .failure(error))
        case .output(let id, let run, let offset): .output(id, run: run, from: offset, .failure(error))
        case .groups: .groups(.failure(error))
        case .select(_, let action, let label): .selected(action, label: label, .failure(error))
        case .records, .askOwn, .endAsking, .endTaking, .dropTyped, .redraw, .suspend: nil
        case .complete(let text): .completions(text, [])
        case .check(let path, _): .checked(FileCheck(path: path, form: ""))
        case .take: .taken(.failure(error))
        case .crashFacts: .crashFacts(CrashFacts())
        case .crash(let kind, _, _):
            .crashed(
                {
                    var outcome = CrashOutcome(kind)
                    outcome.failure = error.message
                    return outcome
                }()
            )
        case .takeOver: .tookOver(error.message)
        case .quit: .stopped
        default: .acted("it", .failure(error))
        }
    }
}

/// A console before a scene: what it wants done is answered from the scene, at once.
struct Stage {
    var model: Model
    var scene: Scene
    /// All that was asked for since the last `forget`.
    var effects: [Effect] = []
    /// Effects that are not answered.
    var holds: (Effect) -> Bool = { _ in false }

    init(
        _ scene: Scene,
        rows: Int = 24,
        columns: Int = 80,
        isEmbedded: Bool = true,
        settings: (inout Model.Settings) -> Void = { _ in }
    ) {
        var chosen = Model.Settings()
        chosen.allowsExec = true
        settings(&chosen)
        self.scene = scene
        self.model = Model(
            settings: chosen,
            size: Size(rows: rows, columns: columns),
            moment: Scene.moment,
            isEmbedded: isEmbedded
        )
        self.send(.tick)
    }

    mutating func send(_ message: Message) {
        var waiting = self.model.update(message)
        var rounds = 0
        while !waiting.isEmpty, rounds < 100 {
            let effect = waiting.removeFirst()
            self.effects.append(effect)
            rounds += 1
            guard !self.holds(effect), let answer = self.scene.message(for: effect) else { continue }
            waiting += self.model.update(answer)
        }
    }

    mutating func press(_ keys: Key...) { for key in keys { self.send(.key(key)) } }

    mutating func type(_ text: String) {
        for scalar in text.unicodeScalars { self.send(.key(.character(scalar))) }
    }

    /// Lets time pass; `tick` comes as the loop sends it.
    mutating func wait(milliseconds: Int64) {
        self.model.moment.steadyMilliseconds += milliseconds
        self.model.moment.wallMilliseconds += milliseconds
        self.send(.tick)
    }

    mutating func forget() { self.effects = [] }

    mutating func resize(rows: Int, columns: Int) {
        self.send(.resized(Size(rows: rows, columns: columns)))
        self.model.nextViewAt = 0
        self.send(.tick)
    }

    var screen: Screen { View.screen(of: self.model) }
    /// The screen in one string, lines apart.
    var text: String { self.screen.lines.joined(separator: "\n") }
    func shows(_ text: String) -> Bool { self.text.contains(text) }

    /// Effects that change the queue.
    var changes: [Effect] {
        self.effects.filter { effect in
            switch effect {
            case .act, .actOn, .pause, .setWorkers, .snapshot, .reload, .take, .create, .crash, .takeOver: true
            case .quit(let kind): kind == .leaveRunning
            default: false
            }
        }
    }
}

extension Stage: CustomTestStringConvertible {
    /// What a reader of a failure wants to see.
    var testDescription: String { "\(self.effects)\n\(self.text)" }
}

extension Key: ExpressibleByUnicodeScalarLiteral {
    package init(unicodeScalarLiteral value: Unicode.Scalar) { self = .character(value) }
}
