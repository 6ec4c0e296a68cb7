import BeaverQueue
import BeaverServer
import Logging

/// One life of the engine inside a console: its disk, its queue and its doors.
///
/// A console may live through several: a crash-test ends one and begins the next on the same files.
final class EngineLife: Sendable {
    let queue: Queue
    private let disk: SeverableStorage
    private let server: Server
    private let reload: Reload

    init(_ values: SettingsValues, _ reload: Reload) throws(QueueError) {
        let logger = reload.logger
        self.reload = reload
        let disk = SeverableStorage(FileStorage())
        let queue = Queue(values.queue, storage: disk)
        queue.onLogLine { line in logger.log(level: line.level.loggerLevel, "\(line.message)") }
        HeapTrim.follow(queue)
        self.disk = disk
        self.queue = queue
        self.server = Server(
            try ServerSettings.configuration(values),
            queue: queue,
            logger: logger,
            metrics: { QueueMetricsSnapshot(queue) }
        )
    }

    /// What a console attached to this one asks for with `L`.
    func onReload(_ readAgain: @escaping Server.ReadAgain) { self.server.onReload(readAgain) }

    /// Reads the configuration again.
    func readConfiguration() async throws(QueueError) -> Reload.Taken {
        try await self.reload.take(self.queue, self.server)
    }

    /// The lock, then the doors: whoever holds the lock owns the control socket.
    func open() async throws(QueueError) {
        try OpenFileLimit.raise()
        try await self.queue.takeDirectory()
        try await self.server.start()
    }

    /// Recovers, and begins to dispatch.
    func start() async throws(QueueError) { try await self.queue.start() }

    /// Drains first unless `now`; the doors close last, so that every question has an answer.
    func stop(now: Bool) async throws(QueueError) {
        do {
            try await self.queue.stop(now: now)
        } catch {
            await self.server.stop()
            throw error
        }
        await self.server.stop()
    }

    /// Answers what was asked, then takes no more questions.
    func closeDoors() async { await self.server.stop() }

    /// Dies as by SIGKILL; returns how many requests were left without an answer.
    func crash() async -> Int {
        let (disk, queue) = (self.disk, self.queue)
        let unanswered = await Blocking.run {
            disk.sever()
            return queue.die()
        }
        await self.server.stop()
        return unanswered
    }
}

/// Work that blocks, on a thread that may.
enum Blocking {
    static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            do {
                try SystemThread.start("beaver-blocking") { continuation.resume(returning: body()) }
            } catch {
                // No thread to be had: better late on this one than never.
                continuation.resume(returning: body())
            }
        }
    }
}
