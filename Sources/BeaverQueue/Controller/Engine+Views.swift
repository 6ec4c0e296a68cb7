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
        status.rates = self.activity(at: self.now).rates()
        status.dedup.ids = manager.remembered.count
        if let oldest = manager.remembered.oldest {
            status.dedup.reachesBackSeconds = Double(oldest.ageSeconds(at: self.now.wallMilliseconds))
        }
        status.fingerprint = manager.fingerprint.description
        status.parkedActions = self.parkedActions
    }

    /// Up to this moment, also after the engine slept.
    package func activity(at now: EngineTime) -> ActivityMeter {
        var activity = self.meters.activity
        activity.turn(now, self.manager.totals)
        return activity
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
            } else if self.snapshots.isMismatch || self.startShortage?.isNoticeable == true {
                .degraded
            } else {
                self.manager.isPaused ? .paused : .running
            }
        }
    }

    private var stateReason: String? {
        if let spaceFault {
            return spaceFault.isDiskWithoutSpace
                ? "the disk has no room for more log: results are still taken, new jobs are not" : spaceFault.message
        }
        if let startShortage, startShortage.isNoticeable {
            return "\(startShortage.reason); tried again each second"
        }
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
        // Safe as the policy has it: under `never` nothing but the end of a life is ever synced.
        guard self.lifecycle == .running, self.manager.counts.inFlight == 0, !self.commit.hasUnwritten,
            self.commit.durableSequence >= self.commit.appendedSequence
        else { return false }
        return self.manager.isPaused || self.manager.counts.pending == self.ready.parkedCount
    }

    // MARK: Rows

    /// A job as a list shows it, before its id and payload were read.
    package struct Row: Sendable {
        package var slot: JobSlot
        package var number: UInt32
        package var state: JobState
        package var action: String
        /// In flight: its worker, from 1, and the limit of its run; nil: none.
        package var worker: Int?
        package var limitMilliseconds: Int64?
        /// The newest record of it is not in the log yet, and so none of its history can be found: for the time of a write.
        package var isAheadOfLog = false
        /// Filled in where it is asked for.
        package var wait: WaitReason?
    }

    package func row(_ number: UInt32) -> Row {
        let slot = self.manager.slots[number]
        var row = Row(
            slot: slot,
            number: number,
            state: self.state(of: slot),
            action: self.manager.actionNames[Int(slot.action)]
        )
        if slot.state == .inFlight, let worker = self.runs.worker(of: number) {
            row.worker = worker + 1
            row.limitMilliseconds = self.limit(ofRun: worker)
        }
        return row
    }

    func limit(ofRun worker: Int) -> Int64? {
        guard let run = self.runs.runs[worker] else { return nil }
        let limit = run.limits.timeoutMilliseconds ?? self.settings.worker.taskTimeoutMilliseconds
        return limit == 0 ? nil : Int64(limit)
    }

    package func find(_ id: JobFingerprint) -> Row? {
        guard let number = self.manager.slots.find(id), self.isReadable(self.manager.slots[number]) else { return nil }
        var row = self.row(number)
        row.isAheadOfLog = row.slot.lastSequence > self.commit.writtenSequence
        return row
    }

    /// Its id and payload are in the files by now: a job that was taken a moment ago is not there yet.
    func isReadable(_ slot: JobSlot) -> Bool { slot.enqueueSequence <= self.commit.writtenSequence }

    func state(of slot: JobSlot) -> JobState {
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
}
