package import BeaverQueue

/// Lists: what is asked of the engine, and where the cursor stands.
extension Model {
    /// The panes of `wantedView`, in its order.
    var viewPanes: [Pane] {
        var panes: [Pane] = [.running]
        let layout = MainLayout(self)
        for pane in layout.panes where pane.list != nil && !panes.contains(pane) { panes.append(pane) }
        if self.focus.list != nil, !panes.contains(self.focus) { panes.append(self.focus) }
        return panes
    }

    /// What is in sight, and a little more, so that a step down needs no answer first.
    package var wantedView: ViewRequest {
        let layout = MainLayout(self)
        let panes = self.viewPanes.compactMap { pane -> ViewRequest.Pane? in
            guard let list = pane.list else { return nil }
            let height = max(1, layout.height(of: pane))
            let state = self.lists[pane] ?? ListState()
            let isFocused = pane == self.focus
            guard state.cursor != nil || state.fromEnd else {
                return ViewRequest.Pane(list, count: min(isFocused ? 150 : 75, isFocused ? height * 2 : height))
            }
            // Together they stay below what one view may hold, however tall the terminal is.
            let reach = isFocused ? min(90, height * 2) : min(37, height)
            if state.fromEnd, state.cursor == nil {
                return ViewRequest.Pane(list, before: 0, count: reach, fromEnd: true)
            }
            return ViewRequest.Pane(list, anchor: state.cursor, before: reach, count: reach)
        }
        return ViewRequest(panes: panes, eventsAfter: self.lastEvent)
    }

    /// Takes the rows of an answer; the cursor stays with its job, or says that the job has left.
    mutating func take(_ answer: QueueView.Pane, into pane: Pane, asked request: ViewRequest.Pane) {
        guard var state = self.lists[pane], Self.concerns(state, request, answer) else { return }
        let shownID = state.rows.indices.contains(state.top) ? state.rows[state.top].id : nil
        let old = state.rows
        state.rows = answer.rows
        state.position = answer.position
        if let cursor = state.cursor, !answer.rows.contains(where: { $0.id == cursor }) {
            self.replaceCursor(cursor, old, &state, pane)
        } else if state.fromEnd, state.cursor == nil {
            state.cursor = answer.rows.last?.id
        }
        if let jump = state.jump { self.goOn(jump, &state, pane, asked: request) }
        if let shownID, state.cursor != nil, let top = state.rows.firstIndex(where: { $0.id == shownID }) {
            state.top = top
        } else if state.cursor == nil {
            state.top = 0
        }
        if state.cursor != nil { state.top = state.shownTop(height: max(1, MainLayout(self).height(of: pane))) }
        self.lists[pane] = state
    }

    /// Goes as far as the rows reach now; what is left waits for the rows beyond, until an answer around the cursor has none.
    private mutating func goOn(_ jump: Int, _ state: inout ListState, _ pane: Pane, asked request: ViewRequest.Pane) {
        state.jump = nil
        guard jump != 0 else { return }
        let isAroundCursor = state.cursor != nil && request.anchor == state.cursor
        state.fromEnd = false
        let left = Self.step(jump, &state, max(1, MainLayout(self).height(of: pane)))
        guard left != 0, left != jump || !isAroundCursor else { return }
        state.jump = left
        self.isViewStale = true
    }

    /// Whether an answer still says something about where the cursor is now.
    private static func concerns(_ state: ListState, _ request: ViewRequest.Pane, _ answer: QueueView.Pane) -> Bool {
        guard let cursor = state.cursor else { return state.fromEnd == request.fromEnd && request.anchor == nil }
        return request.anchor == cursor || answer.rows.contains { $0.id == cursor }
    }

    /// The job at the cursor has left its list: the next one that is still there takes the cursor, and the next action
    /// asks before it touches it.
    private mutating func replaceCursor(_ id: String, _ old: [JobSummary], _ state: inout ListState, _ pane: Pane) {
        let place = old.firstIndex { $0.id == id } ?? 0
        let present = Set(state.rows.map(\.id))
        let behind = old.dropFirst(place + 1).first { present.contains($0.id) }
        let before = old.prefix(place).last { present.contains($0.id) }
        state.cursor = (behind ?? before)?.id
        state.fromEnd = false
        state.isUnsure = true
        if self.focus == pane, self.followed == nil, self.sheet == .none, self.filter == nil {
            self.notify("\(id) has left \(pane.title)", .dim, seconds: 3)
        }
    }

    mutating func choose(_ pane: Pane) -> [Effect] {
        self.focus = pane
        if pane != .running { self.lower = pane }
        self.filter = nil
        self.followed = nil
        self.eventsUp = 0
        self.lists[pane]?.isUnsure = false
        return self.askView()
    }

    func neighbour(_ step: Int) -> Pane {
        let all = Pane.allCases
        let place = (all.firstIndex(of: self.focus) ?? 0) + step
        return all[(place + all.count) % all.count]
    }

    mutating func move(_ action: Action) -> [Effect] {
        if self.filter != nil { return self.moveInFilter(action) }
        if self.focus == .events { return self.moveInEvents(action) }
        guard var state = self.lists[self.focus] else { return [] }
        let height = max(1, MainLayout(self).height(of: self.focus))
        self.followed = nil
        state.isUnsure = false
        switch action {
        case .first:
            state.cursor = nil
            state.fromEnd = false
            state.top = 0
            state.jump = state.position == 0 ? nil : 0
        case .last:
            state.cursor = nil
            state.fromEnd = true
            state.jump = 0
        case _ where state.jump != nil:
            state.jump = (state.jump ?? 0) + Self.rows(action, height)
        default:
            state.fromEnd = false
            let left = Self.step(Self.rows(action, height), &state, height)
            state.jump = left == 0 ? nil : left
        }
        self.lists[self.focus] = state
        return self.askView()
    }

    private static func rows(_ action: Action, _ height: Int) -> Int {
        let steps: [Action: Int] = [.up: -1, .down: 1, .pageUp: -height, .pageDown: height]
        return steps[action] ?? 0
    }

    /// Returns how many rows are left to go beyond those that are known.
    @discardableResult
    private static func step(_ rows: Int, _ state: inout ListState, _ height: Int) -> Int {
        guard !state.rows.isEmpty else { return 0 }
        let wanted = (state.cursorIndex ?? 0) + rows
        let target = max(0, min(state.rows.count - 1, wanted))
        state.cursor = state.rows[target].id
        state.top = state.shownTop(height: height)
        return wanted - target
    }

    mutating func chooseRow(_ row: Int, in pane: Pane) {
        if self.filter != nil {
            guard let list = self.filter?.list else { return }
            let index = list.shownTop(height: max(1, MainLayout(self).height(of: self.lower))) + row
            guard list.rows.indices.contains(index) else { return }
            self.filter?.list.cursor = list.rows[index].id
            return
        }
        guard var state = self.lists[pane], pane.list != nil else { return }
        let index = state.shownTop(height: max(1, MainLayout(self).height(of: pane))) + row
        guard state.rows.indices.contains(index) else { return }
        state.cursor = state.rows[index].id
        state.isUnsure = false
        self.lists[pane] = state
    }

    private mutating func moveInEvents(_ action: Action) -> [Effect] {
        let height = max(1, MainLayout(self).height(of: .events))
        let count = EventLines(self).all.count
        switch action {
        case .up: self.eventsUp += 1
        case .down: self.eventsUp -= 1
        case .pageUp: self.eventsUp += height
        case .pageDown: self.eventsUp -= height
        case .first: self.eventsUp = count
        default: self.eventsUp = 0
        }
        self.eventsUp = max(0, min(self.eventsUp, count - height))
        return []
    }

    // MARK: Filter

    /// The filter of a prompt's text, set as it is typed.
    mutating func setFilter(_ text: String) -> [Effect] {
        let trimmed = text.split(separator: " ").joined(separator: " ")
        guard !trimmed.isEmpty else {
            self.filter = nil
            return self.askView()
        }
        let reading = FilterText.read(trimmed)
        self.prompt?.note = reading.fault
        guard self.filter?.filter != reading.filter || self.filter == nil else {
            self.filter?.text = text
            return []
        }
        self.filter = FilterState(text: text, filter: reading.filter)
        return self.askFilter()
    }

    static let pageRows = 200

    private mutating func askFilter() -> [Effect] {
        guard let state = self.filter, !state.isAwaited else { return [] }
        let now = self.moment.steadyMilliseconds
        self.filter?.isAwaited = true
        self.filter?.askedAt = now
        if state.sought == nil { self.filter?.beganAt = now }
        let limit = Self.pageRows - state.found.count
        return [
            .list(
                .filter(state.text, page: state.pages.count),
                state.filter,
                after: state.sought ?? state.pages.last ?? nil,
                limit: limit
            )
        ]
    }

    /// Each second; a search that took long is not begun again at once.
    mutating func refreshFilter() -> [Effect] {
        guard let state = self.filter,
            self.moment.steadyMilliseconds - state.askedAt >= max(1_000, 5 * state.tookMilliseconds)
        else { return [] }
        return self.askFilter()
    }

    mutating func took(_ purpose: ListPurpose, _ result: Result<JobPage, QueueError>) -> [Effect] {
        guard case .filter(let text, let page) = purpose else { return self.tookKind(purpose, result) }
        guard var state = self.filter else { return [] }
        state.isAwaited = false
        // Typing, or turning the pages, went on meanwhile.
        guard state.text == text, state.pages.count == page else {
            self.filter = state
            return self.askFilter()
        }
        switch result {
        case .success(let page):
            let old = state.list
            let found = state.found + page.jobs
            if let next = page.next, found.count < Self.pageRows {
                // Its time was up: it goes on from there. Until a page is whole, what was in sight stays.
                state.found = found
                state.sought = next
                if !state.hasAnswer { state.list.rows = found }
                self.filter = state
                return self.askFilter()
            }
            state.hasAnswer = true
            state.found = []
            state.sought = nil
            state.tookMilliseconds = self.moment.steadyMilliseconds - state.beganAt
            state.list.rows = found
            state.next = page.next
            if let cursor = old.cursor, !found.contains(where: { $0.id == cursor }) {
                let place = old.rows.firstIndex { $0.id == cursor } ?? 0
                state.list.cursor = found.isEmpty ? nil : found[min(place, found.count - 1)].id
                state.list.isUnsure = true
            }
            state.list.top = state.list.shownTop(height: max(1, MainLayout(self).height(of: self.lower)))
            self.filter = state
        case .failure(let error):
            state.found = []
            state.sought = nil
            self.filter = state
            self.failed(error)
        }
        return []
    }

    /// Another page of what matches.
    private mutating func turnPage(_ state: FilterState) -> [Effect] {
        var state = state
        state.list = ListState()
        state.hasAnswer = false
        state.found = []
        state.sought = nil
        self.filter = state
        return self.askFilter()
    }

    private mutating func moveInFilter(_ action: Action) -> [Effect] {
        guard var state = self.filter else { return [] }
        let height = max(1, MainLayout(self).height(of: self.lower))
        state.list.isUnsure = false
        let index = state.list.cursorIndex ?? 0
        let isAtEnd = index >= state.list.rows.count - 1
        switch action {
        case .down where isAtEnd, .pageDown where isAtEnd:
            guard let next = state.next else { return [] }
            state.pages.append(next)
            return self.turnPage(state)
        case .up where index == 0, .pageUp where index == 0, .first:
            guard state.pages.count > 1 else {
                state.list.cursor = state.list.rows.first?.id
                break
            }
            if action == .first { state.pages = [nil] } else { state.pages.removeLast() }
            return self.turnPage(state)
        case .last: state.list.cursor = state.list.rows.last?.id
        default: Self.step(Self.rows(action, height), &state.list, height)
        }
        state.list.top = state.list.shownTop(height: height)
        self.filter = state
        return []
    }

    // MARK: Marks and following

    mutating func mark(all: Bool) -> [Effect] {
        if all { return self.markAll() }
        guard let job = self.focused.current else {
            self.notify("there is no job at the cursor", .dim)
            return []
        }
        self.filter?.marksAll = false
        if self.marks.remove(job.id) == nil { self.marks.insert(job.id) }
        return self.move(.down)
    }

    private mutating func markAll() -> [Effect] {
        let ids = Set(self.focused.rows.map(\.id))
        let total = self.filter == nil ? self.status.map { self.focus.count(in: $0.jobs) } ?? 0 : 0
        if total > ids.count, let text = self.focus.filterText {
            // The rows in sight (none before they came) are a part of the list: what is meant is the list.
            var filter = FilterState(text: text, filter: FilterText.read(text).filter)
            filter.marksAll = true
            self.filter = filter
            self.marks = []
            self.notify("all \(Figures.grouped(total)) are marked; r, d or x count them first", .marked)
            return self.askFilter()
        }
        guard !ids.isEmpty else {
            self.notify("there is nothing to mark", .dim)
            return []
        }
        if let filter = self.filter, filter.marksAll || filter.next != nil || filter.pages.count > 1 {
            self.filter?.marksAll = !filter.marksAll
            self.marks = []
            self.notify(
                filter.marksAll ? "no mark" : "all that match are marked; r, d or x count them first",
                .marked
            )
            return []
        }
        if ids.isSubset(of: self.marks) { self.marks.subtract(ids) } else { self.marks.formUnion(ids) }
        self.notify("\(Figures.count(self.marks.count, "job")) marked; r, d or x act on them", .marked)
        return []
    }

    mutating func toggleFollow() -> [Effect] {
        if self.followed != nil {
            self.followed = nil
            self.notify("no longer followed", .dim)
            return []
        }
        guard let job = self.focused.current else {
            self.notify("there is no job at the cursor", .dim)
            return []
        }
        self.followed = job.id
        self.lists[self.focus]?.cursor = job.id
        self.notify("following \(job.id) wherever it goes", .good)
        return [.details(job.id, reveals: false)]
    }

    /// Finds the followed job again when it has left the list in sight.
    mutating func followJob() -> [Effect] {
        guard let id = self.followed, self.lists[self.focus]?.rows.contains(where: { $0.id == id }) != true else {
            return []
        }
        return [.details(id, reveals: false)]
    }

    /// The followed job is in this state now: its pane is chosen, and the cursor stands on it.
    mutating func followed(_ id: String, is state: JobState) -> [Effect] {
        let pane = Pane.holding(state)
        self.focus = pane
        if pane != .running { self.lower = pane }
        guard self.lists[pane]?.cursor != id else { return [] }
        self.lists[pane]?.cursor = id
        self.lists[pane]?.isUnsure = false
        return self.askView()
    }
}
