/// Opening: a new log, or one that a scan has read to its end.
extension WriteAheadLog {
    /// The first two segments.
    ///
    /// The store's identity is written after this, so that a crash in between leaves no store.
    package static func create(
        storage: any Storage,
        directory: String,
        identity: StoreIdentity,
        maxSegmentBytes: Int64
    ) throws(QueueError) {
        try storage.createDirectory(directory)
        var byteCount = min(self.firstSegmentBytes, maxSegmentBytes)
        for index in UInt32(1)...2 {
            let segment = try self.create(
                index,
                byteCount: byteCount,
                storage: storage,
                directory: directory,
                identity: identity
            )
            segment.file.close()
            byteCount = min(byteCount * 2, maxSegmentBytes)
        }
    }

    /// Cuts what stands behind the last good frame: zeros, synced.
    ///
    /// What is cut is kept beside as a `.torn` file.
    ///
    /// A crash in here leaves fewer bytes to cut and the same decision. Returns how many bytes were not zero, and whether a
    /// copy could be kept: a full disk must not keep the queue from starting.
    package static func cut(
        _ end: LogScan.End,
        storage: any Storage,
        directory: String,
        wallMilliseconds: Int64
    ) throws(QueueError) -> (bytes: Int64, isCopied: Bool) {
        var cutBytes: Int64 = 0
        var isCopied = true
        for (index, last) in end.remains.sorted(by: { $0.key < $1.key }) {
            let start = index == end.place.segmentIndex ? end.place.offset : Int64(SegmentHead.byteCount)
            guard last > start else { continue }
            let path = directory + "/" + SegmentName.file(index)
            let file = try storage.open(path, .readWrite)
            defer { file.close() }
            let last = min(last, try file.size())
            let copyPath = "\(path).\(wallMilliseconds).torn"
            do {
                try self.keep(file, from: start, to: last, as: copyPath, storage: storage)
                // Its name too, before the bytes are gone here.
                try storage.syncDirectory(directory)
            } catch {
                guard error.isNoSpace else { throw error }
                isCopied = false
                if try storage.identity(of: copyPath) != nil { try storage.remove(copyPath) }
            }
            try self.fillWithZeros(file, from: start, to: last)
            cutBytes += last - start
        }
        return (cutBytes, isCopied)
    }

    private static func keep(
        _ file: any StorageFile,
        from start: Int64,
        to end: Int64,
        as path: String,
        storage: any Storage
    ) throws(QueueError) {
        let copy = try storage.open(path, .createOrTruncate)
        defer { copy.close() }
        var buffer: [UInt8] = []
        var offset = start
        while offset < end {
            let count = try file.read(into: &buffer, count: Int(min(1 << 20, end - offset)), at: offset)
            guard count > 0 else { break }
            try copy.write(buffer.span.bytes.extracting(0..<count), at: offset - start)
            offset += Int64(count)
        }
        try copy.synchronizeData()
    }

    /// Writes again, as it is, what stands from `place` to the end, and the heads of the segments that begin there: the
    /// pages become dirty, so that a sync does bring them to the disk.
    ///
    /// - Parameter isOnlyFrames: what stands there are frames without records, which may be lost.
    func rewrite(from place: FramePlace, isOnlyFrames: Bool) throws(QueueError) {
        let segments = self.state.withLock { $0.segments.filter { $0.index >= place.segmentIndex } }
        var pieces: [TailCopy.Piece] = []
        func add(_ segment: Segment, from start: Int64, to end: Int64) {
            guard end > start else { return }
            pieces.append(
                TailCopy.Piece(
                    segmentIndex: segment.index,
                    offset: start,
                    byteCount: end - start,
                    file: segment.file
                )
            )
        }
        let head = Int64(SegmentHead.byteCount)
        for segment in segments {
            let begin = segment.index == place.segmentIndex ? place.offset : head
            if begin == head, !isOnlyFrames { add(segment, from: 0, to: Int64(SegmentHead.usedByteCount)) }
            add(segment, from: begin, to: segment.usedBytes)
        }
        guard !isOnlyFrames, let last = segments.last, last.index > place.segmentIndex, last.usedBytes == head else {
            return try TailCopy.overwrite(pieces)
        }
        try TailCopy(file: last.file, capacity: last.capacity, storeID: self.identity.storeID).rewrite(pieces)
    }

    /// Opens for writing behind `end`, which was decided to be sound (after `cut`).
    package static func open(
        storage: any Storage,
        directory: String,
        identity: StoreIdentity,
        maxSegmentBytes: Int64,
        segments found: [LogScan.SegmentFile],
        end: LogScan.End,
        index: sending RecordIndex,
        mode: OpenMode = .readWrite
    ) throws(QueueError) -> WriteAheadLog {
        var segments: [Segment] = []
        var current = 0
        for (number, entry) in found.enumerated() {
            guard entry.hasValidHead else { break }
            let file = try storage.open(entry.path, mode)
            var segment = Segment(index: entry.index, file: file, capacity: entry.byteCount)
            if entry.index < end.place.segmentIndex {
                segment.usedBytes = entry.byteCount
                segment.lastSequence = (found[number + 1].firstSequence ?? 1) - 1
            } else if entry.index == end.place.segmentIndex {
                segment.usedBytes = end.place.offset
                segment.lastSequence = end.lastGoodSequence
                current = number
            }
            segments.append(segment)
        }
        guard current < segments.count, segments[current].index == end.place.segmentIndex else {
            throw .damaged(path: directory, "segment \(end.place.segmentIndex) has no whole head")
        }
        // What an earlier life wrote may never have been synced: the first sync covers all but the segments of which a later
        // frame says that they are.
        let firstDirty = segments[..<current].firstIndex {
            $0.lastSequence == 0 || $0.lastSequence > end.greatestWatermark
        }
        let state = State(
            segments: segments,
            current: current,
            previousChecksum: end.lastChecksum,
            lastWritten: end.lastGoodSequence,
            firstDirty: firstDirty ?? current,
            index: index
        )
        let log = try WriteAheadLog(
            storage: storage,
            directory: directory,
            identity: identity,
            maxSegmentBytes: maxSegmentBytes,
            state: state
        )
        return log
    }
}
