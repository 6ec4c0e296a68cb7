/// Where records stand in the log: one entry each 64 KiB, so that any record is found by reading at most that much.
package struct RecordIndex: Sendable {
    package struct Entry: Sendable, Equatable {
        package var sequence: UInt64
        package var segmentIndex: UInt32
        /// Of the record, which stands in a frame that ends at `frameEnd`.
        package var offset: Int64
        package var frameEnd: Int64
        /// The first sequence number of the frame behind this one in the segment.
        package var nextFrameSequence: UInt64
    }

    package static let strideBytes: Int64 = 64 << 10
    private var entries: [Entry] = []

    package init() {}

    /// Notes a frame that was written or replayed.
    ///
    /// `marks` are records inside a large one: (sequence, offset in the body).
    package mutating func note(
        _ head: (firstSequence: UInt64, recordCount: Int, byteCount: Int),
        at place: FramePlace,
        marks: [FrameMark]
    ) {
        guard head.recordCount > 0 else { return }
        let bodyStart = place.offset + Int64(CommitFrame.headByteCount)
        let frameEnd = place.offset + Int64(head.byteCount)
        let next = head.firstSequence + UInt64(head.recordCount)
        if self.entries.last.map({
            $0.segmentIndex != place.segmentIndex || place.offset - $0.offset >= Self.strideBytes
        })
            ?? true
        {
            self.entries.append(
                Entry(
                    sequence: head.firstSequence,
                    segmentIndex: place.segmentIndex,
                    offset: bodyStart,
                    frameEnd: frameEnd,
                    nextFrameSequence: next
                )
            )
        }
        for mark in marks {
            self.entries.append(
                Entry(
                    sequence: mark.sequence,
                    segmentIndex: place.segmentIndex,
                    offset: bodyStart + Int64(mark.bodyOffset),
                    frameEnd: frameEnd,
                    nextFrameSequence: next
                )
            )
        }
    }

    /// The last entry at or before `sequence`.
    ///
    /// O(log n).
    package func entry(before sequence: UInt64) -> Entry? {
        var low = 0
        var high = self.entries.count
        while low < high {
            let middle = (low + high) / 2
            if self.entries[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : self.entries[low - 1]
    }

    /// Forgets entries of segments below `segmentIndex`.
    package mutating func release(below segmentIndex: UInt32) {
        let keep = self.entries.firstIndex { $0.segmentIndex >= segmentIndex } ?? self.entries.count
        self.entries.removeFirst(keep)
    }
}

/// A record inside a large frame that readers may begin at.
package struct FrameMark: Sendable, Equatable {
    package var sequence: UInt64
    package var bodyOffset: Int
}
