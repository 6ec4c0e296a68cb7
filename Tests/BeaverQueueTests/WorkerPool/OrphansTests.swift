import Glibc
import Testing

@testable import BeaverQueue

@Suite("Orphans", .timeLimit(.minutes(2)))
struct OrphansTests {
    /// Starts `sleep` in a session of its own with this marker and leaves it: what a crashed queue would leave.
    private func orphan(_ marker: String) throws -> ProcessGroup {
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(nothing) }
        return try ProcessGroup.start(
            path: "/bin/sleep",
            arguments: CStringList(["sleep", "600"]),
            environment: CStringList(["OTHER=1", marker]),
            workingDirectory: nil,
            input: nothing,
            output: nothing
        )
    }

    private func reap(_ group: ProcessGroup) {
        kill(group.leaderProcessID, SIGKILL)
        waitpid(group.leaderProcessID, nil, 0)
        close(group.leaderDescriptor)
    }

    @Test("processes of the store are ended and counted, others are left alone")
    func ends() async throws {
        let store = "orphans-\(getpid())"
        // The kernel kills a child with the thread that started it, so all of this stays on one.
        let outcome: (Orphans.Outcome, [Bool]) = try await onOwnThread {
            let mine = [try self.orphan("BEAVER_RUN=\(store).1"), try self.orphan("BEAVER_RUN=\(store).77")]
            let others = [
                try self.orphan("BEAVER_RUN=\(store)x.1"), try self.orphan("NOT_BEAVER_RUN=\(store).1"),
                try self.orphan("X=BEAVER_RUN=\(store).1"),
            ]
            defer { for group in mine + others { self.reap(group) } }
            let outcome = Orphans.endAll(storeID: store)
            return (outcome, (mine + others).map { isAlive($0.leaderProcessID) })
        }
        #expect(outcome.0 == Orphans.Outcome(endedCount: 2, stuckProcessIDs: []))
        #expect(outcome.1 == [false, false, true, true, true])
    }

    @Test("nothing to end costs next to nothing")
    func nothing() {
        let begin = BootClock.now().bootNanoseconds
        #expect(Orphans.endAll(storeID: "no-such-store") == Orphans.Outcome())
        // A generous limit: it takes 5 ms with 100 processes.
        #expect(BootClock.now().bootNanoseconds - begin < 2_000_000_000)
    }

    @Test("a program dies with the thread that started it, and so with the queue")
    func parentDeath() async throws {
        let group = try await onOwnThread { try self.orphan("X=1") }
        defer { self.reap(group) }
        var request = pollfd(fd: group.leaderDescriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&request, 1, 30_000) == 1)
    }

    private func onOwnThread<Answer: Sendable>(
        _ body: @escaping @Sendable () throws -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try SystemThread.start("test") { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
