/// Starting: lock, recovery, orphans, engine.
extension Queue {
    /// On a thread of its own.
    func startBlocking() -> Result<Void, QueueError> {
        let isFirst = self.life.withLock { life in
            guard case .idle = life.stage else { return false }
            life.stage = .recovering(phase: "lock", records: 0)
            return true
        }
        guard isFirst else { return .failure(QueueError(.stopped, "a queue is started once")) }
        do {
            try self.open()
            return .success(())
        } catch {
            self.ended(.failed(error))
            return .failure(error)
        }
    }

    private func open() throws(QueueError) {
        let faults = self.configuration.faults()
        guard faults.isEmpty else { throw QueueError(.configuration, faults.joined(separator: "; ")) }
        let storage = FileStorage()
        var timer = PhaseTimer(clock: { BootClock.now() })
        var configuration = self.configuration
        if configuration.mustExist {
            let store = configuration.dataDirectory + "/" + StoreIdentity.fileName
            guard try storage.identity(of: store) != nil else {
                throw .noSuchQueue(directory: configuration.dataDirectory)
            }
        } else {
            try storage.createDirectory(configuration.dataDirectory)
        }
        configuration.dataDirectory = AbsolutePath.of(configuration.dataDirectory)
        let lock = try DirectoryLock.acquire(
            directory: configuration.dataDirectory,
            role: "server",
            waitMilliseconds: 10_000
        )
        var lockReport = QueueStatus.Recovery()
        timer.end("lock", in: &lockReport)
        do {
            try self.run(configuration, storage, lock, lockReport)
        } catch {
            lock.release()
            throw error
        }
    }

    private func run(
        _ configuration: QueueConfiguration,
        _ storage: FileStorage,
        _ lock: DirectoryLock,
        _ lockReport: QueueStatus.Recovery
    ) throws(QueueError) {
        let recovery = Recovery(
            storage: storage,
            configuration: configuration,
            clock: { BootClock.now() },
            randomWord: { UInt64.random(in: .min ... .max) }
        )
        let recovered = try recovery.run { phase, records in
            self.life.withLock { $0.stage = .recovering(phase: phase, records: records) }
        }
        var timer = PhaseTimer(clock: { BootClock.now() })
        var report = recovered.report
        report.phases = lockReport.phases + report.phases
        report.seconds += lockReport.seconds
        self.life.withLock { $0.stage = .recovering(phase: "orphans", records: report.replayedRecords) }
        report.orphansEnded = Orphans.endAll(storeID: recovered.identity.storeID)
        timer.end("orphans", in: &report)
        let (closures, logLine) = self.life.withLock { ($0.closures, $0.logLine) }
        let runner = try CommandRunner(
            storeID: recovered.identity.storeID,
            outputDirectory: configuration.dataDirectory + "/output",
            configuration: configuration,
            closures: closures
        )
        let settings = EngineSettings(configuration, runner: runner)
        let engine = Engine(
            manager: recovered.manager,
            settings: settings,
            randomSeed: UInt64.random(in: .min ... .max)
        )
        report.requeued = engine.begin(recovered.start, now: BootClock.now())
        runner.simulatesUnknown = engine.manager.settings.simulates
        timer.end("epoch", in: &report)
        let payloads = PayloadStore(
            log: recovered.log,
            snapshots: recovered.snapshots,
            hash: recovered.identity.hash
        )
        let controller = Controller(
            parts: Controller.Parts(
                log: recovered.log,
                snapshots: recovered.snapshots,
                payloads: payloads,
                runner: runner,
                hash: recovered.identity.hash,
                logDirectory: recovery.logDirectory,
                clock: { BootClock.now() },
                logLine: logLine
            ),
            engine: engine,
            onEnd: { ending in
                // The directory is free before anyone is told that the queue has ended.
                lock.release()
                self.ended(ending)
            }
        )
        let core = Core(
            controller: controller,
            runner: runner,
            payloads: payloads,
            hash: recovered.identity.hash,
            lock: lock,
            report: report,
            startedAt: BootClock.now(),
            dataDirectory: configuration.dataDirectory,
            fileSystem: FileStorage.fileSystemName(of: configuration.dataDirectory)
        )
        for notice in recovered.notices { logLine(notice) }
        self.announce(report, logLine)
        self.life.withLock { $0.stage = .running(core) }
        try controller.start()
    }

    private func announce(_ report: QueueStatus.Recovery, _ logLine: (QueueLogLine) -> Void) {
        let milliseconds = Int((report.seconds * 1_000).rounded())
        var sentence = "recovered in \(milliseconds) ms: snapshot \(report.snapshotSequence), "
        sentence += "\(report.replayedRecords) records replayed, \(report.requeued) interrupted runs given back"
        if report.orphansEnded > 0 { sentence += ", \(report.orphansEnded) left-over processes ended" }
        logLine(QueueLogLine(.info, sentence))
    }

    func ended(_ ending: Controller.Ending) {
        let waiters = self.life.withLock { life in
            life.stage = .ended(ending)
            defer { life.stopWaiters = [] }
            return life.stopWaiters
        }
        for waiter in waiters { waiter(ending) }
    }

    /// Replaces handlers, concurrency, workers, time-outs and limits while running; nothing is lost or restarted.
    public func reconfigure(_ configuration: QueueConfiguration) async throws(QueueError) {
        let faults = configuration.faults()
        guard faults.isEmpty else { throw QueueError(.configuration, faults.joined(separator: "; ")) }
        let core = try self.core()
        core.runner.update(configuration: configuration)
        _ = try await self.perform(.reconfigure(EngineSettings(configuration, runner: core.runner)))
        core.runner.simulatesUnknown = core.controller.look { $0.manager.settings.simulates }
    }
}

extension EngineSettings {
    init(_ configuration: QueueConfiguration, runner: CommandRunner) {
        self.init()
        self.workers = configuration.worker.count
        self.worker = configuration.worker
        self.commit = GroupCommit.Settings(
            policy: configuration.log.sync,
            syncIntervalMilliseconds: configuration.log.syncIntervalMilliseconds
        )
        self.snapshot = configuration.snapshot
        self.limits = configuration.limits
        self.keepLogBytes = configuration.log.keepBytes
        self.maxMemoryBytes = Int(clamping: configuration.limits.maxMemoryBytes ?? MemoryLimit.defaultBytes())
        self.unknown = configuration.unknown
        self.hasHandlers = !configuration.isUnconfigured || runner.hasHandlers
        self.policy = { runner.policy(for: $0) }
    }
}
