#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension Queue {
    /// The version of this package, as `status` and `--version` say it.
    public static let version = "0.1.0"

    /// Counts, rates and sizes of this moment; never waits, also while the queue recovers or after it has ended.
    public func status() async throws(QueueError) -> QueueStatus { self.statusNow() }

    package func statusNow() -> QueueStatus {
        var status = QueueStatus()
        status.version = Self.version
        status.pid = getpid()
        status.dataDirectory = AbsolutePath.of(self.configuration.dataDirectory)
        switch self.life.withLock({ $0.stage }) {
        case .idle: break
        case .recovering(let phase, let records):
            status.state = .recovering
            status.reason = "recovering: \(phase)"
            status.recovery.replayedRecords = records
        case .running(let core): self.fill(&status, core)
        case .ended(.inOrder): break
        case .ended(.failed(let error)):
            status.state = .failed
            status.reason = error.message
        }
        return status
    }

    /// What lies around the engine.
    func fillAround(_ status: inout QueueStatus, _ core: Core) {
        status.version = Self.version
        status.pid = getpid()
        status.dataDirectory = core.dataDirectory
        status.uptimeSeconds = Double(BootClock.now().bootNanoseconds - core.startedAt.bootNanoseconds) / 1e9
        status.fileSystem = core.fileSystem
        status.recovery = core.report
        let space = core.controller.parts.log.space
        status.wal.bytes = space.usedBytes
        status.wal.segments = space.segmentCount
    }

    private func fill(_ status: inout QueueStatus, _ core: Core) {
        self.fillAround(&status, core)
        let now = BootClock.now()
        status = core.controller.look { [status] engine in
            var filled = status
            engine.fill(&filled)
            // The engine's own clock stands while it sleeps.
            filled.rates = engine.activity(at: now).rates()
            return filled
        }
    }

    /// Everything measured since the start; nil while nothing runs.
    package func meters() -> (engine: EngineMeters, sync: DurationHistogram, actions: [String])? {
        guard case .running(let core) = self.life.withLock({ $0.stage }) else { return nil }
        let sync = core.controller.syncDurations.withLock { $0.all }
        return core.controller.look { ($0.meters, sync, $0.manager.actionNames) }
    }

    /// Names that are configured, built in or registered: few, however many actions jobs name.
    package func actionsWithHandler() -> Set<String> {
        guard case .running(let core) = self.life.withLock({ $0.stage }) else { return [] }
        return core.runner.handlerNames
    }

    /// Sums over the life of the store.
    package func totals() -> JobManager.Totals? {
        guard case .running(let core) = self.life.withLock({ $0.stage }) else { return nil }
        return core.controller.look { $0.manager.totals }
    }

    /// Starts no more jobs until `resume`, also after the next start; what runs goes on, and jobs are taken.
    public func pause() async throws(QueueError) { _ = try await self.perform(.pause) }

    /// Ends a pause.
    public func resume() async throws(QueueError) { _ = try await self.perform(.resume) }

    /// How many jobs run at a time from now on, 0 … 4,096; `worker.count` counts again after the next start.
    ///
    /// With fewer, what runs goes on to its end.
    public func setWorkers(_ count: Int) async throws(QueueError) {
        guard (0...4_096).contains(count) else {
            throw .invalidInput("\(count) workers: it must be 0 to 4096")
        }
        _ = try await self.perform(.setWorkers(count))
    }

    /// Writes a snapshot now; returns the number of the last record it covers.
    ///
    /// Nobody has to: the queue makes them by itself. A backup may begin with one.
    @discardableResult
    public func snapshot() async throws(QueueError) -> UInt64 {
        guard case .snapshot(let sequence) = try await self.perform(.snapshot) else { return 0 }
        return sequence
    }
}
