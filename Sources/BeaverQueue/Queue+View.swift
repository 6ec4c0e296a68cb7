extension Queue {
    package func view(_ request: ViewRequest) async throws(QueueError) -> QueueView {
        if let fault = request.fault { throw fault }
        // A screen wants to show a recovery, and the end, too.
        guard case .running(let core) = self.life.withLock({ $0.stage }) else {
            var view = QueueView(status: self.statusNow())
            view.panes = request.panes.map { _ in QueueView.Pane(rows: [], position: nil, isAnchorGone: false) }
            view.events = self.eventRing.withLock { $0.after(request.eventsAfter) }
            return view
        }
        var base = QueueStatus()
        self.fillAround(&base, core)
        var view = try await core.lookup.view(request) { [base] engine, status in
            status = base
            engine.fill(&status)
        }
        view.events = self.eventRing.withLock { $0.after(request.eventsAfter) }
        view.syncSeconds = core.controller.syncDurations.withLock { $0.percentiles(at: BootClock.now()) }
        view.secondsToRecover = Self.secondsToRecover(view.recordsToReplay, core.report)
        view.device = core.device
        view.freeDiskBytes = try FileStorage().freeBytes(at: core.dataDirectory)
        return view
    }

    /// For whoever lets this process be stopped, as by Ctrl-Z: until `goOn` no run is found too long, and then each has as
    /// much time left as it had.
    package func hold() { self.controller?.hold() }

    package func goOn() { self.controller?.goOn() }

    private var controller: Controller? {
        guard case .running(let core) = self.life.withLock({ $0.stage }) else { return nil }
        return core.controller
    }

    /// Where the data directory is; nil while nothing runs or where it cannot be told.
    package func freeDiskBytes() -> Int64? {
        guard case .running(let core) = self.life.withLock({ $0.stage }) else { return nil }
        return try? FileStorage().freeBytes(at: core.dataDirectory)
    }

    /// By the pace of this life's own recovery, where it replayed enough to tell.
    private static func secondsToRecover(_ records: Int, _ report: QueueStatus.Recovery) -> Double? {
        let replay = report.phases.first { $0.name == "replay" }?.seconds ?? 0
        guard report.replayedRecords >= 1_000, replay > 0 else { return nil }
        return report.seconds - replay + replay * Double(records) / Double(report.replayedRecords)
    }
}
