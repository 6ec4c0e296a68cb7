/// A piece of a file in memory, moved forward as it is read.
struct FileWindow {
    let file: any StorageFile
    /// Nothing is read at or after this offset.
    var byteCount: Int64
    /// From here on only what is asked for.
    var lastAhead = Int64.max
    private let pieceByteCount: Int
    private(set) var buffer: [UInt8] = []
    private var start: Int64 = 0
    private var filled = 0

    init(file: any StorageFile, byteCount: Int64, pieceByteCount: Int = 4 << 20) {
        self.file = file
        self.byteCount = byteCount
        self.pieceByteCount = pieceByteCount
    }

    /// Where `count` bytes from `offset` on stand in `buffer`; nil past the end of the file.
    mutating func range(_ count: Int, at offset: Int64) throws(QueueError) -> Range<Int>? {
        guard count >= 0, offset >= 0, Int64(count) <= self.byteCount - offset else { return nil }
        if offset < self.start || offset + Int64(count) > self.start + Int64(self.filled) {
            let ahead = min(Int64(self.pieceByteCount), min(self.byteCount, self.lastAhead) - offset)
            let wanted = max(ahead, Int64(count))
            self.start = offset
            // Should the read fail, the old bytes must not be taken for those of the new place.
            self.filled = 0
            self.filled = try self.file.read(into: &self.buffer, count: Int(wanted), at: offset)
            guard self.filled >= count else { return nil }
        }
        let place = Int(offset - self.start)
        return place..<place + count
    }

    /// What of the file stands in `buffer` from `offset` on: a whole piece, or the rest of the file.
    mutating func available(at offset: Int64) throws(QueueError) -> Range<Int>? {
        let count = min(Int64(self.pieceByteCount), self.byteCount - offset)
        guard count > 0 else { return nil }
        return try self.range(Int(count), at: offset)
    }
}
