/// A reader that stands at one record and moves forward: what dispatch in order of acceptance needs.
struct LogCursor {
    private(set) var sequence: UInt64
    let segmentIndex: UInt32
    private var window: FileWindow
    private var offset: Int64
    private var frameEnd: Int64
    private var nextFrameSequence: UInt64

    static let windowBytes = 64 << 10

    init(_ entry: RecordIndex.Entry, file: any StorageFile) {
        self.sequence = entry.sequence
        self.segmentIndex = entry.segmentIndex
        self.window = FileWindow(file: file, byteCount: 0, pieceByteCount: Self.windowBytes)
        self.offset = entry.offset
        self.frameEnd = entry.frameEnd
        self.nextFrameSequence = entry.nextFrameSequence
    }

    /// Moves to record `target` at or after this one and returns it; nil if it is not in this segment before `limit`.
    mutating func read(
        _ target: UInt64,
        limit: Int64,
        hash: KeyedHash
    ) throws(QueueError) -> (record: Record, bytes: [UInt8])? {
        self.window.byteCount = limit
        let seed = FrameSeed(hash: hash, segmentIndex: self.segmentIndex)
        while target >= self.nextFrameSequence {
            let place = self.frameEnd
            guard let range = try self.window.range(CommitFrame.headByteCount, at: place),
                let head = FrameHead(self.window.buffer.span.bytes, at: range.lowerBound, seed: seed(place)),
                head.firstSequence == self.nextFrameSequence
            else { return nil }
            self.sequence = head.firstSequence
            self.offset = place + Int64(CommitFrame.headByteCount)
            self.frameEnd = place + Int64(head.stride)
            self.nextFrameSequence = head.firstSequence + UInt64(head.recordCount)
        }
        while self.sequence < target {
            guard let length = try self.lengthHere() else { return nil }
            self.offset += Int64(length)
            self.sequence += 1
        }
        guard let length = try self.lengthHere(), let range = try self.window.range(length, at: self.offset) else {
            return nil
        }
        let bytes = self.window.buffer.span.bytes.extracting(range)
        var reader = RecordReader(firstSequence: target, hash: hash)
        guard let record = reader.next(in: bytes) else { return nil }
        return (record, bytes.bytes(0..<length))
    }

    private mutating func lengthHere() throws(QueueError) -> Int? {
        guard let range = try self.window.range(4, at: self.offset) else { return nil }
        let length = Int(self.window.buffer.span.bytes.load(UInt32.self, at: range.lowerBound) >> 8)
        guard length >= Record.headByteCount, self.offset + Int64(length) <= self.frameEnd else { return nil }
        return length
    }
}

extension WriteAheadLog {
    package func read(_ sequence: UInt64) throws(QueueError) -> (record: Record, bytes: [UInt8])? {
        if let found = self.recent.withLock({ $0.read(sequence, hash: self.identity.hash) }) { return found }
        return try self.cursor.withLock { cursor throws(QueueError) in
            if let place = cursor, place.sequence <= sequence, sequence - place.sequence < 4_096 {
                let limit = self.state.withLock { state in
                    state.segments.first { $0.index == place.segmentIndex }?.usedBytes
                }
                if let limit, let found = try cursor?.read(sequence, limit: limit, hash: self.identity.hash) {
                    return found
                }
            }
            let start = self.state.withLock { state -> (RecordIndex.Entry, Segment)? in
                guard let entry = state.index.entry(before: sequence),
                    let segment = state.segments.first(where: { $0.index == entry.segmentIndex })
                else { return nil }
                return (entry, segment)
            }
            guard let (entry, segment) = start else { return nil }
            var fresh = LogCursor(entry, file: segment.file)
            let found = try fresh.read(sequence, limit: segment.usedBytes, hash: self.identity.hash)
            if found != nil { cursor = fresh }
            return found
        }
    }

    package func search(_ sequence: UInt64) -> [UInt8]? {
        let scan = LogScan(storage: self.storage, directory: self.directory, identity: self.identity)
        var found: [UInt8]?
        do throws(QueueError) {
            let segments = try scan.segments()
            defer { for segment in segments { segment.file.close() } }
            _ = try scan.scan(segments, from: sequence, through: sequence) { frame, body throws(QueueError) in
                guard frame.head.firstSequence <= sequence, frame.head.lastSequence >= sequence else { return }
                var reader = RecordReader(firstSequence: frame.head.firstSequence, hash: self.identity.hash)
                while let record = reader.next(in: body) {
                    if record.sequence == sequence { found = body.bytes(reader.lastRange) }
                }
            }
        } catch {
            // The log no longer reaches back to it, or cannot be read: whoever asks has the first error to tell.
            return nil
        }
        return found
    }
}
