import BeaverConsole
import BeaverQueue

/// Crash-tests that take the power away: on a copy of the store, and the store itself goes on untouched.
extension SessionHost {
    /// What was not synced is gone, the last write is torn.
    func cutPower(_ outcome: inout CrashOutcome) async throws(QueueError) {
        let told = try await self.told()
        let copy = try StoreCopy(of: self.directory)
        defer { copy.remove() }
        // The log is copied last, and what counts as synced is asked before: it reaches back to every snapshot.
        try copy.takeSnapshots(of: self.values.queue)
        let synced = try await self.queue.status().wal.syncedSequence
        try copy.takeLog(of: self.values.queue)
        let configuration = self.configuration(of: copy)
        let ids = self.state.withLock { $0.ownIDs }
        let after = try await Self.blocking { () throws(QueueError) in
            _ = try Queue.cutPower(configuration, behind: synced, .prefix(kept: Int64.random(in: 0...1_024)))
            return try Queue.afterPowerCut(configuration, asked: told.wal.lastSequence, ids: ids)
        }
        Self.fill(&outcome, after, told, asked: ids.count)
        if outcome.lost > 0 { outcome.evidence = copy.keep() }
    }

    /// For a second the disk says "synced" and keeps all in its own memory; then the power goes.
    ///
    /// What a start makes of it is what it would make of it in life: it refuses, or something is missing.
    func lie(_ outcome: inout CrashOutcome) async throws(QueueError) {
        let copy = try StoreCopy(of: self.directory)
        defer { copy.remove() }
        // A snapshot that is made from here on is not on the disk either.
        try copy.takeSnapshots(of: self.values.queue)
        let truth = try await self.queue.status().wal.syncedSequence
        try? await Task.sleep(for: .seconds(1))
        let told = try await self.told()
        try copy.takeLog(of: self.values.queue)
        let configuration = self.configuration(of: copy)
        let ids = self.state.withLock { $0.ownIDs }
        let cut = try await Self.blocking { () throws(QueueError) in
            try Queue.cutPower(configuration, behind: truth, .randomSectors)
        }
        var lie = CrashLie(afterSequence: truth, lastSequence: told.wal.lastSequence)
        lie.sectors = cut.sectors
        lie.keptSectors = cut.keptSectors
        do throws(QueueError) {
            let after = try await Self.blocking { () throws(QueueError) in
                try Queue.afterPowerCut(configuration, asked: told.wal.lastSequence, ids: ids)
            }
            Self.fill(&outcome, after, told, asked: ids.count)
        } catch {
            guard error.code == .damaged else { throw error }
            let directory = copy.directory
            lie.refusal = error.message.replacing(directory + "/", with: "")
            let saved = try await Self.blocking { () throws(QueueError) in
                try Queue.salvage(directory, to: directory + "/saved")
            }
            lie.salvagedJobs = saved.jobs
            lie.uncertainJobs = saved.uncertainIDs.count
            lie.losses = saved.losses.count
            outcome.after = told
        }
        outcome.lie = lie
    }

    private func configuration(of copy: StoreCopy) -> QueueConfiguration {
        var configuration = self.values.queue
        configuration.dataDirectory = copy.directory
        return configuration
    }

    private static func blocking<Value: Sendable>(
        _ work: @escaping @Sendable () throws(QueueError) -> Value
    ) async throws(QueueError) -> Value {
        let result: Result<Value, QueueError> = await Blocking.run {
            do throws(QueueError) {
                return .success(try work())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func fill(
        _ outcome: inout CrashOutcome,
        _ after: Queue.AfterPowerCut,
        _ told: QueueStatus,
        asked count: Int
    ) {
        self.fill(&outcome, after.before, told)
        outcome.downSeconds = after.status.recovery.seconds
        outcome.after = after.status
        outcome.recovery = after.status.recovery
        outcome.cutBytes = after.status.recovery.tornBytes
        outcome.ownCount = count
        outcome.ownChecked = count
        outcome.ownDone = after.before.done.count
        outcome.doneTwice = after.doneTwice
        let mayBeGone = after.status.jobs.purged + after.status.jobs.forgotten > 0
        outcome.ownMissing = mayBeGone ? [] : after.missing
        if mayBeGone { outcome.ownChecked -= after.missing.count }
    }
}
