/// Walks the records in the body of a frame, whose checksum was verified before.
///
/// Bytes that are no records are damage (or a newer version's): the reader returns nil and `isAtEnd` stays false.
package struct RecordReader {
    private let hash: KeyedHash
    private var offset = 0
    private var nextSequence: UInt64
    /// The bytes of the record returned last, in the body.
    package private(set) var lastRange = 0..<0

    package init(firstSequence: UInt64, hash: KeyedHash) {
        self.hash = hash
        self.nextSequence = firstSequence
    }

    package func isAtEnd(of body: RawSpan) -> Bool { self.offset == body.byteCount }

    /// Passes over the next record without decoding it; nil if there is none.
    ///
    /// `lastRange` is where it stands.
    mutating func skip(in body: RawSpan) -> (sequence: UInt64, isEnqueue: Bool)? {
        guard self.offset + Record.headByteCount <= body.byteCount else { return nil }
        let head = body.load(UInt32.self, at: self.offset)
        let length = Int(head >> 8)
        guard length >= Record.headByteCount, self.offset + length <= body.byteCount else { return nil }
        self.lastRange = self.offset..<self.offset + length
        self.offset += length
        self.nextSequence += 1
        let type = UInt8(truncatingIfNeeded: head)
        return (self.nextSequence - 1, type == Event.RecordType.enqueue.rawValue)
    }

    package mutating func next(in body: RawSpan) -> Record? {
        guard self.offset + Record.headByteCount <= body.byteCount else { return nil }
        let head = body.load(UInt32.self, at: self.offset)
        let length = Int(head >> 8)
        guard length >= Record.headByteCount, self.offset + length <= body.byteCount,
            let type = Event.RecordType(rawValue: UInt8(truncatingIfNeeded: head))
        else { return nil }
        let fields = body.extracting(self.offset + Record.headByteCount..<self.offset + length)
        var decoder = FieldDecoder()
        var previous: UInt64 = 0
        guard let event = decoder.event(type, in: fields, hash: self.hash, previous: &previous) else { return nil }
        let record = Record(
            sequence: self.nextSequence,
            wallMilliseconds: Int64(body.load48(at: self.offset + 4)),
            event: event,
            previousSequence: previous
        )
        self.lastRange = self.offset..<self.offset + length
        self.offset += length
        self.nextSequence += 1
        return record
    }
}

private struct FieldDecoder {
    var offset = 0

    mutating func event(_ type: Event.RecordType, in bytes: RawSpan, hash: KeyedHash, previous: inout UInt64) -> Event?
    {
        switch type {
        case .enqueue:
            return EnqueueBody.decodeEvent(bytes, hash: hash).map(Event.enqueue)
        case .action, .forget, .pause, .resume, .settings, .epoch, .recovered:
            guard let event = self.globalEvent(type, bytes), self.offset == bytes.byteCount else { return nil }
            return event
        case .dispatch, .ack, .retry, .timeout, .dead, .cancelAsked, .cancel, .interrupted, .revive, .purge:
            guard self.has(20, bytes) else { return nil }
            let job = JobReference(
                idLow: bytes.load(UInt64.self, at: 0),
                enqueueSequence: bytes.load48(at: 8)
            )
            previous = bytes.load48(at: 14)
            self.offset = 20
            guard let event = self.jobEvent(type, job, bytes), self.offset == bytes.byteCount else { return nil }
            return event
        }
    }

    private func has(_ count: Int, _ bytes: RawSpan) -> Bool { self.offset + count <= bytes.byteCount }

    private mutating func number<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type,
        _ bytes: RawSpan
    ) -> Value? {
        guard self.has(MemoryLayout<Value>.size, bytes) else { return nil }
        defer { self.offset += MemoryLayout<Value>.size }
        return bytes.load(type, at: self.offset)
    }

    private mutating func flag(_ bytes: RawSpan) -> Bool? {
        guard let byte = self.number(UInt8.self, bytes), byte <= 1 else { return nil }
        return byte == 1
    }

    private mutating func jobEvent(_ type: Event.RecordType, _ job: JobReference, _ bytes: RawSpan) -> Event? {
        switch type {
        case .dispatch:
            return self.number(UInt64.self, bytes).map { .dispatch(job, token: $0) }
        case .ack:
            guard let isSimulated = self.flag(bytes), let end = self.endOfRun(bytes) else { return nil }
            return .ack(job, end, isSimulated: isSimulated)
        case .retry, .timeout:
            guard let due = self.number(Int64.self, bytes), let delay = self.number(Int64.self, bytes),
                let end = self.endOfRun(bytes)
            else { return nil }
            return type == .retry
                ? .retry(job, end, due: due, delay: delay) : .timeout(job, end, due: due, delay: delay)
        case .dead:
            return self.endOfRun(bytes).map { .dead(job, $0) }
        case .cancel:
            return self.endOfRun(bytes).map { .cancel(job, $0) }
        case .interrupted:
            guard let isFree = self.flag(bytes), let due = self.number(Int64.self, bytes),
                let delay = self.number(Int64.self, bytes),
                let end = self.endOfRun(bytes)
            else { return nil }
            return .interrupted(job, end, isFree: isFree, due: due, delay: delay)
        case .cancelAsked: return .cancelAsked(job)
        case .revive: return .revive(job)
        case .purge: return .purge(job)
        case .enqueue, .action, .forget, .pause, .resume, .settings, .epoch, .recovered: return nil
        }
    }

    private mutating func globalEvent(_ type: Event.RecordType, _ bytes: RawSpan) -> Event? {
        switch type {
        case .action:
            let name = String(validating: bytes.bytes(0..<bytes.byteCount), as: UTF8.self)
            self.offset = bytes.byteCount
            return name.map { .action(name: $0) }
        case .forget:
            guard let records = self.number(UInt64.self, bytes), let ids = self.number(UInt64.self, bytes) else {
                return nil
            }
            return .forget(recordsThrough: records, idsThrough: ids)
        case .pause: return .pause
        case .resume: return .resume
        case .settings: return self.flag(bytes).map { .settings(Event.Settings(simulates: $0)) }
        case .epoch: return self.number(UInt32.self, bytes).map { .epoch($0) }
        case .recovered: return .recovered
        case .enqueue, .dispatch, .ack, .retry, .timeout, .dead, .cancelAsked, .cancel, .interrupted, .revive, .purge:
            return nil
        }
    }

    private mutating func endOfRun(_ bytes: RawSpan) -> Event.EndOfRun? {
        Event.EndOfRun(decoding: bytes, at: &self.offset)
    }
}

extension Event.EndOfRun {
    /// Reads what `encode` wrote and moves `offset` behind it; nil if the bytes are something else.
    init?(decoding bytes: RawSpan, at offset: inout Int) {
        guard offset + 12 <= bytes.byteCount else { return nil }
        self.init(token: bytes.load(UInt64.self, at: offset))
        let exitStatus = bytes.load(Int16.self, at: offset + 8)
        self.exitStatus = exitStatus < 0 ? nil : Int32(exitStatus)
        offset += 10
        guard let error = Self.text(bytes, at: &offset), let tail = Self.text(bytes, at: &offset) else { return nil }
        self.error = error.isEmpty ? "" : String(decoding: error, as: UTF8.self)
        self.outputTail = tail
    }

    private static func text(_ bytes: RawSpan, at offset: inout Int) -> [UInt8]? {
        guard offset + 2 <= bytes.byteCount else { return nil }
        let count = Int(bytes.load(UInt16.self, at: offset))
        guard offset + 2 + count <= bytes.byteCount else { return nil }
        defer { offset += 2 + count }
        return count == 0 ? [] : bytes.bytes(offset + 2..<offset + 2 + count)
    }
}
