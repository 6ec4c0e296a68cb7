/// What the command line sets for all jobs of a file; it counts where an entry says nothing itself.
package struct JobDefaults: Sendable, Equatable {
    /// 0 is none.
    package var timeoutMilliseconds: UInt32?
    package var maxRetry: UInt16?
    package var priority: UInt8?
    package var start: NewJob.Start?
    package var once: Bool?

    package init(
        timeoutMilliseconds: UInt32? = nil,
        maxRetry: UInt16? = nil,
        priority: UInt8? = nil,
        start: NewJob.Start? = nil,
        once: Bool? = nil
    ) {
        self.timeoutMilliseconds = timeoutMilliseconds
        self.maxRetry = maxRetry
        self.priority = priority
        self.start = start
        self.once = once
    }
}

/// How a file of jobs, or of command lines, is read.
package struct JobsFileOptions: Sendable, Equatable {
    /// Jobs without an id are called `NAME-0017`; nil leaves the choice to the queue.
    package var name: String?
    package var maxPayloadBytes = 1 << 20
    package var defaults = JobDefaults()
    /// Absolute; where commands run that name no directory of their own.
    package var workingDirectory: String?
    /// `NAME=VALUE`, for commands; an entry's own `env` comes behind these and so wins.
    package var environment: [String] = []
    /// Among how many of the newest ids one is looked for that stands twice with different payloads; 0 is none.
    ///
    /// It costs some 50 bytes an id, so that a reader of long input sets a bound. The queue answers `differs` for a second
    /// one that was not found here.
    package var comparedIDs = Int.max

    package init(name: String? = nil) {
        self.name = name
    }

    /// The file's name without directory and extension; nil for standard input, which has none.
    package static func name(ofFile path: String) -> String? {
        guard path != "-", let file = path.split(separator: "/").last else { return nil }
        guard let period = file.lastIndex(of: "."), period != file.startIndex else { return String(file) }
        return String(file[..<period])
    }

    /// Why `name` cannot begin ids, nil if it can.
    package var nameFault: String? {
        guard let name = self.name else { return nil }
        if (1...Self.maxNameBytes).contains(name.utf8.count), TerminalText.isPrintable(name) { return nil }
        return "the name \"\(TerminalText.excerpt(name))\" cannot begin job ids: it must be 1 to \(Self.maxNameBytes) "
            + "bytes without control characters; give another one with --name"
    }

    /// Leaves room for a hyphen and the largest number in an id of 255 bytes.
    private static let maxNameBytes = 230

    /// The id of the job with this number in the file, if ids are to be made here.
    func defaultID(number: Int) -> String? {
        guard let name = self.name else { return nil }
        var digits = String(number)
        while digits.utf8.count < 4 { digits = "0" + digits }
        return name + "-" + digits
    }
}
