internal import BeaverQueue

/// The screen of one job.
extension Model {
    mutating func openDetail(follows: Bool) -> [Effect] {
        guard let job = self.focused.current else {
            self.notify(self.focus == .events ? "events have no more to show" : "there is no job at the cursor", .dim)
            return []
        }
        var state = DetailState(
            id: job.id,
            neighbours: self.focused.rows.map(\.id),
            origin: self.filter == nil ? self.focus.title : "the filter"
        )
        if self.filter == nil, let position = self.focused.position {
            state.before = position
            state.total = self.status.map { self.focus.count(in: $0.jobs) }
        }
        // Where nothing has run yet there is nothing to read but the payload.
        if job.runs == 0 { state.part = 5 }
        state.follows = follows
        return self.show(state)
    }

    mutating func show(_ new: DetailState) -> [Effect] {
        var state = new
        state.isAwaited = true
        state.isOutputAwaited = true
        state.askedAt = self.moment.steadyMilliseconds
        state.outputAskedAt = state.askedAt
        self.sheet = .detail(state)
        return [
            .details(state.id, reveals: state.isRevealed), .records(state.id), .output(state.id, run: nil, from: 0),
        ]
    }

    mutating func detailKey(_ action: Action) -> [Effect] {
        guard case .detail(var state) = self.sheet else { return [] }
        var effects: [Effect] = []
        switch action {
        case .back:
            guard var errors = state.errors else {
                self.sheet = .none
                return self.askView()
            }
            // An answer on its way to it went past.
            errors.isAwaited = false
            self.sheet = .errors(errors)
            return self.askGroups()
        case .pane(let part): state.part = part
        case .nextPane: state.part = state.part % DetailParts.names.count + 1
        case .previousPane: state.part = (state.part + DetailParts.names.count - 2) % DetailParts.names.count + 1
        case .zoom: state.isZoomed.toggle()
        case .reveal:
            state.isRevealed.toggle()
            effects = [.details(state.id, reveals: state.isRevealed)]
        case .followOutput:
            state.follows.toggle()
            state.part = 4
        case .previousRun, .nextRun: effects = self.otherRun(action == .nextRun ? 1 : -1, &state)
        case .previousJob, .nextJob: return self.otherJob(action == .nextJob ? 1 : -1, state)
        case .retry, .cancel, .purge: return self.actOnDetail(action, state)
        case .write: return self.askWrite()
        default: self.scroll(action, &state)
        }
        self.sheet = .detail(state)
        return effects
    }

    private func scroll(_ action: Action, _ state: inout DetailState) {
        let parts = DetailParts(self, state)
        let (lines, height) = parts.extent(of: state.part)
        let end = max(0, lines - height)
        var place = min(end, state.scroll[state.part] ?? parts.start(of: state.part, lines: lines, height: height))
        switch action {
        case .up: place -= 1
        case .down: place += 1
        case .pageUp: place -= height
        case .pageDown: place += height
        case .first: place = 0
        case .last: place = end
        default: break
        }
        if state.part == 4, place < end { state.follows = false }
        state.scroll[state.part] = max(0, min(end, place))
        if state.part == 4, place >= end { state.scroll[4] = nil }
    }

    private mutating func otherRun(_ step: Int, _ state: inout DetailState) -> [Effect] {
        let count = state.details?.history.count ?? 0
        let run = max(1, min(count, (state.run ?? count) + step))
        guard count > 0, run != state.run ?? count else {
            self.notify(step > 0 ? "there is no later run" : "there is no earlier run", .dim)
            return []
        }
        state.run = run == count ? nil : run
        state.output = []
        state.outputOffset = 0
        state.isOutputComplete = false
        state.isOutputAwaited = true
        state.scroll[4] = nil
        state.scroll[1] = nil
        return [.output(state.id, run: state.run, from: 0)]
    }

    private mutating func otherJob(_ step: Int, _ state: DetailState) -> [Effect] {
        guard let place = state.neighbours.firstIndex(of: state.id),
            state.neighbours.indices.contains(place + step)
        else {
            self.notify(step > 0 ? "there is no next job here" : "there is no job before it here", .dim)
            return []
        }
        var next = DetailState(
            id: state.neighbours[place + step],
            neighbours: state.neighbours,
            origin: state.origin
        )
        next.part = state.part
        next.errors = state.errors
        next.before = state.before
        next.total = state.total
        return self.show(next)
    }

    private mutating func actOnDetail(_ action: Action, _ state: DetailState) -> [Effect] {
        guard let job = state.details?.summary else {
            self.notify("nothing is known of the job yet", .dim)
            return []
        }
        let bulk: BulkAction = action == .retry ? .retry : action == .cancel ? .cancel : .purge
        return self.act(bulk, on: job, isUnsure: false)
    }

    // MARK: Answers

    private static var keptOutputBytes: Int { 256 << 10 }

    mutating func tookDetail(_ message: Message) -> [Effect] {
        if case .details(let id, _, .success(let details)) = message, self.followed == id, self.sheet == .none {
            return self.followed(id, is: details.summary.state)
        }
        if case .details(_, _, .success(let details)) = message { self.took(errorDetails: details) }
        guard case .detail(var state) = self.sheet else { return [] }
        var effects: [Effect] = []
        switch message {
        case .details(let id, let reveals, let result):
            guard id == state.id, reveals == state.isRevealed else { return [] }
            state.isAwaited = false
            switch result {
            case .success(let details):
                let before = state.details?.summary
                state.details = details
                state.hidesValues = !reveals && Redaction.hasMark(details.payload)
                state.failure = nil
                if let before { effects = Self.askNews(since: before, &state) }
            case .failure(let error): state.failure = error.message
            }
        case .records(let id, let lines):
            guard id == state.id else { return [] }
            state.records = lines
        case .output(let id, let run, let offset, let result):
            guard id == state.id, run == state.run, offset == state.outputOffset else { return [] }
            state.isOutputAwaited = false
            if case .success(let output) = result {
                state.output += output.bytes
                // The newest of it is enough for a screen, whose every frame looks at all of it; the rest is in the file.
                let surplus = state.output.count - Self.keptOutputBytes
                if surplus > Self.keptOutputBytes / 4 { state.output.removeFirst(surplus) }
                state.outputOffset = output.nextOffset
                state.isOutputComplete = output.isComplete
                state.outputPiece = output.bytes.count
            }
        default: return []
        }
        self.sheet = .detail(state)
        return effects
    }

    /// What the log and the output say of what has happened to the job meanwhile.
    private static func askNews(since before: JobSummary, _ state: inout DetailState) -> [Effect] {
        guard let now = state.details?.summary, (now.state, now.runs) != (before.state, before.runs) else { return [] }
        guard now.runs != before.runs, state.run == nil else { return [.records(state.id)] }
        state.output = []
        state.outputOffset = 0
        state.isOutputComplete = false
        state.isOutputAwaited = true
        return [.records(state.id), .output(state.id, run: nil, from: 0)]
    }

    /// When output is asked for again (steady milliseconds): at once where a large piece says that more of it waits, and
    /// more often while it is followed.
    private static func outputDue(_ state: DetailState) -> Int64 {
        state.outputAskedAt + (state.outputPiece >= 1 << 16 ? 0 : state.follows ? 250 : 1_000)
    }

    /// A job that may still change is looked at again.
    mutating func refreshDetail() -> [Effect] {
        guard case .detail(var state) = self.sheet, !self.isLost else { return [] }
        let now = self.moment.steadyMilliseconds
        let isRunning = state.details?.summary.state == .inFlight
        var effects: [Effect] = []
        let isOutputDue = !state.isOutputAwaited && !state.isOutputComplete && now >= Self.outputDue(state)
        // Of a run that has ended the first piece may not be all.
        if isOutputDue, isRunning || state.follows || state.outputPiece > 0 {
            state.isOutputAwaited = true
            state.outputAskedAt = now
            effects.append(.output(state.id, run: state.run, from: state.outputOffset))
        }
        if now - state.askedAt >= 1_000, !state.isAwaited, state.failure == nil {
            state.isAwaited = true
            state.askedAt = now
            effects.append(.details(state.id, reveals: state.isRevealed))
        }
        self.sheet = .detail(state)
        return effects
    }
}
