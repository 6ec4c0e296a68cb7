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

    /// Takes the directory for this process, creating it unless it must exist; `start` does so itself if this was not called.
    ///
    /// A server calls it before it serves anything: whoever holds the lock owns the control socket too.
    package func takeDirectory() async throws(QueueError) {
        let result: Result<Void, QueueError> = await withCheckedContinuation { continuation in
            do throws(QueueError) {
                try SystemThread.start("beaver-lock") {
                    do throws(QueueError) {
                        try self.takeDirectoryBlocking()
                        continuation.resume(returning: .success(()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        try result.get()
    }

    private func takeDirectoryBlocking() throws(QueueError) {
        let faults = self.configuration.faults()
        guard faults.isEmpty else { throw QueueError(.configuration, faults.joined(separator: "; ")) }
        let storage = FileStorage()
        let directory = self.configuration.dataDirectory
        if self.configuration.mustExist {
            guard try storage.identity(of: directory + "/" + StoreIdentity.fileName) != nil else {
                throw .noSuchQueue(directory: AbsolutePath.of(directory))
            }
        } else {
            try storage.createDirectory(directory)
        }
        var timer = PhaseTimer(clock: { BootClock.now() })
        let lock = try DirectoryLock.acquire(
            directory: AbsolutePath.of(directory),
            role: self.configuration.dispatches ? "server" : "tool",
            waitMilliseconds: 10_000
        )
        var report = QueueStatus.Recovery()
        timer.end("lock", in: &report)
        self.life.withLock { $0.held = Held(lock: lock, report: report) }
    }

    private func open() throws(QueueError) {
        if self.life.withLock({ $0.held == nil }) { try self.takeDirectoryBlocking() }
        guard let held = self.life.withLock({ $0.held }) else { return }
        var configuration = self.configuration
        configuration.dataDirectory = AbsolutePath.of(configuration.dataDirectory)
        do {
            try self.run(configuration, self.storage, held.lock, held.report)
        } catch {
            held.lock.release()
            throw error
        }
    }

    private func run(
        _ configuration: QueueConfiguration,
        _ storage: any Storage,
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
        // Taken apart here: the state goes to the engine and to nobody else.
        let (identity, log, snapshots) = (recovered.identity, recovered.log, recovered.snapshots)
        let (begin, notices) = (recovered.start, recovered.notices)
        let deadLetters = Lock(DeadLetterNotice(totalBefore: recovered.manager.totals.dead))
        var timer = PhaseTimer(clock: { BootClock.now() })
        var report = recovered.report
        report.phases = lockReport.phases + report.phases
        report.seconds += lockReport.seconds
        self.life.withLock { $0.stage = .recovering(phase: "orphans", records: report.replayedRecords) }
        let closures = self.life.withLock { $0.closures }
        let logLine: @Sendable (QueueLogLine) -> Void = { [weak self] in self?.log($0) }
        report.orphansEnded = try Self.endOrphans(of: identity, logLine)
        timer.end("orphans", in: &report)
        let runner = try CommandRunner(
            storeID: identity.storeID,
            outputDirectory: configuration.dataDirectory + "/output",
            configuration: configuration,
            closures: closures
        )
        let settings = EngineSettings(configuration, runner: runner, hasClosures: !closures.isEmpty)
        let engine = Engine(
            manager: recovered.manager,
            settings: settings,
            randomSeed: UInt64.random(in: .min ... .max)
        )
        report.requeued = engine.begin(begin, now: BootClock.now())
        timer.end("epoch", in: &report)
        let payloads = PayloadStore(log: log, snapshots: snapshots, hash: identity.hash)
        let controller = Controller(
            parts: Controller.Parts(
                log: log,
                snapshots: snapshots,
                payloads: payloads,
                runner: runner,
                hash: identity.hash,
                logDirectory: recovery.logDirectory,
                clock: { BootClock.now() },
                logLine: logLine,
                eachSecond: { [weak self] in self?.glance(deadLetters) }
            ),
            engine: engine,
            onEnd: { ending in
                // The directory is free before anyone is told that the queue has ended.
                lock.release()
                self.ended(ending)
            }
        )
        let core = try self.core(of: controller, runner, lock, report)
        for notice in notices { logLine(notice) }
        self.announce(report, logLine)
        try controller.start()
        self.enter(.running(core))
    }

    private func core(
        of controller: Controller,
        _ runner: CommandRunner,
        _ lock: DirectoryLock,
        _ report: QueueStatus.Recovery
    ) throws(QueueError) -> Core {
        let directory = AbsolutePath.of(self.configuration.dataDirectory)
        return Core(
            controller: controller,
            runner: runner,
            lookup: JobLookup(
                engine: controller.engine,
                payloads: controller.parts.payloads,
                hash: controller.parts.hash,
                outputDirectory: directory + "/output",
                clock: controller.parts.clock,
                memory: LookupMemory(Redaction(self.configuration.redact)),
                limits: { runner.limits(of: $0) }
            ),
            lock: lock,
            report: report,
            startedAt: BootClock.now(),
            dataDirectory: directory,
            fileSystem: try FileStorage().fileSystemName(of: directory),
            device: DiskDevice.name(of: directory)
        )
    }

    /// Before the first dispatch: nothing of an earlier life may still work on a job that is about to run again.
    private static func endOrphans(
        of identity: StoreIdentity,
        _ logLine: (QueueLogLine) -> Void
    ) throws(QueueError) -> Int {
        let outcome = Orphans.endAll(storeID: identity.storeID)
        if outcome.isBlind {
            throw QueueError(
                .inputOutput,
                "too many files are open to look for what an earlier life left running, whose jobs would run twice; "
                    + "start again when there are fewer"
            )
        }
        if !outcome.stuckProcessIDs.isEmpty {
            let ids = outcome.stuckProcessIDs.map(String.init).joined(separator: ", ")
            logLine(
                QueueLogLine(.error, "processes of an earlier life do not end: pid \(ids); their jobs may run twice")
            )
        }
        return outcome.endedCount
    }

    private func announce(_ report: QueueStatus.Recovery, _ logLine: (QueueLogLine) -> Void) {
        let milliseconds = Int((report.seconds * 1_000).rounded())
        var sentence = "recovered in \(milliseconds) ms: snapshot \(report.snapshotSequence), "
        sentence += "\(report.replayedRecords) records replayed, \(report.requeued) interrupted runs given back"
        if report.orphansEnded > 0 { sentence += ", \(report.orphansEnded) left-over processes ended" }
        logLine(QueueLogLine(.info, sentence))
    }

    func ended(_ ending: Controller.Ending) {
        self.enter(.ended(ending))
        let waiters = self.life.withLock { life in
            life.held = nil
            defer { life.stopWaiters = [] }
            return life.stopWaiters
        }
        for waiter in waiters { waiter(ending) }
        for listener in self.eventRing.withLock({ $0.close() }) { listener.finish() }
    }

    /// Replaces handlers, concurrency, workers, time-outs and limits while running; nothing is lost or restarted.
    public func reconfigure(_ configuration: QueueConfiguration) async throws(QueueError) {
        let faults = configuration.faults()
        guard faults.isEmpty else { throw QueueError(.configuration, faults.joined(separator: "; ")) }
        let core = try self.core()
        core.runner.update(configuration: configuration)
        let redaction = Redaction(configuration.redact)
        self.life.withLock { $0.redaction = redaction }
        core.lookup.memory.setRedaction(redaction)
        let hasClosures = self.life.withLock { !$0.closures.isEmpty }
        let settings = EngineSettings(configuration, runner: core.runner, hasClosures: hasClosures)
        _ = try await self.perform(.reconfigure(settings))
    }
}

extension EngineSettings {
    init(_ configuration: QueueConfiguration, runner: CommandRunner, hasClosures: Bool) {
        self.init()
        self.workers = configuration.dispatches ? configuration.worker.count : 0
        self.worker = configuration.worker
        self.commit = GroupCommit.Settings(
            policy: configuration.log.sync,
            syncIntervalMilliseconds: configuration.log.syncIntervalMilliseconds
        )
        self.snapshot = configuration.snapshot
        self.limits = configuration.limits
        self.keepLogBytes = configuration.log.keepBytes
        self.maxMemoryBytes = Int(clamping: configuration.limits.maxMemoryBytes ?? MemoryLimit.defaultBytes())
        self.hasHandlers = !configuration.isUnconfigured || hasClosures
        self.policy = { runner.actionPolicy(for: $0) }
    }
}
