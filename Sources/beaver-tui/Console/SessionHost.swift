import BeaverConsole
import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc
import Logging

/// What a console is given by this program: the queue, files, crashes, and the end.
final class SessionHost: ConsoleHost {
    let globals: GlobalOptions
    let options: RunOptions
    let reload: Reload
    let logger: Logger
    /// The queue is a scratch one, made to be looked at.
    let isDemo: Bool
    let directory: String
    let state: Lock<State>

    struct State: Sendable {
        var values: SettingsValues
        var queue: any QueueControl
        /// nil while attached.
        var life: EngineLife?
        var console: Console?
        /// What was checked last.
        var file: ConsoleFile?
        /// Ids whose acceptance this console was told, for the proof.
        var ownIDs: [String] = []
        /// Those of them that were done when the server was killed, and in how many runs.
        var ownDone: [String: Int] = [:]
        /// Counts what ends asking a server for them: each goes on while it stands still.
        var asking = 0
        var failure: (any Error)?
        var lastLine: String?
        /// Someone ends the engine on purpose: its end is not news.
        var isEnding = false
        /// No more batches of the file that is being taken.
        var isTakingEnded = false
        /// Counts what ends a comparison of a file with the queue: each goes on while it stands still.
        var comparison = 0
    }

    init(_ reload: Reload, _ values: SettingsValues, isDemo: Bool) {
        self.globals = reload.globals
        self.options = reload.options
        self.reload = reload
        self.logger = reload.logger
        self.isDemo = isDemo
        self.directory = values.queue.dataDirectory
        let client = QueueClient(dataDirectory: self.directory)
        self.state = Lock(State(values: values, queue: client))
    }

    /// As they were read last.
    var values: SettingsValues { self.state.withLock { $0.values } }

    var queue: any QueueControl { self.state.withLock { $0.queue } }
    var failure: (any Error)? { self.state.withLock { $0.failure } }
    var lastLine: String? { self.state.withLock { $0.lastLine } }

    var console: Console? {
        get { self.state.withLock { $0.console } }
        set { self.state.withLock { $0.console = newValue } }
    }

    // MARK: Engine

    /// Takes the directory and opens the doors; throws `locked` if a server has it.
    func embed() async throws(QueueError) {
        let life = try self.newLife()
        try await life.open()
        self.state.withLock { state in
            state.life = life
            state.queue = life.queue
        }
    }

    func newLife() throws(QueueError) -> EngineLife {
        let life = try EngineLife(self.values, self.reload)
        life.onReload { [weak self, weak life] () async throws(QueueError) in
            guard let self, let life else { return [] }
            return try await self.readConfiguration(life)
        }
        return life
    }

    func start() async throws(QueueError) {
        guard let life = self.state.withLock({ $0.life }) else { return }
        try await life.start()
        self.watch(life)
    }

    func attach(_ client: QueueClient) { self.state.withLock { $0.queue = client } }

    func fail(_ error: any Error) { self.state.withLock { $0.failure = $0.failure ?? error } }

    /// Ends the console when the engine ends by itself: `beaver-tui stop`, or a disk that fails.
    func watch(_ life: EngineLife) {
        // Nothing awaits it: the queue's own end is its end.
        Task {
            do throws(QueueError) {
                try await life.queue.waitUntilStopped()
                // Whoever stopped it from outside still gets an answer.
                if self.state.withLock({ !$0.isEnding }) { await life.closeDoors() }
                self.ended(life, nil)
            } catch {
                self.ended(life, error)
            }
        }
    }

    private func ended(_ life: EngineLife, _ error: QueueError?) {
        let console: Console? = self.state.withLock { state in
            guard state.life === life, !state.isEnding else { return nil }
            // What went wrong first has been said, and is the reason for the rest.
            guard let error else { return state.console }
            guard state.failure == nil else { return nil }
            state.failure = error
            return state.console
        }
        // A failure stays on the screen until someone has read it; an orderly stop has nothing more to show.
        if error == nil {
            console?.post(.stopped)
        } else if let error {
            console?.post(.acted("the engine", .failure(error)))
        }
    }

    func takeOver() async throws(QueueError) {
        try await self.embed()
        try await self.start()
    }

    func hold() { self.state.withLock { $0.life }?.queue.hold() }

    func goOn() { self.state.withLock { $0.life }?.queue.goOn() }

    func quit(_ kind: Effect.Quit) async {
        let embedded = self.state.withLock { state in
            state.isEnding = true
            return state.life
        }
        guard let life = embedded else { return }
        let status = try? await life.queue.status()
        do {
            try await life.stop(now: kind == .now)
            self.say(status, kind)
            if kind == .leaveRunning { try await self.leaveRunning() }
        } catch {
            self.fail(error)
        }
    }

    private func leaveRunning() async throws {
        var arguments = CommandLine.arguments.dropFirst().filter { !["--read-only"].contains($0) }
        // Without a command the console was asked for; what goes on is `run`.
        if !arguments.contains("run") { arguments.append("run") }
        let (pid, logPath) = try await DetachedServer(globals: self.globals, arguments: Array(arguments)).launch()
        self.state.withLock {
            $0.lastLine =
                "the queue goes on in the background with pid \(pid), its log is \(logPath); "
                + "`beaver-tui` brings the console back, `beaver-tui stop` ends it"
        }
    }

    private func say(_ status: QueueStatus?, _ kind: Effect.Quit) {
        // Of a demo nothing stays.
        guard let jobs = status?.jobs, kind != .leaveRunning, !self.isDemo else { return }
        let waiting = jobs.pending + jobs.scheduled + jobs.parked + jobs.inFlight
        let again = ProgramName.again(CommandLine.arguments, without: ["--read-only", "--until-idle"])
        let rest = waiting == 0 ? "nothing waits" : "\(PeopleText.count(waiting, "job")) not done yet, safe on disk"
        self.state.withLock { $0.lastLine = "\(rest) in \(self.directory); go on with: \(again)" }
    }

    // MARK: Files

    func complete(_ text: String) async -> [String] {
        let cut = text.lastIndex(of: "/").map { text.index(after: $0) } ?? text.startIndex
        let (folder, start) = (String(text[..<cut]), String(text[cut...]))
        let path = ConsoleFile.expanded(folder.isEmpty ? "." : folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasPrefix(start) && (start.hasPrefix(".") || !$0.hasPrefix(".")) }.sorted().map {
            name in
            var isFolder = false
            _ = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
            return folder + name + (isFolder ? "/" : "")
        }
    }

    func check(_ path: String, _ limits: FileLimits) async -> FileCheck {
        let (check, file) = await ConsoleFile.check(
            path,
            limits,
            maxPayloadBytes: self.values.queue.limits.maxPayloadBytes
        )
        self.state.withLock { $0.file = file }
        return check
    }

    func compare(_ progress: @escaping @Sendable (EnqueueResult) -> Void) async throws(QueueError) {
        let (file, number) = self.state.withLock { state in
            state.comparison += 1
            return (state.file, state.comparison)
        }
        try await file?.compare(with: self.queue) { sum in
            guard self.state.withLock({ $0.comparison }) == number else { return .noMore }
            progress(sum)
            return .more
        }
    }

    func endComparing() async { self.state.withLock { $0.comparison += 1 } }

    func take(skipsBad: Bool, progress: @escaping @Sendable (Int) -> Void) async throws(QueueError) -> FileTaken {
        guard let file = self.state.withLock({ $0.file }) else { throw .invalidInput("no file was checked") }
        guard skipsBad || file.checked.badCount == 0 else { throw .invalidInput("the file has bad entries") }
        await self.endComparing()
        // First, so that nothing is taken where the rest cannot be kept.
        let refused = file.checked.badCount > 0 ? try await file.writeRefused() : nil
        self.state.withLock { $0.isTakingEnded = false }
        do throws(QueueError) {
            let result = try await file.take(into: self.queue) { batch in
                self.remember(batch.jobs.compactMap(\.id), batch.result)
                progress(batch.total)
                return self.state.withLock { $0.isTakingEnded } ? .noMore : .more
            }
            self.remember(file.checked.jobs.compactMap(\.id), result)
            return FileTaken(result, refusedPath: refused)
        } catch {
            if let refused { try FileStorage().remove(refused) }
            throw error
        }
    }

    func endTaking() async { self.state.withLock { $0.isTakingEnded = true } }

    /// Only ids that were answered as taken or known count as told; those that differ were refused.
    func remember(_ ids: [String], _ result: EnqueueResult) {
        if result.differs == 0 { self.remember(ids) }
    }

    func remember(_ ids: [String]) {
        self.state.withLock { state in
            state.ownIDs += ids.prefix(max(0, Self.maxOwnIDs - state.ownIDs.count))
        }
    }

    private static let maxOwnIDs = 1_000_000

    func create(action: String, payload: String) async throws(QueueError) -> String {
        let job = try SingleJob.fromPayload(
            payload,
            action: action.isEmpty ? nil : action,
            id: nil,
            options: JobsFileOptions()
        )
        let result = try await self.queue.enqueue([job])
        self.remember(result.ids, result)
        return result.ids.first ?? "one job"
    }

    func reload() async throws(QueueError) -> String {
        guard let life = self.state.withLock({ $0.life }) else {
            guard let client = self.queue as? QueueClient else { throw .invalidInput("there is no server") }
            return Self.sentence(try await client.reload())
        }
        return Self.sentence(try await self.readConfiguration(life))
    }

    private func readConfiguration(_ life: EngineLife) async throws(QueueError) -> [String] {
        let taken = try await life.readConfiguration()
        // The next engine of this console begins with it.
        self.state.withLock { $0.values = taken.values }
        return taken.waits
    }

    private static func sentence(_ waits: [String]) -> String {
        (["configuration read again"] + waits).joined(separator: "; ")
    }

    func write(_ jobs: [JobDetails], to path: String) async throws(QueueError) -> String {
        let path = AbsolutePath.of(ConsoleFile.expanded(path))
        try self.create(path, JobsFileWriter.text(jobs))
        return path
    }

    func save(report: [String]) async throws(QueueError) -> String {
        let time = PeopleText.time(Clocks.wallMilliseconds()).prefix(19)
            .replacing(" ", with: "-").replacing(":", with: "")
        let path = "\(self.directory)/crash-test-\(time).txt"
        try self.create(path, Array((report.joined(separator: "\n") + "\n").utf8))
        return path
    }

    /// Never over a file that is there.
    private func create(_ path: String, _ bytes: [UInt8]) throws(QueueError) {
        let file = try FileStorage().open(path, .createNew)
        defer { file.close() }
        try file.write(bytes.span.bytes, at: 0)
        try file.synchronizeData()
    }
}
