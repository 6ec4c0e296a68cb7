extension Queue {
    /// Checks a store file by file and rebuilds its state; changes nothing, takes no lock.
    ///
    /// Reads the log and each snapshot once. Damage is no error but part of the answer. Throws `noSuchQueue`, or what keeps
    /// the files from being read.
    public static func verify(_ dataDirectory: String) throws(QueueError) -> Verification {
        try Verification.run(AbsolutePath.of(dataDirectory), storage: FileStorage())
    }
}

/// What `Queue.verify(_:)` found in the segments and snapshots of a store.
public struct Verification: Sendable, Equatable {
    /// The result in a word.
    public enum Verdict: String, Sendable, Codable {
        /// Everything that was acknowledged can be read, and the log comes to the state of the snapshots.
        case sound
        /// Sound but for bytes behind the last record, which were never acknowledged. The next start cuts them.
        case tornTail = "torn_tail"
        /// A file is not what was written; `problems` says which, and what it held.
        case damaged
    }

    /// `sound` until something is found.
    public var verdict = Verdict.sound
    /// Sentences with file, offset and sequence numbers; of a sound store, what is damaged and not needed.
    public var problems: [String] = []
    /// Files of the log that were read.
    public var segments = 0
    /// Snapshot files that were read.
    public var snapshots = 0
    /// Whole groups of records in the log: each was written by one commit.
    public var frames = 0
    /// Records in these frames.
    public var records = 0
    /// Jobs in the state that they come to.
    public var jobs = 0
    /// Behind the last whole frame.
    public var tornBytes: Int64 = 0
    /// The number of the newest record.
    public var lastSequence: UInt64 = 0
    /// The files themselves say that records up to here were synced.
    ///
    /// Damage to one of them is found as such; what is missing behind it cannot be told from a write that was interrupted.
    public var confirmedSequence: UInt64 = 0
    /// Of the state rebuilt from the newest snapshot and the log behind it.
    public var fingerprint = ""
    /// The same state from an older snapshot, or from the log alone, was compared; false where none reaches back.
    public var wasRebuiltTwice = false

    package static func run(_ directory: String, storage: any Storage) throws(QueueError) -> Verification {
        var report = Verification()
        let identity: StoreIdentity
        do throws(QueueError) {
            guard let found = try StoreIdentity.find(in: directory, storage: storage) else {
                throw QueueError.noSuchQueue(directory: directory)
            }
            identity = found.identity
            if !found.isWhole {
                report.problems.append(
                    "\(directory)/\(StoreIdentity.fileName): one of the two copies of the store's identity is damaged; "
                        + "the next start writes it again"
                )
            }
        } catch {
            guard error.code == .damaged else { throw error }
            report.damaged(error)
            return report
        }
        try report.check(directory, identity, storage)
        return report
    }

    private mutating func damaged(_ error: QueueError) {
        self.verdict = .damaged
        self.problems.append(error.message)
    }

    private mutating func check(
        _ directory: String,
        _ identity: StoreIdentity,
        _ storage: any Storage
    ) throws(QueueError) {
        let readers = try self.checkSnapshots(
            Recovery.path(identity.snapshotDirectory, in: directory),
            identity,
            storage
        )
        let scan = LogScan(
            storage: storage,
            directory: Recovery.path(identity.logDirectory, in: directory),
            identity: identity
        )
        // From the newest whole snapshot, as recovery would; then from the oldest start that the log reaches back to.
        let newest = try self.rebuild(from: readers.last, scan, isFirst: true)
        guard let newest else { return }
        self.fingerprint = newest.fingerprint.description
        self.jobs = newest.slots.count
        self.lastSequence = newest.lastSequence
        // Without any snapshot the log alone is all there is, and was read.
        if readers.isEmpty { return }
        for reader in [nil] + readers.dropLast().map(Optional.some) {
            guard let other = try self.rebuild(from: reader, scan, isFirst: false) else { continue }
            self.wasRebuiltTwice = true
            if other.fingerprint != newest.fingerprint {
                self.verdict = .damaged
                self.problems.append(
                    "the state rebuilt from \(reader.map { "snapshot \($0.sequence)" } ?? "the log alone") differs from "
                        + "that of the newest snapshot: \(other.fingerprint) against \(newest.fingerprint)"
                )
            }
            return
        }
    }

    private mutating func checkSnapshots(
        _ directory: String,
        _ identity: StoreIdentity,
        _ storage: any Storage
    ) throws(QueueError) -> [SnapshotReader] {
        var readers: [SnapshotReader] = []
        for name in try storage.list(directory) where SnapshotFormat.sequence(name) != nil {
            self.snapshots += 1
            do {
                let reader = try SnapshotReader(
                    path: directory + "/" + name,
                    storage: storage,
                    identity: identity
                )
                try reader.load(into: JobManager())
                try reader.forEachJob { slot, record, _ throws(QueueError) in
                    let body = record.extracting(Record.headByteCount..<record.byteCount)
                    guard let decoded = EnqueueBody.decode(body, hash: identity.hash), decoded.enqueue.id == slot.id
                    else {
                        throw .damaged(path: reader.path, "job \(slot.enqueueSequence): its id or payload is damaged")
                    }
                }
                readers.append(reader)
            } catch {
                guard error.code == .damaged else { throw error }
                self.damaged(error)
            }
        }
        return readers
    }

    /// Nil where the log does not reach back that far, or where it is damaged (which was then noted).
    private mutating func rebuild(
        from reader: SnapshotReader?,
        _ scan: LogScan,
        isFirst: Bool
    ) throws(QueueError) -> JobManager? {
        let manager = JobManager()
        var seen = (segments: 0, frames: 0, records: 0)
        do {
            try reader?.load(into: manager)
            let segments = try scan.segments()
            defer { for segment in segments { segment.file.close() } }
            // A store that was salvaged begins with a log without any frame.
            let hasFrames = segments.contains { $0.firstSequence != nil }
            let firstInLog = hasFrames ? segments.first?.firstSequence ?? 1 : manager.lastSequence + 1
            if firstInLog > manager.lastSequence + 1 || !hasFrames, !isFirst { return nil }
            seen.segments = segments.count
            var replayer = Replayer(manager: manager, hash: scan.identity.hash)
            // The whole log is read, also what the snapshot covers.
            let end = try scan.scan(segments, from: isFirst ? firstInLog : manager.lastSequence + 1) {
                frame,
                body throws(QueueError) in
                try replayer.replay(frame, body, path: scan.directory)
                seen.frames += 1
                seen.records += frame.head.recordCount
            }
            try Recovery.judge(end, snapshotSequence: manager.lastSequence, directory: scan.directory)
            if isFirst {
                (self.segments, self.frames, self.records) = seen
                self.confirmedSequence = max(end.greatestWatermark, reader?.sequence ?? 0)
                self.noteTail(end)
            }
            return manager
        } catch {
            guard error.code == .damaged else { throw error }
            if isFirst || self.verdict != .damaged { self.damaged(error) }
            return nil
        }
    }

    private mutating func noteTail(_ end: LogScan.End) {
        for (index, last) in end.remains {
            self.tornBytes += last - (index == end.place.segmentIndex ? end.place.offset : Int64(SegmentHead.byteCount))
        }
        guard self.tornBytes > 0, self.verdict == .sound else { return }
        self.verdict = .tornTail
        self.problems.append(
            "\(self.tornBytes) bytes behind record \(end.lastGoodSequence) were being written when the queue ended; "
                + "they were never acknowledged, and the next start cuts them"
        )
    }
}
