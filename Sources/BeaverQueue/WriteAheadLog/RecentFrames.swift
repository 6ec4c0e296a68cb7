internal import DequeModule

/// The newest frames of the log as they were written: most reads are of what was written a moment ago, and a look into
/// memory costs a tenth of a read of the file.
struct RecentFrames {
    private struct Frame {
        var firstSequence: UInt64
        var lastSequence: UInt64
        var bytes: [UInt8]
        var marks: [FrameMark]
    }

    /// A record in a frame.
    private struct Place {
        var sequence: UInt64
        var offset: Int
    }

    private let limitBytes: Int
    private var frames: Deque<Frame> = []
    private var byteCount = 0
    /// Behind the record that was read last: dispatch reads in order.
    private var next: Place?

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    mutating func add(_ frame: CommitFrame, marks: [FrameMark]) {
        guard frame.recordCount > 0, frame.bytes.count <= self.limitBytes else { return }
        self.frames.append(
            Frame(
                firstSequence: frame.firstSequence,
                lastSequence: frame.lastSequence,
                bytes: frame.bytes,
                marks: marks
            )
        )
        self.byteCount += frame.bytes.count
        while self.byteCount > self.limitBytes, let oldest = self.frames.popFirst() {
            self.byteCount -= oldest.bytes.count
        }
    }

    /// The record with this number and its bytes, if it is among them.
    ///
    /// O(log frames), and some 64 KiB of records to step over at most.
    mutating func read(_ sequence: UInt64, hash: KeyedHash) -> (record: Record, bytes: [UInt8])? {
        guard let frame = self.frame(of: sequence) else { return nil }
        var place = Place(sequence: frame.firstSequence, offset: CommitFrame.headByteCount)
        if let mark = frame.marks.last(where: { $0.sequence <= sequence }) {
            place = Place(sequence: mark.sequence, offset: CommitFrame.headByteCount + mark.bodyOffset)
        }
        if let next = self.next, next.sequence > place.sequence, next.sequence <= sequence { place = next }
        let bytes = frame.bytes.span.bytes
        while true {
            let length = Int(bytes.load(UInt32.self, at: place.offset) >> 8)
            let end = place.offset + length
            guard place.sequence < sequence else {
                var reader = RecordReader(firstSequence: sequence, hash: hash)
                let range = bytes.extracting(place.offset..<end)
                guard let record = reader.next(in: range) else { return nil }
                // Not behind the end of the frame, where the next one has a head.
                self.next = sequence < frame.lastSequence ? Place(sequence: sequence + 1, offset: end) : nil
                return (record, range.bytes(0..<length))
            }
            place = Place(sequence: place.sequence + 1, offset: end)
        }
    }

    private func frame(of sequence: UInt64) -> Frame? {
        guard let first = self.frames.first, let last = self.frames.last, sequence >= first.firstSequence,
            sequence <= last.lastSequence
        else { return nil }
        var low = 0
        var high = self.frames.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if self.frames[middle].firstSequence <= sequence { low = middle } else { high = middle }
        }
        // A frame too large to be kept leaves a hole.
        return sequence <= self.frames[low].lastSequence ? self.frames[low] : nil
    }
}
