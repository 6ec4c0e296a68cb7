import BeaverQueue

/// Jobs that keep the queue busy while it is crashed on purpose; named so that nobody takes them for real ones.
struct CrashLoad: Sendable {
    static let count = 2_000

    let prefix = "crash-test-load-\(GeneratedID.make(BootClock.now()))-"

    /// Short sleeps, which every queue can run; returns their ids.
    func add(to queue: any QueueControl) async throws(QueueError) -> [String] {
        let jobs = (1...Self.count).map { number in
            NewJob(id: self.prefix + String(number), payload: Array(#"{"ms":20}"#.utf8), action: "sleep", priority: 9)
        }
        _ = try await queue.enqueue(jobs)
        // The crash is to meet some of them running, some done and some waiting.
        try? await Task.sleep(for: .milliseconds(300))
        return jobs.compactMap(\.id)
    }

    func remove(from queue: any QueueControl) async throws(QueueError) {
        var filter = JobFilter()
        filter.id = self.prefix + "*"
        filter.states = [.pending, .scheduled, .parked, .inFlight]
        _ = try await queue.cancel(matching: filter)
        filter.states = [.completed, .dead, .cancelled]
        // Those that ran when they were cancelled end a moment later.
        for _ in 0..<50 {
            _ = try await queue.purge(matching: filter)
            var left = JobFilter()
            left.id = filter.id
            if try await queue.count(matching: left) == 0 { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
