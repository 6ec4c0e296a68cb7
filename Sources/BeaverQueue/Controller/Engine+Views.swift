/// What callers may see of the engine: counts and rows, made between two of its steps.
extension Engine {
    package func fill(_ status: inout QueueStatus) {
        let manager = self.manager
        status.state = self.publicState
        status.reason = self.failure?.message ?? self.stateReason
        status.simulated = manager.settings.simulates
        status.jobs.scheduled = self.due.count
        status.jobs.parked = self.ready.parkedCount
        status.jobs.pending = manager.counts.pending - status.jobs.scheduled - status.jobs.parked
        status.jobs.inFlight = manager.counts.inFlight
        status.jobs.completed = manager.completedCount
        status.jobs.simulated = manager.simulatedCount
        status.jobs.dead = manager.counts.dead
        status.jobs.cancelled = manager.counts.cancelled
        status.jobs.purged = manager.totals.purged
        status.jobs.forgotten = manager.totals.forgotten
        status.jobs.enqueuedTotal = manager.totals.enqueued
        status.jobs.duplicatesTotal = self.duplicates
        status.jobs.lateResultsTotal = self.lateResults
        status.jobs.failedRunsTotal = manager.totals.failedRuns
        if let oldest = self.ready.oldestTime(manager.slots) {
            status.jobs.oldestPendingSeconds = Double(max(0, self.now.wallMilliseconds - oldest)) / 1_000
        }
        status.workers.count = self.runs.limit
        status.workers.busy = self.runs.count
        status.workers.stuck = self.runs.stuckCount
        status.workers.paused = manager.isPaused
        status.wal.lastSequence = self.commit.appendedSequence
        status.wal.syncedSequence = self.commit.syncedSequence
        status.wal.sync = self.settings.commit.policy
        status.wal.atRiskBytes = self.commit.atRiskBytes
        status.wal.atRiskMilliseconds = self.commit.atRiskMilliseconds(self.now)
        status.snapshot.lastSequence = self.snapshots.lastSequence
        status.snapshot.bytes = self.snapshots.lastBytes
        status.snapshot.count = self.snapshots.count
        if let oldest = self.snapshots.oldestUncoveredWallMilliseconds {
            status.snapshot.ageSeconds = Double(max(0, self.now.wallMilliseconds - oldest)) / 1_000
        }
        status.dedup.ids = manager.remembered.count
        if let oldest = manager.remembered.oldest {
            status.dedup.reachesBackSeconds = Double(oldest.ageSeconds(at: self.now.wallMilliseconds))
        }
        status.fingerprint = manager.fingerprint.description
        status.parkedActions = self.parkedActions
    }

    private var publicState: QueueStatus.State {
        switch self.lifecycle {
        case .recovering: .recovering
        case .draining, .closing: .draining
        case .finished: .stopped
        case .failed: .failed
        case .running:
            if self.isDiskFull {
                .full
            } else if self.snapshots.isMismatch {
                .degraded
            } else {
                self.manager.isPaused ? .paused : .running
            }
        }
    }

    private var stateReason: String? {
        if self.isDiskFull { return "the disk has no room for more log: results are still taken, new jobs are not" }
        return self.snapshots.problem
    }

    private var parkedActions: [QueueStatus.ParkedAction] {
        self.policies.indices.compactMap { action in
            let jobs = self.ready.readyCount(of: UInt16(action))
            guard let reason = self.policies[action].parkedBecause, jobs > 0 else { return nil }
            return QueueStatus.ParkedAction(action: self.manager.actionNames[action], jobs: jobs, reason: reason)
        }
    }

    /// Nothing left that will run by itself: parked jobs, and all that waits while the queue is paused, may remain.
    package var isIdle: Bool {
        guard self.lifecycle == .running, self.manager.counts.inFlight == 0, self.commit.isSettled else { return false }
        return self.manager.isPaused || self.manager.counts.pending == self.ready.parkedCount
    }

    // MARK: Rows

    /// A job as a list shows it, before its id and payload were read.
    package struct Row: Sendable {
        package var slot: JobSlot
        package var number: UInt32
        package var state: JobState
        package var action: String
    }

    package func row(_ number: UInt32) -> Row {
        let slot = self.manager.slots[number]
        return Row(
            slot: slot,
            number: number,
            state: self.state(of: slot),
            action: self.manager.actionNames[Int(slot.action)]
        )
    }

    package func find(_ id: JobFingerprint) -> Row? {
        self.manager.slots.find(id).map { self.row($0) }
    }

    private func state(of slot: JobSlot) -> JobState {
        switch slot.state {
        case .inFlight: .inFlight
        case .completed: .completed
        case .dead: .dead
        case .cancelled: .cancelled
        case .pending where slot.isReady: self.ready.isRunnable(slot.action) ? .pending : .parked
        case .pending:
            slot.isReturned && slot.orderSequence <= self.releasedSequence ? .scheduled : .pending
        }
    }

    /// Up to `limit` rows that match, among the `scan` slots from `start` on; and where to go on, nil at the end.
    package func rows(
        matching filter: JobFilter,
        from start: UInt32,
        scan: UInt32,
        limit: Int
    ) -> (rows: [Row], next: UInt32?) {
        let slots = self.manager.slots
        let action = filter.action.map { self.manager.actionNumbers[$0] }
        if case .some(nil) = action { return ([], nil) }
        var rows: [Row] = []
        var number = start
        let end = min(slots.numbers.upperBound, start &+ scan)
        while number < end, rows.count < limit {
            defer { number += 1 }
            guard slots.isInUse(number) else { continue }
            let slot = slots[number]
            if let action, slot.action != action { continue }
            if filter.simulatedOnly, !slot.isSimulated { continue }
            if !filter.states.isEmpty, !filter.states.contains(self.state(of: slot)) { continue }
            rows.append(self.row(number))
        }
        return (rows, number < slots.numbers.upperBound ? number : nil)
    }

    /// Why a job waits, in words; nil if it does not.
    package func reasonToWait(_ row: Row) -> String? {
        switch row.state {
        case .inFlight, .completed, .dead, .cancelled: return nil
        case .parked: return self.policies[Int(row.slot.action)].parkedBecause
        case .scheduled:
            let runs = row.slot.runs
            return "scheduled for \(Rfc3339.text(wallMilliseconds: row.slot.time))"
                + (runs > 0 ? " after run \(runs)" : "")
        case .pending:
            if self.manager.isPaused { return "paused" }
            if case .draining = self.lifecycle { return "the queue is stopping" }
            if self.ready.isAtLimit(row.slot.action) {
                let limit = self.policies[Int(row.slot.action)].concurrency ?? 0
                return "behind \(limit) running of `\(row.action)` (limit \(limit))"
            }
            if !self.runs.hasFreeSlot { return "all \(self.runs.limit) workers are busy" }
            return "about to run"
        }
    }
}
