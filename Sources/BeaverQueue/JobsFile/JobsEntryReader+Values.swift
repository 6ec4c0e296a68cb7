extension JobsEntryReader {
    static func unknownField(_ name: String) -> String {
        let unknown = "unknown field \"\(TerminalText.excerpt(name))\""
        if let closest = ClosestName.of(name, among: JobsField.usable) {
            return "\(unknown); did you mean \"\(closest)\"?"
        }
        return "\(unknown); a job may have \(JobsField.usable.joined(separator: ", ")), and anything in its payload"
    }

    /// The string at the cursor; another value is refused and skipped.
    mutating func string(
        _ field: JobsField,
        in bytes: Span<UInt8>,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> JSONString? {
        let byte = try scanner.current(in: bytes)
        if byte == ASCII.quote { return try scanner.scanString(in: bytes) }
        self.refuse(at: scanner.offset, "\"\(field.name)\" must be a string, not \(JSONKind.name(of: byte))")
        try scanner.skipValue(in: bytes, depth: 1)
        return nil
    }

    /// The integer at the cursor; another value is refused and skipped.
    mutating func integer(
        _ field: JobsField,
        _ range: ClosedRange<Int64>,
        in bytes: Span<UInt8>,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> Int64? {
        let valueStart = scanner.offset
        let byte = try scanner.current(in: bytes)
        guard ASCII.isDigit(byte) || byte == ASCII.minus else {
            self.refuse(
                at: valueStart,
                "\"\(field.name)\" must be a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "not \(JSONKind.name(of: byte))"
            )
            try scanner.skipValue(in: bytes, depth: 1)
            return nil
        }
        let number = try scanner.scanNumber(in: bytes)
        if case .integer(let value) = number, range.contains(value) { return value }
        let shown = TerminalText.excerpt(bytes.text(valueStart..<scanner.offset))
        let why = number == .decimal ? ", written without a fraction or an exponent" : ""
        self.refuse(
            at: valueStart,
            "\"\(field.name)\" is \(shown); it must be a whole number from \(range.lowerBound) to \(range.upperBound)\(why)"
        )
        return nil
    }

    mutating func boolean(
        _ field: JobsField,
        in bytes: Span<UInt8>,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> Bool? {
        let valueStart = scanner.offset
        let byte = try scanner.current(in: bytes)
        try scanner.skipValue(in: bytes, depth: 1)
        if byte == UInt8(ascii: "t") { return true }
        if byte == UInt8(ascii: "f") { return false }
        self.refuse(at: valueStart, "\"\(field.name)\" must be true or false, not \(JSONKind.name(of: byte))")
        return nil
    }

    /// When the job may start, from `delay_ms` or `run_at`.
    mutating func startTime(
        _ field: JobsField,
        in bytes: Span<UInt8>,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> NewJob.Start? {
        if field == .delay {
            let delay = try self.integer(field, 0...DurationText.maxMilliseconds, in: bytes, &scanner)
            return delay.map { .after(milliseconds: $0) }
        }
        guard let string = try self.string(field, in: bytes, &scanner) else { return nil }
        do {
            let instant = try Rfc3339.wallMilliseconds(string.text(in: bytes))
            if instant >= 0 { return .at(wallMilliseconds: instant) }
            self.refuse(at: string.start - 1, "\"run_at\" is before 1970")
        } catch {
            self.refuse(at: string.start - 1, "\"run_at\": \(error.message)")
        }
        return nil
    }

    /// The command: a string is a line for the shell, an array is the program and its arguments.
    mutating func arguments(
        in bytes: Span<UInt8>,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> [String] {
        let byte = try scanner.current(in: bytes)
        if byte == ASCII.quote {
            let valueStart = scanner.offset
            let line = try scanner.scanString(in: bytes).text(in: bytes)
            if line.isEmpty { self.refuse(at: valueStart, "\"command\" is empty") }
            return JobCommand.shell(line: line).arguments
        }
        var arguments: [String] = []
        guard byte == ASCII.openBracket else {
            self.refuse(
                at: scanner.offset,
                "\"command\" must be a string for the shell or an array of strings, not \(JSONKind.name(of: byte))"
            )
            try scanner.skipValue(in: bytes, depth: 1)
            return arguments
        }
        scanner.offset += 1
        var isFirst = true
        while try scanner.nextElement(in: bytes, isFirst: isFirst) {
            isFirst = false
            if let argument = try self.string(.command, in: bytes, &scanner) {
                arguments.append(argument.text(in: bytes))
            }
        }
        return arguments
    }

    /// The object of names and values as `NAME=VALUE`.
    mutating func environment(
        in bytes: Span<UInt8>,
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> [String] {
        var environment: [String] = []
        var names: Set<String> = []
        let byte = try scanner.current(in: bytes)
        guard byte == ASCII.openBrace else {
            self.refuse(
                at: scanner.offset,
                "\"env\" must be an object like {\"NAME\": \"VALUE\"}, not \(JSONKind.name(of: byte))"
            )
            try scanner.skipValue(in: bytes, depth: 1)
            return environment
        }
        scanner.offset += 1
        var isFirst = true
        while let key = try scanner.nextMember(in: bytes, isFirst: isFirst) {
            isFirst = false
            let name = key.text(in: bytes)
            if name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) {
                self.refuse(at: key.start - 1, "a name in \"env\" must not be empty or contain =")
            }
            if !names.insert(name).inserted {
                self.refuse(at: key.start - 1, "\"\(TerminalText.excerpt(name))\" stands twice in \"env\"")
            }
            if let value = try self.string(.env, in: bytes, &scanner) {
                environment.append(name + "=" + value.text(in: bytes))
            }
        }
        return environment
    }
}

/// What kind of JSON value begins with a byte, in words.
enum JSONKind {
    static func name(of byte: UInt8) -> String {
        switch byte {
        case ASCII.openBrace: "an object"
        case ASCII.openBracket: "an array"
        case ASCII.quote: "a string"
        case ASCII.minus, ASCII.zero...ASCII.nine: "a number"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "true or false"
        case UInt8(ascii: "n"): "null"
        default: "something else"
        }
    }
}
