/// Applies the frames of a log to a state, and proves each by the fingerprint it carries.
struct Replayer {
    let manager: JobManager
    let hash: KeyedHash
    var index = RecordIndex()
    var frames = 0
    var records = 0
    var bytes: Int64 = 0
    let firstSequence: UInt64
    /// Later records are passed over, and the states that later frames carry are not compared.
    var through = UInt64.max
    private(set) var unconfirmed = UnconfirmedFrames()
    private var ahead: [Record] = []
    private let growth: TableGrowth
    /// Of the first record that the snapshot does not cover.
    private(set) var firstWallMilliseconds: Int64?

    init(manager: JobManager, hash: KeyedHash) {
        self.manager = manager
        self.hash = hash
        self.firstSequence = manager.lastSequence + 1
        self.growth = TableGrowth(manager.slots)
    }

    mutating func replay(_ frame: LogScan.Frame, _ body: RawSpan, path: String) throws(QueueError) {
        self.frames += 1
        self.unconfirmed.note(frame)
        var marks: [FrameMark] = []
        if frame.head.recordCount > 0, frame.head.lastSequence >= self.firstSequence {
            self.growth.look()
            var lastMark = 0
            var reader = RecordReader(firstSequence: frame.head.firstSequence, hash: self.hash)
            // Read a few ahead, so that the waits for the memory that each will change overlap.
            repeat {
                self.ahead.removeAll(keepingCapacity: true)
                while self.ahead.count < SlotTable.prefetchCount, let record = reader.next(in: body) {
                    if reader.lastRange.lowerBound - lastMark >= Int(RecordIndex.strideBytes) {
                        lastMark = reader.lastRange.lowerBound
                        marks.append(FrameMark(sequence: record.sequence, bodyOffset: lastMark))
                    }
                    if record.sequence >= self.firstSequence, record.sequence <= self.through {
                        self.manager.prefetch(record.event)
                        self.ahead.append(record)
                    }
                }
                for record in self.ahead { try self.apply(record, path) }
            } while !self.ahead.isEmpty
            guard reader.isAtEnd(of: body), self.manager.lastSequence == min(frame.head.lastSequence, self.through)
            else {
                throw .damaged(
                    path: path,
                    "frame of record \(frame.head.firstSequence) holds something else than records"
                )
            }
            guard frame.head.lastSequence > self.through || self.manager.fingerprint == frame.head.fingerprint else {
                throw .damaged(
                    path: path,
                    "replaying up to record \(frame.head.lastSequence) gives another state than the one that was written"
                )
            }
            self.bytes += Int64(frame.head.stride)
        }
        self.index.note(
            (frame.head.firstSequence, frame.head.recordCount, frame.head.stride),
            at: frame.place,
            marks: marks
        )
    }

    private mutating func apply(_ record: Record, _ path: String) throws(QueueError) {
        do {
            try self.manager.apply(record.event, sequence: record.sequence, wallMilliseconds: record.wallMilliseconds)
        } catch {
            throw .damaged(path: path, "record \(record.sequence): \(error)")
        }
        self.records += 1
        if self.firstWallMilliseconds == nil { self.firstWallMilliseconds = record.wallMilliseconds }
    }
}

/// Has the system find memory for the tables on a thread beside the one that fills them.
///
/// A third of the time of a long replay is the clearing of pages.
private final class TableGrowth {
    private let slots: SlotTable
    private var pages: WorkAhead<PageMemory.Place, Void>?

    init(_ slots: SlotTable) { self.slots = slots }

    deinit {
        self.pages?.close()
        self.slots.releaseSpare()
    }

    func look() {
        let places = self.slots.growAhead()
        guard !places.isEmpty else { return }
        if self.pages == nil { self.pages = WorkAhead { PageMemory.populate($0) } }
        for place in places { self.pages?.post(place) }
    }
}

/// The frames at the end of a log of which nothing says that they are on the disk.
///
/// Every watermark confirms what was written before it, and so shortens the list.
struct UnconfirmedFrames {
    private var frames: [(place: FramePlace, lastSequence: UInt64, hasRecords: Bool)] = []
    private var watermark: UInt64 = 0

    var hasRecords: Bool { self.frames.contains { $0.hasRecords } }

    /// Where they begin; nil if there are none.
    var first: FramePlace? { self.frames.first?.place }

    mutating func note(_ frame: LogScan.Frame) {
        self.frames.append((frame.place, frame.head.lastSequence, frame.head.recordCount > 0))
        self.confirm(frame.head.watermark)
    }

    /// A frame without records behind the last confirmed record may be younger than the sync: it stays.
    mutating func confirm(_ watermark: UInt64) {
        guard watermark > self.watermark else { return }
        self.watermark = watermark
        guard let last = self.frames.lastIndex(where: { $0.hasRecords && $0.lastSequence <= watermark }) else { return }
        self.frames.removeFirst(last + 1)
    }
}

/// Seconds of each step, for the log line, `status` and the console.
struct PhaseTimer {
    let clock: @Sendable () -> EngineTime
    private var last: Int64

    init(clock: @escaping @Sendable () -> EngineTime) {
        self.clock = clock
        self.last = clock().bootNanoseconds
    }

    mutating func end(_ name: String, in report: inout QueueStatus.Recovery) {
        let now = self.clock().bootNanoseconds
        let seconds = Double(now - self.last) / 1e9
        self.last = now
        report.phases.append(QueueStatus.Recovery.Phase(name: name, seconds: seconds))
        report.seconds += seconds
    }
}
