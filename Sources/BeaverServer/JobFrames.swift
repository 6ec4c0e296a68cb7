import BeaverQueue
import NIOCore

/// New jobs as our own client sends them: `Content-Type: application/vnd.beaver.jobs`, on the control socket only.
///
/// A jobs file leaves things to defaults and gives an action two places to stand; `NewJob` does not. This format carries
/// a `NewJob` field for field and its payload byte for byte, so that a job is the same whether it is handed to an
/// embedded queue or through the socket. Client and server are the same binary or refuse each other by the version byte.
///
///     version 1 byte, then for each job:
///     flags 1 byte: 1 id, 2 time-out, 4 retries, 8 delay, 16 run-at, 32 once, 64 command, 128 working directory
///     priority 1 byte; action; then what the flags announce, in their order; payload
///     text and lists: 32-bit big-endian count, then bytes or elements
enum JobFrames {
    static let contentType = "application/vnd.beaver.jobs"
    static let version: UInt8 = 1

    static func encode(_ jobs: [NewJob]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(self.version)
        for job in jobs { self.append(job, to: &buffer) }
        return buffer
    }

    static func decode(_ buffer: ByteBuffer) throws -> [NewJob] {
        var buffer = buffer
        guard buffer.readInteger(as: UInt8.self) == self.version else {
            throw QueueError.invalidInput("the client and the server are of different versions; use the same binary")
        }
        var jobs: [NewJob] = []
        while buffer.readableBytes > 0 {
            guard let job = self.readJob(&buffer) else {
                throw QueueError.invalidInput("job \(jobs.count + 1) of the request is cut off or badly encoded")
            }
            jobs.append(job)
        }
        return jobs
    }

    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let id = Flags(rawValue: 1)
        static let timeout = Flags(rawValue: 2)
        static let maxRetry = Flags(rawValue: 4)
        static let delay = Flags(rawValue: 8)
        static let runAt = Flags(rawValue: 16)
        static let once = Flags(rawValue: 32)
        static let command = Flags(rawValue: 64)
        static let workingDirectory = Flags(rawValue: 128)

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init(_ job: NewJob) {
            self = []
            if job.id != nil { self.insert(.id) }
            if job.timeoutMilliseconds != nil { self.insert(.timeout) }
            if job.maxRetry != nil { self.insert(.maxRetry) }
            switch job.start {
            case .now: break
            case .after: self.insert(.delay)
            case .at: self.insert(.runAt)
            }
            if job.once { self.insert(.once) }
            if job.command != nil { self.insert(.command) }
            if job.command?.workingDirectory != nil { self.insert(.workingDirectory) }
        }
    }

    private static func append(_ job: NewJob, to buffer: inout ByteBuffer) {
        buffer.writeInteger(Flags(job).rawValue)
        buffer.writeInteger(job.priority)
        self.append(job.action.utf8, to: &buffer)
        if let id = job.id { self.append(id.utf8, to: &buffer) }
        if let timeout = job.timeoutMilliseconds { buffer.writeInteger(timeout) }
        if let maxRetry = job.maxRetry { buffer.writeInteger(maxRetry) }
        switch job.start {
        case .now: break
        case .after(let milliseconds): buffer.writeInteger(milliseconds)
        case .at(let wallMilliseconds): buffer.writeInteger(wallMilliseconds)
        }
        if let command = job.command {
            self.append(command.arguments, to: &buffer)
            self.append(command.environment, to: &buffer)
            if let directory = command.workingDirectory { self.append(directory.utf8, to: &buffer) }
        }
        self.append(job.payload, to: &buffer)
    }

    private static func append(_ bytes: some Collection<UInt8>, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(bytes.count))
        buffer.writeBytes(bytes)
    }

    private static func append(_ texts: [String], to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(texts.count))
        for text in texts { self.append(text.utf8, to: &buffer) }
    }

    private static func readJob(_ buffer: inout ByteBuffer) -> NewJob? {
        guard let flags = buffer.readInteger(as: UInt8.self).map(Flags.init(rawValue:)),
            let priority = buffer.readInteger(as: UInt8.self), let action = self.readText(&buffer)
        else { return nil }
        var job = NewJob(payload: [], action: action, priority: priority, once: flags.contains(.once))
        if flags.contains(.id) {
            guard let id = self.readText(&buffer) else { return nil }
            job.id = id
        }
        if flags.contains(.timeout) {
            guard let timeout = buffer.readInteger(as: UInt32.self) else { return nil }
            job.timeoutMilliseconds = timeout
        }
        if flags.contains(.maxRetry) {
            guard let maxRetry = buffer.readInteger(as: UInt16.self) else { return nil }
            job.maxRetry = maxRetry
        }
        if flags.contains(.delay) || flags.contains(.runAt) {
            guard let milliseconds = buffer.readInteger(as: Int64.self) else { return nil }
            let isDelay = flags.contains(.delay)
            job.start = isDelay ? .after(milliseconds: milliseconds) : .at(wallMilliseconds: milliseconds)
        }
        if flags.contains(.command) {
            guard let command = self.readCommand(&buffer, flags) else { return nil }
            job.command = command
        }
        guard let payload = self.readBytes(&buffer) else { return nil }
        job.payload = payload
        return job
    }

    private static func readCommand(_ buffer: inout ByteBuffer, _ flags: Flags) -> JobCommand? {
        guard let arguments = self.readTexts(&buffer), let environment = self.readTexts(&buffer) else { return nil }
        var command = JobCommand(arguments: arguments, environment: environment)
        if flags.contains(.workingDirectory) {
            guard let directory = self.readText(&buffer) else { return nil }
            command.workingDirectory = directory
        }
        return command
    }

    private static func readBytes(_ buffer: inout ByteBuffer) -> [UInt8]? {
        guard let count = buffer.readInteger(as: UInt32.self) else { return nil }
        return buffer.readBytes(length: Int(count))
    }

    private static func readText(_ buffer: inout ByteBuffer) -> String? {
        self.readBytes(&buffer).flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func readTexts(_ buffer: inout ByteBuffer) -> [String]? {
        guard let count = buffer.readInteger(as: UInt32.self) else { return nil }
        var texts: [String] = []
        for _ in 0..<count {
            guard let text = self.readText(&buffer) else { return nil }
            texts.append(text)
        }
        return texts
    }
}
