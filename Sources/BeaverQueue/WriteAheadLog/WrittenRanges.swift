/// What was ever written of the segments at a log's end; all between are zeros that the disk need not be asked for.
package struct WrittenRanges {
    private var segments: [(index: UInt32, file: any StorageFile, ranges: [Range<Int64>])] = []

    /// Where the last of it ends.
    func end(of segment: LogScan.SegmentFile) -> Int64 { self.ranges(of: segment).last?.upperBound ?? 0 }

    /// All of a segment of which nothing is known.
    func ranges(of segment: LogScan.SegmentFile) -> [Range<Int64>] {
        self.segments.first { $0.index == segment.index }?.ranges ?? [0..<segment.byteCount]
    }

    mutating func add(_ segment: LogScan.SegmentFile) throws(QueueError) {
        var ranges: [Range<Int64>] = []
        var offset: Int64 = 0
        while offset < segment.byteCount {
            let range = try segment.file.nextWritten(from: offset)
            guard !range.isEmpty else { break }
            ranges.append(range)
            offset = range.upperBound
        }
        self.segments.append((segment.index, segment.file, ranges))
    }

    /// Tells the disk that all of it will be read.
    func announce() {
        for segment in self.segments {
            for range in segment.ranges {
                // The kernel may leave out the end of a longer piece.
                for offset in stride(from: range.lowerBound, to: range.upperBound, by: Self.announcedBytes) {
                    let count = min(Int64(Self.announcedBytes), range.upperBound - offset)
                    segment.file.beginRead(at: offset, count: count)
                }
            }
        }
    }

    private static let announcedBytes = 1 << 20
}

extension LogScan {
    /// It has the newest frames, or stands behind them.
    static func isAtEnd(_ segment: SegmentFile, of segments: [SegmentFile]) -> Bool {
        segment.index >= segments.last { $0.firstSequence != nil }?.index ?? 0
    }

    /// Has the disk read what there is of the segments at the end.
    func announceEnd(of segments: [SegmentFile]) throws(QueueError) -> WrittenRanges {
        var written = WrittenRanges()
        for segment in segments where Self.isAtEnd(segment, of: segments) { try written.add(segment) }
        written.announce()
        return written
    }
}
