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
        let start = self.begin(.enqueue, wallMilliseconds, &buffer)
        body.withUnsafeBytes { buffer.append(contentsOf: $0) }
        buffer.storeLittleEndian(action, at: start + Record.headByteCount + EnqueueBody.actionOffset)
        self.finish(start, &buffer)
    }

    /// The same from a snapshot, which keeps it in two parts.
    static func appendEnqueue(front: RawSpan, rest: RawSpan, wallMilliseconds: Int64, to buffer: inout [UInt8]) {
        let start = self.begin(.enqueue, wallMilliseconds, &buffer)
        front.withUnsafeBytes { buffer.append(contentsOf: $0) }
        rest.withUnsafeBytes { buffer.append(contentsOf: $0) }
        self.finish(start, &buffer)
    }

    /// Any other event.
    ///
    /// `previousSequence` is the job's last record before this one.
    static func append(_ event: Event, wallMilliseconds: Int64, previousSequence: UInt64, to buffer: inout [UInt8]) {
        func begin(_ type: Event.RecordType, _ job: JobReference) -> Int {
            let start = self.begin(type, wallMilliseconds, &buffer)
            buffer.appendLittleEndian(job.idLow)
            buffer.append48(job.enqueueSequence)
            buffer.append48(previousSequence)
            return start
        }
        let start: Int
        switch event {
        case .enqueue:
            preconditionFailure("an ENQUEUE is written with its body")
        case .dispatch(let job, let token):
            start = begin(.dispatch, job)
            buffer.appendLittleEndian(token)
        case .ack(let job, let end, let isSimulated):
            start = begin(.ack, job)
            buffer.append(isSimulated ? 1 : 0)
            end.encode(into: &buffer)
        case .retry(let job, let end, let due, let delay):
            start = begin(.retry, job)
            buffer.appendLittleEndian(due)
            buffer.appendLittleEndian(delay)
            end.encode(into: &buffer)
        case .timeout(let job, let end, let due, let delay):
            start = begin(.timeout, job)
            buffer.appendLittleEndian(due)
            buffer.appendLittleEndian(delay)
            end.encode(into: &buffer)
        case .dead(let job, let end):
            start = begin(.dead, job)
            end.encode(into: &buffer)
        case .cancel(let job, let end):
            start = begin(.cancel, job)
            end.encode(into: &buffer)
        case .interrupted(let job, let end, let isFree, let due, let delay):
            start = begin(.interrupted, job)
            buffer.append(isFree ? 1 : 0)
            buffer.appendLittleEndian(due)
            buffer.appendLittleEndian(delay)
            end.encode(into: &buffer)
        case .cancelAsked(let job): start = begin(.cancelAsked, job)
        case .revive(let job): start = begin(.revive, job)
        case .purge(let job): start = begin(.purge, job)
        case .action, .forget, .pause, .resume, .settings, .epoch, .recovered:
            start = self.appendGlobal(event, wallMilliseconds, &buffer)
        }
        self.finish(start, &buffer)
    }

    private static func appendGlobal(_ event: Event, _ wallMilliseconds: Int64, _ buffer: inout [UInt8]) -> Int {
        func begin(_ type: Event.RecordType) -> Int { self.begin(type, wallMilliseconds, &buffer) }
        let start: Int
        switch event {
        case .action(let name):
            start = begin(.action)
            buffer.append(contentsOf: name.utf8)
        case .forget(let records, let ids):
            start = begin(.forget)
            buffer.appendLittleEndian(records)
            buffer.appendLittleEndian(ids)
        case .pause: start = begin(.pause)
        case .resume: start = begin(.resume)
        case .settings(let settings):
            start = begin(.settings)
            buffer.append(settings.simulates ? 1 : 0)
        case .epoch(let epoch):
            start = begin(.epoch)
            buffer.appendLittleEndian(epoch)
        case .recovered: start = begin(.recovered)
        case .enqueue, .dispatch, .ack, .retry, .timeout, .dead, .cancelAsked, .cancel, .interrupted, .revive, .purge:
            preconditionFailure("an event about a job is written by append")
        }
        return start
    }

    private static func begin(_ type: Event.RecordType, _ wallMilliseconds: Int64, _ buffer: inout [UInt8]) -> Int {
        let start = buffer.count
        buffer.appendLittleEndian(UInt32(type.rawValue))
        buffer.append48(UInt64(clamping: wallMilliseconds))
        return start
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
        buffer.appendLittleEndian(self.token)
        buffer.appendLittleEndian(Int16(clamping: self.exitStatus ?? -1))
        // Most runs end without either.
        if self.error.isEmpty && self.outputTail.isEmpty { return buffer.appendLittleEndian(UInt32(0)) }
        let error = self.error.utf8.prefix(Self.maxErrorBytes)
        buffer.appendLittleEndian(UInt16(error.count))
        buffer.append(contentsOf: error)
        let tail = self.outputTail.suffix(Self.maxTailBytes)
        buffer.appendLittleEndian(UInt16(tail.count))
        buffer.append(contentsOf: tail)
    }
}
