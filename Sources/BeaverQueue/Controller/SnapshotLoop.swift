internal import DequeModule

/// What is known of snapshots, made and wanted.
struct SnapshotState {
    var lastSequence: UInt64 = 0
    var lastBytes: Int64 = 0
    var count = 0
    /// Bytes appended to the log when the last one was captured.
    var appendedAtLast: Int64 = 0
    /// Log beyond the last snapshot that was replayed at the start of this engine.
    var replayedBytes: Int64 = 0
    var lastBootMilliseconds: Int64?
    /// Of the oldest record behind the last one captured.
    var oldestBehindWallMilliseconds: Int64?
    var isRequested = false
    var target: CompactionTarget?
    /// What was known when `target` was captured: only a snapshot that was written covers anything.
    var atTarget: (appendedBytes: Int64, oldestWallMilliseconds: Int64?) = (0, nil)
    var isRunning = false
    var waiters: [Ticket] = []
    /// Why the last attempt failed; nil if it did not.
    var problem: String?
    var isMismatch = false
    var retryAt: Int64?

    var isBusy: Bool { self.isRequested || self.target != nil || self.isRunning }

    /// Of the oldest record that no snapshot covers.
    var oldestUncoveredWallMilliseconds: Int64? {
        self.atTarget.oldestWallMilliseconds ?? self.oldestBehindWallMilliseconds
    }
}

/// The snapshot loop: when one is due, the state at the end of a frame is named; the background makes it from the files.
extension Engine {
    static let snapshotMinimumBytes: Int64 = 4 << 20

    /// More log than this since the last snapshot, and the next one may not stand back behind the load that wrote it.
    static let snapshotLeisureBytes: Int64 = 256 << 20

    private var bytesSinceSnapshot: Int64 {
        self.commit.totalBytes - self.snapshots.appendedAtLast + self.snapshots.replayedBytes
    }

    func considerSnapshot() {
        if !self.snapshots.isBusy, self.lifecycle == .running, self.isSnapshotDue { self.snapshots.isRequested = true }
        if self.snapshots.isRequested, self.snapshots.target == nil, !self.snapshots.isRunning, !self.commit.hasBuffered
        {
            self.captureTarget()
        }
        if let target = self.snapshots.target, !self.snapshots.isRunning,
            self.commit.syncedSequence >= target.sequence
        {
            self.snapshots.isRunning = true
            self.effects.append(.compact(target))
        }
    }

    private var isSnapshotDue: Bool { self.snapshotDueTime.map { self.now.bootMilliseconds >= $0 } ?? false }

    /// From when on, in boot-time milliseconds, one is to be made by itself; nil: not by time alone.
    private var snapshotDueTime: Int64? {
        if self.snapshots.isMismatch { return nil }
        // One that failed is tried again after a while.
        if let retryAt = self.snapshots.retryAt { return retryAt }
        guard self.bytesSinceSnapshot > max(Self.snapshotMinimumBytes, self.snapshots.lastBytes / 2) else { return nil }
        guard let last = self.snapshots.lastBootMilliseconds else { return self.now.bootMilliseconds }
        return last + self.settings.snapshot.intervalMilliseconds
    }

    /// Also where nothing else happens: a queue that fell idle is not left with a long log.
    var snapshotWake: Int64? { self.snapshots.isBusy ? nil : self.snapshotDueTime }

    /// The frame that ends here holds the state as it is now.
    func noteFrame(lastSequence: UInt64) {
        if self.snapshots.oldestBehindWallMilliseconds == nil {
            self.snapshots.oldestBehindWallMilliseconds = self.now.wallMilliseconds
        }
        if self.snapshots.isRequested, self.snapshots.target == nil, !self.snapshots.isRunning { self.captureTarget() }
    }

    private func captureTarget() {
        self.snapshots.isRequested = false
        let globals = self.manager.globals
        guard globals.lastSequence > self.snapshots.lastSequence else {
            self.answerSnapshotWaiters(.snapshot(self.snapshots.lastSequence))
            return
        }
        self.snapshots.target = CompactionTarget(
            globals: globals,
            fingerprint: self.manager.fingerprint,
            liveSlots: self.manager.slots.count,
            isHurried: self.lifecycle != .running || self.bytesSinceSnapshot > Self.snapshotLeisureBytes
        )
        self.snapshots.atTarget = (self.commit.totalBytes, self.snapshots.oldestBehindWallMilliseconds)
        self.snapshots.oldestBehindWallMilliseconds = nil
        self.commit.urge(globals.lastSequence, whateverThePolicy: true)
    }

    func requestSnapshot(_ ticket: Ticket) {
        if self.snapshots.isMismatch {
            self.answer(ticket, .failed(QueueError(.damaged, self.snapshots.problem ?? "snapshots are suspended")))
            return
        }
        self.snapshots.waiters.append(ticket)
        self.snapshots.isRequested = true
    }

    func requestFinalSnapshot() {
        guard self.bytesSinceSnapshot > 0, !self.snapshots.isMismatch, !self.isDiskFull else { return }
        self.snapshots.isRequested = true
    }

    func snapshotWritten(_ report: SnapshotReport) {
        self.snapshots.isRunning = false
        self.snapshots.target = nil
        self.snapshots.problem = nil
        self.snapshots.retryAt = nil
        self.snapshots.appendedAtLast = self.snapshots.atTarget.appendedBytes
        self.snapshots.replayedBytes = 0
        self.snapshots.atTarget.oldestWallMilliseconds = nil
        self.snapshots.lastSequence = report.sequence
        self.snapshots.lastBytes = report.bytes
        self.snapshots.count = report.count
        self.snapshots.lastBootMilliseconds = self.now.bootMilliseconds
        self.meters.snapshot.observe(microseconds: Int64(report.seconds * 1e6))
        self.effects.append(.release(through: report.releaseThrough, keepBytes: self.settings.keepLogBytes))
        if let fault = report.retirementFault {
            self.log(.warning, "an old snapshot was not deleted: \(fault). It is tried again with the next one")
        }
        if !self.snapshots.isRequested { self.answerSnapshotWaiters(.snapshot(report.sequence)) }
    }

    /// A snapshot that could not be written costs nothing but log: the ones before and the log since are still there.
    ///
    /// One that came out with another fingerprint is kept aside, and none is made again until someone has looked.
    func snapshotFailed(_ error: QueueError, isMismatch: Bool) {
        self.snapshots.isRunning = false
        self.snapshots.target = nil
        self.snapshots.isRequested = false
        self.snapshots.oldestBehindWallMilliseconds = self.snapshots.oldestUncoveredWallMilliseconds
        self.snapshots.atTarget.oldestWallMilliseconds = nil
        self.snapshots.problem = error.message
        self.snapshots.isMismatch = isMismatch
        self.snapshots.retryAt = self.now.bootMilliseconds + max(10_000, self.settings.snapshot.intervalMilliseconds)
        self.log(isMismatch ? .error : .warning, "snapshot failed: \(error)")
        self.answerSnapshotWaiters(.failed(error))
    }

    private func answerSnapshotWaiters(_ answer: EngineAnswer) {
        for ticket in self.snapshots.waiters { self.answer(ticket, answer) }
        self.snapshots.waiters = []
    }

    func failSnapshotWaiters(_ error: QueueError) {
        for ticket in self.snapshots.waiters { self.effects.append(.answer(ticket, .failed(error))) }
        self.snapshots.waiters = []
    }

    // MARK: Retention

    /// Completed jobs beyond what is kept leave their record, later their id.
    ///
    /// Whatever goes is an event, many at a time; but not so many that others would feel it.
    func retention() {
        guard self.lifecycle == .running else { return }
        let manager = self.manager
        let keep = self.settings.limits.completedKeep
        var records: UInt64 = 0
        // Not the entries of the list: those of jobs that were purged since stand in it for a while.
        let excess = manager.counts.completed - keep
        if excess > Self.forgottenAtOnce(of: keep) {
            records = manager.completedOrder.entries[Self.forgottenAtOnce(ofExcess: excess) - 1].sequence
        }
        var ids: UInt64 = 0
        let maxIDs = self.settings.limits.dedupMax
        let excessIDs = manager.remembered.count - maxIDs
        if excessIDs > Self.forgottenAtOnce(of: maxIDs) {
            let leaving = manager.remembered.count - Self.forgottenAtOnce(ofExcess: excessIDs)
            ids = manager.remembered.ackSequence(leaving: leaving)
        } else if let oldest = manager.remembered.oldest {
            let seconds = Int(self.settings.limits.dedupRetentionMilliseconds / 1_000)
            // A tenth beyond, so that one event forgets many.
            if oldest.ageSeconds(at: self.now.wallMilliseconds) > seconds + seconds / 10 {
                ids = manager.remembered.ackSequence(
                    olderThan: seconds,
                    at: self.now.wallMilliseconds,
                    limit: Self.forgottenAtOnce
                )
            }
        }
        guard records > 0 || ids > 0 else { return }
        self.record(
            .forget(
                recordsThrough: max(records, manager.forgottenRecordsThrough),
                idsThrough: max(ids, manager.forgottenIDsThrough)
            )
        )
    }

    /// Some tenths of a millisecond.
    static let forgottenAtOnce = 512

    /// How many more than `kept` there are before some are forgotten.
    private static func forgottenAtOnce(of kept: Int) -> Int { max(64, min(Self.forgottenAtOnce, kept / 16)) }

    /// Half of a large excess, so that many ends at once are forgotten as fast as they come.
    private static func forgottenAtOnce(ofExcess excess: Int) -> Int {
        max(min(excess, Self.forgottenAtOnce), excess / 2)
    }
}
