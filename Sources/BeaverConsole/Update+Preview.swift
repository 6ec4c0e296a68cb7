internal import BeaverQueue

/// The preview of a file, before anything of it is taken.
extension Model {
    /// The engine is here, and does not run commands of their own; what a server does is its own affair.
    var refusesCommands: Bool {
        if case .embedded = self.connection { !self.settings.allowsExec } else { false }
    }

    mutating func took(check: FileCheck) -> [Effect] {
        guard case .preview(var state) = self.sheet, state.path == check.path, state.taken == nil else { return [] }
        state.check = check
        state.fault = min(state.fault, max(0, check.faults.count - 1))
        state.known = nil
        state.whyNotKnown = nil
        state.refusal = nil
        if check.areCommands, self.refusesCommands {
            state.refusal =
                "this queue refuses commands; quit, then: \(self.settings.program) run --allow-exec\(self.settings.directoryOption)"
        }
        self.sheet = .preview(state)
        guard check.failure == nil, check.badCount == 0, check.jobCount > 0, state.refusal == nil else { return [] }
        return [.compare(check.path)]
    }

    mutating func took(known result: Result<EnqueueResult, QueueError>, of path: String) -> [Effect] {
        guard case .preview(var state) = self.sheet, state.path == path else { return [] }
        switch result {
        case .success(let known): state.known = known
        case .failure(let error):
            // The same answer as that to taking it.
            if error.code == .configuration { state.refusal = error.message } else { state.whyNotKnown = error.message }
        }
        self.sheet = .preview(state)
        return []
    }

    mutating func previewKey(_ action: Action) -> [Effect] {
        guard case .preview(var state) = self.sheet else { return [] }
        if state.taken != nil { return self.keyWhileTaken(action, &state) }
        let check = state.check
        switch action {
        case .back where state.looksFrom != nil, .lookThrough:
            guard check?.entries.isEmpty == false else {
                self.notify("there is no good job in it to look at", .dim)
                return []
            }
            state.looksFrom = state.looksFrom == nil ? 0 : nil
            self.sheet = .preview(state)
            return []
        case .back:
            self.sheet = .none
            return [.endComparing]
        case .confirm, .takeGood:
            if let reason = state.refusal ?? Self.whyNotTaken(check, skipsBad: action == .takeGood) {
                self.notify(reason, .warning)
                return []
            }
            return self.take(&state, skipsBad: action == .takeGood)
        case .readAgain:
            state.check = nil
            self.sheet = .preview(state)
            return [.check(state.path, state.limits)]
        case .limits:
            guard check?.areCommands == true else {
                self.notify("these jobs bring their own limits; t is for files of commands", .dim)
                return []
            }
            self.prompt = Prompt(.limits, text: "10m 3")
            self.prompt?.note = "a time-out and a number of retries for each command"
            return []
        case .up, .down, .first, .last, .pageUp, .pageDown:
            if let from = state.looksFrom {
                state.looksFrom = self.look(action, from, check?.entries.count ?? 0)
                self.sheet = .preview(state)
                return []
            }
            let last = max(0, (check?.faults.count ?? 1) - 1)
            let steps: [Action: Int] = [.up: -1, .down: 1, .pageUp: -5, .pageDown: 5]
            let target = action == .first ? 0 : action == .last ? last : state.fault + (steps[action] ?? 0)
            state.fault = max(0, min(last, target))
            self.sheet = .preview(state)
            return []
        default: return []
        }
    }

    /// A large file ends after the batch on its way; one commit cannot be halved.
    private mutating func keyWhileTaken(_ action: Action, _ state: inout PreviewState) -> [Effect] {
        guard action == .back else {
            self.notify("it is being taken", .warning)
            return []
        }
        guard state.check?.isTakenInBatches == true, !state.isEnding else {
            self.sheet = .none
            self.notify("it is still being taken; the answer comes here", .warning)
            return []
        }
        state.isEnding = true
        self.sheet = .preview(state)
        return [.endTaking]
    }

    private func look(_ action: Action, _ from: Int, _ count: Int) -> Int {
        let height = max(1, View.previewArea(self.size).rows - 3)
        let steps: [Action: Int] = [
            .up: -1, .down: 1, .pageUp: -height, .pageDown: height, .first: -count, .last: count,
        ]
        return max(0, min(count - height, from + (steps[action] ?? 0)))
    }

    private static func whyNotTaken(_ check: FileCheck?, skipsBad: Bool) -> String? {
        guard let check else { return "the file is still being read" }
        if check.failure != nil { return "the file could not be read; R tries again" }
        if check.jobCount == 0 { return "there is no job in it to take" }
        if skipsBad { return check.badCount == 0 ? "nothing is bad in it; Enter takes it" : nil }
        return check.badCount > 0 ? "\(Figures.count(check.badCount, "entry")) bad: nothing is taken; see below" : nil
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

    mutating func took(taken result: Result<FileTaken, QueueError>) -> [Effect] {
        var left = 0
        var badCount = 0
        if case .preview(let state) = self.sheet {
            self.sheet = .none
            badCount = state.check?.badCount ?? 0
            if state.isEnding, case .success(let taken) = result.map(\.result) {
                left = (state.check?.jobCount ?? 0) - taken.enqueued - taken.duplicates - taken.differs
            }
        }
        switch result {
        case .success(let file):
            let taken = file.result
            var text = "\(Figures.count(taken.enqueued, "job")) taken, on disk"
            if left > 0 { text = "ended: \(text); \(Figures.grouped(left)) left: the same file takes the rest" }
            if taken.duplicates > 0 { text += "; \(Figures.grouped(taken.duplicates)) known already" }
            if taken.differs > 0 {
                text += "; \(Figures.grouped(taken.differs)) refused: the id is known with another payload"
            }
            if let path = file.refusedPath {
                // Beside the file, so that its name says where.
                let name = path.split(separator: "/").last ?? ""
                text += badCount > 0 ? "; the \(Figures.grouped(badCount)) bad in \(name)" : "; the bad ones in \(name)"
            }
            return self.acted("enqueue", .success(text))
        case .failure(let error): return self.acted("enqueue", .failure(error))
        }
    }
}
