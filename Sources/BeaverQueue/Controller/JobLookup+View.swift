/// What a screen shows: rows of one moment, then what the files say about them.
extension JobLookup {
    /// Jobs held on each side of a place far from its list's head.
    private static let windowRows = 16_384

    /// Fills in the lists, and what the engine measures; `fill` sees the engine at the same moment.
    func view(_ request: ViewRequest, _ fill: (Engine, inout QueueStatus) -> Void) async throws(QueueError) -> QueueView
    {
        if let fault = request.fault { throw fault }
        let places = request.panes.map { pane in
            Engine.Place(
                list: pane.list,
                anchor: pane.anchor.map { self.hash($0) },
                before: pane.before,
                count: pane.count,
                fromEnd: pane.fromEnd
            )
        }
        let now = self.clock()
        var (view, panes) = self.engine.withLock { engine in
            var view = QueueView(status: QueueStatus())
            fill(engine, &view.status)
            Self.measure(engine, &view, now)
            return (view, places.map { engine.rows($0) })
        }
        for index in panes.indices {
            if let key = panes[index].farKey { panes[index] = await self.far(key, places[index]) }
        }
        for pane in panes {
            var rows: [JobSummary] = []
            var filter = JobFilter()
            filter.reveals = request.reveals
            for row in pane.rows {
                if let summary = try self.shown(row, matching: filter) { rows.append(summary) }
            }
            view.panes.append(QueueView.Pane(rows: rows, position: pane.position, isAnchorGone: pane.isAnchorGone))
        }
        view.deadGroups = try await self.deadGroups()
        return view
    }

    private static func measure(_ engine: Engine, _ view: inout QueueView, _ now: EngineTime) {
        let activity = engine.activity(at: now)
        view.status.rates = activity.rates()
        view.completedEachSecond = activity.seconds.map(\.completed)
        view.failedEachSecond = activity.seconds.map(\.failedRuns)
        view.runSeconds = engine.meters.run.percentiles(at: now)
        view.waitSeconds = engine.meters.wait.percentiles(at: now)
        let covered = min(engine.manager.lastSequence, engine.snapshots.lastSequence)
        view.recordsToReplay = Int(clamping: engine.manager.lastSequence - covered)
        view.nextDue = engine.nextDue
        view.completedKeep = engine.settings.limits.completedKeep
    }

    // MARK: Far from the head

    private func far(_ key: UInt64, _ place: Engine.Place) async -> Engine.Rows {
        let now = self.clock().bootMilliseconds
        let known = self.memory.windows.withLock { $0[place.list] }
        let window: ListWindow
        if let known, known.answers(key, before: place.before, count: place.count, now: now) {
            window = known
        } else {
            window = await self.makeWindow(around: key, place.list)
            self.memory.windows.withLock { $0[place.list] = window }
        }
        return self.engine.withLock { engine in
            var rows = Engine.Rows()
            var before: [Engine.Row] = []
            let index = window.index(of: key)
            let wantedBefore = place.anchor == nil ? place.count : place.before
            var back = index - 1
            while before.count < wantedBefore, let entry = window.entry(back) {
                if let row = engine.row(entry, in: place.list) { before.append(row) }
                back -= 1
            }
            var forward = index
            while place.anchor != nil, rows.rows.count < place.count, let entry = window.entry(forward) {
                if let row = engine.row(entry, in: place.list) { rows.rows.append(row) }
                forward += 1
            }
            rows.rows = before.reversed() + rows.rows
            rows.position = max(0, window.countBelow + back + 1)
            return rows
        }
    }

    /// One scan of all slots, in slices of the engine's time.
    private func makeWindow(around key: UInt64, _ list: ViewRequest.List) async -> ListWindow {
        let begin = self.clock().bootMilliseconds
        var above = SmallestKeys(limit: Self.windowRows)
        var below = SmallestKeys(limit: Self.windowRows)
        var countBelow = 0
        var next: UInt32? = 0
        while let start = next {
            next = self.engine.withLock { engine in
                engine.scan(from: start, count: Self.slice) { number, slot in
                    guard engine.isIn(list, slot) else { return }
                    let own = engine.key(slot, list)
                    if own >= key {
                        above.add(own, number)
                    } else {
                        countBelow += 1
                        below.add(Self.mirrored(own), number)
                    }
                }
            }
            await Task.yield()
        }
        let descending = below.sorted().map { SmallestKeys.Entry(key: Self.mirrored($0.key), slot: $0.slot) }
        return ListWindow(
            above: above.sorted(),
            below: descending,
            isAboveCut: above.isCut,
            isBelowCut: below.isCut,
            countBelow: countBelow,
            madeAt: self.clock().bootMilliseconds,
            milliseconds: self.clock().bootMilliseconds - begin
        )
    }

    /// The largest first.
    private static func mirrored(_ key: UInt64) -> UInt64 { UInt64.max >> 1 - key }
}

extension Engine {
    /// When the next job becomes due, in wall milliseconds.
    var nextDue: Int64? {
        var walk = self.due.walk(self.now)
        return walk.next(self.manager.slots).map { self.manager.slots[$0].time }
    }
}
