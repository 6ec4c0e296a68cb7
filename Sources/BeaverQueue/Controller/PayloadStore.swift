/// Finds what the engine does not keep in memory: the record of a job's ENQUEUE and the history of its runs, in the log
/// or in the newest snapshot.
///
/// Safe from any thread.
package final class PayloadStore: Sendable {
    private let log: any Journal
    private let snapshots: SnapshotManager
    private let hash: KeyedHash

    package init(log: any Journal, snapshots: SnapshotManager, hash: KeyedHash) {
        self.log = log
        self.snapshots = snapshots
        self.hash = hash
    }

    /// What was accepted, verified by the payload's checksum and the id's fingerprint.
    ///
    /// Throws `damaged` where the files no longer hold what was acknowledged.
    package func body(
        of enqueueSequence: UInt64,
        id: JobFingerprint
    ) throws(QueueError) -> (body: EnqueueBody, enqueuedAt: Int64) {
        guard let record = try self.record(enqueueSequence) else {
            throw .damaged(
                path: "record \(enqueueSequence)",
                "neither the log nor a snapshot holds this job any longer"
            )
        }
        let head = record.span.bytes.extracting(0..<Record.headByteCount)
        let body = record.span.bytes.extracting(Record.headByteCount..<record.count)
        guard let decoded = EnqueueBody.decode(body, hash: self.hash), decoded.enqueue.id == id else {
            throw .damaged(path: "record \(enqueueSequence)", "the job's id or payload does not match its checksum")
        }
        return (decoded, Int64(head.load48(at: 4)))
    }

    /// A snapshot whose bytes have rotted is no reason to give up: the log since the one before it is kept, and that one too.
    private func record(_ enqueueSequence: UInt64) throws(QueueError) -> [UInt8]? {
        var damage: QueueError?
        // The snapshot first: its part of the log may be released at any moment.
        if let snapshot = self.snapshots.newest, enqueueSequence <= snapshot.sequence {
            do {
                if let job = try snapshot.job(enqueueSequence) { return job.record }
            } catch {
                guard error.code == .damaged else { throw error }
                damage = error
            }
        }
        if let found = try self.log.read(enqueueSequence)?.bytes { return found }
        guard let damage else { return nil }
        if let job = try self.snapshots.jobInOlder(enqueueSequence) { return job.record }
        guard let found = self.log.search(enqueueSequence) else { throw damage }
        return found
    }

    /// The newest runs of a job, oldest first: what the snapshot says, then the chain of its records in the log.
    ///
    /// Where the snapshot's bytes have rotted, what the log still holds.
    package func history(of slot: JobSlot) throws(QueueError) -> RunHistory {
        let snapshot = self.snapshots.newest
        var covered = snapshot?.sequence ?? 0
        var history = RunHistory()
        if slot.enqueueSequence <= covered {
            do {
                if let job = try snapshot?.job(slot.enqueueSequence) { history = job.history }
            } catch {
                guard error.code == .damaged else { throw error }
                covered = 0
            }
        }
        var records: [Record] = []
        var sequence = slot.lastSequence
        while sequence > covered, sequence != slot.enqueueSequence, records.count < 64,
            let (record, _) = try self.log.read(sequence), record.event.job == slot.reference
        {
            records.append(record)
            sequence = record.previousSequence
        }
        for record in records.reversed() { history.note(record.event, wallMilliseconds: record.wallMilliseconds) }
        return history
    }

    /// How the last run of a job ended, or began: two records where they are in the log, else its history.
    package func lastRun(of slot: JobSlot) throws(QueueError) -> RunHistory.Entry? {
        guard slot.lastSequence != slot.enqueueSequence else { return nil }
        if slot.lastSequence > self.snapshots.newest?.sequence ?? 0,
            let (record, _) = try self.log.read(slot.lastSequence), record.event.job == slot.reference
        {
            var short = RunHistory()
            if record.previousSequence > slot.enqueueSequence,
                let (begin, _) = try self.log.read(record.previousSequence),
                begin.event.job == slot.reference
            {
                short.note(begin.event, wallMilliseconds: begin.wallMilliseconds)
            }
            short.note(record.event, wallMilliseconds: record.wallMilliseconds)
            if let last = short.entries.last, last.startedAt != 0, last.ending != .running { return last }
        }
        return try self.history(of: slot).entries.last
    }

    /// The last error that any of its known runs ended with.
    package func lastError(of slot: JobSlot) throws(QueueError) -> String? {
        guard slot.lastSequence != slot.enqueueSequence else { return nil }
        return try self.history(of: slot).lastError
    }

    /// The newest records of a job that the log still has, oldest first.
    package func records(of slot: JobSlot, limit: Int) throws(QueueError) -> [Record] {
        var records: [Record] = []
        var sequence = slot.lastSequence
        while sequence > slot.enqueueSequence, records.count < limit - 1, let (record, _) = try self.log.read(sequence),
            record.event.job == slot.reference
        {
            records.append(record)
            sequence = record.previousSequence
        }
        if let (record, _) = try self.log.read(slot.enqueueSequence) { records.append(record) }
        return records.reversed()
    }
}
