/// What the log keeps of an accepted job, byte for byte: the only copy of its id and payload.
///
/// It stands behind the head of an ENQUEUE record and, unchanged, in snapshots:
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 1 | flags: once, generated id, time-out, retries, delay, run_at, command |
/// | 1 | 1 | priority |
/// | 2 | 2 | action number |
/// | 4 | 4 | CRC32C of the payload |
/// | 8 | 1 | length of the id |
/// | 9 | … | id; then, as the flags say: time-out (4), retries (2), delay or run_at (8), command (4 + length) |
/// | … | … | payload, to the end of the record |
package struct EnqueueBody: Sendable, Equatable {
    package var enqueue: Event.Enqueue
    package var id: String
    package var timeoutMilliseconds: UInt32?
    package var maxRetry: UInt16?
    package var command: JobCommand?
    package var payload: [UInt8]

    static let actionOffset = 2
    static let checksumOffset = 4
    static let idLengthOffset = 8
    static let fixedByteCount = 9

    struct Flags: OptionSet {
        let rawValue: UInt8
        static let once = Flags(rawValue: 1)
        static let generatedID = Flags(rawValue: 2)
        static let timeout = Flags(rawValue: 4)
        static let maxRetry = Flags(rawValue: 8)
        static let delay = Flags(rawValue: 16)
        static let runAt = Flags(rawValue: 32)
        static let command = Flags(rawValue: 64)
        static let all: Flags = [.once, .generatedID, .timeout, .maxRetry, .delay, .runAt, .command]
    }
}

extension EnqueueBody {
    /// Appends the body of a validated job; the action number is filled in when the engine takes it.
    static func encode(
        _ job: NewJob,
        id: String,
        isGenerated: Bool,
        payloadChecksum: UInt32,
        into buffer: inout [UInt8]
    ) {
        var flags: Flags = []
        if job.once { flags.insert(.once) }
        if isGenerated { flags.insert(.generatedID) }
        if job.timeoutMilliseconds != nil { flags.insert(.timeout) }
        if job.maxRetry != nil { flags.insert(.maxRetry) }
        if job.command != nil { flags.insert(.command) }
        switch job.start {
        case .now: break
        case .after: flags.insert(.delay)
        case .at: flags.insert(.runAt)
        }
        var id = id
        id.withUTF8 { bytes in
            buffer.appendFields { fields in
                fields.put(flags.rawValue)
                fields.put(job.priority)
                fields.put(UInt16(0))
                fields.put(payloadChecksum)
                fields.put(UInt8(truncatingIfNeeded: bytes.count))
            }
            buffer.append(contentsOf: bytes)
        }
        if let timeout = job.timeoutMilliseconds { buffer.appendLittleEndian(timeout) }
        if let maxRetry = job.maxRetry { buffer.appendLittleEndian(maxRetry) }
        switch job.start {
        case .now: break
        case .after(let milliseconds): buffer.appendLittleEndian(milliseconds)
        case .at(let wallMilliseconds): buffer.appendLittleEndian(wallMilliseconds)
        }
        if let command = job.command {
            let start = buffer.count
            buffer.appendLittleEndian(UInt32(0))
            command.encode(into: &buffer)
            buffer.storeLittleEndian(UInt32(buffer.count - start - 4), at: start)
        }
        buffer.append(contentsOf: job.payload)
    }

    /// The parts that `apply` needs, without allocating.
    ///
    /// Nil if the bytes are no body.
    static func decodeEvent(_ bytes: RawSpan, hash: KeyedHash) -> Event.Enqueue? {
        guard let layout = Layout(bytes) else { return nil }
        return Event.Enqueue(
            id: hash(bytes.extracting(layout.id)),
            action: bytes.load(UInt16.self, at: self.actionOffset),
            priority: bytes.load(UInt8.self, at: 1),
            isOnce: layout.flags.contains(.once),
            hasGeneratedID: layout.flags.contains(.generatedID),
            start: layout.start,
            payloadLength: layout.payload.count,
            payloadChecksum: bytes.load(UInt32.self, at: self.checksumOffset)
        )
    }

    /// Everything.
    ///
    /// Nil if the bytes are no body or the payload does not match its checksum.
    static func decode(_ bytes: RawSpan, hash: KeyedHash) -> EnqueueBody? {
        guard let layout = Layout(bytes), let event = self.decodeEvent(bytes, hash: hash) else { return nil }
        let payload = bytes.bytes(layout.payload)
        guard Checksum.crc32c(payload) == event.payloadChecksum else { return nil }
        var command: JobCommand?
        if let range = layout.command {
            guard let decoded = JobCommand(decoding: bytes.extracting(range)) else { return nil }
            command = decoded
        }
        return EnqueueBody(
            enqueue: event,
            id: String(decoding: bytes.bytes(layout.id), as: UTF8.self),
            timeoutMilliseconds: layout.timeout,
            maxRetry: layout.maxRetry,
            command: command,
            payload: payload
        )
    }

    /// Where the parts of a body are; every range is inside the bytes.
    private struct Layout {
        var flags: Flags
        var id: Range<Int>
        var timeout: UInt32?
        var maxRetry: UInt16?
        var start = NewJob.Start.now
        var command: Range<Int>?
        var payload: Range<Int>

        init?(_ bytes: RawSpan) {
            let count = bytes.byteCount
            guard count >= EnqueueBody.fixedByteCount else { return nil }
            self.flags = Flags(rawValue: bytes.load(UInt8.self, at: 0))
            guard Flags.all.isSuperset(of: self.flags), bytes.load(UInt8.self, at: 1) <= 9 else { return nil }
            var offset = EnqueueBody.fixedByteCount
            let idLength = Int(bytes.load(UInt8.self, at: EnqueueBody.idLengthOffset))
            guard idLength > 0, offset + idLength <= count else { return nil }
            self.id = offset..<offset + idLength
            offset += idLength
            if self.flags.contains(.timeout) {
                guard offset + 4 <= count else { return nil }
                self.timeout = bytes.load(UInt32.self, at: offset)
                offset += 4
            }
            if self.flags.contains(.maxRetry) {
                guard offset + 2 <= count else { return nil }
                self.maxRetry = bytes.load(UInt16.self, at: offset)
                offset += 2
            }
            if !self.flags.isDisjoint(with: [.delay, .runAt]) {
                guard offset + 8 <= count, !self.flags.isSuperset(of: [.delay, .runAt]) else { return nil }
                let value = bytes.load(Int64.self, at: offset)
                let isDelay = self.flags.contains(.delay)
                // A delay is added to the clock; any moment since 1970 is accepted, so any must be readable.
                guard (0...(isDelay ? 1 << 46 : Int64.max)).contains(value) else { return nil }
                self.start = isDelay ? .after(milliseconds: value) : .at(wallMilliseconds: value)
                offset += 8
            }
            if self.flags.contains(.command) {
                guard offset + 4 <= count else { return nil }
                let length = Int(bytes.load(UInt32.self, at: offset))
                guard offset + 4 + length <= count else { return nil }
                self.command = offset + 4..<offset + 4 + length
                offset += 4 + length
            }
            self.payload = offset..<count
        }
    }
}

extension JobCommand {
    func encode(into buffer: inout [UInt8]) {
        func text(_ text: String) {
            var text = text
            text.withUTF8 { bytes in
                buffer.appendLittleEndian(UInt32(bytes.count))
                buffer.append(contentsOf: bytes)
            }
        }
        buffer.appendLittleEndian(UInt32(self.arguments.count))
        for argument in self.arguments { text(argument) }
        buffer.append(self.workingDirectory == nil ? 0 : 1)
        if let workingDirectory = self.workingDirectory { text(workingDirectory) }
        buffer.appendLittleEndian(UInt32(self.environment.count))
        for entry in self.environment { text(entry) }
    }

    init?(decoding bytes: RawSpan) {
        var offset = 0
        func number() -> Int? {
            guard offset + 4 <= bytes.byteCount else { return nil }
            defer { offset += 4 }
            return Int(bytes.load(UInt32.self, at: offset))
        }
        func text() -> String? {
            guard let length = number(), offset + length <= bytes.byteCount else { return nil }
            defer { offset += length }
            return String(decoding: bytes.bytes(offset..<offset + length), as: UTF8.self)
        }
        func texts() -> [String]? {
            guard let count = number(), count <= bytes.byteCount else { return nil }
            var texts: [String] = []
            for _ in 0..<count {
                guard let text = text() else { return nil }
                texts.append(text)
            }
            return texts
        }
        guard let arguments = texts(), !arguments.isEmpty, offset < bytes.byteCount else { return nil }
        let hasDirectory = bytes.load(UInt8.self, at: offset)
        offset += 1
        var directory: String?
        if hasDirectory == 1 {
            guard let text = text() else { return nil }
            directory = text
        }
        guard hasDirectory <= 1, let environment = texts(), offset == bytes.byteCount else { return nil }
        self.init(arguments: arguments, workingDirectory: directory, environment: environment)
    }
}
