/// Reads command lines for the shell, one a line or each ended by a zero byte, from input that comes in pieces.
///
/// Each becomes a job with the action `exec` and the payload `{"command":"LINE"}`, which is what tells a changed line under
/// a used id from the same one. Blank lines and lines that begin with `#` are left out and not counted, but for input
/// separated by zero bytes, where a line break or a `#` may be part of a file's name. Memory is bounded by the longest
/// line that the system can run.
package struct LinesStream: JobStream {
    package var jobs: [NewJob] = []
    /// Commands read so far, good and bad.
    package private(set) var entryCount = 0

    private let options: JobsFileOptions
    private let isNullSeparated: Bool
    private let separator: UInt8
    package private(set) var faultList: JobsFaultList
    package var refused = RefusedText()
    /// The beginning of a line whose end has not come.
    private var carry: [UInt8] = []
    private var isAtStart = true
    /// Inside a line that was refused, or left out, before its end came.
    private var isSkipping = false
    /// It is inside a refused one.
    private var isRefusing = false
    private var isStopped = false

    /// A longer line cannot be run whatever it holds; one byte more is for a carriage return.
    private static let maxLineBytes = JobCommand.maxArgumentBytes + 1

    package init(options: JobsFileOptions, isNullSeparated: Bool = false) {
        self.options = options
        self.isNullSeparated = isNullSeparated
        self.separator = isNullSeparated ? ASCII.null : ASCII.newline
        self.faultList = JobsFaultList(lineEnd: self.separator)
        if let fault = options.nameFault {
            self.faultList.addHere(fault)
            self.isStopped = true
        }
    }

    package mutating func feed(_ bytes: Span<UInt8>) {
        if self.carry.isEmpty {
            let consumed = self.read(bytes, searchFrom: 0, isLast: false)
            if consumed < bytes.count { self.carry = bytes.copy(consumed..<bytes.count) }
            return
        }
        let known = self.carry.count
        bytes.withUnsafeBufferPointer { self.carry.append(contentsOf: $0) }
        self.readCarry(searchFrom: known, isLast: false)
    }

    /// The input is complete; its last line needs no end.
    package mutating func finish() {
        self.readCarry(searchFrom: self.carry.count, isLast: true)
        self.isStopped = true
    }

    private mutating func readCarry(searchFrom: Int, isLast: Bool) {
        var window: [UInt8] = []
        swap(&window, &self.carry)
        let consumed = self.read(window.span, searchFrom: searchFrom, isLast: isLast)
        window.removeFirst(consumed)
        swap(&window, &self.carry)
    }

    /// Reads the lines whose end is in the window; bytes before `searchFrom` are known to hold no separator.
    private mutating func read(_ window: Span<UInt8>, searchFrom: Int, isLast: Bool) -> Int {
        if self.isStopped { return window.count }
        self.faultList.beginWindow()
        var lineStart = 0
        var position = searchFrom
        while !self.isStopped {
            while position < window.count, window[position] != self.separator { position += 1 }
            let hasEnd = position < window.count
            let isTooLong = position - lineStart > Self.maxLineBytes
            if hasEnd || isTooLong || (isLast && position > lineStart) {
                let faultCount = self.faultCount
                self.takeLine(window, lineStart..<min(position, lineStart + Self.maxLineBytes + 1))
                if self.faultCount > faultCount { self.isRefusing = true }
                // The rest of a line that is too long is dropped as it comes.
                self.isSkipping = self.isSkipping || isTooLong && !hasEnd
            }
            if self.isRefusing, hasEnd || self.isSkipping || isLast { self.refused.add(lineStart..<position) }
            if !hasEnd {
                if self.isSkipping { lineStart = position }
                break
            }
            self.isSkipping = false
            self.isRefusing = false
            position += 1
            lineStart = position
        }
        let consumed = self.isStopped || isLast ? window.count : lineStart
        self.faultList.pass(to: consumed, in: window)
        self.refused.pass(consumed)
        return consumed
    }
}

extension LinesStream {
    private mutating func takeLine(_ window: Span<UInt8>, _ range: Range<Int>) {
        if self.isSkipping { return }
        self.faultList.pass(to: range.lowerBound, in: window)
        let line = window.extracting(range)
        if self.isAtStart, JSONScanner.beginsWithByteOrderMark(line) {
            self.faultList.add(entry: 0, at: range.lowerBound, in: window, JSONFault(.byteOrderMark, at: 0).sentence)
            self.isStopped = true
            return
        }
        self.isAtStart = false
        if !self.isNullSeparated, Self.isLeftOut(line) { return }
        self.entryCount += 1
        switch self.job(line) {
        case .success(let job): self.jobs.append(job)
        case .failure(let fault):
            self.faultList.add(
                entry: self.entryCount,
                at: range.lowerBound + fault.offset,
                in: window,
                fault.message
            )
        }
    }

    private struct LineFault: Error {
        let offset: Int
        let message: String
    }

    private func job(_ line: Span<UInt8>) -> Result<NewJob, LineFault> {
        var end = line.count
        if !self.isNullSeparated, end > 0, line[end - 1] == ASCII.carriageReturn { end -= 1 }
        let content = line.extracting(0..<end)
        if end > JobCommand.maxArgumentBytes {
            let message = "the command is longer than \(JobCommand.maxArgumentBytes) bytes; the system runs none longer"
            return .failure(LineFault(offset: 0, message: message))
        }
        for offset in 0..<end where content[offset] == ASCII.null {
            let message = "the line contains a zero byte; for commands that are separated by zero bytes use -0"
            return .failure(LineFault(offset: offset, message: message))
        }
        if content.isEmpty { return .failure(LineFault(offset: 0, message: "the command is empty")) }
        if let broken = UTF8Sequence.firstBroken(in: content) {
            return .failure(LineFault(offset: broken, message: "these bytes are not valid UTF-8"))
        }
        var payload: [UInt8] = []
        payload.reserveCapacity(end + 16)
        payload.append(contentsOf: "{\"command\":".utf8)
        JSONText.appendString(content, to: &payload)
        payload.append(ASCII.closeBrace)
        let command = JobCommand.shell(
            line: content.text(0..<end),
            workingDirectory: self.options.workingDirectory,
            environment: self.options.environment
        )
        if let fault = command.fault { return .failure(LineFault(offset: 0, message: fault)) }
        if payload.count > self.options.maxPayloadBytes {
            let message = NewJob.payloadSizeFault(payload.count, limit: self.options.maxPayloadBytes)
            return .failure(LineFault(offset: 0, message: message))
        }
        let defaults = self.options.defaults
        return .success(
            NewJob(
                id: self.options.defaultID(number: self.entryCount),
                payload: payload,
                action: JobCommand.action,
                timeoutMilliseconds: defaults.timeoutMilliseconds ?? 0,
                maxRetry: defaults.maxRetry ?? 0,
                priority: defaults.priority ?? 4,
                start: defaults.start ?? .now,
                once: defaults.once ?? false,
                command: command
            )
        )
    }

    /// Blank, or a comment.
    private static func isLeftOut(_ line: Span<UInt8>) -> Bool {
        for index in 0..<line.count where !ASCII.isWhitespace(line[index]) {
            return line[index] == ASCII.hash
        }
        return line.count <= Self.maxLineBytes
    }
}
