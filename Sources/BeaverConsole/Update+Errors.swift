internal import BeaverQueue

/// The screen of failures by kind.
extension Model {
    mutating func openErrors() -> [Effect] {
        self.sheet = .errors(ErrorsState())
        return self.askGroups()
    }

    mutating func askGroups() -> [Effect] {
        guard case .errors(var state) = self.sheet, !state.isAwaited else { return [] }
        state.isAwaited = true
        state.askedAt = self.moment.steadyMilliseconds
        self.sheet = .errors(state)
        return [.groups]
    }

    mutating func refreshErrors() -> [Effect] {
        guard case .errors(let state) = self.sheet, self.question == nil,
            self.moment.steadyMilliseconds - state.askedAt >= 2_000
        else { return [] }
        return self.askGroups()
    }

    mutating func took(groups result: Result<[FailureGroup], QueueError>) -> [Effect] {
        guard case .errors(var state) = self.sheet else { return [] }
        state.isAwaited = false
        let chosen = state.group
        switch result {
        case .success(let groups):
            state.groups = groups
            state.failure = nil
            // The cursor belongs to the kind, not to its place.
            if let chosen {
                let place = groups.firstIndex { $0.key == chosen.key }
                state.kind = place ?? min(state.kind, max(0, groups.count - 1))
            }
        case .failure(let error): state.failure = error.message
        }
        self.sheet = .errors(state)
        return self.askKind()
    }

    private func askKind() -> [Effect] {
        guard case .errors(let state) = self.sheet, let group = state.group else { return [] }
        return [.list(.kind(group), group.filter, after: nil, limit: 100)]
    }

    mutating func tookKind(_ purpose: ListPurpose, _ result: Result<JobPage, QueueError>) -> [Effect] {
        guard case .errors(var state) = self.sheet, case .kind(let group) = purpose, let chosen = state.group,
            group.key == chosen.key, case .success(let page) = result
        else { return [] }
        let id = state.jobs.indices.contains(state.job) ? state.jobs[state.job].id : nil
        state.jobs = page.jobs
        state.job = page.jobs.firstIndex { $0.id == id } ?? 0
        self.sheet = .errors(state)
        return Self.askOutput(state)
    }

    /// What the job at the cursor wrote, unless that is known.
    private static func askOutput(_ state: ErrorsState) -> [Effect] {
        guard let id = state.current?.id, state.outputOf != id else { return [] }
        return [.details(id, reveals: false)]
    }

    mutating func took(errorDetails details: JobDetails) {
        guard case .errors(var state) = self.sheet, state.current?.id == details.summary.id else { return }
        state.outputOf = details.summary.id
        state.output = details.history.last?.outputTail ?? ""
        self.sheet = .errors(state)
    }

    mutating func errorsKey(_ action: Action) -> [Effect] {
        guard case .errors(var state) = self.sheet else { return [] }
        switch action {
        case .back:
            if state.isInJobs {
                state.isInJobs = false
                self.sheet = .errors(state)
                return []
            }
            self.sheet = .none
            self.marks = []
            return self.askView()
        case .nextPane, .previousPane:
            state.isInJobs.toggle()
            self.sheet = .errors(state)
            return []
        case .open:
            guard state.jobs.indices.contains(state.job) else { return self.noFailure() }
            var detail = DetailState(
                id: state.jobs[state.job].id,
                neighbours: state.jobs.map(\.id),
                origin: "this kind"
            )
            detail.errors = state
            return self.show(detail)
        case .mark, .markAll:
            guard !state.jobs.isEmpty else { return self.noFailure() }
            if state.jobs.indices.contains(state.job), action == .mark {
                let id = state.jobs[state.job].id
                if self.marks.remove(id) == nil { self.marks.insert(id) }
            } else {
                self.marks.formUnion(state.jobs.map(\.id))
            }
            self.notify("\(Figures.count(self.marks.count, "job")) marked", .marked)
            return []
        case .retry, .cancel, .purge: return self.actOnKind(action, state)
        case .write: return self.askWrite()
        case .filter:
            guard let group = state.group else { return self.noFailure() }
            self.sheet = .none
            // What was folded to # is different in each, and a quote would end the term: the longest stretch between is
            // in all of them.
            let same = group.shownError.split { $0 == "#" || $0 == "\"" }.max { $0.count < $1.count } ?? ""
            self.prompt = Prompt(.filter, text: "error:\"\(same)\"")
            return self.setFilter(self.prompt?.text ?? "")
        default: return self.moveInErrors(action, &state)
        }
    }

    private mutating func noFailure() -> [Effect] {
        self.notify("there is no failure here", .dim)
        return []
    }

    private mutating func actOnKind(_ action: Action, _ state: ErrorsState) -> [Effect] {
        let bulk: BulkAction = action == .retry ? .retry : action == .cancel ? .cancel : .purge
        if !self.marks.isEmpty { return self.ask(bulk, ids: self.marks.sorted(), why: "marked") }
        if state.isInJobs, state.jobs.indices.contains(state.job) {
            return self.act(bulk, on: state.jobs[state.job], isUnsure: false)
        }
        guard let group = state.group else { return self.noFailure() }
        return [.select(group.filter, bulk, label: "error:\"\(TextWidth.cut(group.shownError, to: 40))\"")]
    }

    private mutating func moveInErrors(_ action: Action, _ state: inout ErrorsState) -> [Effect] {
        let page = 5
        let steps: [Action: Int] = [
            .up: -1, .down: 1, .pageUp: -page, .pageDown: page, .first: -1_000_000, .last: 1_000_000,
        ]
        guard let step = steps[action] else { return [] }
        if state.isInJobs {
            state.job = max(0, min(max(0, state.jobs.count - 1), state.job + step))
            self.sheet = .errors(state)
            return Self.askOutput(state)
        }
        let kind = max(0, min(max(0, (state.groups?.count ?? 1) - 1), state.kind + step))
        guard kind != state.kind else { return [] }
        state.kind = kind
        state.jobs = []
        state.job = 0
        self.sheet = .errors(state)
        return self.askKind()
    }
}
