import BeaverConsole
import BeaverQueue
import FoundationEssentials

/// A file that the console shows before anything of it is taken.
final class ConsoleFile: Sendable {
    let input: JobInput
    let checked: JobInput.Checked
    private let isArray: Bool

    private init(_ input: JobInput, _ checked: JobInput.Checked, isArray: Bool) {
        self.input = input
        self.checked = checked
        self.isArray = isArray
    }

    /// Reads all of it; the file is nil where it cannot be read at all.
    static func check(_ path: String, _ limits: FileLimits, maxPayloadBytes: Int) async -> (FileCheck, ConsoleFile?) {
        let began = ContinuousClock.now
        let name = Self.expanded(path)
        var check = FileCheck(path: path, form: "")
        check.workingDirectory = FileManager.default.currentDirectoryPath
        do {
            let file = try InputFile(name)
            let first = try Self.firstByte(of: file)
            let form = Self.form(ofFile: name, first)
            var options = JobsFileOptions(name: JobsFileOptions.name(ofFile: name))
            options.maxPayloadBytes = maxPayloadBytes
            options.workingDirectory = check.workingDirectory
            if form != .jobs {
                options.defaults.timeoutMilliseconds = limits.timeoutMilliseconds
                options.defaults.maxRetry = limits.maxRetry
            }
            if let fault = options.nameFault { throw QueueError.invalidInput(fault) }
            // Bad entries are asked about on the screen; what is then taken are the good ones.
            let input = JobInput(file: file, form: form, options: options, skipsBad: true)
            var survey = Survey(form, input.options, keepsJobs: !input.isTakenInBatches)
            try await file.forEachPiece { survey.feed($0) }
            let checked = survey.finish()
            try file.requireUnchanged()
            survey.describe(&check)
            check.byteCount = file.byteCount
            check.form = Self.name(of: form, first)
            check.areCommands = form != .jobs
            check.isTakenInBatches = input.isTakenInBatches
            check.faultLines = try await Self.lines(of: file, check.faults.map(\.line))
            check.seconds = Self.seconds(since: began)
            let isArray = form == .jobs && first == UInt8(ascii: "[")
            return (check, ConsoleFile(input, checked, isArray: isArray))
        } catch let error as QueueError {
            check.failure = error.message
        } catch {
            check.failure = "\(error)"
        }
        return (check, nil)
    }

    func take(
        into queue: any QueueControl,
        each: @escaping @Sendable (JobInput.Batch) -> JobInput.IsWanted
    ) async throws(QueueError) -> EnqueueResult {
        try await Self.asQueueError { try await self.input.take(self.checked, into: queue, each: each) }
    }

    /// Asks the queue what of it is known, a batch at a time; `each` is told the sum so far, and may end it there.
    func compare(
        with queue: any QueueControl,
        each: @escaping @Sendable (EnqueueResult) -> JobInput.IsWanted
    ) async throws(QueueError) {
        try await Self.asQueueError {
            var sum = EnqueueResult()
            try await self.input.forEachBatch(self.checked) { batch in
                sum.add(try await queue.compare(batch))
                return each(sum)
            }
        }
    }

    /// Writes the entries that are bad to a file beside it, and returns its path.
    func writeRefused() async throws(QueueError) -> String? {
        try await Self.asQueueError { try await RefusedFile.write(of: self.input, isArray: self.isArray) }
    }

    private static func asQueueError<Value>(_ body: () async throws -> Value) async throws(QueueError) -> Value {
        do {
            return try await body()
        } catch let error as QueueError {
            throw error
        } catch let failure as CommandFailure {
            throw .invalidInput(failure.message ?? "the file cannot be taken")
        } catch {
            throw .invalidInput("\(error)")
        }
    }

    private static func name(of form: JobInput.Form, _ first: UInt8?) -> String {
        if form != .jobs { return "commands, one a line" }
        return first == UInt8(ascii: "[") ? "JSON array" : "JSON, one a line"
    }

    /// `~/` as a shell reads it.
    static func expanded(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] else {
            return path
        }
        return home + path.dropFirst()
    }

    private static func form(ofFile path: String, _ first: UInt8?) -> JobInput.Form {
        // What was left over of a file is of its kind.
        let name = path.split(separator: ".").reversed().drop { $0 == "bad" || Int($0) != nil }.first ?? ""
        if ["json", "jsonl", "ndjson"].contains(name), path.contains(".") { return .jobs }
        return first == UInt8(ascii: "[") || first == UInt8(ascii: "{")
            ? .jobs : .commandLines(isNullSeparated: false)
    }

    /// The first byte that is no white space.
    private static func firstByte(of file: InputFile) throws(QueueError) -> UInt8? {
        var offset: Int64 = 0
        while true {
            let piece = try file.read(at: offset)
            if piece.isEmpty { return nil }
            if let first = piece.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) { return first }
            offset += Int64(piece.count)
        }
    }

    private static func lines(of file: InputFile, _ numbers: [Int]) async throws -> [String] {
        guard let last = numbers.max() else { return [] }
        var wanted: [Int: [UInt8]] = [:]
        for number in numbers { wanted[number] = [] }
        var line = 1
        try await file.forEachPiece { piece in
            for byte in piece where line <= last {
                if byte == UInt8(ascii: "\n") {
                    line += 1
                } else if let text = wanted[line], text.count < 4_096 {
                    wanted[line]?.append(byte)
                }
            }
        }
        return numbers.map { String(decoding: wanted[$0] ?? [], as: UTF8.self) }
    }

    private static func seconds(since began: ContinuousClock.Instant) -> Double {
        let parts = (ContinuousClock.now - began).components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }
}

/// What stands in a file, gathered while it is read once.
private struct Survey {
    private var reader: any JobStream
    /// Not for a file that is read again when it is taken: memory stays constant.
    private let keepsJobs: Bool
    private var jobs: [NewJob] = []
    private var jobCount = 0
    private var lineCount = 0
    private var lastByte: UInt8?
    private var actions: [String: Int] = [:]
    private var first: NewJob?
    private var last: NewJob?
    private var entries: [FileCheck.Entry] = []

    init(_ form: JobInput.Form, _ options: JobsFileOptions, keepsJobs: Bool) {
        self.reader = form.stream(options)
        self.keepsJobs = keepsJobs
    }

    mutating func feed(_ piece: [UInt8]) {
        self.reader.feed(piece)
        self.lineCount += piece.count { $0 == UInt8(ascii: "\n") }
        self.lastByte = piece.last ?? self.lastByte
        self.collect()
    }

    private mutating func collect() {
        let jobs = self.reader.takeJobs()
        self.jobCount += jobs.count
        for job in jobs { self.actions[job.action, default: 0] += 1 }
        self.first = self.first ?? jobs.first
        self.last = jobs.last ?? self.last
        let room = FileCheck.maxEntries - self.entries.count
        self.entries += jobs.prefix(room).map { FileCheck.Entry(id: $0.id, work: Self.work($0)) }
        if self.keepsJobs { self.jobs += jobs }
    }

    mutating func finish() -> JobInput.Checked {
        self.reader.finish()
        self.collect()
        if let lastByte, lastByte != UInt8(ascii: "\n") { self.lineCount += 1 }
        return JobInput.Checked(
            jobs: self.jobs,
            jobCount: self.jobCount,
            badCount: self.reader.faultCount
        )
    }

    func describe(_ check: inout FileCheck) {
        check.jobCount = self.jobCount
        check.badCount = self.reader.faultCount
        check.faults = self.reader.faults
        check.leftOut = max(0, self.lineCount - self.jobCount - self.reader.faultCount)
        check.firstID = self.first?.id
        check.lastID = self.last?.id
        check.entries = self.entries
        check.first = self.first.map(Self.work)
        check.last = self.last.map(Self.work)
        check.actions = self.actions.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { (name: $0.key, count: $0.value) }
    }

    /// The command line, or the payload.
    private static func work(_ job: NewJob) -> String {
        let text =
            job.command.map { $0.arguments.last ?? "" } ?? String(decoding: job.payload.prefix(200), as: UTF8.self)
        return TerminalText.excerpt(text, maxCharacters: 200)
    }
}
