internal import BeaverQueue

/// The preview of a file, before anything of it is taken.
extension Model {
    mutating func took(check: FileCheck) -> [Effect] {
        guard case .preview(var state) = self.sheet, state.path == check.path, state.taken == nil else { return [] }
        state.check = check
        state.fault = min(state.fault, max(0, check.faults.count - 1))
        self.sheet = .preview(state)
        return []
    }

    mutating func previewKey(_ action: Action) -> [Effect] {
        guard case .preview(var state) = self.sheet else { return [] }
        if state.taken != nil {
            if action == .back { self.notify("it is being taken; what was answered stays", .warning) }
            return []
        }
        let check = state.check
        switch action {
        case .back:
            self.sheet = .none
            return []
        case .confirm:
            guard let check, check.failure == nil, check.badCount == 0, check.jobCount > 0 else { return [] }
            return self.take(&state, skipsBad: false)
        case .takeGood:
            guard let check, check.failure == nil, check.badCount > 0, check.jobCount > 0 else { return [] }
            return self.take(&state, skipsBad: true)
        case .readAgain:
            state.check = nil
            self.sheet = .preview(state)
            return [.check(state.path, state.limits)]
        case .limits:
            guard check?.areCommands == true else { return [] }
            self.prompt = Prompt(.limits, text: "10m 3")
            self.prompt?.note = "a time-out and a number of retries for each command"
            return []
        case .up, .down:
            let last = max(0, (check?.faults.count ?? 1) - 1)
            state.fault = max(0, min(last, state.fault + (action == .up ? -1 : 1)))
            self.sheet = .preview(state)
            return []
        default: return []
        }
    }

    private mutating func take(_ state: inout PreviewState, skipsBad: Bool) -> [Effect] {
        state.taken = 0
        self.sheet = .preview(state)
        return [.take(skipsBad: skipsBad)]
    }

    mutating func took(progress count: Int) -> [Effect] {
        guard case .preview(var state) = self.sheet else { return [] }
        state.taken = count
        self.sheet = .preview(state)
        return []
    }

    mutating func took(taken result: Result<EnqueueResult, QueueError>) -> [Effect] {
        if case .preview = self.sheet { self.sheet = .none }
        switch result {
        case .success(let taken):
            var text = "\(Figures.count(taken.enqueued, "job")) taken, on disk"
            if taken.duplicates > 0 { text += "; \(Figures.grouped(taken.duplicates)) known already" }
            if taken.differs > 0 {
                text += "; \(Figures.grouped(taken.differs)) refused: the id is known with another payload"
            }
            return self.acted("enqueue", .success(text))
        case .failure(let error): return self.acted("enqueue", .failure(error))
        }
    }
}
