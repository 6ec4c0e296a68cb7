/// A copy of the end of a log that is about to be written again in place.
///
/// Recovery writes again what no watermark confirms (see `Recovery.makeDurable`). A power cut in the middle could leave
/// bytes that nobody wrote, in frames that were acknowledged. So the bytes are first put behind the head of the last
/// segment, which is allocated and empty, and synced: a start that finds a whole copy there puts it back, a start that
/// finds none or a part knows that nothing else was touched yet. Being in allocated space, it needs no room on a full disk.
///
/// Magic (8), store id (32), number of pieces (8); for each piece segment index (8), offset (8), length (8) and the bytes;
/// CRC32C of all before (4). Gone, and zeros again, before the queue takes anything.
struct TailCopy {
    struct Piece {
        var segmentIndex: UInt32
        var offset: Int64
        var byteCount: Int64
        var file: any StorageFile
    }

    private static let magic: UInt64 = 0x3159_5043_5256_4562  // "bEVRCPY1"
    private static let start = Int64(SegmentHead.byteCount)
    private static let headByteCount: Int64 = 48
    private static let pieceHeadByteCount: Int64 = 24
    private static let bufferByteCount: Int64 = 1 << 20

    /// The last segment.
    let file: any StorageFile
    let capacity: Int64
    let storeID: String

    /// Writes the pieces again where they stand; their files are synced, and no copy is left.
    ///
    /// As much at a time as there is room for a copy of: the bytes are the same before and after, so any part may be done
    /// and any other not.
    func rewrite(_ pieces: [Piece]) throws(QueueError) {
        let room = self.capacity - Self.start - Self.headByteCount - 4
        var rest = pieces[...]
        while !rest.isEmpty {
            var group: [Piece] = []
            var left = room
            while var piece = rest.first, left > Self.pieceHeadByteCount {
                left -= Self.pieceHeadByteCount
                let count = min(left, piece.byteCount)
                left -= count
                group.append(piece)
                group[group.count - 1].byteCount = count
                piece.offset += count
                piece.byteCount -= count
                rest[rest.startIndex] = piece
                if piece.byteCount == 0 { rest.removeFirst() }
            }
            guard !group.isEmpty else { return try Self.overwrite(Array(rest)) }
            let end = self.capacity - left
            do {
                try self.make(of: group)
            } catch {
                // After a failed sync it may be whole in memory and not on the disk. The next start must not believe it:
                // it would overwrite what it is a copy of, with nothing to fall back on. That this fails too changes
                // nothing that was not lost before.
                _ = try? WriteAheadLog.fillWithZeros(self.file, from: Self.start, to: end)
                throw error
            }
            try Self.overwrite(group)
            try WriteAheadLog.fillWithZeros(self.file, from: Self.start, to: end)
        }
    }

    /// As `rewrite`, but without a copy: for bytes that may be lost.
    static func overwrite(_ pieces: [Piece]) throws(QueueError) {
        for piece in pieces { try self.copy(piece.file, piece.offset, to: piece.file, piece.offset, piece.byteCount) }
        for piece in pieces { try piece.file.synchronizeData() }
    }

    private func make(of pieces: [Piece]) throws(QueueError) {
        var head: [UInt8] = []
        head.appendLittleEndian(Self.magic)
        head.append(contentsOf: self.storeID.utf8)
        head.appendLittleEndian(UInt64(pieces.count))
        try self.file.write(head.span.bytes, at: Self.start)
        var checksum = Checksum.crc32c(head)
        var end = Self.start + Self.headByteCount
        for piece in pieces {
            var pieceHead: [UInt8] = []
            pieceHead.appendLittleEndian(UInt64(piece.segmentIndex))
            pieceHead.appendLittleEndian(piece.offset)
            pieceHead.appendLittleEndian(piece.byteCount)
            try self.file.write(pieceHead.span.bytes, at: end)
            checksum = Checksum.crc32c(pieceHead, seed: checksum)
            end += Self.pieceHeadByteCount
            checksum = try Self.copy(piece.file, piece.offset, to: self.file, end, piece.byteCount, checksum)
            end += piece.byteCount
        }
        var foot: [UInt8] = []
        foot.appendLittleEndian(checksum)
        try self.file.write(foot.span.bytes, at: end)
        try self.file.synchronizeData()
    }

    /// Returns the checksum of what went by, continued from the one given.
    @discardableResult
    private static func copy(
        _ source: any StorageFile,
        _ sourceOffset: Int64,
        to target: any StorageFile,
        _ targetOffset: Int64,
        _ byteCount: Int64,
        _ checksum: UInt32 = 0
    ) throws(QueueError) -> UInt32 {
        var buffer: [UInt8] = []
        var done: Int64 = 0
        var checksum = checksum
        while done < byteCount {
            let wanted = Int(min(Self.bufferByteCount, byteCount - done))
            let count = try source.read(into: &buffer, count: wanted, at: sourceOffset + done)
            guard count == wanted else {
                throw .damaged(path: source.path, offset: sourceOffset + done, "the file became shorter")
            }
            let bytes = buffer.span.bytes.extracting(0..<count)
            checksum = Checksum.crc32c(bytes, seed: checksum)
            try target.write(bytes, at: targetOffset + done)
            done += Int64(count)
        }
        return checksum
    }

    // MARK: After a crash

    /// Puts the bytes of a whole copy back; to be called before the log is read.
    ///
    /// A crash in here leaves the copy, and the same to do. A part of a copy is left to be cut as a torn tail. Returns
    /// whether there was a whole one.
    static func restore(in directory: String, storage: any Storage, storeID: String) throws(QueueError) -> Bool {
        // Nearly always in the last one. Behind it may stand one that was being made when the machine stopped: without a
        // whole head it is no part of the log, and took no copy.
        for name in try storage.list(directory).reversed() where SegmentName.index(name) != nil {
            if try self.restore(from: directory + "/" + name, in: directory, storage: storage, storeID: storeID) {
                return true
            }
        }
        return false
    }

    private static func restore(
        from path: String,
        in directory: String,
        storage: any Storage,
        storeID: String
    ) throws(QueueError) -> Bool {
        var file = try storage.open(path, .readOnly)
        defer { file.close() }
        let copy = TailCopy(file: file, capacity: try file.size(), storeID: storeID)
        guard let (pieces, end) = try copy.wholePieces() else { return false }
        for (piece, start) in pieces {
            let segment = try storage.open(directory + "/" + SegmentName.file(piece.segmentIndex), .readWrite)
            defer { segment.close() }
            try self.copy(file, start, to: segment, piece.offset, piece.byteCount)
            try segment.synchronizeData()
        }
        file.close()
        file = try storage.open(path, .readWrite)
        try WriteAheadLog.fillWithZeros(file, from: Self.start, to: end)
        return true
    }

    /// Each with its place in the file, and where the copy ends; nil if there is no whole one.
    private func wholePieces() throws(QueueError) -> (pieces: [(Piece, start: Int64)], end: Int64)? {
        var buffer: [UInt8] = []
        func read(_ count: Int64, at offset: Int64) throws(QueueError) -> Bool {
            guard count >= 0, offset >= 0, count <= self.capacity - offset else { return false }
            return try self.file.read(into: &buffer, count: Int(count), at: offset) == Int(count)
        }
        guard try read(Self.headByteCount, at: Self.start), buffer.span.bytes.load(UInt64.self, at: 0) == Self.magic,
            Array(buffer[8..<40]) == Array(self.storeID.utf8)
        else { return nil }
        let count = buffer.span.bytes.load(UInt64.self, at: 40)
        var checksum = Checksum.crc32c(buffer.span.bytes.extracting(0..<Int(Self.headByteCount)))
        var end = Self.start + Self.headByteCount
        var pieces: [(Piece, start: Int64)] = []
        while UInt64(pieces.count) < count {
            guard try read(Self.pieceHeadByteCount, at: end) else { return nil }
            let head = Array(buffer.prefix(Int(Self.pieceHeadByteCount)))
            checksum = Checksum.crc32c(head, seed: checksum)
            let piece = Piece(
                segmentIndex: UInt32(truncatingIfNeeded: head.span.bytes.load(UInt64.self, at: 0)),
                offset: head.span.bytes.load(Int64.self, at: 8),
                byteCount: head.span.bytes.load(Int64.self, at: 16),
                file: self.file
            )
            end += Self.pieceHeadByteCount
            guard piece.byteCount >= 0, piece.byteCount <= self.capacity - end else { return nil }
            pieces.append((piece, end))
            var done: Int64 = 0
            while done < piece.byteCount {
                let wanted = min(Self.bufferByteCount, piece.byteCount - done)
                guard try read(wanted, at: end + done) else { return nil }
                checksum = Checksum.crc32c(buffer.span.bytes.extracting(0..<Int(wanted)), seed: checksum)
                done += wanted
            }
            end += piece.byteCount
        }
        guard try read(4, at: end), buffer.span.bytes.load(UInt32.self, at: 0) == checksum else { return nil }
        return (pieces, end + 4)
    }
}
