/// The journal on segment files.
///
/// Life of a segment: created with its head synced (so that the loss of the newest files is noticed: behind a segment with
/// frames there is always another one), filled with zeros in the background (so that a sync need not write file
/// metadata), written frame by frame, read, released. No segment is used twice.
///
/// `@unchecked` is not needed: all mutable state is in the two locks. `preparation` is held while segments are created or
/// filled and while the log moves on to the next; `state` only for moments, never during I/O.
package final class WriteAheadLog: Journal {
    struct Segment {
        var index: UInt32
        var file: any StorageFile
        var capacity: Int64
        var usedBytes = Int64(SegmentHead.byteCount)
        /// 0: no frame yet.
        var lastSequence: UInt64 = 0
        var isZeroFilled = false
    }

    struct State {
        var segments: [Segment]
        /// Place in `segments` of the one being written.
        var current: Int
        var previousChecksum: UInt32
        var lastWritten: UInt64
        /// Place in `segments` of the oldest one with unsynced frames.
        var firstDirty: Int
        /// Segments below this index may be released: a frame in this one is synced, so that a log never ends up without
        /// any, which would look like one whose segments were lost.
        var releasableBelow: UInt32 = 0
        /// Released and not deleted yet, oldest first.
        var released: [Segment] = []
        var index: RecordIndex
        var failure: QueueError?

        /// No frame is in the segment being written.
        var isCurrentEmpty: Bool { self.segments[self.current].usedBytes == Int64(SegmentHead.byteCount) }
        /// Half of the segment being written is full.
        var isNextNear: Bool { self.segments[self.current].usedBytes * 2 > self.segments[self.current].capacity }
    }

    let storage: any Storage
    let directory: String
    let identity: StoreIdentity
    let maxSegmentBytes: Int64
    let state: Lock<State>
    // Its value is nothing, and has a size all the same: ThreadSanitizer takes one without to lie on the lock's own head.
    let preparation = Lock(false)
    let cursor = Lock<LogCursor?>(nil)
    let recent: Lock<RecentFrames>
    private let directoryIdentity: FileIdentity?

    static let firstSegmentBytes: Int64 = 1 << 20
    /// Up to here a segment is filled with zeros as soon as it is made.
    static let smallSegmentBytes: Int64 = 16 << 20

    init(
        storage: any Storage,
        directory: String,
        identity: StoreIdentity,
        maxSegmentBytes: Int64,
        state: sending State
    ) throws(QueueError) {
        self.storage = storage
        self.directory = directory
        self.identity = identity
        self.maxSegmentBytes = maxSegmentBytes
        self.state = Lock(state)
        // Two MiB where segments have their usual size.
        self.recent = Lock(RecentFrames(limitBytes: Int(maxSegmentBytes / 32)))
        self.directoryIdentity = try storage.identity(of: directory)
    }

    package func write(_ frame: consuming CommitFrame, marks: [FrameMark]) throws(QueueError) {
        let byteCount = Int64(frame.byteCount)
        var target = try self.target(for: byteCount)
        if target == nil {
            try self.makeRoom(byteCount)
            target = try self.target(for: byteCount)
        }
        guard let target else {
            throw self.fail(QueueError(.full, "\(self.directory): no room for a frame of \(byteCount) bytes"))
        }
        let seed = FrameSeed(hash: self.identity.hash, segmentIndex: target.segment.index)(target.segment.usedBytes)
        let checksum = frame.seal(seed: seed, previousChecksum: target.previousChecksum)
        do {
            try target.segment.file.write(frame.bytes.span.bytes, at: target.segment.usedBytes)
        } catch {
            throw self.fail(error)
        }
        let place = FramePlace(segmentIndex: target.segment.index, offset: target.segment.usedBytes)
        let (first, count, last) = (frame.firstSequence, frame.recordCount, frame.lastSequence)
        self.state.withLock { state in
            state.segments[state.current].usedBytes += byteCount
            state.segments[state.current].lastSequence = max(last, state.segments[state.current].lastSequence)
            state.previousChecksum = checksum
            state.lastWritten = last
            state.index.note((first, count, Int(byteCount)), at: place, marks: marks)
        }
        self.recent.withLock { [frame] recent in recent.add(frame, marks: marks) }
    }

    /// The segment that takes the next frame, or nil if it does not fit there.
    private func target(for byteCount: Int64) throws(QueueError) -> (segment: Segment, previousChecksum: UInt32)? {
        try self.state.withLock { state throws(QueueError) in
            if let failure = state.failure { throw failure }
            let segment = state.segments[state.current]
            guard segment.usedBytes + byteCount <= segment.capacity else { return nil }
            return (segment, state.previousChecksum)
        }
    }

    /// Moves on to the next segment.
    ///
    /// The one behind it must exist before a frame goes there. A segment without a frame is not left behind but enlarged:
    /// whoever reads the log takes the first segment without a frame for the end of it.
    private func makeRoom(_ byteCount: Int64) throws(QueueError) {
        do {
            try self.checkPresence()
            try self.preparation.withLock { _ throws(QueueError) in
                try self.makeSegments(atLeast: byteCount)
                // Before anyone else makes room: the background fills with zeros what it finds behind the current segment,
                // and would fill the one that frames now go to.
                self.state.withLock { state in
                    if !state.isCurrentEmpty { state.current += 1 }
                }
            }
        } catch {
            throw self.fail(error)
        }
    }

    package func takesAtOnce(_ byteCount: Int) -> Bool {
        self.state.withLock { state in
            let segment = state.segments[state.current]
            return state.failure == nil && segment.usedBytes + Int64(byteCount) <= segment.capacity
        }
    }

    package func synchronize() throws(QueueError) -> UInt64 {
        let (files, last, current) = try self.state.withLock { state throws(QueueError) in
            if let failure = state.failure { throw failure }
            return (
                state.segments[state.firstDirty...state.current].map(\.file), state.lastWritten,
                state.segments[state.current]
            )
        }
        // The older segment first: a frame is of no use without the ones before it.
        for file in files {
            do {
                try file.synchronizeData()
            } catch {
                throw self.fail(error)
            }
        }
        self.state.withLock { state in
            state.firstDirty = state.segments.firstIndex { $0.index == current.index } ?? state.current
            if current.usedBytes > Int64(SegmentHead.byteCount) { state.releasableBelow = current.index }
        }
        return last
    }

    /// The first failure is final; later calls get the same.
    private func fail(_ error: QueueError) -> QueueError {
        self.state.withLock { state in
            if state.failure == nil { state.failure = error }
            return state.failure ?? error
        }
    }

    package var space: JournalSpace {
        self.state.withLock { state in
            let current = state.segments[state.current]
            let ahead = state.segments.count - state.current - 1
            var space = JournalSpace()
            space.usableBytes = current.capacity - current.usedBytes
            if ahead >= 2, !state.isCurrentEmpty {
                space.usableBytes = max(
                    space.usableBytes,
                    state.segments[state.current + 1].capacity - Int64(SegmentHead.byteCount)
                )
            }
            space.segmentCount = state.segments.count
            for segment in state.segments { space.usedBytes += segment.usedBytes }
            space.wantsPreparation =
                ahead < 2 || !state.segments[state.current + 1].isZeroFilled && state.isNextNear
            return space
        }
    }

    package func release(through sequence: UInt64, keepBytes: Int64) throws(QueueError) {
        self.state.withLock { state in
            var bytes = state.segments.reduce(0) { $0 + $1.usedBytes }
            var count = 0
            while count < min(state.current, state.firstDirty), state.segments[count].index < state.releasableBelow,
                state.segments[count].lastSequence <= sequence,
                bytes - state.segments[count].usedBytes >= keepBytes
            {
                bytes -= state.segments[count].usedBytes
                count += 1
            }
            state.released += state.segments.prefix(count)
            state.segments.removeFirst(count)
            state.current -= count
            state.firstDirty -= count
            if let first = state.segments.first { state.index.release(below: first.index) }
        }
        // Oldest first, and none before the deletion of the one before it is on the disk: a hole in the numbers is damage.
        while let segment = self.state.withLock({ $0.released.first }) {
            let path = self.directory + "/" + SegmentName.file(segment.index)
            if try self.storage.identity(of: path) != nil { try self.storage.remove(path) }
            try self.storage.syncDirectory(self.directory)
            self.state.withLock { state in _ = state.released.removeFirst() }
        }
    }

    package func checkPresence() throws(QueueError) {
        let file = self.state.withLock { $0.segments[$0.current].file }
        guard try file.linkCount() > 0, try self.storage.identity(of: self.directory) == self.directoryIdentity else {
            throw self.fail(
                QueueError(
                    .inputOutput,
                    "\(self.directory) was removed or replaced under the running queue; nothing more is accepted",
                    path: self.directory
                )
            )
        }
    }

    package func close() {
        let files = self.state.withLock { state in
            state.failure = state.failure ?? .draining
            return state.segments.map(\.file)
        }
        for file in files { file.close() }
    }
}
