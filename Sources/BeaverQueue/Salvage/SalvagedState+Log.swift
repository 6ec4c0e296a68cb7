/// Reading what is left of a log: every frame that is valid by itself, wherever it stands.
extension SalvagedState {
    mutating func readLog(_ directory: String) throws(QueueError) {
        guard try self.storage.identity(of: directory) != nil else {
            return self.noteOpenEnd("\(directory) is missing: no record after \(self.coveredThrough) can be read")
        }
        // What no watermark covers was not acknowledged: there, as at any start, nothing behind a gap counts.
        var watermark = self.lastSequence
        try self.forEachFrame(in: directory) { _, frame throws(QueueError) in
            watermark = max(watermark, frame.head.watermark)
        }
        var expected = self.coveredThrough + 1
        var isOver = false
        try self.forEachFrame(in: directory) { state, frame throws(QueueError) in
            guard !isOver else { return }
            state.noteEpoch(frame.head.epoch)
            guard frame.head.recordCount > 0, frame.head.lastSequence >= expected || !frame.isBehind(expected) else {
                return
            }
            if frame.head.firstSequence > expected {
                guard expected <= watermark else {
                    isOver = true
                    return
                }
                state.noteHole(expected, frame.head.firstSequence - 1, directory)
            }
            if !frame.isWhole, frame.head.firstSequence > watermark {
                isOver = true
                return
            }
            state.read(frame)
            expected = max(frame.head.lastSequence + 1, expected)
        }
        self.noteHole(expected, watermark, directory)
        try self.lookForMissingFiles(directory)
    }

    /// Files that must be there, and are not or not whole: nobody knows how many records they held.
    private mutating func lookForMissingFiles(_ directory: String) throws(QueueError) {
        var next: UInt32?
        var hasFrames = false
        for name in try self.storage.list(directory) {
            guard let index = SegmentName.index(name) else { continue }
            for missing in (next ?? index)..<max(index, next ?? index) {
                self.noteOpenEnd("\(directory)/\(SegmentName.file(missing)) is missing, with all it held")
            }
            next = index + 1
            let file = try self.storage.open(directory + "/" + name, .readOnly)
            defer { file.close() }
            var bytes: [UInt8] = []
            let count = try file.read(into: &bytes, count: SegmentHead.byteCount + CommitFrame.headByteCount, at: 0)
            let span = bytes.span.bytes.extracting(0..<count)
            let hash = self.identity.hash
            let head = SegmentHead(decoding: span, index: index, storeID: self.identity.storeID, hash: hash)
            let size = try file.size()
            if let head, size < head.createdByteCount {
                self.noteOpenEnd(
                    "\(directory)/\(name) ends at byte \(size), and was \(head.createdByteCount) bytes long"
                )
            }
            let seed = FrameSeed(hash: hash, segmentIndex: index)(Int64(SegmentHead.byteCount))
            hasFrames = FrameHead(span, at: SegmentHead.byteCount, seed: seed) != nil
        }
        // Behind a segment with frames there is always another one.
        if hasFrames, let next {
            self.noteOpenEnd("\(directory)/\(SegmentName.file(next)) is missing, with all it held")
        }
    }

    private mutating func noteOpenEnd(_ sentence: String) {
        self.report.losses.append(sentence)
        self.holes.append(Hole(first: self.coveredThrough + 1, last: .max))
    }

    /// A frame whose head is valid, with its body as it was read.
    struct Frame {
        var head: FrameHead
        var file: any StorageFile
        var bodyOffset: Int64
        var body: [UInt8]
        var isWhole: Bool

        /// All of its records are covered by what was read before; they may still name what a snapshot has lost.
        func isBehind(_ expected: UInt64) -> Bool { !self.isWhole && self.head.lastSequence < expected }
    }

    private mutating func forEachFrame(
        in directory: String,
        _ body: (inout SalvagedState, Frame) throws(QueueError) -> Void
    ) throws(QueueError) {
        for name in try self.storage.list(directory) {
            guard let index = SegmentName.index(name) else { continue }
            let file = try self.storage.open(directory + "/" + name, .readOnly)
            let seed = FrameSeed(hash: self.identity.hash, segmentIndex: index)
            var window = FileWindow(file: file, byteCount: try file.size())
            var offset = Int64(SegmentHead.byteCount)
            while let range = try window.range(CommitFrame.headByteCount, at: offset) {
                guard let head = FrameHead(window.buffer.span.bytes, at: range.lowerBound, seed: seed(offset)),
                    let whole = try window.range(CommitFrame.headByteCount + head.bodyByteCount, at: offset)
                else {
                    offset += try Self.step(&window, at: offset)
                    continue
                }
                let bodyRange = whole.lowerBound + CommitFrame.headByteCount..<whole.upperBound
                let bytes = window.buffer.span.bytes.bytes(bodyRange)
                let isWhole = Checksum.crc32c(bytes) == head.bodyChecksum
                let bodyOffset = offset + Int64(CommitFrame.headByteCount)
                try body(&self, Frame(head: head, file: file, bodyOffset: bodyOffset, body: bytes, isWhole: isWhole))
                offset += isWhole ? Int64(head.stride) : Int64(CommitFrame.alignment)
            }
        }
    }

    /// To the next place where a frame could begin: nearly all of a segment is zeros.
    private static func step(_ window: inout FileWindow, at offset: Int64) throws(QueueError) -> Int64 {
        let count = Int(min(64 << 10, window.byteCount - offset))
        guard let range = try window.range(count, at: offset) else { return Int64(CommitFrame.alignment) }
        let zeros = window.buffer.span.bytes.extracting(range).zeroCount(from: 0)
        return Int64(max(CommitFrame.alignment, zeros & ~(CommitFrame.alignment - 1)))
    }

    // MARK: Records

    private mutating func read(_ frame: Frame) {
        var offset = 0
        var sequence = frame.head.firstSequence
        var lost = 0
        let span = frame.body.span.bytes
        let place = "\(frame.file.path) at byte \(frame.bodyOffset - Int64(CommitFrame.headByteCount))"
        while sequence <= frame.head.lastSequence, offset + Record.headByteCount <= span.byteCount {
            let length = Int(span.load(UInt32.self, at: offset) >> 8)
            guard length >= Record.headByteCount, offset + length <= span.byteCount else { break }
            if let record = self.record(span.extracting(offset..<offset + length), sequence, frame.isWhole) {
                let source = Source(file: frame.file, offset: frame.bodyOffset + Int64(offset), byteCount: length)
                self.note(record, source: source)
            } else if let id = self.idOfDamagedJob(span.extracting(offset..<offset + length), sequence) {
                self.lastSequence = max(sequence, self.lastSequence)
                self.report.losses.append("\(place): job \(id) (record \(sequence)) does not match its checksum")
                lost += 1
            } else {
                self.noteHole(sequence, sequence, place)
                lost += 1
            }
            offset += length
            sequence += 1
        }
        if sequence <= frame.head.lastSequence {
            self.noteHole(sequence, frame.head.lastSequence, place)
        } else if !frame.isWhole, lost == 0 {
            self.report.losses.append(
                "\(place): the checksum of records \(frame.head.firstSequence) to \(frame.head.lastSequence) does not match, "
                    + "and nothing shows which of them is wrong; all were kept"
            )
        }
    }

    /// The bytes are a job's ENQUEUE in everything but the payload's checksum: so they are no other job's record.
    private func idOfDamagedJob(_ bytes: RawSpan, _ sequence: UInt64) -> String? {
        var reader = RecordReader(firstSequence: sequence, hash: self.identity.hash)
        guard case .enqueue? = reader.next(in: bytes)?.event else { return nil }
        let body = bytes.extracting(Record.headByteCount..<bytes.byteCount)
        let count = Int(body.load(UInt8.self, at: EnqueueBody.idLengthOffset))
        let range = EnqueueBody.fixedByteCount..<EnqueueBody.fixedByteCount + count
        return String(validating: body.bytes(range), as: UTF8.self)
    }

    /// The record, if it proves itself where its frame does not: a job by its payload's checksum, all else by a job it names.
    private func record(_ bytes: RawSpan, _ sequence: UInt64, _ isFrameWhole: Bool) -> Record? {
        var reader = RecordReader(firstSequence: sequence, hash: self.identity.hash)
        guard let record = reader.next(in: bytes) else { return nil }
        guard !isFrameWhole else { return record }
        if case .enqueue = record.event {
            let body = bytes.extracting(Record.headByteCount..<bytes.byteCount)
            return EnqueueBody.decode(body, hash: self.identity.hash) == nil ? nil : record
        }
        guard let reference = record.event.job else { return record }
        let known = self.jobs[reference.enqueueSequence]?.slot ?? self.wanted[reference.enqueueSequence]?.slot
        return known?.id.low == reference.idLow ? record : nil
    }
}
