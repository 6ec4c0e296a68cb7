/// Making room ahead of the writer.
extension WriteAheadLog {
    package func prepare(atLeast byteCount: Int64) throws(QueueError) {
        do {
            try self.preparation.withLock { _ throws(QueueError) in
                try self.makeSegments(atLeast: byteCount)
                try self.fillNext()
            }
        } catch {
            guard error.isNoSpace || error.isShortage else { throw error }
            let what = error.isNoSpace ? "the disk is full" : "the log cannot grow for now"
            throw QueueError(
                .full,
                "\(what): \(error.message). Jobs are refused until there is room again; running ones go on",
                errorNumber: error.errorNumber,
                path: error.path
            )
        }
    }

    /// Creates what is missing of two segments behind the current one, the next of which takes a frame of `byteCount`.
    ///
    /// To be called with `preparation` held.
    func makeSegments(atLeast byteCount: Int64) throws(QueueError) {
        while true {
            let (count, last) = self.state.withLock { state in
                (state.segments.count - state.current - 1, state.segments[state.segments.count - 1])
            }
            guard count < 2 else { break }
            let wanted = max(byteCount + Int64(SegmentHead.byteCount), min(last.capacity * 2, self.maxSegmentBytes))
            let segment = try self.create(last.index + 1, byteCount: wanted)
            self.state.withLock { $0.segments.append(segment) }
        }
        try self.fit(byteCount)
    }

    /// A frame larger than the segment it will go to gets that one enlarged to its own size.
    private func fit(_ byteCount: Int64) throws(QueueError) {
        let target = self.state.withLock { $0.segments[$0.isCurrentEmpty ? $0.current : $0.current + 1] }
        let wanted = byteCount + Int64(SegmentHead.byteCount)
        guard target.capacity < wanted else { return }
        try target.file.allocate(wanted)
        try target.file.synchronizeData()
        self.state.withLock { state in
            for place in state.segments.indices where state.segments[place].index == target.index {
                state.segments[place].capacity = wanted
            }
        }
    }

    /// Zeros are written, not only reserved: a sync of a block that was never written has to write metadata too.
    ///
    /// In a large segment not before it is near: a start reads what is empty behind the newest frame, but not what was never
    /// written.
    private func fillNext() throws(QueueError) {
        let (next, isNear) = self.state.withLock { ($0.segments[$0.current + 1], $0.isNextNear) }
        guard !next.isZeroFilled, isNear || next.capacity <= Self.smallSegmentBytes else { return }
        // Synced piece by piece: the syncs of the log would stand behind all of it in the disk's queue.
        var offset = Int64(SegmentHead.byteCount)
        while offset < next.capacity {
            let end = min(next.capacity, offset + Self.fillPieceBytes)
            try Self.fillWithZeros(next.file, from: offset, to: end)
            offset = end
        }
        self.state.withLock { state in
            for place in state.segments.indices where state.segments[place].index == next.index {
                state.segments[place].isZeroFilled = true
            }
        }
    }

    private static let fillPieceBytes: Int64 = 2 << 20

    static func fillWithZeros(_ file: any StorageFile, from start: Int64, to end: Int64) throws(QueueError) {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        var offset = start
        while offset < end {
            let count = Int(min(Int64(zeros.count), end - offset))
            try file.write(zeros.span.bytes.extracting(0..<count), at: offset)
            offset += Int64(count)
        }
        try file.synchronizeData()
    }

    /// A crash in here leaves a file without a whole head behind a segment without frames: made anew at the next start.
    func create(_ index: UInt32, byteCount: Int64) throws(QueueError) -> Segment {
        try Self.create(
            index,
            byteCount: byteCount,
            storage: self.storage,
            directory: self.directory,
            identity: self.identity
        )
    }

    static func create(
        _ index: UInt32,
        byteCount: Int64,
        storage: any Storage,
        directory: String,
        identity: StoreIdentity
    ) throws(QueueError) -> Segment {
        let path = directory + "/" + SegmentName.file(index)
        let file = try storage.open(path, .createOrTruncate)
        let head = SegmentHead(index: index, storeID: identity.storeID, createdByteCount: byteCount)
        do {
            try file.allocate(byteCount)
            try file.write(head.encode(hash: identity.hash).span.bytes, at: 0)
            try file.synchronizeData()
            try storage.syncDirectory(directory)
        } catch {
            // Not a file of the log yet: taken away, so that a full disk has its blocks back.
            file.close()
            try storage.remove(path)
            throw error
        }
        return Segment(index: index, file: file, capacity: byteCount)
    }
}
