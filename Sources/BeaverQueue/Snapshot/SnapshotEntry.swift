/// One job of a snapshot's chunk: what the table says of it, and where its bytes stand.
///
/// An entry of the table:
///
/// | size | field |
/// |---|---|
/// | 1 | shape: which of the fields below are there |
/// | varint | ENQUEUE number minus that of the entry before, if it is not 1 |
/// | varint | wall milliseconds of the ENQUEUE minus those of the entry before, signed |
/// | 9 + id | the beginning of the ENQUEUE's body, through the id (`EnqueueBody`) |
/// | varint | bytes of the payload |
/// | varint | bytes of the options between id and payload, if there are any |
/// | varint | bytes of the history, if there is one |
/// | 48 | the slot without its id, if it is not that of a job just accepted without options that touch it |
///
/// The body: options, payload, history. Numbers are LEB128, signed ones folded. A job that only waits so takes 12 bytes
/// beside id and payload; its slot follows from its ENQUEUE, and its fingerprint from its id, as in the log.
struct SnapshotEntry {
    var slot: JobSlot
    /// Of the ENQUEUE.
    var wallMilliseconds: Int64
    /// In the table: the beginning of the ENQUEUE's body.
    var front: Range<Int>
    /// In the bodies: the rest of it.
    var rest: Range<Int>
    /// In the bodies.
    var history: Range<Int>

    struct Shape: OptionSet {
        let rawValue: UInt8
        static let number = Shape(rawValue: 1)
        static let options = Shape(rawValue: 2)
        static let history = Shape(rawValue: 4)
        static let slot = Shape(rawValue: 8)
        static let all: Shape = [.number, .options, .history, .slot]
    }

    /// The ENQUEUE record as the log had it, into a buffer that is used again.
    func record(table: RawSpan, bodies: RawSpan, into buffer: inout [UInt8]) {
        buffer.removeAll(keepingCapacity: true)
        RecordWriter.appendEnqueue(
            front: table.extracting(self.front),
            rest: bodies.extracting(self.rest),
            wallMilliseconds: self.wallMilliseconds,
            to: &buffer
        )
    }

    /// The slot that an ENQUEUE with this beginning makes; options that touch it are not looked at.
    fileprivate static func freshSlot(
        _ front: RawSpan,
        id: JobFingerprint,
        payloadByteCount: Int,
        sequence: UInt64,
        wallMilliseconds: Int64
    ) -> JobSlot {
        let flags = EnqueueBody.Flags(rawValue: front.load(UInt8.self, at: 0))
        let enqueue = Event.Enqueue(
            id: id,
            action: front.load(UInt16.self, at: EnqueueBody.actionOffset),
            priority: front.load(UInt8.self, at: 1),
            isOnce: flags.contains(.once),
            hasGeneratedID: flags.contains(.generatedID),
            start: .now,
            payloadLength: payloadByteCount,
            payloadChecksum: front.load(UInt32.self, at: EnqueueBody.checksumOffset)
        )
        return JobSlot(enqueue, sequence: sequence, wallMilliseconds: wallMilliseconds)
    }
}

/// Writes the table of a chunk, entry after entry.
struct SnapshotTableWriter {
    private var number: UInt64
    private var wallMilliseconds: Int64 = 0

    /// `firstNumber`: the chunk's, which its first entry has.
    init(firstNumber: UInt64) { self.number = firstNumber &- 1 }

    /// Returns where in the record the body begins that goes with the entry.
    mutating func append(_ slot: JobSlot, record: RawSpan, historyByteCount: Int, to table: inout [UInt8]) -> Int {
        let wallMilliseconds = Int64(record.load48(at: 4))
        let idByteCount = Int(record.load(UInt8.self, at: Record.headByteCount + EnqueueBody.idLengthOffset))
        let restStart = Record.headByteCount + EnqueueBody.fixedByteCount + idByteCount
        let front = record.extracting(Record.headByteCount..<restStart)
        let optionsByteCount = record.byteCount - restStart - slot.payloadLength
        precondition(optionsByteCount >= 0, "a record shorter than its payload")
        let fresh = SnapshotEntry.freshSlot(
            front,
            id: slot.id,
            payloadByteCount: slot.payloadLength,
            sequence: slot.enqueueSequence,
            wallMilliseconds: wallMilliseconds
        )
        var shape: SnapshotEntry.Shape = []
        if slot.enqueueSequence != self.number &+ 1 { shape.insert(.number) }
        if optionsByteCount > 0 { shape.insert(.options) }
        if historyByteCount > 0 { shape.insert(.history) }
        if !fresh.isStored(as: slot) { shape.insert(.slot) }
        table.append(shape.rawValue)
        if shape.contains(.number) { table.appendVarint(slot.enqueueSequence &- self.number) }
        let step = wallMilliseconds &- self.wallMilliseconds
        table.appendVarint(UInt64(bitPattern: step << 1 ^ step >> 63))
        front.withUnsafeBytes { table.append(contentsOf: $0) }
        table.appendVarint(UInt64(slot.payloadLength))
        if optionsByteCount > 0 { table.appendVarint(UInt64(optionsByteCount)) }
        if historyByteCount > 0 { table.appendVarint(UInt64(historyByteCount)) }
        if shape.contains(.slot) { slot.encode(into: &table) }
        self.number = slot.enqueueSequence
        self.wallMilliseconds = wallMilliseconds
        return restStart
    }
}

/// Reads the table of a chunk of jobs, whose checksum was verified.
///
/// A table that is none gives nil before `isAtEnd`.
struct SnapshotTableReader {
    private let hash: KeyedHash
    private let bodyByteCount: Int
    private var number: UInt64
    private var wallMilliseconds: Int64 = 0
    private var offset = 0
    private var bodyOffset = 0

    init(_ head: SnapshotFormat.ChunkHead, hash: KeyedHash) {
        self.hash = hash
        self.bodyByteCount = head.bodyByteCount
        self.number = head.firstSequence &- 1
    }

    func isAtEnd(of table: RawSpan) -> Bool {
        self.offset == table.byteCount && self.bodyOffset == self.bodyByteCount
    }

    mutating func next(in table: RawSpan) -> SnapshotEntry? {
        guard self.offset < table.byteCount else { return nil }
        let shape = SnapshotEntry.Shape(rawValue: table.load(UInt8.self, at: self.offset))
        guard SnapshotEntry.Shape.all.isSuperset(of: shape) else { return nil }
        self.offset += 1
        var step: UInt64 = 1
        if shape.contains(.number) {
            guard let given = table.varint(at: &self.offset) else { return nil }
            step = given
        }
        guard let folded = table.varint(at: &self.offset) else { return nil }
        self.number = self.number &+ step
        self.wallMilliseconds = self.wallMilliseconds &+ (Int64(bitPattern: folded >> 1) ^ -Int64(folded & 1))
        guard self.number > 0, self.number < 1 << 48, self.wallMilliseconds >= 0, self.wallMilliseconds < 1 << 48,
            let front = self.front(table), let payload = self.count(table)
        else { return nil }
        var options = 0
        if shape.contains(.options) {
            guard let count = self.count(table) else { return nil }
            options = count
        }
        var history = 0
        if shape.contains(.history) {
            guard let count = self.count(table) else { return nil }
            history = count
        }
        let id = self.hash(table.extracting(front.lowerBound + EnqueueBody.fixedByteCount..<front.upperBound))
        guard let slot = self.slot(shape, table, front, id, payload) else { return nil }
        let rest = self.bodyOffset..<self.bodyOffset + options + payload
        self.bodyOffset = rest.upperBound + history
        guard self.bodyOffset <= self.bodyByteCount else { return nil }
        return SnapshotEntry(
            slot: slot,
            wallMilliseconds: self.wallMilliseconds,
            front: front,
            rest: rest,
            history: rest.upperBound..<self.bodyOffset
        )
    }

    private mutating func front(_ table: RawSpan) -> Range<Int>? {
        guard self.offset + EnqueueBody.fixedByteCount <= table.byteCount else { return nil }
        let idByteCount = Int(table.load(UInt8.self, at: self.offset + EnqueueBody.idLengthOffset))
        let end = self.offset + EnqueueBody.fixedByteCount + idByteCount
        guard idByteCount > 0, end <= table.byteCount else { return nil }
        defer { self.offset = end }
        return self.offset..<end
    }

    /// A number of bytes of the body: never more than the chunk has.
    private mutating func count(_ table: RawSpan) -> Int? {
        guard let count = table.varint(at: &self.offset), count <= UInt64(self.bodyByteCount) else { return nil }
        return Int(count)
    }

    private mutating func slot(
        _ shape: SnapshotEntry.Shape,
        _ table: RawSpan,
        _ front: Range<Int>,
        _ id: JobFingerprint,
        _ payloadByteCount: Int
    ) -> JobSlot? {
        guard shape.contains(.slot) else {
            return SnapshotEntry.freshSlot(
                table.extracting(front),
                id: id,
                payloadByteCount: payloadByteCount,
                sequence: self.number,
                wallMilliseconds: self.wallMilliseconds
            )
        }
        guard self.offset + JobSlot.storedByteCount <= table.byteCount else { return nil }
        let slot = JobSlot(id: id, decoding: table, at: self.offset)
        self.offset += JobSlot.storedByteCount
        return slot.enqueueSequence == self.number && slot.payloadLength == payloadByteCount ? slot : nil
    }
}

extension [UInt8] {
    /// Seven bits a byte, the lowest first.
    @inline(__always)
    fileprivate mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.append(UInt8(truncatingIfNeeded: rest))
    }
}

extension RawSpan {
    /// Moves `offset` behind the number; nil if it does not end in the span or in ten bytes.
    @inline(__always)
    fileprivate func varint(at offset: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < self.byteCount, shift < 70 {
            let byte = self.load(UInt8.self, at: offset)
            offset += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
