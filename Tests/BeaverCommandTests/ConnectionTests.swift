import BeaverQueue
import BeaverServer
import BeaverTestSupport
import Foundation
import Glibc
import Testing

@testable import beaver_tui

/// Who answers a command, and what that means if nobody does.
@Suite struct ConnectionTests {
    @Test("a server that has no room for one more is not taken for none: its queue is not stopped")
    func aServerWithoutRoom() async throws {
        var limits = RequestLimits()
        limits.connections = 0
        try await withServer(over: FakeQueue(), limits: limits) { directory in
            let error = await #expect(throws: QueueError.self) {
                _ = try await Connection.server(of: directory + "/data")
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("closes every connection") == true)
        }
        try await withTemporaryDirectory { directory in
            let nobody = try await Connection.server(of: directory)
            #expect(nobody == nil)
        }
    }

    @Test("a job that is no longer kept has ended, whatever other id begins like its own")
    func waitsForTheJobItself() async throws {
        let queue = FakeQueue()
        queue.setFound(.sample("task-10", state: .dead), for: "task-1")
        try await JobWaiter(queue: queue).waitForJobs(["task-1"])
        queue.setFound(.sample("task-1", state: .dead), for: "task-1")
        await #expect(throws: CommandFailure.self) { try await JobWaiter(queue: queue).waitForJobs(["task-1"]) }
    }

    @Test("stop waits for the server that it stopped, and not for the next one", .timeLimit(.minutes(1)))
    func stopWithASuccessor() async throws {
        let successor = Lock<FakeQueue?>(nil)
        let queue = FakeQueue { call in
            guard call.hasPrefix("stop") else { return }
            successor.withLock { $0?.setStatus { $0.pid = 2 } }
        }
        queue.setStatus { $0.pid = 1 }
        successor.withLock { $0 = queue }
        try await withServer(over: queue) { directory in
            let status = await BeaverTUI.run(["stop", "-q", "--json", "--data-dir", directory + "/data"])
            #expect(status == .done)
        }
        #expect(queue.calls.contains("stop false"))
    }

    /// In a container the server has another pid for itself than for us.
    @Test("a process is killed as the server only if it has the lock of the directory")
    func theServersProcess() async throws {
        try await withTemporaryDirectory { directory in
            try Data().write(to: URL(filePath: directory + "/lock"))
            #expect(ServerProcess.whyNot(getpid(), of: directory) == "the engine is inside this console")
            #expect(ServerProcess.whyNot(getppid(), of: directory)?.contains("container") == true)
            let script = "exec 9<'\(directory)/lock'; echo open; exec sleep 3600"
            let pid = try Spawn.start("/bin/sh", ["sh", "-c", script], output: directory + "/said")
            defer {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
            }
            try await waitUntil("it has the lock open") {
                FileManager.default.contents(atPath: directory + "/said") == Data("open\n".utf8)
            }
            #expect(ServerProcess.whyNot(pid, of: directory) == nil)
        }
    }
}
