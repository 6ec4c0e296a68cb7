/// A power cut, on a copy of a store: what the disk had not been told to keep is gone, and the last write is torn.
extension Queue {
    /// What is left of the log behind the last record that the disk really kept.
    package enum Survival: Sendable {
        /// `kept` of 1,024 of the bytes, then zeros: as where the disk had written some of them by itself.
        case prefix(kept: Int64)
        /// Each sector of 512 bytes by chance: a disk that said "synced" while it kept all in its own memory.
        case randomSectors
    }

    /// What a cut took away.
    package struct Cut: Sendable, Equatable {
        package var sectors = 0
        package var keptSectors = 0
    }

    /// What a recovery made of such a copy.
    package struct AfterPowerCut: Sendable {
        package var before: Remains
        package var status: QueueStatus
        package var missing: [String]
        /// Of those asked for that were done: done no longer, or run again.
        package var doneTwice: [String]
    }

    /// Cuts the log of the copy at `configuration.dataDirectory` behind the record `synced`.
    package static func cutPower(
        _ configuration: QueueConfiguration,
        behind synced: UInt64,
        _ survival: Survival
    ) throws(QueueError) -> Cut {
        let storage = FileStorage()
        guard let identity = try StoreIdentity.read(from: configuration.dataDirectory, storage: storage) else {
            throw .noSuchQueue(directory: configuration.dataDirectory)
        }
        return try self.cut(configuration, identity, behind: synced, survival, storage)
    }

    /// Recovers a copy that was cut.
    ///
    /// Nothing is dispatched and no process is ended: the copy has the id of a store whose commands go on running.
    /// `asked` is the record at which the fingerprint is wanted, `ids` are looked up afterwards. Throws `damaged` where
    /// a start would.
    package static func afterPowerCut(
        _ configuration: QueueConfiguration,
        asked: UInt64,
        ids: [String]
    ) throws(QueueError) -> AfterPowerCut {
        let storage = FileStorage()
        let before = try self.remains(configuration, at: asked, ids: ids)
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
        let account = self.account(of: ids[...], done: before.done, in: engine, hash)
        return AfterPowerCut(
            before: before,
            status: status,
            missing: account.missing,
            doneTwice: account.doneTwice
        )
    }

    private static func cut(
        _ configuration: QueueConfiguration,
        _ identity: StoreIdentity,
        behind synced: UInt64,
        _ survival: Survival,
        _ storage: any Storage
    ) throws(QueueError) -> Cut {
        let directory = Recovery.path(identity.logDirectory, in: configuration.dataDirectory)
        let scan = LogScan(storage: storage, directory: directory, identity: identity)
        let segments = try scan.segments()
        defer { for segment in segments { segment.file.close() } }
        var first: FramePlace?
        let from = segments.lazy.compactMap(\.firstSequence).first ?? 1
        let end = try scan.scan(segments, from: from) { frame, _ throws(QueueError) in
            if first == nil, frame.head.recordCount > 0, frame.head.lastSequence > synced { first = frame.place }
        }
        var cut = Cut()
        guard let first else { return cut }
        for segment in segments where segment.index >= first.segmentIndex {
            let begin = segment.index == first.segmentIndex ? first.offset : Int64(SegmentHead.byteCount)
            // Behind the end of the log there are the zeros of segments made in advance.
            let isLast = segment.index == end.place.segmentIndex
            let last = isLast ? end.place.offset : segment.index < end.place.segmentIndex ? segment.byteCount : begin
            let whole = max(last, end.remains[segment.index] ?? 0)
            switch survival {
            case .prefix(let kept):
                // In a later segment nothing stays: writes to two files need not reach the disk in their order.
                let kept = segment.index == first.segmentIndex ? (last - begin) * kept / 1_024 : 0
                try self.zero(segment.path, [begin + kept..<max(begin + kept, whole)], storage)
            case .randomSectors:
                let sectors = self.sectors(from: begin, to: whole)
                let lost = sectors.filter { _ in Bool.random() }
                cut.sectors += sectors.count
                cut.keptSectors += sectors.count - lost.count
                try self.zero(segment.path, lost, storage)
            }
        }
        return cut
    }

    /// The part of each sector of 512 bytes that lies between two offsets.
    private static func sectors(from begin: Int64, to end: Int64) -> [Range<Int64>] {
        guard begin < end else { return [] }
        return stride(from: begin & ~511, to: end, by: 512).map { max($0, begin)..<min($0 + 512, end) }
    }

    private static func zero(
        _ path: String,
        _ ranges: [Range<Int64>],
        _ storage: any Storage
    ) throws(QueueError) {
        guard ranges.contains(where: { !$0.isEmpty }) else { return }
        let file = try storage.open(path, .readWrite)
        defer { file.close() }
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        for range in ranges {
            var offset = range.lowerBound
            while offset < range.upperBound {
                let count = Int(min(Int64(zeros.count), range.upperBound - offset))
                try file.write(zeros.span.bytes.extracting(0..<count), at: offset)
                offset += Int64(count)
            }
        }
    }
}
