/// Reads a queue from its files, whoever owns them: takes no lock, changes nothing.
///
/// Each call reads the newest snapshot and the log behind it, up to the first frame that is not whole, and so costs as much as
/// a start. While another process runs the queue, that is what was written a moment ago. Throws `damaged` and `inputOutput`
/// where the files cannot be read.
public final class OfflineQueue: QueueControl, Sendable {
    private let configuration: QueueConfiguration
    private let storage: any Storage
    private let identity: StoreIdentity
    private let clock: @Sendable () -> EngineTime
    private let selections = Lock(Selections())

    /// Throws `noSuchQueue` if nothing was ever created at `configuration.dataDirectory`.
    public convenience init(_ configuration: QueueConfiguration) throws(QueueError) {
        try self.init(configuration, storage: FileStorage(), clock: { BootClock.now() })
    }

    package init(
        _ configuration: QueueConfiguration,
        storage: any Storage,
        clock: @escaping @Sendable () -> EngineTime
    ) throws(QueueError) {
        var configuration = configuration
        configuration.dataDirectory = AbsolutePath.of(configuration.dataDirectory)
        guard let identity = try StoreIdentity.read(from: configuration.dataDirectory, storage: storage) else {
            throw .noSuchQueue(directory: configuration.dataDirectory)
        }
        // The paths of the store count, whatever this process was configured with.
        configuration.log.directory = identity.logDirectory
        configuration.snapshot.directory = identity.snapshotDirectory
        configuration.mustExist = true
        configuration.dispatches = false
        // It runs nothing, so it neither begins nor ends a simulation, and takes all jobs for whoever will run them: which
        // of them have a handler there, it cannot know.
        configuration.isUnconfigured = true
        configuration.handlers = [:]
        configuration.unknown = .park
        configuration.allowExec = true
        self.configuration = configuration
        self.storage = storage
        self.identity = identity
        self.clock = clock
    }

    // MARK: Reading

    private struct Reading {
        var lookup: JobLookup
        var space: JournalSpace
        var snapshotSequence: UInt64
        var snapshotBytes: Int64
        var snapshotCount: Int
        var records: Int
    }

    private func read() throws(QueueError) -> Reading {
        let stored = try StoredState(storage: self.storage, configuration: self.configuration, identity: self.identity)
        let (log, snapshots, records) = (stored.log, stored.snapshots, stored.replayedRecords)
        let engine = Engine(manager: stored.manager, settings: EngineSettings(), randomSeed: 0)
        engine.beginReading(now: self.clock())
        return Reading(
            lookup: JobLookup(
                engine: Lock(engine),
                payloads: PayloadStore(log: log, snapshots: snapshots, hash: self.identity.hash),
                hash: self.identity.hash,
                outputDirectory: self.configuration.dataDirectory + "/output",
                clock: self.clock,
                memory: LookupMemory(Redaction(self.configuration.redact))
            ),
            space: log.space,
            snapshotSequence: snapshots.newest?.sequence ?? 0,
            snapshotBytes: snapshots.newest?.byteCount ?? 0,
            snapshotCount: snapshots.count,
            records: records
        )
    }

    /// Counts and sizes; the state is `stopped`, and there are no rates.
    public func status() async throws(QueueError) -> QueueStatus { self.status(try self.read()) }

    private func status(_ reading: Reading) -> QueueStatus {
        var status = QueueStatus()
        status = reading.lookup.engine.withLock { [status] engine in
            var filled = status
            engine.fill(&filled)
            return filled
        }
        status.state = .stopped
        status.reason = nil
        status.version = Queue.version
        status.dataDirectory = self.configuration.dataDirectory
        status.wal.bytes = reading.space.usedBytes
        status.wal.segments = reading.space.segmentCount
        status.snapshot.lastSequence = reading.snapshotSequence
        status.snapshot.bytes = reading.snapshotBytes
        status.snapshot.count = reading.snapshotCount
        status.recovery.replayedRecords = reading.records
        return status
    }

    /// As `Queue.jobs(matching:after:limit:)`.
    public func jobs(
        matching filter: JobFilter = JobFilter(),
        after cursor: JobCursor? = nil,
        limit: Int = 100
    ) async throws(QueueError) -> JobPage {
        try await self.read().lookup.jobs(matching: filter, after: cursor, limit: limit)
    }

    /// As `Queue.job(_:)`.
    public func job(_ id: String) async throws(QueueError) -> JobDetails { try await self.job(id, reveals: true) }

    package func job(_ id: String, reveals: Bool) async throws(QueueError) -> JobDetails {
        try await self.read().lookup.job(id, reveals: reveals)
    }

    /// As `Queue.output(of:run:from:)`.
    public func output(of id: String, run: Int? = nil, from offset: Int64 = 0) async throws(QueueError) -> JobOutput {
        try await self.read().lookup.output(of: id, run: run, from: offset)
    }

    /// How many jobs match.
    public func count(matching filter: JobFilter) async throws(QueueError) -> Int {
        try await self.read().lookup.count(matching: filter)
    }

    /// No events and no rates: nothing runs.
    package func view(_ request: ViewRequest) async throws(QueueError) -> QueueView {
        let reading = try self.read()
        var view = try await reading.lookup.view(request) { _, _ in }
        view.status = self.status(reading)
        view.freeDiskBytes = try FileStorage().freeBytes(at: self.configuration.dataDirectory)
        view.device = DiskDevice.name(of: self.configuration.dataDirectory)
        return view
    }

    /// Failures by kind, the most frequent first; at most 200 kinds.
    public func groups(matching filter: JobFilter) async throws(QueueError) -> [FailureGroup] {
        try await self.read().lookup.groups(matching: filter)
    }

    package func known(_ ids: [String]) async throws(QueueError) -> [KnownJob?] {
        await (try self.read()).lookup.known(ids)
    }

    package func records(of id: String) async throws(QueueError) -> [Inspection.Line] {
        try await self.read().lookup.records(of: id)
    }

    package func select(matching filter: JobFilter) async throws(QueueError) -> JobSelection {
        let lookup = try self.read().lookup
        let selection = try await lookup.select(matching: filter, token: GeneratedID.make(self.clock()))
        let jobs = try lookup.selected(selection)
        self.selections.withLock { $0.add(jobs, token: selection.token, now: self.clock().bootMilliseconds) }
        return selection
    }

    // MARK: Changing
    // Takes the lock: a recovery that starts no job.

    /// Recovers, does one thing, stops in order.
    private func change<Result: Sendable>(
        _ body: (Queue) async throws(QueueError) -> Result
    ) async throws(QueueError) -> Result {
        let queue = Queue(self.configuration)
        try await queue.start()
        let result: Result
        do {
            result = try await body(queue)
        } catch {
            // The refusal is what the caller asked about; a failing stop would only hide it.
            try? await queue.stop(now: false)
            throw error
        }
        try await queue.stop(now: false)
        return result
    }

    package func enqueue(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult {
        try await self.change { queue throws(QueueError) in try await queue.enqueue(jobs) }
    }

    /// Reads only, as every look at a directory; jobs that no queue could take count as new here.
    package func compare(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult {
        let lookup = try self.read().lookup
        return await lookup.compare(JobBatch(jobs, hash: lookup.hash) { _ in GeneratedID.make(self.clock()) })
    }

    package func retry(_ id: String) async throws(QueueError) {
        try await self.change { queue throws(QueueError) in try await queue.retry(id) }
    }

    package func cancel(_ id: String) async throws(QueueError) -> JobState {
        try await self.change { queue throws(QueueError) in try await queue.cancel(id) }
    }

    package func purge(_ id: String) async throws(QueueError) {
        try await self.change { queue throws(QueueError) in try await queue.purge(id) }
    }

    package func act(_ action: BulkAction, on selection: JobSelection) async throws(QueueError) -> BulkResult {
        guard let jobs = self.selections.withLock({ $0.jobs(selection.token, now: self.clock().bootMilliseconds) })
        else { throw Selections.unknown }
        return try await self.change { queue throws(QueueError) in try await queue.act(JobAction(action), on: jobs) }
    }

    package func retry(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.change { queue throws(QueueError) in try await queue.retry(matching: filter) }
    }

    package func cancel(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.change { queue throws(QueueError) in try await queue.cancel(matching: filter) }
    }

    package func purge(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.change { queue throws(QueueError) in try await queue.purge(matching: filter) }
    }

    package func snapshot() async throws(QueueError) -> UInt64 {
        try await self.change { queue throws(QueueError) in try await queue.snapshot() }
    }

    package func pause() async throws(QueueError) { throw self.needsServer }
    package func resume() async throws(QueueError) { throw self.needsServer }
    package func setWorkers(_ count: Int) async throws(QueueError) { throw self.needsServer }
    package func stop(now: Bool) async throws(QueueError) { throw self.needsServer }

    private var needsServer: QueueError {
        QueueError(
            .unavailable,
            "no server runs the queue at \(self.configuration.dataDirectory); start it with `beaver-tui run`"
        )
    }
}
