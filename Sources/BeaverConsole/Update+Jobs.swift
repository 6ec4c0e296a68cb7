internal import BeaverQueue

/// What is done to jobs, and the questions before it, which grow with the damage.
extension Model {
    /// From this many jobs on, what cannot be undone must be typed.
    static let typedFrom = 100

    mutating func act(_ action: BulkAction) -> [Effect] {
        if let filter = self.filter, filter.marksAll {
            return [.select(filter.filter, action, label: filter.text)]
        }
        if !self.marks.isEmpty { return self.ask(action, ids: self.marks.sorted(), why: "marked") }
        guard let job = self.focused.current else {
            self.notify("there is no job at the cursor", .dim)
            return []
        }
        return self.act(action, on: job, isUnsure: self.focused.isUnsure || self.focused.cursor == nil)
    }

    /// One job: what can be taken back needs no question, unless the cursor did not stand on it by choice.
    mutating func act(_ action: BulkAction, on job: JobSummary, isUnsure: Bool) -> [Effect] {
        if let reason = Self.refusal(action, job) {
            self.notify(reason, .warning)
            return []
        }
        let isGrave = action == .purge || (action == .cancel && job.state == .inFlight)
        guard isGrave || isUnsure else { return [.actOn(action, [job.id])] }
        var lines = ["\(job.id)  \(job.work)"]
        switch action {
        case .purge: lines.append("It is gone for good, with its runs. Files of its output stay on the disk.")
        case .cancel where job.state == .inFlight: lines.append("It runs now: its processes are told to end.")
        case .cancel: lines.append("It will not run; r brings it back.")
        case .retry: lines.append("It is due now, with a fresh number of runs.")
        }
        self.question = Question(
            title: "\(action.verb) \(job.id)?",
            lines: lines,
            actionLabel: action == .cancel ? "Cancel it" : action.verb,
            noLabel: Self.noLabel(action),
            effect: .actOn(action, [job.id]),
            isDangerous: action == .purge
        )
        return [.dropTyped]
    }

    private static func refusal(_ action: BulkAction, _ job: JobSummary) -> String? {
        switch (action, job.state) {
        case (.retry, .pending), (.retry, .parked), (.retry, .inFlight):
            "\(job.id) needs no retry: it \(job.state == .inFlight ? "runs" : "waits")"
        case (.retry, .completed) where !job.simulated: "\(job.id) is done; a done job is never run again"
        case (.cancel, .completed), (.cancel, .dead), (.cancel, .cancelled):
            "\(job.id) has ended; there is nothing to cancel"
        case (.purge, .pending), (.purge, .scheduled), (.purge, .parked), (.purge, .inFlight):
            "\(job.id) has not ended: cancel it first (d), then purge it"
        default: nil
        }
    }

    /// Jobs named one by one: exactly those.
    mutating func ask(_ action: BulkAction, ids: [String], why: String) -> [Effect] {
        let known = self.marks.isEmpty ? [] : self.focused.rows.filter { ids.contains($0.id) }
        var lines = ["exactly the \(Figures.grouped(ids.count)) that you \(why == "marked" ? "marked" : why):"]
        lines += ids.prefix(3).map { "  " + $0 }
        if ids.count > 3 { lines.append("  and \(Figures.grouped(ids.count - 3)) more") }
        if known.contains(where: { $0.state == .inFlight }), action == .cancel {
            lines.append("Some of them run now: their processes are told to end.")
        }
        lines += Self.consequence(action)
        self.question = self.bulkQuestion(action, count: ids.count, lines: lines, effect: .actOn(action, ids))
        return [.dropTyped]
    }

    /// A selection has been made at the engine: the question names its count and its place in the log.
    mutating func selected(
        _ action: BulkAction,
        _ label: String,
        _ result: Result<JobSelection, QueueError>
    ) -> [Effect] {
        switch result {
        case .failure(let error):
            self.notify(error.message, .bad, seconds: 8)
            return []
        case .success(let selection):
            // No question leads further where nothing may be changed.
            guard !self.settings.isReadOnly else { return [] }
            guard selection.count > 0 else {
                self.notify("no job matches any more", .dim)
                return []
            }
            let lines =
                [
                    "exactly the \(Figures.grouped(selection.count)) that matched  \(label)",
                    "at record \(Figures.grouped(selection.sequence)); whatever comes from now on is not among them",
                    "",
                ] + Self.consequence(action)
            self.question = self.bulkQuestion(
                action,
                count: selection.count,
                lines: lines,
                effect: .act(action, selection)
            )
            return [.dropTyped]
        }
    }

    private static func consequence(_ action: BulkAction) -> [String] {
        switch action {
        case .retry: ["Each gets a fresh number of runs; its earlier runs stay in its history."]
        case .cancel: ["They will not run; r brings them back."]
        case .purge: ["They are gone for good, with their runs. Files of their output stay on the disk."]
        }
    }

    private func bulkQuestion(_ action: BulkAction, count: Int, lines: [String], effect: Effect) -> Question {
        let isGrave = action == .purge && count > Self.typedFrom
        return Question(
            title: "\(action.verb) \(Figures.count(count, "job"))?",
            lines: isGrave ? lines + ["", "Type \(count) to confirm."] : lines,
            actionLabel: "\(action.verb) \(Figures.grouped(count))",
            noLabel: Self.noLabel(action),
            effect: effect,
            mustType: isGrave ? String(count) : nil,
            isDangerous: action == .purge
        )
    }

    private static func noLabel(_ action: BulkAction) -> String { action == .cancel ? "Keep" : "Cancel" }

    // MARK: Answering

    mutating func questionKey(_ action: Action) -> [Effect] {
        guard let question = self.question else { return [] }
        switch action {
        case .up, .down, .pageUp, .pageDown, .first, .last:
            self.question?.isYes = action == .down || action == .last || action == .pageDown
        case .confirm:
            if let wanted = question.mustType {
                guard question.typed == wanted else {
                    self.question = question.typed.isEmpty ? nil : question
                    self.question?.typed = ""
                    return []
                }
            } else if !question.isYes {
                self.question = nil
                return []
            }
            self.question = nil
            if case .quit(let kind) = question.effect { return self.quit(kind) }
            self.marks = []
            self.filter?.marksAll = false
            return [question.effect]
        default: self.question = nil
        }
        return []
    }

    /// The count that must be typed; nil: the key is not for it.
    mutating func typedKey(_ key: Key) -> [Effect]? {
        guard let question = self.question else { return nil }
        switch key {
        case .character(let scalar) where ("0"..."9").contains(scalar):
            if question.typed.count < 12 { self.question?.typed.unicodeScalars.append(scalar) }
            return []
        case .backspace:
            if !question.typed.isEmpty { self.question?.typed.removeLast() }
            return []
        default: return nil
        }
    }
}

extension BulkAction {
    package var verb: String {
        switch self {
        case .retry: "Retry"
        case .cancel: "Cancel"
        case .purge: "Purge"
        }
    }
}
