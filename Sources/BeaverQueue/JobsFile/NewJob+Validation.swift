extension NewJob {
    package static let maxTimeoutMilliseconds: UInt32 = 86_400_000
    package static let maxRetryLimit: UInt16 = 10_000
    package static let maxPriority: UInt8 = 9
    package static let maxNameBytes = 255

    /// Why the queue cannot take this job, as one sentence; nil if it can.
    ///
    /// Every door checks with this before a job reaches the log, where a bad one would stay.
    package func fault(limits: QueueConfiguration.Limits) -> String? {
        if let id = self.id, let fault = Self.nameFault(id, of: "id") { return fault }
        if let fault = Self.nameFault(self.action, of: "action") { return fault }
        if self.payload.count > limits.maxPayloadBytes {
            return Self.payloadSizeFault(self.payload.count, limit: limits.maxPayloadBytes)
        }
        if let fault = JSONText.fault(in: self.payload) {
            return "the payload is not one JSON value: at byte \(fault.offset): \(fault.sentence)"
        }
        if let timeout = self.timeoutMilliseconds, timeout > Self.maxTimeoutMilliseconds {
            return "the time-out is \(timeout) ms; it must be 0 to \(Self.maxTimeoutMilliseconds)"
        }
        if let maxRetry = self.maxRetry, maxRetry > Self.maxRetryLimit {
            return "the number of retries is \(maxRetry); it must be 0 to \(Self.maxRetryLimit)"
        }
        if self.priority > Self.maxPriority {
            return "the priority is \(self.priority); it must be 0 to \(Self.maxPriority)"
        }
        return self.startFault ?? self.commandFault
    }

    /// Why `text` cannot be an id or an action.
    static func nameFault(_ text: String, of field: String) -> String? {
        let count = text.utf8.count
        if count == 0 { return "\"\(field)\" is empty; it must be 1 to \(Self.maxNameBytes) bytes" }
        if count > Self.maxNameBytes {
            return "\"\(field)\" is \(count) bytes long; it must be 1 to \(Self.maxNameBytes) bytes"
        }
        if TerminalText.isPrintable(text) { return nil }
        return "\"\(field)\" is \"\(TerminalText.excerpt(text))\"; "
            + "control characters, invisible ones and those that change the direction of text are not allowed in it"
    }

    static func payloadSizeFault(_ count: Int, limit: Int) -> String {
        "the payload is \(count) bytes long; at most \(limit) are allowed (queue.max_payload)"
    }

    private var startFault: String? {
        switch self.start {
        case .now: nil
        case .after(let milliseconds):
            (0...DurationText.maxMilliseconds).contains(milliseconds)
                ? nil : "the delay is \(milliseconds) ms; it must be 0 to \(DurationText.maxMilliseconds)"
        case .at(let wallMilliseconds):
            wallMilliseconds >= 0 ? nil : "the start time is before 1970"
        }
    }

    private var commandFault: String? {
        guard let command = self.command else { return nil }
        if self.action != JobCommand.action {
            return "the job carries a command, so its action must be \(JobCommand.action), "
                + "not \"\(TerminalText.excerpt(self.action))\""
        }
        return command.fault
    }
}

extension JobCommand {
    /// The action of every job that carries its own command.
    package static let action = "exec"
    /// Linux hands a program no longer argument or environment entry (MAX_ARG_STRLEN, with its terminating zero).
    static let maxArgumentBytes = 131_071
    private static let maxPathBytes = 4_095
    /// Set by the server for each run; a job that set it could hide its processes from recovery.
    private static let reservedVariable = "BEAVER_RUN"

    /// A line for the shell.
    package static func shell(
        line: String,
        workingDirectory: String? = nil,
        environment: [String] = []
    ) -> JobCommand {
        JobCommand(
            arguments: ["/bin/sh", "-c", line],
            workingDirectory: workingDirectory,
            environment: environment
        )
    }

    /// Why no process can be started from this, nil if one can.
    package var fault: String? {
        guard let program = self.arguments.first, !program.isEmpty else { return "the command is empty" }
        for argument in self.arguments {
            if let fault = Self.textFault(argument, "a part of the command", Self.maxArgumentBytes) { return fault }
        }
        if let directory = self.workingDirectory {
            if !directory.utf8.starts(with: [ASCII.slash]) {
                return "the working directory \"\(TerminalText.excerpt(directory))\" must be an absolute path"
            }
            if let fault = Self.textFault(directory, "the working directory", Self.maxPathBytes) { return fault }
        }
        for variable in self.environment {
            if let fault = Self.textFault(variable, "an environment variable", Self.maxArgumentBytes) { return fault }
            guard let equals = variable.firstIndex(of: "="), equals != variable.startIndex else {
                return "the environment variable \"\(TerminalText.excerpt(variable))\" must have the form NAME=VALUE"
            }
            if variable[..<equals] == Self.reservedVariable {
                return "the environment variable \(Self.reservedVariable) is set by the queue itself"
            }
        }
        return nil
    }

    private static func textFault(_ text: String, _ what: String, _ maxBytes: Int) -> String? {
        if text.utf8.contains(ASCII.null) { return "\(what) contains a zero byte, which no program can be given" }
        if text.utf8.count > maxBytes {
            return "\(what) is \(text.utf8.count) bytes long; the system takes at most \(maxBytes)"
        }
        return nil
    }
}
