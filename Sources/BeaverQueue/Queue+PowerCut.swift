/// A power cut, on a copy of a store: what the disk had not been told to keep is gone, and the last write is torn.
extension Queue {
    /// What a recovery made of such a copy.
    package struct AfterPowerCut: Sendable {
        package var before: Remains
        package var status: QueueStatus
        package var missing: [String]
    }

    /// Cuts the log of the copy at `configuration.dataDirectory` behind the last record that was synced, and recovers it.
    ///
    /// Of the bytes behind `synced` a part stays, `kept` of 1,024, the rest is zeros: as where the disk had written some
    /// of them by itself. Nothing is dispatched and no process is ended: the copy has the id of a store whose commands
    /// go on running. `asked` is the record at which the fingerprint is wanted, `ids` are looked up afterwards.
    package static func afterPowerCut(
        _ configuration: QueueConfiguration,
        synced: UInt64,
        kept: Int64,
        asked: UInt64,
        ids: [String]
    ) throws(QueueError) -> AfterPowerCut {
        let storage = FileStorage()
        guard let identity = try StoreIdentity.read(from: configuration.dataDirectory, storage: storage) else {
            throw .noSuchQueue(directory: configuration.dataDirectory)
        }
        try self.cut(configuration, identity, behind: synced, kept: kept, storage)
        let before = try self.remains(configuration, at: asked)
        let recovery = Recovery(
            storage: storage,
            configuration: configuration,
            clock: { BootClock.now() },
            randomWord: { UInt64.random(in: .min ... .max) }
        )
        let recovered = try recovery.run { _, _ in }
        recovered.log.close()
        let (report, hash) = (recovered.report, recovered.identity.hash)
        let engine = Engine(manager: recovered.manager, settings: EngineSettings(), randomSeed: 0)
        engine.beginReading(now: BootClock.now())
        var status = QueueStatus()
        engine.fill(&status)
        status.recovery = report
        let missing = ids.filter { id in
            engine.manager.slots.find(hash(id)) == nil && engine.manager.remembered.find(hash(id)) == nil
        }
        return AfterPowerCut(before: before, status: status, missing: missing)
    }

    private static func cut(
        _ configuration: QueueConfiguration,
        _ identity: StoreIdentity,
        behind synced: UInt64,
        kept: Int64,
        _ storage: any Storage
    ) throws(QueueError) {
        let directory = Recovery.path(identity.logDirectory, in: configuration.dataDirectory)
        let scan = LogScan(storage: storage, directory: directory, identity: identity)
        let segments = try scan.segments()
        defer { for segment in segments { segment.file.close() } }
        var first: FramePlace?
        let from = segments.lazy.compactMap(\.firstSequence).first ?? 1
        let end = try scan.scan(segments, from: from) { frame, _ throws(QueueError) in
            if first == nil, frame.head.recordCount > 0, frame.head.lastSequence > synced { first = frame.place }
        }
        guard let first else { return }
        for segment in segments where segment.index >= first.segmentIndex {
            let begin = segment.index == first.segmentIndex ? first.offset : Int64(SegmentHead.byteCount)
            let last = segment.index == end.place.segmentIndex ? end.place.offset : segment.byteCount
            // In a later segment nothing stays: writes to two files need not reach the disk in their order.
            let kept = segment.index == first.segmentIndex ? (last - begin) * kept / 1_024 : 0
            try self.zero(segment.path, from: begin + kept, to: max(last, end.remains[segment.index] ?? 0), storage)
        }
    }

    private static func zero(
        _ path: String,
        from begin: Int64,
        to end: Int64,
        _ storage: any Storage
    ) throws(QueueError) {
        guard begin < end else { return }
        let file = try storage.open(path, .readWrite)
        defer { file.close() }
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        var offset = begin
        while offset < end {
            let count = Int(min(Int64(zeros.count), end - offset))
            try file.write(zeros.span.bytes.extracting(0..<count), at: offset)
            offset += Int64(count)
        }
    }
}
