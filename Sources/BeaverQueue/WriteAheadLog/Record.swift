/// One event in the log.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | type (low 8 bits), length of the whole record (24 bits) |
/// | 4 | 6 | wall-clock milliseconds |
/// | 10 | … | by type: `EnqueueBody`; for the others see `encode` |
///
/// Its sequence number is not written: it is the frame's first number plus its place in the frame. An event about a job
/// also names the job's record before it, so that a job's history is a chain that can be walked backwards.
package struct Record: Sendable, Equatable {
    package var sequence: UInt64
    package var wallMilliseconds: Int64
    package var event: Event
    /// The job's record before this one; 0 for events that are not about one job.
    package var previousSequence: UInt64

    static let headByteCount = 10
    /// The 24 bits of the length field.
    package static let maxByteCount = 1 << 24 - 1
    /// An end of run with the longest error and output kept.
    package static let maxEndByteCount = 10 + 20 + 17 + 14 + Event.EndOfRun.maxErrorBytes + Event.EndOfRun.maxTailBytes
}

extension Event {
    /// The type byte.
    ///
    /// Numbers are part of the format: never used again for something else. 20 (EDIT) is reserved.
    enum RecordType: UInt8 {
        case enqueue = 1
        case dispatch = 2
        case ack = 3
        case retry = 4
        case timeout = 5
        case dead = 6
        case cancelAsked = 7
        case cancel = 8
        case interrupted = 9
        case revive = 10
        case purge = 11
        case forget = 12
        case pause = 13
        case resume = 14
        case settings = 15
        case epoch = 16
        case recovered = 17
        case action = 18
    }
}

/// Appends records to the body of a frame.
enum RecordWriter {
    /// An accepted job: `body` stands ready but for the action number.
    static func appendEnqueue(
        body: RawSpan,
        action: UInt16,
        wallMilliseconds: Int64,
        to buffer: inout [UInt8]
    ) {
        let start = self.beginEnqueue(body.byteCount, wallMilliseconds, &buffer)
        body.withUnsafeBytes { buffer.append(contentsOf: $0) }
        buffer.storeLittleEndian(action, at: start + Record.headByteCount + EnqueueBody.actionOffset)
    }

    /// The same from a snapshot, which keeps it in two parts.
    static func appendEnqueue(front: RawSpan, rest: RawSpan, wallMilliseconds: Int64, to buffer: inout [UInt8]) {
        _ = self.beginEnqueue(front.byteCount + rest.byteCount, wallMilliseconds, &buffer)
        front.withUnsafeBytes { buffer.append(contentsOf: $0) }
        rest.withUnsafeBytes { buffer.append(contentsOf: $0) }
    }

    private static func beginEnqueue(
        _ bodyByteCount: Int,
        _ wallMilliseconds: Int64,
        _ buffer: inout [UInt8]
    ) -> Int {
        let start = buffer.count
        let length = Record.headByteCount + bodyByteCount
        buffer.appendFields { $0.putHead(.enqueue, length, wallMilliseconds) }
        return start
    }

    /// Any other event.
    ///
    /// `previousSequence` is the job's last record before this one.
    static func append(_ event: Event, wallMilliseconds: Int64, previousSequence: UInt64, to buffer: inout [UInt8]) {
        // Length 0 in the head: `finish` knows it.
        let start = buffer.count
        var end: Event.EndOfRun?
        func job(_ type: Event.RecordType, _ job: JobReference, _ more: (inout FieldWriter) -> Void = { _ in }) {
            buffer.appendFields { fields in
                fields.putHead(type, 0, wallMilliseconds)
                fields.put(job.idLow)
                fields.put48(job.enqueueSequence)
                fields.put48(previousSequence)
                more(&fields)
                end?.encodeNumbers(into: &fields)
            }
        }
        switch event {
        case .enqueue:
            preconditionFailure("an ENQUEUE is written with its body")
        case .dispatch(let reference, let token):
            job(.dispatch, reference) { $0.put(token) }
        case .ack(let reference, let endOfRun, let isSimulated):
            end = endOfRun
            job(.ack, reference) { $0.put(isSimulated ? 1 : 0 as UInt8) }
        case .retry(let reference, let endOfRun, let due, let delay):
            end = endOfRun
            job(.retry, reference) { $0.put(due, delay) }
        case .timeout(let reference, let endOfRun, let due, let delay):
            end = endOfRun
            job(.timeout, reference) { $0.put(due, delay) }
        case .dead(let reference, let endOfRun):
            end = endOfRun
            job(.dead, reference)
        case .cancel(let reference, let endOfRun):
            end = endOfRun
            job(.cancel, reference)
        case .interrupted(let reference, let endOfRun, let isFree, let due, let delay):
            end = endOfRun
            job(.interrupted, reference) {
                $0.put(isFree ? 1 : 0 as UInt8)
                $0.put(due, delay)
            }
        case .cancelAsked(let reference): job(.cancelAsked, reference)
        case .revive(let reference): job(.revive, reference)
        case .purge(let reference): job(.purge, reference)
        case .action, .forget, .pause, .resume, .settings, .epoch, .recovered:
            self.appendGlobal(event, wallMilliseconds, &buffer)
        }
        if let end { end.encodeTexts(into: &buffer) }
        self.finish(start, &buffer)
    }

    private static func appendGlobal(_ event: Event, _ wallMilliseconds: Int64, _ buffer: inout [UInt8]) {
        func begin(_ type: Event.RecordType) { buffer.appendFields { $0.putHead(type, 0, wallMilliseconds) } }
        switch event {
        case .action(let name):
            begin(.action)
            buffer.append(contentsOf: name.utf8)
        case .forget(let records, let ids):
            begin(.forget)
            buffer.appendLittleEndian(records)
            buffer.appendLittleEndian(ids)
        case .pause: begin(.pause)
        case .resume: begin(.resume)
        case .settings(let settings):
            begin(.settings)
            buffer.append(settings.simulates ? 1 : 0)
        case .epoch(let epoch):
            begin(.epoch)
            buffer.appendLittleEndian(epoch)
        case .recovered: begin(.recovered)
        case .enqueue, .dispatch, .ack, .retry, .timeout, .dead, .cancelAsked, .cancel, .interrupted, .revive, .purge:
            preconditionFailure("an event about a job is written by append")
        }
    }

    private static func finish(_ start: Int, _ buffer: inout [UInt8]) {
        let length = buffer.count - start
        precondition(length <= Record.maxByteCount, "a record of \(length) bytes")
        buffer.storeLittleEndian(UInt32(buffer[start]) | UInt32(length) << 8, at: start)
    }
}

extension Event.EndOfRun {
    package static let maxErrorBytes = 1_024
    package static let maxTailBytes = 2_048

    /// Token (8), exit status or -1 (2), length and bytes of the error (2 + n) and of the output (2 + n).
    func encode(into buffer: inout [UInt8]) {
        buffer.appendFields { self.encodeNumbers(into: &$0) }
        self.encodeTexts(into: &buffer)
    }

    /// Most runs end without either.
    private var hasTexts: Bool { !self.error.isEmpty || !self.outputTail.isEmpty }

    @inline(__always)
    fileprivate func encodeNumbers(into fields: inout FieldWriter) {
        fields.put(self.token)
        fields.put(Int16(clamping: self.exitStatus ?? -1))
        if !self.hasTexts { fields.put(UInt32(0)) }
    }

    @inline(__always)
    fileprivate func encodeTexts(into buffer: inout [UInt8]) {
        guard self.hasTexts else { return }
        let error = self.error.utf8.prefix(Self.maxErrorBytes)
        buffer.appendLittleEndian(UInt16(error.count))
        buffer.append(contentsOf: error)
        let tail = self.outputTail.suffix(Self.maxTailBytes)
        buffer.appendLittleEndian(UInt16(tail.count))
        buffer.append(contentsOf: tail)
    }
}

extension FieldWriter {
    @inline(__always)
    fileprivate mutating func putHead(_ type: Event.RecordType, _ length: Int, _ wallMilliseconds: Int64) {
        precondition(length <= Record.maxByteCount, "a record of \(length) bytes")
        self.put(UInt32(type.rawValue) | UInt32(length) << 8)
        self.put48(UInt64(clamping: wallMilliseconds))
    }

    @inline(__always)
    fileprivate mutating func put(_ due: Int64, _ delay: Int64) {
        self.put(due)
        self.put(delay)
    }
}
