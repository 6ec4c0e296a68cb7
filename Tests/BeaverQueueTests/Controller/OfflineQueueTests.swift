import BeaverQueue
import BeaverTestSupport
import Testing

/// A directory without its owner: what can be read and changed there, and what cannot.
@Suite("A queue without a server", .timeLimit(.minutes(2)))
struct OfflineQueueTests {
    /// One completed, one dead, two that wait; then the engine is gone.
    private func withStopped(_ body: (OfflineQueue, QueueConfiguration) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let configuration = QueueConfiguration(dataDirectory: directory + "/data")
            let queue = Queue(configuration)
            try await queue.start()
            try await queue.enqueue([QueueFixture.job("done"), QueueFixture.job("bad", action: "fail")])
            try await queue.waitUntilIdle()
            try await queue.pause()
            try await queue.enqueue([QueueFixture.job("first"), QueueFixture.job("second")])
            try await queue.stop()
            try await body(try OfflineQueue(configuration), configuration)
        }
    }

    private static func only(_ state: JobState) -> JobFilter {
        var filter = JobFilter()
        filter.states = [state]
        return filter
    }

    /// Longer than a slice of the engine's time, so that its pieces add up; read from the files it says the same.
    @Test("what a queue knows of jobs is found without taking any")
    func comparing() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = QueueConfiguration(dataDirectory: directory + "/data")
            let queue = Queue(configuration)
            try await queue.start()
            try await queue.enqueue((0..<700).map { QueueFixture.job("known-\($0)") })
            try await queue.waitUntilIdle()
            let jobs =
                (0..<1_200).map { QueueFixture.job("known-\($0)") } + [QueueFixture.job("known-0", payload: "1")]
            var expected = EnqueueResult(enqueued: 500, duplicates: 700, differs: 1, differingIDs: ["known-0"])
            expected.unhandled = []
            #expect(try await queue.compare(jobs) == expected)
            expected.unhandled = nil
            let status = try await queue.status()
            #expect(status.jobs.enqueuedTotal == 700 && status.jobs.duplicatesTotal == 0)
            try await queue.stop()
            #expect(try await OfflineQueue(configuration).compare(jobs) == expected)
        }
    }

    /// In more than one slice; of a job whose record is no longer kept the id alone is left.
    @Test("what became of jobs is told by their ids")
    func known() async throws {
        try await withTemporaryDirectory { directory in
            var configuration = QueueConfiguration(dataDirectory: directory + "/data")
            configuration.limits.completedKeep = 1
            let queue = Queue(configuration)
            try await queue.start()
            try await queue.enqueue((0..<700).map { QueueFixture.job("done-\($0)") })
            try await queue.waitUntilIdle()
            try await queue.pause()
            try await queue.enqueue([QueueFixture.job("waits")])
            try await queue.snapshot()
            let ids = (0..<700).map { "done-\($0)" } + ["waits", "nobody"]
            let known = try await queue.known(ids)
            #expect(known.count == 702)
            #expect(known[700] == KnownJob(state: .pending, runs: 0))
            #expect(known[701] == nil)
            #expect(known.prefix(700).allSatisfy { $0?.state == .completed })
            let kept = known.prefix(700).count { $0?.runs == 1 }
            #expect(kept < 700 && known.prefix(700).count { $0?.runs == nil } == 700 - kept)
            try await queue.stop()
            #expect(try await OfflineQueue(configuration).known(ids) == known)
        }
    }

    @Test("it is read as a running one is, and says that it is stopped")
    func reading() async throws {
        try await self.withStopped { offline, _ in
            let status = try await offline.status()
            #expect(status.state == .stopped)
            #expect(status.jobs.pending == 2 && status.jobs.completed == 1 && status.jobs.dead == 1)
            let page = try await offline.jobs(matching: JobFilter(), after: nil, limit: 10)
            #expect(page.jobs.map(\.id) == ["done", "bad", "first", "second"])
            #expect(try await offline.job("bad").summary.state == .dead)
            #expect(try await offline.count(matching: Self.only(.pending)) == 2)
            #expect(try await offline.output(of: "done", run: nil, from: 0).isComplete)
            #expect(try await offline.records(of: "done").map(\.event) == ["ENQUEUE", "DISPATCH", "ACK"])
        }
    }

    @Test("jobs are taken, retried, cancelled and purged, and nothing runs")
    func changing() async throws {
        try await self.withStopped { offline, _ in
            #expect(try await offline.enqueue([QueueFixture.job("third")]).enqueued == 1)
            try await offline.retry("bad")
            #expect(try await offline.job("bad").summary.state == .pending)
            #expect(try await offline.cancel("first") == .cancelled)
            try await offline.purge("first")
            #expect(try await offline.cancel(matching: Self.only(.pending)).done == 3)
            #expect(try await offline.retry(matching: Self.only(.cancelled)).done == 3)
            #expect(try await offline.purge(matching: Self.only(.completed)).done == 1)
            #expect(try await offline.snapshot() > 0)
            let jobs = try await offline.status().jobs
            #expect(jobs.pending == 3 && jobs.completed == 0 && jobs.purged == 2)
        }
    }

    /// It knows no handlers, and so cannot tell which work is unknown: the server that will run it can.
    @Test("what has a handler in the server is not dead for want of one here")
    func unknownWork() async throws {
        try await withTemporaryDirectory { directory in
            var configuration = QueueConfiguration(dataDirectory: directory + "/data")
            configuration.unknown = .dead
            configuration.handlers["mail"] = HandlerConfiguration(.noop)
            let queue = Queue(configuration)
            try await queue.start()
            try await queue.stop()
            _ = try await OfflineQueue(configuration).enqueue([QueueFixture.job("a", action: "mail")])
            #expect(try await OfflineQueue(configuration).job("a").summary.state == .pending)
        }
    }

    @Test("a refusal is the reason, and the directory is free afterwards")
    func refusal() async throws {
        try await self.withStopped { offline, _ in
            let error = await #expect(throws: QueueError.self) { try await offline.retry("second") }
            #expect(error?.code == .conflict)
            try await offline.retry("bad")
        }
    }

    @Test("what only a server can do names it")
    func serverOnly() async throws {
        try await self.withStopped { offline, _ in
            let calls: [@Sendable () async throws -> Void] = [
                { try await offline.pause() }, { try await offline.resume() }, { try await offline.setWorkers(2) },
                { try await offline.stop(now: false) },
            ]
            for call in calls {
                let error = await #expect(throws: QueueError.self) { try await call() }
                #expect(error?.code == .unavailable)
            }
        }
    }

    @Test("a directory without a queue is refused, and none is made")
    func nothingThere() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = QueueConfiguration(dataDirectory: directory + "/data")
            let error = #expect(throws: QueueError.self) { try OfflineQueue(configuration) }
            #expect(error?.code == .noSuchQueue)
            let other = #expect(throws: QueueError.self) { try Inspection.run(directory + "/data") { _ in true } }
            #expect(other?.code == .noSuchQueue)
        }
    }

    @Test("the log is told record by record: all of it, from a number on, of one job, and until it is enough")
    func inspection() async throws {
        try await self.withStopped { _, configuration in
            func lines(from first: UInt64 = 0, job: String? = nil, atMost limit: Int = .max) throws -> [Inspection.Line]
            {
                var lines: [Inspection.Line] = []
                try Inspection.run(configuration.dataDirectory, from: first, job: job) { line in
                    lines.append(line)
                    return lines.count < limit
                }
                return lines
            }
            let all = try lines()
            #expect(all.map(\.sequence) == Array(1...UInt64(all.count)))
            #expect(all.filter { $0.event == "ENQUEUE" }.map(\.job) == ["done", "bad", "first", "second"])
            let bad = try lines(job: "bad")
            #expect(bad.map(\.event) == ["ENQUEUE", "DISPATCH", "DEAD"])
            #expect(bad.allSatisfy { $0.job == "bad" })
            #expect(bad.last?.details.contains("fence=") == true)
            #expect(try lines(from: 5).first?.sequence == 5)
            #expect(try lines(atMost: 2).count == 2)
        }
    }
}
