import BeaverQueue

/// A file of jobs or of command lines, on its way into a queue: checked as a whole, then taken.
///
/// Up to 64 MiB it is one commit. Beyond, it is read a second time and taken in acknowledged batches, in constant memory;
/// since its jobs have ids of their own, an interrupted try is repeated without harm. Constant memory also means that an id
/// that stands twice with different payloads is found only if the two are near enough; of others, the queue refuses the
/// second one when it comes.
struct JobInput: Sendable {
    enum Form: Sendable, Equatable {
        /// A JSON array, or one object a line.
        case jobs
        /// One shell command a line, or each ended by a zero byte.
        case commandLines(isNullSeparated: Bool)

        func stream(_ options: JobsFileOptions) -> any JobStream {
            switch self {
            case .jobs: JobsStream(options: options)
            case .commandLines(let isNullSeparated): LinesStream(options: options, isNullSeparated: isNullSeparated)
            }
        }
    }

    static let atomicBytes: Int64 = 64 << 20
    /// A batch has at least so many jobs, or so many bytes of the file, and at most one piece of the file more.
    static let batchJobs = 10_000
    static let batchBytes: Int64 = 8 << 20
    /// Of a large file; 24 MiB.
    static let comparedIDs = 1 << 18

    let file: InputFile
    let form: Form
    private(set) var options: JobsFileOptions
    let skipsBad: Bool
    /// Too large for one commit: read again and taken in batches.
    let isTakenInBatches: Bool

    init(
        file: InputFile,
        form: Form,
        options: JobsFileOptions,
        skipsBad: Bool,
        atomicBytes: Int64 = Self.atomicBytes
    ) {
        self.file = file
        self.form = form
        self.options = options
        self.skipsBad = skipsBad
        self.isTakenInBatches = file.byteCount > atomicBytes
        if self.isTakenInBatches { self.options.comparedIDs = Self.comparedIDs }
    }

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
        var reader = self.form.stream(self.options)
        let keepsJobs = !self.isTakenInBatches
        var checked = Checked(jobs: [], jobCount: 0, badCount: 0)
        func collect(_ reader: inout any JobStream) {
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
        try self.file.requireUnchanged()
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
        guard self.isTakenInBatches else {
            return checked.jobs.isEmpty ? EnqueueResult() : try await queue.enqueue(checked.jobs)
        }
        try self.file.requireUnchanged()
        var options = self.options
        // Where no entry was bad none is left out, and there is nothing to find again.
        if checked.badCount == 0 { options.comparedIDs = 0 }
        var batches = JobBatches(file: self.file, reader: self.form.stream(options))
        var total = EnqueueResult()
        var next = try batches.next()
        while let batch = next {
            // It is on its way while the one behind it is read.
            async let answer = queue.enqueue(batch)
            let following = Result { try batches.next() }
            let result = try await answer
            total.add(result)
            let taken = total.enqueued + total.duplicates + total.differs
            // What is in stays in, and the same file again takes the rest.
            if each(Batch(jobs: batch, result: result, total: taken)) == .noMore { break }
            next = try following.get()
        }
        return total
    }

    /// Hands out what was checked, a batch at a time, until `body` wants no more: from memory, or by reading it again.
    func forEachBatch(_ checked: Checked, _ body: ([NewJob]) async throws -> IsWanted) async throws {
        guard checked.jobs.isEmpty else {
            var rest = checked.jobs[...]
            while !rest.isEmpty {
                if try await body(Array(rest.prefix(Self.batchJobs))) == .noMore { return }
                rest = rest.dropFirst(Self.batchJobs)
            }
            return
        }
        var batches = JobBatches(file: self.file, reader: self.form.stream(self.options))
        while let batch = try batches.next() {
            if try await body(batch) == .noMore { return }
        }
    }

    /// Whether the next batch is to be taken too.
    enum IsWanted { case more, noMore }
}

/// Cuts a file's jobs into batches, and reads no further than the next one needs.
private struct JobBatches {
    private let file: InputFile
    private var reader: any JobStream
    private var offset: Int64 = 0
    private var isAtEnd = false

    init(file: InputFile, reader: any JobStream) {
        self.file = file
        self.reader = reader
    }

    /// Nil behind the last one.
    mutating func next() throws(QueueError) -> [NewJob]? {
        let start = self.offset
        while !self.isAtEnd, self.reader.jobs.count == 0 || !self.isEnough(since: start) {
            let piece = try self.file.read(at: self.offset)
            self.offset += Int64(piece.count)
            self.isAtEnd = piece.isEmpty
            if self.isAtEnd { self.reader.finish() } else { self.reader.feed(piece) }
        }
        try self.file.requireUnchanged("what was taken of it stays taken; take it again once it stays as it is")
        let batch = self.reader.takeJobs()
        return batch.isEmpty ? nil : batch
    }

    private func isEnough(since start: Int64) -> Bool {
        self.reader.jobs.count >= JobInput.batchJobs || self.offset - start >= JobInput.batchBytes
    }
}
