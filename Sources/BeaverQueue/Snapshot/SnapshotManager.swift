/// The snapshot files of a store: finds the newest whole one, makes the next, deletes old ones.
package final class SnapshotManager: Sendable {
    let storage: any Storage
    let directory: String
    let identity: StoreIdentity
    private let state = Lock<State>(State())

    private struct State {
        var newest: SnapshotReader?
        /// Of whole snapshots, ascending.
        var sequences: [UInt64] = []
    }

    package init(storage: any Storage, directory: String, identity: StoreIdentity) {
        self.storage = storage
        self.directory = directory
        self.identity = identity
    }

    /// The one that recovery began from or the last one made.
    package var newest: SnapshotReader? { self.state.withLock { $0.newest } }
    package var count: Int { self.state.withLock { $0.sequences.count } }

    /// The job as snapshots before the newest have it, the newest of these first; those that are damaged are passed over.
    func jobInOlder(_ enqueueSequence: UInt64) throws(QueueError) -> SnapshotReader.Job? {
        let older = self.state.withLock { state in
            let newest = state.newest?.sequence ?? 0
            return state.sequences.filter { $0 < newest }
        }
        for sequence in older.reversed() where enqueueSequence <= sequence {
            let path = self.directory + "/" + SnapshotFormat.fileName(sequence)
            do {
                let reader = try SnapshotReader(path: path, storage: self.storage, identity: self.identity)
                if let job = try reader.job(enqueueSequence) { return job }
            } catch {
                guard error.code == .damaged else { throw error }
            }
        }
        return nil
    }

    package struct Loaded {
        package var manager: JobManager
        package var reader: SnapshotReader?
        /// Newer ones that could not be used, with the reason.
        package var skipped: [QueueError] = []
        /// Of all snapshots, damaged ones too: the log was synced up to there when it was begun.
        package var greatestSequence: UInt64 = 0
    }

    /// Loads the newest whole snapshot; one that is damaged is passed over and named.
    ///
    /// Changes nothing on disk.
    ///
    /// Without any snapshot the manager is empty: the log must then reach back to its first record.
    package func load() throws(QueueError) -> Loaded {
        var names: [UInt64] = []
        for name in try self.storage.list(self.directory) {
            if let sequence = SnapshotFormat.sequence(name) { names.append(sequence) }
        }
        names.sort()
        let greatest = names.last ?? 0
        var skipped: [QueueError] = []
        while let sequence = names.last {
            let path = self.directory + "/" + SnapshotFormat.fileName(sequence)
            do {
                let reader = try SnapshotReader(path: path, storage: self.storage, identity: self.identity)
                let manager = JobManager()
                try reader.load(into: manager)
                self.state.withLock { state in
                    state.newest = reader
                    state.sequences = names
                }
                return Loaded(manager: manager, reader: reader, skipped: skipped, greatestSequence: greatest)
            } catch {
                // A disk that cannot be read is no damage: the file may be whole, so nothing is decided without it.
                guard error.code == .damaged else { throw error }
                skipped.append(error)
                names.removeLast()
            }
        }
        return Loaded(manager: JobManager(), reader: nil, skipped: skipped, greatestSequence: greatest)
    }

    /// Files that a crash left half made.
    package func removeLeftovers() throws(QueueError) {
        for name in try self.storage.list(self.directory) where name.hasSuffix(".snap.tmp") {
            try self.storage.remove(self.directory + "/" + name)
        }
    }

    package enum Outcome {
        case written(SnapshotReport)
        case failed(QueueError, isMismatch: Bool)
    }

    /// Makes the snapshot for `target` and deletes those no longer kept.
    ///
    /// Takes as long as reading and writing them takes, and as `rest` does, which is called often.
    package func compact(
        _ target: CompactionTarget,
        logDirectory: String,
        retentionCount: Int,
        clock: () -> EngineTime,
        rest: @escaping () -> Void = {}
    ) -> Outcome {
        let begin = clock()
        let compaction = Compaction(
            storage: self.storage,
            log: LogScan(storage: self.storage, directory: logDirectory, identity: self.identity),
            directory: self.directory,
            identity: self.identity,
            target: target,
            previous: self.newest,
            rest: rest
        )
        do {
            switch try compaction.run() {
            case .mismatch(let error): return .failed(error, isMismatch: true)
            case .written(let reader):
                let decision = self.state.withLock { state in
                    state.newest = reader
                    // Made once more of the same state, it is still one, and the one before it is needed as before.
                    if state.sequences.last != reader.sequence { state.sequences.append(reader.sequence) }
                    return SnapshotSelection.decide(state.sequences, retentionCount: retentionCount)
                }
                let fault = self.retire(decision.retire)
                let count = self.count
                let seconds = Double(clock().bootNanoseconds - begin.bootNanoseconds) / 1e9
                return .written(
                    SnapshotReport(
                        sequence: reader.sequence,
                        bytes: reader.byteCount,
                        count: count,
                        releaseThrough: decision.releaseThrough,
                        seconds: seconds,
                        retirementFault: fault
                    )
                )
            }
        } catch {
            return .failed(error, isMismatch: false)
        }
    }

    /// Deletes old ones; why that failed, which takes nothing from the new one: it is tried again with the next.
    private func retire(_ sequences: [UInt64]) -> QueueError? {
        do {
            for sequence in sequences {
                try self.storage.remove(self.directory + "/" + SnapshotFormat.fileName(sequence))
                // One by one: what is gone is not looked for again if a later removal fails.
                self.state.withLock { state in state.sequences.removeAll { $0 == sequence } }
            }
            if !sequences.isEmpty { try self.storage.syncDirectory(self.directory) }
            return nil
        } catch {
            return error
        }
    }
}
