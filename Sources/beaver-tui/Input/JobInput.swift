import BeaverQueue

/// A file of jobs or of command lines, on its way into a queue: checked as a whole, then taken.
///
/// Up to 64 MiB it is one commit. Beyond, it is read a second time and taken in acknowledged batches, in constant memory;
/// since its jobs have ids of their own, an interrupted try is repeated without harm.
struct JobInput: Sendable {
    enum Form: Sendable, Equatable {
        /// A JSON array, or one object a line.
        case jobs
        /// One shell command a line, or each ended by a zero byte.
        case commandLines(isNullSeparated: Bool)
    }

    static let atomicBytes: Int64 = 64 << 20
    static let batchJobs = 10_000

    let file: InputFile
    let form: Form
    let options: JobsFileOptions
    let skipsBad: Bool

    /// What a file holds.
    struct Checked: Sendable {
        /// All jobs if they are taken in one commit; empty for a file that is read again.
        var jobs: [NewJob]
        var jobCount: Int
        var badCount: Int
    }

    /// Reads all of it.
    ///
    /// Bad entries are reported to `complain` and end the command, unless they are to be skipped.
    func check(_ complain: (String) -> Void) async throws -> Checked {
        var reader = JobReader(self.form, self.options)
        let keepsJobs = self.file.byteCount <= Self.atomicBytes
        var checked = Checked(jobs: [], jobCount: 0, badCount: 0)
        func collect(_ reader: inout JobReader) {
            let jobs = reader.takeJobs()
            checked.jobCount += jobs.count
            if keepsJobs { checked.jobs += jobs }
        }
        try await self.file.forEachPiece { piece in
            reader.feed(piece)
            collect(&reader)
        }
        reader.finish()
        collect(&reader)
        checked.badCount = reader.faultCount
        guard reader.faultCount > 0 else { return checked }
        for fault in reader.faults { complain("\(self.file.name): \(fault)") }
        let more = reader.faultCount - reader.faults.count
        if more > 0 { complain("\(self.file.name): and \(PeopleText.count(more, "more fault"))") }
        guard self.skipsBad else {
            throw CommandFailure(
                .badData,
                "\(self.file.name) has \(PeopleText.count(reader.faultCount, "fault")); nothing of it was taken. "
                    + "Correct it, or take the rest with --skip-bad"
            )
        }
        return checked
    }

    /// What one of the batches of a large file came to.
    struct Batch {
        var jobs: [NewJob]
        var result: EnqueueResult
        /// Jobs of the file that are in the queue by now.
        var total: Int
    }

    /// Enqueues what was checked; of a large file `each` is told after each batch, and may end it there.
    func take(
        _ checked: Checked,
        into queue: any QueueControl,
        each: (Batch) -> IsWanted = { _ in .more }
    ) async throws -> EnqueueResult {
        guard self.file.byteCount > Self.atomicBytes else {
            return checked.jobs.isEmpty ? EnqueueResult() : try await queue.enqueue(checked.jobs)
        }
        guard self.file.isUnchanged else {
            throw CommandFailure(.badData, "\(self.file.name) changed while it was read; nothing of it was taken")
        }
        var total = EnqueueResult()
        try await self.forEachBatch(checked) { batch in
            let result = try await queue.enqueue(batch)
            total.add(result)
            let taken = total.enqueued + total.duplicates + total.differs
            return each(Batch(jobs: batch, result: result, total: taken))
        }
        return total
    }

    /// Hands out what was checked, so many jobs at a time, until `body` wants no more: from memory, or by reading it again.
    func forEachBatch(_ checked: Checked, _ body: ([NewJob]) async throws -> IsWanted) async throws {
        guard checked.jobs.isEmpty else {
            var rest = checked.jobs[...]
            while !rest.isEmpty {
                if try await body(Array(rest.prefix(Self.batchJobs))) == .noMore { return }
                rest = rest.dropFirst(Self.batchJobs)
            }
            return
        }
        var reader = JobReader(self.form, self.options)
        var waiting: [NewJob] = []
        func handOut(all: Bool) async throws {
            while waiting.count >= Self.batchJobs || all && !waiting.isEmpty {
                let batch = Array(waiting.prefix(Self.batchJobs))
                waiting.removeFirst(batch.count)
                if try await body(batch) == .noMore { throw Ended() }
            }
        }
        do {
            try await self.file.forEachPiece { piece in
                reader.feed(piece)
                waiting += reader.takeJobs()
                try await handOut(all: false)
            }
            reader.finish()
            waiting += reader.takeJobs()
            try await handOut(all: true)
        } catch is Ended {
            // What is in stays in, and the same file again takes the rest.
        }
    }

    /// Whether the next batch is to be taken too.
    enum IsWanted { case more, noMore }

    private struct Ended: Error {}
}

/// The one of two readers that a file needs.
enum JobReader {
    case jobs(JobsStream)
    case commandLines(LinesStream)

    init(_ form: JobInput.Form, _ options: JobsFileOptions) {
        switch form {
        case .jobs: self = .jobs(JobsStream(options: options))
        case .commandLines(let isNullSeparated):
            self = .commandLines(LinesStream(options: options, isNullSeparated: isNullSeparated))
        }
    }

    var faults: [JobsFault] {
        switch self {
        case .jobs(let stream): stream.faults
        case .commandLines(let stream): stream.faults
        }
    }

    var faultCount: Int {
        switch self {
        case .jobs(let stream): stream.faultCount
        case .commandLines(let stream): stream.faultCount
        }
    }

    mutating func feed(_ bytes: [UInt8]) {
        self.change({ $0.feed(bytes) }, { $0.feed(bytes) })
    }

    mutating func finish() { self.change({ $0.finish() }, { $0.finish() }) }

    mutating func takeJobs() -> [NewJob] { self.change({ $0.takeJobs() }, { $0.takeJobs() }) }

    /// Where the text stands that became no job, as far as it was not asked for before.
    mutating func takeRefused() -> [Range<Int64>] { self.change({ $0.takeRefused() }, { $0.takeRefused() }) }

    /// Changes the stream in place, without the copy that a pattern would make of what it has gathered.
    private mutating func change<Result>(
        _ jobs: (inout JobsStream) -> Result,
        _ lines: (inout LinesStream) -> Result
    ) -> Result {
        let current = self
        self = .jobs(JobsStream(options: JobsFileOptions()))
        switch consume current {
        case .jobs(var stream):
            defer { self = .jobs(stream) }
            return jobs(&stream)
        case .commandLines(var stream):
            defer { self = .commandLines(stream) }
            return lines(&stream)
        }
    }
}
