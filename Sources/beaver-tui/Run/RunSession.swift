import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc
import Logging

/// One life of the engine on the command line: directory, server, queue, input, signals, and the end.
///
/// The control socket is served before recovery begins, so that `status` can say `recovering`; and it is served until
/// the queue has stopped, so that a client's last question still has an answer.
struct RunSession: Sendable {
    let globals: GlobalOptions
    let options: RunOptions
    let settings: Settings

    /// Why the session ends.
    private enum Ending: Sendable {
        case stopped
        case idle
        case paused
        case signalsEnded
    }

    func run() async throws {
        let values = try self.settings.checked()
        try OpenFileLimit.raise()
        // The jobs matter, whoever reads what is said of them.
        Output.whenReaderIsGone {}
        let logger = self.globals.logger()
        let input = try await StartInput.read(self.options, values)
        try DataDirectory.prepare(values.queue)
        let queue = Queue(values.queue)
        queue.onLogLine { line in logger.log(level: line.level.loggerLevel, "\(line.message)") }
        HeapTrim.follow(queue)
        let server = Server(
            try ServerSettings.configuration(values),
            queue: queue,
            logger: logger,
            metrics: { QueueMetricsSnapshot(queue) }
        )
        let signals = SignalStream([SIGTERM, SIGINT, SIGHUP])
        let manager = ServiceManager.ofEnvironment()
        let logFile = LogFile.ofStandardError()
        let reload = Reload(globals: self.globals, options: self.options, settings: self.settings, logger: logger)
        server.onReload { [weak server] () async throws(QueueError) in
            guard let server else { return [] }
            return try await reload.take(queue, server).waits
        }
        // The lock first: a second server must not take the socket of the first.
        try await queue.takeDirectory()
        try await server.start()
        async let watched: Void = ServiceWatch.report(queue, to: manager)
        do {
            try await queue.start()
            manager?.tell("READY=1")
            logger.info("running", metadata: ["directory": "\(values.queue.dataDirectory)", "pid": "\(getpid())"])
            try await self.work(queue, input, signals, manager) {
                logFile?.reopenIfMoved()
                // What came of it stands in the log.
                _ = try? await reload.take(queue, server)
            }
            await server.stop()
        } catch {
            // The queue is stopped already, or never ran; what it threw is the reason to show.
            try? await queue.stop(now: true)
            await server.stop()
            throw error
        }
        await watched
        logger.info("stopped")
    }

    /// Takes the input, then lives until a signal, idleness, or the queue's own end.
    private func work(
        _ queue: Queue,
        _ input: (input: JobInput, checked: JobInput.Checked)?,
        _ signals: SignalStream,
        _ manager: ServiceManager?,
        hangUp: @escaping @Sendable () async -> Void
    ) async throws {
        let before = try await queue.status()
        let ending = try await withThrowingTaskGroup(of: Ending.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await queue.waitUntilStopped()
                return .stopped
            }
            group.addTask {
                await self.handle(signals, queue, manager, hangUp: hangUp)
                return .signalsEnded
            }
            do {
                return try await self.takeAndWait(queue, input, before, &group)
            } catch {
                // The group waits for the queue's end, which would not come by itself: jobs may have been refused.
                try? await queue.stop(now: false)
                throw error
            }
        }
        if ending == .stopped, self.options.untilIdle {
            throw CommandFailure(.tryLater, "stopped before all jobs were done; run it again to go on")
        }
    }

    private func takeAndWait(
        _ queue: Queue,
        _ input: (input: JobInput, checked: JobInput.Checked)?,
        _ before: QueueStatus,
        _ group: inout ThrowingTaskGroup<Ending, any Error>
    ) async throws -> Ending {
        var report = IdleReport(globals: self.globals, before: before, file: nil, taken: nil)
        if let input {
            let result = try await input.input.take(input.checked, into: queue)
            report = IdleReport(globals: self.globals, before: before, file: input.input.file.name, taken: result)
            self.say(result, of: input.input.file.name)
        }
        if self.options.untilIdle {
            let watch = IdleWatch(queue: queue, globals: self.globals)
            group.addTask { try await watch.waitUntilIdle() ? .idle : .paused }
        }
        let ending = try await group.next() ?? .stopped
        guard ending == .idle || ending == .paused else { return ending }
        let summary = try await report.summary(of: queue)
        try await queue.stop(now: false)
        summary.lines.forEach(Output.line)
        if ending == .paused {
            throw CommandFailure(.tryLater, "the queue is paused; `beaver-tui workers resume` lets it go on")
        }
        if !summary.isGood { throw CommandFailure(.failed) }
        return ending
    }

    /// With `--json` standard output is for the counts at the end alone.
    private func say(_ result: EnqueueResult, of file: String) {
        let sentence = "\(TerminalText.visible(file)): \(EnqueueText.sentence(result))"
        if self.globals.json {
            self.globals.note(sentence)
            EnqueueText.complain(of: result.differingIDs)
        } else if !self.globals.quiet {
            Output.line(sentence)
        }
    }

    /// First signal: drain.
    ///
    /// Second: at once. SIGHUP: read the configuration again.
    private func handle(
        _ signals: SignalStream,
        _ queue: Queue,
        _ manager: ServiceManager?,
        hangUp: @escaping @Sendable () async -> Void
    ) async {
        let logger = self.globals.logger()
        await withDiscardingTaskGroup { group in
            var stops = 0
            for await signal in signals.stream {
                if signal == SIGHUP {
                    group.addTask { await hangUp() }
                    continue
                }
                stops += 1
                manager?.tell("STOPPING=1")
                let isSecond = stops > 1
                logger.info(isSecond ? "stopping at once" : "draining; a second signal stops at once")
                group.addTask {
                    do {
                        try await queue.stop(now: isSecond)
                    } catch {
                        logger.error("\(error)")
                    }
                }
            }
        }
    }
}

extension QueueLogLine.Level {
    var loggerLevel: Logger.Level {
        switch self {
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
