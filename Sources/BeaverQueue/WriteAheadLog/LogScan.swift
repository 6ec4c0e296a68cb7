/// Reads a log from its files as recovery, `verify` and readers without a lock do: frame after frame, and behind the first
/// bad one a search for whatever is still valid by itself.
package struct LogScan {
    let storage: any Storage
    let directory: String
    let identity: StoreIdentity

    package init(storage: any Storage, directory: String, identity: StoreIdentity) {
        self.storage = storage
        self.directory = directory
        self.identity = identity
    }

    /// A segment file that exists, opened for reading.
    package struct SegmentFile {
        package var index: UInt32
        package var path: String
        package var file: any StorageFile
        package var byteCount: Int64
        package var hasValidHead: Bool
        /// The first sequence number, if the first frame's head is valid.
        package var firstSequence: UInt64?
    }

    /// A frame as it is handed out; `body` is good until the next one.
    package struct Frame {
        package var head: FrameHead
        package var place: FramePlace
    }

    /// Where the good frames end and what was found behind.
    package struct End: Sendable, Equatable {
        package var lastGoodSequence: UInt64
        package var lastChecksum: UInt32
        /// Where the next frame goes.
        package var place: FramePlace
        package var hasCleanStop = false
        /// Behind a segment with frames there is always another one; here it is not there, or has no head.
        package var isNextSegmentMissing = false
        package var frames = 0
        /// Something that is no frame stands before the first later frame, or there is no such frame.
        package var hasBytes = false
        package var hasLaterFrames = false
        package var greatestWatermark: UInt64 = 0
        /// Behind `place`: for each segment the offset after its last byte that is not zero.
        package var remains: [UInt32: Int64] = [:]
    }

    /// Large enough that frames seldom stand in two pieces, small enough to stay in the processor's own memory.
    private static let pieceByteCount = 1 << 20

    /// All segment files in the order of their index; a hole in the numbers is damage.
    package func segments() throws(QueueError) -> [SegmentFile] {
        var segments: [SegmentFile] = []
        for name in try self.storage.list(self.directory) {
            guard let index = SegmentName.index(name) else { continue }
            let path = self.directory + "/" + name
            if let last = segments.last, last.index + 1 != index {
                throw .damaged(path: path, "segment \(last.index + 1) is missing before it")
            }
            let file = try self.storage.open(path, .readOnly)
            // The disk reads the first pieces of all while the first is waited for, and no more of them.
            file.setReadAhead(false)
            file.beginRead(at: 0, count: Int64(Self.headsByteCount))
            segments.append(
                SegmentFile(
                    index: index,
                    path: path,
                    file: file,
                    byteCount: try file.size(),
                    hasValidHead: false,
                    firstSequence: nil
                )
            )
        }
        for place in segments.indices { try self.readHeads(of: &segments[place]) }
        return segments
    }

    private static let headsByteCount = SegmentHead.byteCount + CommitFrame.headByteCount

    private func readHeads(of segment: inout SegmentFile) throws(QueueError) {
        var bytes: [UInt8] = []
        let count = try segment.file.read(into: &bytes, count: Self.headsByteCount, at: 0)
        let span = bytes.span.bytes.extracting(0..<count)
        let head = SegmentHead(
            decoding: span,
            index: segment.index,
            storeID: self.identity.storeID,
            hash: self.identity.hash
        )
        if let head, segment.byteCount < head.createdByteCount {
            throw .damaged(
                path: segment.path,
                offset: segment.byteCount,
                "the file ends here; it was \(head.createdByteCount) bytes long when it was created"
            )
        }
        segment.hasValidHead = head != nil
        let seed = FrameSeed(hash: self.identity.hash, segmentIndex: segment.index)(Int64(SegmentHead.byteCount))
        segment.firstSequence = FrameHead(span, at: SegmentHead.byteCount, seed: seed)?.firstSequence
    }

    /// Hands out all good frames from the segment that holds `sequence` on, then looks behind them.
    ///
    /// Throws what `onFrame` throws, and `damaged` where the log does not reach back to `sequence`.
    ///
    /// With `through`, stops behind the frame that ends there and does not look further: for readers of a log that is
    /// being written.
    ///
    /// `written` is what `announceEnd` said, where that was asked before.
    package func scan(
        _ segments: [SegmentFile],
        from sequence: UInt64,
        through last: UInt64 = .max,
        written known: WrittenRanges? = nil,
        onFrame: (Frame, RawSpan) throws(QueueError) -> Void
    ) throws(QueueError) -> End {
        var start = segments.lastIndex { $0.firstSequence.map { $0 <= sequence } ?? false } ?? segments.startIndex
        guard start < segments.count else {
            throw .damaged(path: self.directory, "the log has no segment")
        }
        // The kernel reads on behind what is read, and takes the zeros that it finds there for written from then on: not in
        // the segments at the end, of which it is told at once all that is to be read.
        for segment in segments where !Self.isAtEnd(segment, of: segments) { segment.file.setReadAhead(true) }
        var written = known ?? WrittenRanges()
        if known == nil, last == .max { written = try self.announceEnd(of: segments) }
        while true {
            let end = try self.scan(segments, written, start: start, from: sequence, through: last, onFrame: onFrame)
            // No whole frame there: the next one written must name the checksum of the last one in the segment before.
            guard end.frames == 0, start > segments.startIndex else { return end }
            start -= 1
        }
    }

    private func scan(
        _ segments: [SegmentFile],
        _ written: WrittenRanges,
        start: Int,
        from sequence: UInt64,
        through last: UInt64,
        onFrame: (Frame, RawSpan) throws(QueueError) -> Void
    ) throws(QueueError) -> End {
        guard segments[start].hasValidHead else {
            throw .damaged(path: segments[start].path, offset: 0, "its head is not whole, or of another store")
        }
        // A segment is released only once a frame in a later one is synced: a log without frames never had any.
        guard segments[0].index == 1 || segments.contains(where: { $0.firstSequence != nil }) else {
            throw .damaged(path: segments[0].path, "the segments before it are missing, and no record is left")
        }
        var end = End(
            lastGoodSequence: sequence - 1,
            lastChecksum: 0,
            place: FramePlace(segmentIndex: segments[start].index, offset: Int64(SegmentHead.byteCount))
        )
        if let first = segments[start].firstSequence {
            guard first <= sequence else {
                throw .damaged(path: segments[start].path, "it begins with record \(first), but \(sequence) is needed")
            }
            end.lastGoodSequence = first - 1
        }
        var isChainKnown = false
        var number = start
        while number < segments.count {
            let segment = segments[number]
            guard segment.hasValidHead else { break }
            let framesBefore = end.frames
            if number > start {
                end.place = FramePlace(segmentIndex: segment.index, offset: Int64(SegmentHead.byteCount))
            }
            try self.readFrames(
                of: segment,
                writtenEnd: written.end(of: segment),
                through: last,
                into: &end,
                isChainKnown: &isChainKnown,
                onFrame: onFrame
            )
            if end.lastGoodSequence >= last { return end }
            // A segment is left for the next one only when a frame did not fit, so the next one then has a frame.
            let nextHasFrames =
                number + 1 < segments.count && segments[number + 1].firstSequence == end.lastGoodSequence + 1
            guard end.frames > framesBefore, nextHasFrames else { break }
            number += 1
        }
        if let last = segments.firstIndex(where: { $0.index == end.place.segmentIndex }), end.frames > 0 {
            end.isNextSegmentMissing = last + 1 == segments.count || !segments[last + 1].hasValidHead
        }
        try self.lookBehind(segments[min(number, segments.count - 1)...], written, into: &end)
        return end
    }

    private func readFrames(
        of segment: SegmentFile,
        writtenEnd: Int64,
        through last: UInt64,
        into end: inout End,
        isChainKnown: inout Bool,
        onFrame: (Frame, RawSpan) throws(QueueError) -> Void
    ) throws(QueueError) {
        let seed = FrameSeed(hash: self.identity.hash, segmentIndex: segment.index)
        var window = FileWindow(file: segment.file, byteCount: segment.byteCount, pieceByteCount: Self.pieceByteCount)
        // Only for reading ahead: the frames themselves say where the log ends, and not what a file system takes for a hole.
        window.lastAhead = writtenEnd
        while true {
            let offset = end.place.offset
            guard let headRange = try window.range(CommitFrame.headByteCount, at: offset),
                let head = FrameHead(window.buffer.span.bytes, at: headRange.lowerBound, seed: seed(offset)),
                head.firstSequence == end.lastGoodSequence + 1,
                !isChainKnown || head.previousChecksum == end.lastChecksum,
                let range = try window.range(CommitFrame.headByteCount + head.bodyByteCount, at: offset)
            else { return }
            let body = window.buffer.span.bytes.extracting(
                range.lowerBound + CommitFrame.headByteCount..<range.upperBound
            )
            guard Checksum.crc32c(body) == head.bodyChecksum else { return }
            try onFrame(Frame(head: head, place: end.place), body)
            end.frames += 1
            end.lastGoodSequence = head.lastSequence
            end.lastChecksum = head.checksum
            end.greatestWatermark = max(end.greatestWatermark, head.watermark)
            end.hasCleanStop = head.kind == .cleanStop
            end.place.offset += Int64(head.stride)
            isChainKnown = true
            if end.lastGoodSequence >= last { return }
        }
    }

    /// Searches behind `end.place` for heads that are valid by themselves, at every place where one could begin.
    private func lookBehind(
        _ segments: ArraySlice<SegmentFile>,
        _ written: WrittenRanges,
        into end: inout End
    ) throws(QueueError) {
        for segment in segments {
            let from = segment.index == end.place.segmentIndex ? end.place.offset : Int64(SegmentHead.byteCount)
            // The rest of a segment that was not filled yet need not be brought into memory.
            for range in written.ranges(of: segment) where range.upperBound > from {
                try self.search(segment, max(from, range.lowerBound)..<range.upperBound, into: &end)
            }
        }
    }

    private func search(
        _ segment: SegmentFile,
        _ places: Range<Int64>,
        into end: inout End
    ) throws(QueueError) {
        let seed = FrameSeed(hash: self.identity.hash, segmentIndex: segment.index)
        // Small pieces: searched while they are in the processor's nearest memory.
        var window = FileWindow(file: segment.file, byteCount: places.upperBound, pieceByteCount: 256 << 10)
        var offset = places.lowerBound
        while offset < places.upperBound, let range = try window.available(at: offset) {
            let bytes = window.buffer.span.bytes
            var place = range.lowerBound
            while place + 8 <= range.upperBound {
                // Nearly all of it is zeros, allocated ahead.
                place += bytes.extracting(0..<range.upperBound).zeroCount(from: place) & ~7
                guard place + 8 <= range.upperBound else { break }
                let word = bytes.load(UInt64.self, at: place)
                if word != 0 {
                    let position = offset + Int64(place - range.lowerBound)
                    end.remains[segment.index] = position + 8
                    var isLaterFrame = false
                    if word == CommitFrame.magic, place + CommitFrame.headByteCount <= range.upperBound,
                        let head = FrameHead(bytes, at: place, seed: seed(position))
                    {
                        end.greatestWatermark = max(end.greatestWatermark, head.watermark)
                        if position != end.place.offset || segment.index != end.place.segmentIndex {
                            end.hasLaterFrames = true
                            isLaterFrame = true
                        }
                    }
                    if !isLaterFrame, !end.hasLaterFrames { end.hasBytes = true }
                }
                place += 8
            }
            // The last head-length of a piece is looked at again with the next one.
            if offset + Int64(range.count) >= places.upperBound { break }
            offset += Int64(place - range.lowerBound - CommitFrame.headByteCount)
        }
    }
}
