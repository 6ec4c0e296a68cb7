internal import CBeaver
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The handler runner of a real queue: programs, built-ins and closures.
///
/// `noop`, `fail` and runs that nobody can execute end on the caller's thread, inside `start`: they are over before
/// anything else could be told to care, and a hop to another thread would cost more than they do. Programs and sleeps end
/// on a process loop's thread, closures on whatever thread their task ends.
package final class CommandRunner: HandlerRunner {
    package typealias Closure = @Sendable (HandledJob) async throws -> Void

    /// What one configuration says; a new one takes its place as a whole.
    ///
    /// A class, because each start takes it: one reference is counted, and not one for each of its parts.
    private final class Settings: Sendable {
        let registry: HandlerRegistry
        let outputMaxBytes: Int64
        /// Of handlers without an environment of their own.
        let plainEnvironment: RunEnvironment
        /// By the handler's name.
        let environments: [String: RunEnvironment]

        init(
            _ configuration: QueueConfiguration,
            storeID: String,
            inherited: [String],
            closureNames: Set<String>
        ) {
            self.registry = HandlerRegistry(configuration: configuration, closureNames: closureNames)
            self.outputMaxBytes = configuration.limits.outputMaxBytes
            self.plainEnvironment = RunEnvironment(storeID: storeID, inherited: inherited, handler: [])
            self.environments = configuration.handlers.filter { !$0.value.environment.isEmpty }.mapValues { handler in
                RunEnvironment(storeID: storeID, inherited: inherited, handler: handler.environment)
            }
        }
    }

    private let storeID: String
    private let outputDirectory: String
    private let closures: [String: Closure]
    private let inheritedEnvironment: [String]
    private let settings: Lock<Settings>
    private let mailboxes: [ProcessMailbox]
    private let closureRuns = ClosureRuns()
    private let runningCount = Atomic<Int>(0)
    private let isEnding = Atomic<Bool>(false)
    /// Readable when a run has ended since it was read; for `endAll`, and not before it has begun.
    private let endedDescriptor: Int32

    /// Starts the runner's threads.
    ///
    /// `processThreadCount` threads start programs and see them end.
    package init(
        storeID: String,
        outputDirectory: String,
        configuration: QueueConfiguration,
        closures: [String: Closure],
        processThreadCount: Int = 2
    ) throws(QueueError) {
        Self.occupyStandardDescriptors()
        let endedDescriptor = try SystemCall.check("eventfd", path: "command runner") { cbeaver_event() }
        let leaders = RecentLeaders()
        var mailboxes: [ProcessMailbox] = []
        do throws(QueueError) {
            for _ in 0..<max(1, processThreadCount) {
                let mailbox = try ProcessMailbox()
                try ProcessLoop.start(storeID: storeID, mailbox: mailbox, leaders: leaders)
                mailboxes.append(mailbox)
            }
        } catch {
            for mailbox in mailboxes { mailbox.post(.finish) }
            SystemCall.close(endedDescriptor)
            throw error
        }
        let inherited = Self.ownEnvironment()
        self.storeID = storeID
        self.outputDirectory = outputDirectory
        self.closures = closures
        self.inheritedEnvironment = inherited
        self.endedDescriptor = endedDescriptor
        self.mailboxes = mailboxes
        self.settings = Lock(
            Settings(configuration, storeID: storeID, inherited: inherited, closureNames: Set(closures.keys))
        )
    }

    deinit {
        self.closureRuns.close()
        for mailbox in self.mailboxes { mailbox.post(.finish) }
        SystemCall.close(self.endedDescriptor)
    }

    /// Takes new handlers and limits for runs that start from now on.
    package func update(configuration: QueueConfiguration) {
        let new = Settings(
            configuration,
            storeID: self.storeID,
            inherited: self.inheritedEnvironment,
            closureNames: Set(self.closures.keys)
        )
        self.settings.withLock { $0 = new }
    }

    /// What holds for jobs of an action that bring no limits of their own, as the configuration stands now.
    package func limits(of action: String) -> [JobLimit] {
        self.settings.withLock { $0 }.registry.limits(of: action)
    }

    /// Actions that have a handler of their own name.
    package var handlerNames: Set<String> { self.settings.withLock { $0 }.registry.names }

    /// The terms of an action as the configuration and the disk stand now.
    package func policy(for action: String) -> HandlerRegistry.Policy {
        let settings = self.settings.withLock { $0 }
        return settings.registry.policy(for: action, programFault: self.programFault(of:))
    }

    package func immediateResult(of action: String) -> RunResult? {
        let settings = self.settings.withLock { $0 }
        guard case .handler(_, let handler) = settings.registry.target(for: action) else {
            return nil
        }
        switch handler.kind {
        case .noop: return BuiltinHandlers.noop
        case .fail: return BuiltinHandlers.fail
        case .command, .exec, .sleep, .closure: return nil
        }
    }

    package func start(_ run: RunRequest, ended: @escaping @Sendable (RunResult) -> Void) {
        // The engine has recorded it as such: also if there has been a handler for a moment now.
        if run.isSimulated {
            return self.sleep(run, milliseconds: BuiltinHandlers.simulatedMilliseconds(run.payload), ended: ended)
        }
        let settings = self.settings.withLock { $0 }
        switch settings.registry.target(for: run.action) {
        case .closure(let name):
            guard let body = self.closures[name] else {
                return ended(RunResult(.cannotStart, error: "no closure is registered for `\(name)`"))
            }
            self.closureRuns.start(run, body, ended: self.counted(ended))
        case .handler(let name, let handler):
            if let fault = settings.registry.fault(of: handler) {
                return ended(RunResult(.cannotStart, error: fault))
            }
            self.start(run, name, handler, settings, ended: ended)
        case .nobody(let reason):
            ended(RunResult(.cannotStart, error: reason))
        }
    }

    package func stop(token: UInt64, _ how: StopKind, because reason: StopReason) {
        if self.closureRuns.stop(token) { return }
        self.mailbox(of: token).post(.stop(token: token, how, because: reason))
    }

    package func endAll(within seconds: Double) {
        self.isEnding.store(true, ordering: .sequentiallyConsistent)
        self.closureRuns.stopAll()
        defer { self.closureRuns.close() }
        for mailbox in self.mailboxes { mailbox.post(.stopAll) }
        let deadline = BootClock.now().bootMilliseconds + Int64(max(0, seconds) * 1_000)
        while self.runningCount.load(ordering: .sequentiallyConsistent) > 0 {
            let left = deadline - BootClock.now().bootMilliseconds
            if left <= 0 { return }
            var request = pollfd(fd: self.endedDescriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&request, 1, Int32(clamping: left))
            var count: UInt64 = 0
            _ = read(self.endedDescriptor, &count, MemoryLayout<UInt64>.size)
        }
    }

    private func programFault(of handler: HandlerConfiguration) -> String? {
        let environment = RunEnvironment(
            storeID: self.storeID,
            inherited: self.inheritedEnvironment,
            handler: handler.environment
        )
        return ProgramSearch.fault(of: handler, environment: environment)
    }

    private func start(
        _ run: RunRequest,
        _ name: String,
        _ handler: HandlerConfiguration,
        _ settings: Settings,
        ended: @escaping @Sendable (RunResult) -> Void
    ) {
        switch handler.kind {
        case .noop: ended(BuiltinHandlers.noop)
        case .fail: ended(BuiltinHandlers.fail)
        case .sleep:
            guard let milliseconds = BuiltinHandlers.sleepMilliseconds(run.payload) else {
                return ended(BuiltinHandlers.sleepRefused)
            }
            self.sleep(run, milliseconds: milliseconds, ended: ended)
        case .command(let arguments):
            let environment = settings.environments[name] ?? settings.plainEnvironment
            let command = JobCommand(arguments: arguments, workingDirectory: handler.workingDirectory)
            self.launch(run, command, handler, environment, settings, input: run.payload, ended: ended)
        case .exec:
            guard let command = run.command else {
                return ended(RunResult(.failedPermanently, error: "the job brings no command that exec could run"))
            }
            let environment = settings.environments[name] ?? settings.plainEnvironment
            self.launch(run, command, handler, environment, settings, input: nil, ended: ended)
        case .closure: ended(RunResult(.cannotStart, error: "no closure is registered for `\(name)`"))
        }
    }

    private func launch(
        _ run: RunRequest,
        _ command: JobCommand,
        _ handler: HandlerConfiguration,
        _ environment: RunEnvironment,
        _ settings: Settings,
        input: [UInt8]?,
        ended: @escaping @Sendable (RunResult) -> Void
    ) {
        let texts = command.arguments + command.environment + [command.workingDirectory ?? ""]
        guard let program = command.arguments.first, texts.allSatisfy({ !$0.utf8.contains(0) }) else {
            let error = "the command is empty or has a zero byte in it, which no program can be given"
            return ended(RunResult(.failedPermanently, error: error))
        }
        let launch = ProcessLaunch(
            token: run.token,
            program: program,
            arguments: CStringList(command.arguments),
            environment: environment.list(for: run, job: command.environment),
            searchPath: environment.searchPath(job: command.environment),
            workingDirectory: command.workingDirectory ?? handler.workingDirectory,
            input: input,
            okExitStatuses: handler.okExitStatuses,
            isJobsOwn: handler.kind == .exec,
            outputDirectory: self.outputDirectory,
            outputMaxBytes: settings.outputMaxBytes,
            enqueueSequence: run.enqueueSequence
        )
        self.mailbox(of: run.token).post(.start(launch, ended: self.counted(ended)))
    }

    private func sleep(_ run: RunRequest, milliseconds: Int64, ended: @escaping @Sendable (RunResult) -> Void) {
        let order = ProcessMailbox.Order.sleep(
            token: run.token,
            milliseconds: milliseconds,
            ended: self.counted(ended)
        )
        self.mailbox(of: run.token).post(order)
    }

    private func mailbox(of token: UInt64) -> ProcessMailbox {
        self.mailboxes[Int(token % UInt64(self.mailboxes.count))]
    }

    /// Counts a run from now until `ended` has been told.
    private func counted(_ ended: @escaping @Sendable (RunResult) -> Void) -> @Sendable (RunResult) -> Void {
        self.runningCount.add(1, ordering: .acquiringAndReleasing)
        // Strong on purpose: the runner outlives its runs, as `ended` must be told of each.
        return { result in
            ended(result)
            self.runningCount.subtract(1, ordering: .sequentiallyConsistent)
            // One order of all four: either `endAll` sees this run gone, or this run sees that somebody waits for it.
            guard self.isEnding.load(ordering: .sequentiallyConsistent) else { return }
            var one: UInt64 = 1
            // Fails only when the counter is at its end, and then it is readable.
            _ = write(self.endedDescriptor, &one, MemoryLayout<UInt64>.size)
        }
    }

    /// Our environment as it is now; read once, because a change by another thread while a run starts would tear it.
    private static func ownEnvironment() -> [String] {
        var entries: [String] = []
        guard var next = cbeaver_environment() else { return [] }
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }

    /// Makes sure that 0, 1 and 2 are taken: started with one of them closed, our own files would get its number, and a
    /// child would inherit them as its standard streams.
    private static func occupyStandardDescriptors() {
        while let descriptor = try? SystemCall.retrying({ FileStorage.openCall("/dev/null", O_RDWR | O_CLOEXEC, 0) }) {
            if descriptor > 2 { return SystemCall.close(descriptor) }
        }
    }
}
