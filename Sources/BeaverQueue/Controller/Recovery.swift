/// From the files of a directory to an engine that may run: pick the snapshot, replay the log, cut a torn tail.
///
/// Nothing is changed before the log has been read to its end and judged. A crash at any step leaves files from which the
/// next start comes to the same state.
package struct Recovery {
    let storage: any Storage
    let configuration: QueueConfiguration
    let clock: @Sendable () -> EngineTime
    let randomWord: @Sendable () -> UInt64

    package init(
        storage: any Storage,
        configuration: QueueConfiguration,
        clock: @escaping @Sendable () -> EngineTime,
        randomWord: @escaping @Sendable () -> UInt64
    ) {
        self.storage = storage
        self.configuration = configuration
        self.clock = clock
        self.randomWord = randomWord
    }

    /// What came out of the files.
    package struct Recovered {
        package var identity: StoreIdentity
        package var manager: JobManager
        package var log: WriteAheadLog
        package var snapshots: SnapshotManager
        package var start: Engine.Start
        package var report: QueueStatus.Recovery
        package var notices: [QueueLogLine]
    }

    package var logDirectory: String {
        Self.path(self.configuration.log.directory, in: self.configuration.dataDirectory)
    }
    package var snapshotDirectory: String {
        Self.path(self.configuration.snapshot.directory, in: self.configuration.dataDirectory)
    }

    package static func path(_ path: String, in directory: String) -> String {
        path.hasPrefix("/") ? path : directory + "/" + path
    }

    /// `progress` is told the phase and how many records were replayed so far.
    package func run(progress: (String, Int) -> Void) throws(QueueError) -> Recovered {
        var report = QueueStatus.Recovery()
        var notices: [QueueLogLine] = []
        var phase = PhaseTimer(clock: self.clock)
        progress("identity", 0)
        let identity = try self.identity(&notices)
        phase.end("identity", in: &report)

        progress("snapshot", 0)
        try self.finishRewrite(identity, &notices)
        let scan = LogScan(storage: self.storage, directory: self.logDirectory, identity: identity)
        let segments = try self.segments(scan)
        // The disk reads the end of the log while a snapshot is loaded.
        let written = try scan.announceEnd(of: segments)
        let snapshots = SnapshotManager(storage: self.storage, directory: self.snapshotDirectory, identity: identity)
        let loaded = try snapshots.load()
        for skipped in loaded.skipped { notices.append(QueueLogLine(.error, "snapshot passed over: \(skipped)")) }
        report.snapshotSequence = loaded.reader?.sequence ?? 0
        phase.end("snapshot", in: &report)

        progress("replay", 0)
        let replay = try self.replay(loaded, scan, segments, written, progress: progress)
        report.replayedRecords = replay.records
        phase.end("replay", in: &report)

        progress("cut", replay.records)
        try snapshots.removeLeftovers()
        report.tornBytes = try self.cutTornTail(replay, &notices)
        let log = try WriteAheadLog.open(
            storage: self.storage,
            directory: self.logDirectory,
            identity: identity,
            maxSegmentBytes: self.configuration.log.maxSegmentBytes,
            segments: replay.segments,
            end: replay.end,
            index: replay.index
        )
        for segment in replay.segments { segment.file.close() }
        try self.makeDurable(log, replay)
        phase.end("cut", in: &report)

        var start = Engine.Start()
        start.replayedBytes = replay.bytes
        start.oldestUncoveredWallMilliseconds = replay.firstWallMilliseconds
        start.snapshotSequence = report.snapshotSequence
        start.snapshotBytes = loaded.reader?.byteCount ?? 0
        start.snapshotCount = snapshots.count
        start.space = log.space
        // Also where the life that created the store ended before its first frame.
        start.newStoreSimulates = loaded.manager.lastSequence == 0 ? identity.simulates : nil
        return Recovered(
            identity: identity,
            manager: loaded.manager,
            log: log,
            snapshots: snapshots,
            start: start,
            report: report,
            notices: notices
        )
    }

    // MARK: Identity

    private func identity(_ notices: inout [QueueLogLine]) throws(QueueError) -> StoreIdentity {
        let directory = self.configuration.dataDirectory
        if let found = try StoreIdentity.find(in: directory, storage: self.storage) {
            try self.check(found.identity)
            if !found.isWhole { self.mend(found.identity, &notices) }
            return found.identity
        }
        guard !self.configuration.mustExist else { throw .noSuchQueue(directory: directory) }
        try self.refuseOrphanedLog()
        let identity = StoreIdentity(
            randomWords: (0..<4).map { _ in self.randomWord() },
            createdWallMilliseconds: self.clock().wallMilliseconds,
            logDirectory: self.configuration.log.directory,
            snapshotDirectory: self.configuration.snapshot.directory,
            simulates: self.configuration.isUnconfigured
        )
        try self.storage.createDirectory(self.snapshotDirectory)
        try WriteAheadLog.create(
            storage: self.storage,
            directory: self.logDirectory,
            identity: identity,
            maxSegmentBytes: self.configuration.log.maxSegmentBytes
        )
        try self.storage.syncDirectory(directory)
        try identity.write(to: directory, storage: self.storage)
        return identity
    }

    /// Writes a damaged copy again while the other is whole; a start does not depend on it.
    private func mend(_ identity: StoreIdentity, _ notices: inout [QueueLogLine]) {
        let directory = self.configuration.dataDirectory
        let fault = "\(directory)/\(StoreIdentity.fileName): one of the two copies of the store's identity was damaged"
        do throws(QueueError) {
            try identity.write(to: directory, storage: self.storage)
            notices.append(QueueLogLine(.warning, "\(fault); it is written again. Look at the disk"))
        } catch {
            notices.append(QueueLogLine(.error, "\(fault), and it cannot be written again: \(error.message)"))
        }
    }

    private func check(_ identity: StoreIdentity) throws(QueueError) {
        func same(_ setting: String, _ stored: String, _ configured: String) throws(QueueError) {
            guard stored != configured else { return }
            throw QueueError(
                .configuration,
                "\(setting) is \(configured), but this store was created with \(stored); set it back, or move the files "
                    + "and use a new data directory"
            )
        }
        try same("wal.dir", identity.logDirectory, self.configuration.log.directory)
        try same("snapshot.dir", identity.snapshotDirectory, self.configuration.snapshot.directory)
    }

    /// A log or snapshot without the store's identity is never built over: someone lost or removed the `store` file.
    private func refuseOrphanedLog() throws(QueueError) {
        var hasSnapshot = false
        if try self.storage.identity(of: self.snapshotDirectory) != nil {
            let names = try self.storage.list(self.snapshotDirectory)
            hasSnapshot = names.contains { SnapshotFormat.sequence($0) != nil }
        }
        var hasFrames = false
        if try self.storage.identity(of: self.logDirectory) != nil {
            for name in try self.storage.list(self.logDirectory) where SegmentName.index(name) != nil {
                let file = try self.storage.open(self.logDirectory + "/" + name, .readOnly)
                defer { file.close() }
                var bytes: [UInt8] = []
                let count = try file.read(into: &bytes, count: 8, at: Int64(SegmentHead.byteCount))
                hasFrames = hasFrames || count == 8 && bytes.span.bytes.load(UInt64.self, at: 0) == CommitFrame.magic
            }
        }
        guard hasSnapshot || hasFrames else { return }
        throw .damaged(
            path: self.configuration.dataDirectory + "/" + StoreIdentity.fileName,
            "it is missing, but there is a log or a snapshot beside it"
        )
    }

    // MARK: Replay

    /// An earlier recovery died while it wrote the end of the log again: what it wrote is put right first.
    private func finishRewrite(_ identity: StoreIdentity, _ notices: inout [QueueLogLine]) throws(QueueError) {
        guard try self.storage.identity(of: self.logDirectory) != nil else { return }
        let directory = self.logDirectory
        guard try TailCopy.restore(in: directory, storage: self.storage, storeID: identity.storeID) else { return }
        notices.append(QueueLogLine(.info, "an interrupted recovery was finished: the end of the log was put back"))
    }

    struct Replay {
        var segments: [LogScan.SegmentFile]
        var end: LogScan.End
        var index: RecordIndex
        var records: Int
        var bytes: Int64
        var firstWallMilliseconds: Int64?
        var unconfirmed: UnconfirmedFrames
    }

    private func segments(_ scan: LogScan) throws(QueueError) -> [LogScan.SegmentFile] {
        guard try self.storage.identity(of: self.logDirectory) != nil else {
            throw .damaged(path: self.logDirectory, "the log of this store is missing")
        }
        return try scan.segments()
    }

    private func replay(
        _ loaded: SnapshotManager.Loaded,
        _ scan: LogScan,
        _ segments: [LogScan.SegmentFile],
        _ written: WrittenRanges,
        progress: (String, Int) -> Void
    ) throws(QueueError) -> Replay {
        var replayer = Replayer(manager: loaded.manager, hash: scan.identity.hash)
        let first = loaded.manager.lastSequence + 1
        let end = try scan.scan(segments, from: first, written: written) { frame, body throws(QueueError) in
            try replayer.replay(frame, body, path: self.logDirectory)
            if replayer.frames % 1_024 == 0 { progress("replay", replayer.records) }
        }
        try Self.judge(end, snapshotSequence: loaded.greatestSequence, directory: self.logDirectory)
        var unconfirmed = replayer.unconfirmed
        unconfirmed.confirm(end.greatestWatermark)
        return Replay(
            segments: segments,
            end: end,
            index: replayer.index,
            records: replayer.records,
            bytes: replayer.bytes,
            firstWallMilliseconds: replayer.firstWallMilliseconds,
            unconfirmed: unconfirmed
        )
    }

    /// What was read may be in the page cache only, and is believed from here on: it goes to the disk first.
    ///
    /// A sync alone is not enough. Where one failed in an earlier life the kernel calls the pages clean although the disk
    /// never got them, and the next sync succeeds without writing anything (Rebello and others, 2020). So what no
    /// watermark confirms is written again. The names of files whose creation was not synced come first.
    private func makeDurable(_ log: WriteAheadLog, _ replay: Replay) throws(QueueError) {
        try self.syncParent()
        for directory in [self.configuration.dataDirectory, self.snapshotDirectory, self.logDirectory] {
            try self.storage.syncDirectory(directory)
        }
        try log.rewrite(
            from: replay.unconfirmed.first ?? replay.end.place,
            isOnlyFrames: replay.end.hasCleanStop && !replay.unconfirmed.hasRecords
        )
        _ = try log.synchronize()
    }

    /// The data directory's own name; where its parent may not be read, whoever made the directory has seen to that.
    private func syncParent() throws(QueueError) {
        var directory = self.configuration.dataDirectory[...]
        while directory.hasSuffix("/") { directory.removeLast() }
        let parent = directory.lastIndex(of: "/").map { String(directory[...$0]) } ?? ""
        do {
            try self.storage.syncDirectory(parent)
        } catch {
            guard error.isForbidden else { throw error }
        }
    }

    /// Torn tail or damage: `TailDecision` decides, and damage is refused with all that is known of it.
    static func judge(_ end: LogScan.End, snapshotSequence: UInt64, directory: String) throws(QueueError) {
        let path = directory + "/" + SegmentName.file(end.place.segmentIndex)
        guard !end.isNextSegmentMissing else {
            throw .damaged(
                path: directory + "/" + SegmentName.file(end.place.segmentIndex + 1),
                "this segment is missing, and there always is one behind a segment with records; records up to "
                    + "\(end.lastGoodSequence) are whole"
            )
        }
        let watermark = max(end.greatestWatermark, snapshotSequence)
        let decision = TailDecision(self.evidence(end, snapshotSequence: snapshotSequence))
        guard decision == .damaged else { return }
        throw .damaged(
            path: path,
            offset: end.place.offset,
            "records \(end.lastGoodSequence + 1) to \(watermark) were acknowledged and cannot be read; records up to "
                + "\(end.lastGoodSequence) are whole"
        )
    }

    static func evidence(_ end: LogScan.End, snapshotSequence: UInt64) -> TailDecision.Evidence {
        TailDecision.Evidence(
            hasBytes: end.hasBytes,
            hasLaterFrames: end.hasLaterFrames,
            watermarkExceedsLastGood: max(end.greatestWatermark, snapshotSequence) > end.lastGoodSequence
        )
    }

    private func cutTornTail(_ replay: Replay, _ notices: inout [QueueLogLine]) throws(QueueError) -> Int64 {
        guard !replay.end.remains.isEmpty else { return 0 }
        let (bytes, isCopied) = try WriteAheadLog.cut(
            replay.end,
            storage: self.storage,
            directory: self.logDirectory,
            wallMilliseconds: self.clock().wallMilliseconds
        )
        if case .torn(let row) = TailDecision(Self.evidence(replay.end, snapshotSequence: 0)), bytes > 0 {
            notices.append(
                QueueLogLine(
                    .warning,
                    "a torn tail of \(bytes) bytes behind record \(replay.end.lastGoodSequence) was cut (case \(row)): "
                        + "it was never acknowledged; "
                        + (isCopied ? "a copy is kept as .torn" : "the disk has no room for a copy")
                )
            )
        }
        return bytes
    }
}
