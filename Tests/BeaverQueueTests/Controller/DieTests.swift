import BeaverTestSupport
import Synchronization
import Testing

@testable import BeaverQueue

/// An engine that is killed as a crash-test does it, with its storage cut off before.
@Suite("An engine dies", .timeLimit(.minutes(2)))
struct DieTests {
    /// A thread of the engine may meet the severed storage first, and then it is that thread which ends the engine: a
    /// crash-test's next engine found the directory taken.
    @Test("the directory is free once it is dead, whoever ended it")
    func theDirectoryIsFree() async throws {
        for _ in 0..<10 {
            try await withTemporaryDirectory { directory in
                var configuration = QueueConfiguration(dataDirectory: directory)
                // Ending these takes a moment.
                configuration.handlers = ["wait": HandlerConfiguration(.command(["tail", "-f", "/dev/null"]))]
                configuration.worker.count = 8
                let disk = SeverableStorage(FileStorage())
                let queue = Queue(configuration, storage: disk)
                try await queue.start()
                try await queue.enqueue((0..<8).map { _ in NewJob(payload: Array("{}".utf8), action: "wait") })
                while try await queue.status().jobs.inFlight < 8 { await Task.yield() }
                guard case .running(let core) = queue.life.withLock({ $0.stage }) else { return }
                disk.sever()
                // Its commit fails, on a thread of the engine, which begins to end it.
                async let lost = Self.isLost(queue)
                while !core.controller.isStopping.load(ordering: .relaxed) { await Task.yield() }
                _ = queue.die()
                let lock = try DirectoryLock.acquire(directory: directory, role: "server", waitMilliseconds: 0)
                lock.release()
                #expect(await lost)
            }
        }
    }

    private static func isLost(_ queue: Queue) async -> Bool {
        do {
            try await queue.enqueue([NewJob(payload: Array("{}".utf8), action: "wait")])
            return false
        } catch {
            return true
        }
    }
}
