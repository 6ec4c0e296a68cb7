/// The state that the files of a store lead to, read without a lock and without changing anything.
///
/// A running server may write at the same time: what it is just writing looks like a torn tail and is left out.
package struct StoredState {
    package var manager: JobManager
    package var log: WriteAheadLog
    package var snapshots: SnapshotManager
    package var replayedRecords: Int

    /// `through`: later records are left out.
    package init(
        storage: any Storage,
        configuration: QueueConfiguration,
        identity: StoreIdentity,
        through: UInt64 = .max
    ) throws(QueueError) {
        let directory = configuration.dataDirectory
        let logDirectory = Recovery.path(identity.logDirectory, in: directory)
        let snapshots = SnapshotManager(
            storage: storage,
            directory: Recovery.path(identity.snapshotDirectory, in: directory),
            identity: identity
        )
        let loaded = try snapshots.load()
        let scan = LogScan(storage: storage, directory: logDirectory, identity: identity)
        let segments = try scan.segments()
        var replayer = Replayer(manager: loaded.manager, hash: identity.hash)
        replayer.through = through
        let end = try scan.scan(segments, from: loaded.manager.lastSequence + 1) { frame, body throws(QueueError) in
            try replayer.replay(frame, body, path: logDirectory)
        }
        self.manager = loaded.manager
        self.snapshots = snapshots
        self.replayedRecords = replayer.records
        self.log = try WriteAheadLog.open(
            storage: storage,
            directory: logDirectory,
            identity: identity,
            maxSegmentBytes: configuration.log.maxSegmentBytes,
            segments: segments,
            end: end,
            index: replayer.index,
            mode: .readOnly
        )
        for segment in segments { segment.file.close() }
    }
}
