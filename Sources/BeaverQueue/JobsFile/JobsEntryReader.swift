/// Reads one entry, an object, of a jobs file: gathers its fields in one pass and makes a job of them.
///
/// A fault of JSON is thrown, because nothing behind it can be told apart. A fault of meaning is kept, the first one, and
/// the entry is read to its end, so that the next entry can be checked too.
struct JobsEntryReader {
    enum Outcome {
        case job(NewJob)
        /// Valid JSON, but not a job.
        case refused(at: Int, message: String)
    }

    let options: JobsFileOptions
    private let start: Int
    var seen = JobsFieldSet()
    private var refusal: (offset: Int, message: String)?

    var id: JSONString?
    private var payload: Range<Int>?
    private var action: JSONString?
    private var timeoutMilliseconds: UInt32?
    private var maxRetry: UInt16?
    private var priority: UInt8?
    private var startTime: NewJob.Start?
    private var once: Bool?
    /// Offset of the first field that only commands may have.
    private var commandOnly: Int?
    private var command: (arguments: [String], text: Range<Int>)?
    private var workingDirectory: String?
    private var environment: [String] = []

    /// Reads the object whose brace stands at the scanner's cursor.
    static func read(
        in bytes: Span<UInt8>,
        scanner: inout JSONScanner,
        number: Int,
        options: JobsFileOptions
    ) throws(JSONFault) -> Outcome {
        var reader = JobsEntryReader(options: options, start: scanner.offset)
        scanner.offset += 1
        var isFirst = true
        while let key = try scanner.nextMember(in: bytes, isFirst: isFirst) {
            isFirst = false
            try reader.take(key, in: bytes, &scanner)
        }
        return reader.finish(in: bytes, number: number)
    }

    private init(options: JobsFileOptions, start: Int) {
        self.options = options
        self.start = start
    }

    /// Keeps the first reason only: what follows it is often its consequence.
    mutating func refuse(at offset: Int, _ message: @autoclosure () -> String) {
        if self.refusal == nil { self.refusal = (offset, message()) }
    }

    private mutating func take(
        _ key: JSONString,
        in bytes: Span<UInt8>,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) {
        let keyStart = key.start - 1
        guard let field = JobsField.named(key, in: bytes) else {
            self.refuse(at: keyStart, Self.unknownField(key.text(in: bytes)))
            return try scanner.skipValue(in: bytes, depth: 1)
        }
        guard self.seen.insert(field) else {
            self.refuse(at: keyStart, "\"\(field.name)\" stands twice in this entry")
            return try scanner.skipValue(in: bytes, depth: 1)
        }
        switch field {
        case .id: self.id = try self.string(field, in: bytes, &scanner)
        case .payload: try self.takePayload(in: bytes, &scanner)
        case .action:
            if let action = try self.string(field, in: bytes, &scanner) { self.takeAction(action, in: bytes) }
        case .timeout:
            let limit = Int64(NewJob.maxTimeoutMilliseconds)
            self.timeoutMilliseconds = try self.integer(field, 0...limit, in: bytes, &scanner).map { UInt32($0) }
        case .maxRetry:
            let limit = Int64(NewJob.maxRetryLimit)
            self.maxRetry = try self.integer(field, 0...limit, in: bytes, &scanner).map { UInt16($0) }
        case .priority:
            let limit = Int64(NewJob.maxPriority)
            self.priority = try self.integer(field, 0...limit, in: bytes, &scanner).map { UInt8($0) }
        case .delay, .runAt:
            if self.seen.contains(.delay), self.seen.contains(.runAt) {
                self.refuse(at: keyStart, "\"delay_ms\" and \"run_at\" exclude each other; keep one of them")
            }
            self.startTime = try self.startTime(field, in: bytes, &scanner)
        case .once: self.once = try self.boolean(field, in: bytes, &scanner)
        case .cwd, .env:
            self.commandOnly = self.commandOnly ?? keyStart
            if field == .cwd {
                self.workingDirectory = try self.string(field, in: bytes, &scanner)?.text(in: bytes)
            } else {
                self.environment = try self.environment(in: bytes, &scanner)
            }
        case .command:
            let valueStart = scanner.offset
            let arguments = try self.arguments(in: bytes, &scanner)
            self.command = (arguments, valueStart..<scanner.offset)
        case .after, .cron:
            self.refuse(at: keyStart, "\"\(field.name)\" is not supported yet; leave it out")
            try scanner.skipValue(in: bytes, depth: 1)
        }
    }

    /// Validates the payload and, where it is an object, notes what it says about the action on the way.
    private mutating func takePayload(in bytes: Span<UInt8>, _ scanner: inout JSONScanner) throws(JSONFault) {
        let valueStart = scanner.offset
        if try scanner.current(in: bytes) == ASCII.openBrace {
            var namesAction = false
            var namesTask = false
            scanner.offset += 1
            var isFirst = true
            while let key = try scanner.nextMember(in: bytes, isFirst: isFirst) {
                isFirst = false
                let isAction = key.equals("action", in: bytes)
                guard isAction || key.equals("task", in: bytes) else {
                    try scanner.skipValue(in: bytes, depth: 1)
                    continue
                }
                if isAction ? namesAction : namesTask {
                    self.refuse(
                        at: key.start - 1,
                        "\"\(isAction ? "action" : "task")\" stands twice in the payload"
                    )
                }
                namesAction = namesAction || isAction
                namesTask = namesTask || !isAction
                try self.takePayloadAction(isAction ? "action" : "task", in: bytes, &scanner)
            }
        } else {
            try scanner.skipValue(in: bytes)
        }
        let payload = valueStart..<scanner.offset
        let limit = self.options.maxPayloadBytes
        if payload.count > limit {
            self.refuse(at: valueStart, NewJob.payloadSizeFault(payload.count, limit: limit))
        }
        self.payload = payload
    }

    private mutating func takePayloadAction(
        _ name: String,
        in bytes: Span<UInt8>,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) {
        let byte = try scanner.current(in: bytes)
        if byte == ASCII.quote {
            return self.takeAction(try scanner.scanString(in: bytes), in: bytes)
        }
        self.refuse(
            at: scanner.offset,
            "\"\(name)\" in the payload names the handler, so it must be a string, not \(JSONKind.name(of: byte)); "
                + "a value meant for the handler needs another name"
        )
        try scanner.skipValue(in: bytes, depth: 1)
    }

    private mutating func takeAction(_ action: JSONString, in bytes: Span<UInt8>) {
        guard let before = self.action else {
            self.action = action
            return
        }
        let text = action.text(in: bytes)
        let textBefore = before.text(in: bytes)
        if !text.utf8.elementsEqual(textBefore.utf8) {
            self.refuse(
                at: action.start - 1,
                "this entry names two actions, \"\(TerminalText.excerpt(textBefore))\" and "
                    + "\"\(TerminalText.excerpt(text))\"; \"action\", \"payload.action\" and \"payload.task\" must agree"
            )
        }
    }
}

extension JobsEntryReader {
    /// Makes the job, once all fields are known.
    private mutating func finish(in bytes: Span<UInt8>, number: Int) -> Outcome {
        let action = self.checkedAction(in: bytes)
        let id = self.checkedID(in: bytes, number: number)
        let command = self.checkedCommand()
        let payload = self.checkedPayload(in: bytes)
        if let (offset, message) = self.refusal { return .refused(at: offset, message: message) }
        let defaults = self.options.defaults
        let isCommand = command != nil
        return .job(
            NewJob(
                id: id,
                payload: payload,
                action: action,
                // A command runs as long as it needs and only once, unless asked: that is what a shell would do.
                timeoutMilliseconds: self.timeoutMilliseconds ?? defaults.timeoutMilliseconds ?? (isCommand ? 0 : nil),
                maxRetry: self.maxRetry ?? defaults.maxRetry ?? (isCommand ? 0 : nil),
                priority: self.priority ?? defaults.priority ?? 4,
                start: self.startTime ?? defaults.start ?? .now,
                once: self.once ?? defaults.once ?? false,
                command: command
            )
        )
    }

    private mutating func checkedAction(in bytes: Span<UInt8>) -> String {
        let isCommand = self.command != nil
        guard let action = self.action else { return isCommand ? JobCommand.action : "default" }
        let text = action.text(in: bytes)
        if let fault = NewJob.nameFault(text, of: "action") { self.refuse(at: action.start - 1, fault) }
        if isCommand, text != JobCommand.action {
            self.refuse(at: action.start - 1, "a \"command\" has the action \"exec\"; leave \"action\" out")
        }
        return text
    }

    private mutating func checkedID(in bytes: Span<UInt8>, number: Int) -> String? {
        guard let id = self.id else { return self.options.defaultID(number: number) }
        let text = id.text(in: bytes)
        if let fault = NewJob.nameFault(text, of: "id") { self.refuse(at: id.start - 1, fault) }
        return text
    }

    private mutating func checkedCommand() -> JobCommand? {
        guard let (arguments, text) = self.command else {
            if let commandOnly = self.commandOnly {
                self.refuse(at: commandOnly, "\"cwd\" and \"env\" are for entries with a \"command\"")
            }
            return nil
        }
        let command = JobCommand(
            arguments: arguments,
            workingDirectory: self.workingDirectory ?? self.options.workingDirectory,
            environment: self.options.environment + self.environment
        )
        if let fault = command.fault { self.refuse(at: text.lowerBound, fault) }
        return command
    }

    /// The payload's own bytes; for a command `{"command":…}` with the value as it stands in the file.
    ///
    /// A command's payload must tell it from another command, because that is how the queue sees that an id came back with
    /// different work.
    private mutating func checkedPayload(in bytes: Span<UInt8>) -> [UInt8] {
        guard let (_, text) = self.command else {
            if let payload = self.payload { return bytes.copy(payload) }
            self.refuse(at: self.start, "\"payload\" is missing; it may be any JSON value, also null")
            return []
        }
        if let payload = self.payload {
            self.refuse(
                at: payload.lowerBound,
                "an entry with a \"command\" takes no \"payload\": commands run with an empty standard input"
            )
        }
        let payload = Array("{\"command\":".utf8) + bytes.copy(text) + [ASCII.closeBrace]
        let limit = self.options.maxPayloadBytes
        if payload.count > limit {
            self.refuse(at: text.lowerBound, NewJob.payloadSizeFault(payload.count, limit: limit))
        }
        return payload
    }
}
