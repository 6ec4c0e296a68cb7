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

        func stream(_ options: JobsFileOptions) -> any JobStream {
            switch self {
            case .jobs: JobsStream(options: options)
            case .commandLines(let isNullSeparated): LinesStream(options: options, isNullSeparated: isNullSeparated)
            }
        }
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
        var reader = self.form.stream(self.options)
        let keepsJobs = self.file.byteCount <= Self.atomicBytes
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
        var reader = self.form.stream(self.options)
        var total = EnqueueResult()
        var waiting: [NewJob] = []
        func commit(all: Bool) async throws {
            while waiting.count >= Self.batchJobs || all && !waiting.isEmpty {
                let batch = Array(waiting.prefix(Self.batchJobs))
                let result = try await queue.enqueue(batch)
                total.add(result)
                waiting.removeFirst(batch.count)
                let taken = total.enqueued + total.duplicates + total.differs
                if each(Batch(jobs: batch, result: result, total: taken)) == .noMore { throw Ended() }
            }
        }
        do {
            try await self.file.forEachPiece { piece in
                reader.feed(piece)
                waiting += reader.takeJobs()
                try await commit(all: false)
            }
            reader.finish()
            waiting += reader.takeJobs()
            try await commit(all: true)
        } catch is Ended {
            // What is in stays in, and the same file again takes the rest.
        }
        return total
    }

    /// Whether the next batch is to be taken too.
    enum IsWanted { case more, noMore }

    private struct Ended: Error {}
}

extension EnqueueResult {
    /// Adds another batch's counts; ids are kept as long as they are few enough to be of use.
    mutating func add(_ other: EnqueueResult) {
        self.enqueued += other.enqueued
        self.duplicates += other.duplicates
        self.differs += other.differs
        self.differingIDs += other.differingIDs.prefix(max(0, 20 - self.differingIDs.count))
    }
}
