import BeaverQueue
import BeaverTestSupport

/// A queue over a real directory, with handlers that do nothing but what a test wants.
struct QueueFixture {
    let queue: Queue
    let directory: String

    static func run(
        _ change: @Sendable (inout QueueConfiguration) -> Void = { _ in },
        _ body: (QueueFixture) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            var configuration = QueueConfiguration(dataDirectory: directory + "/data")
            configuration.worker.backoffJitter = 0
            change(&configuration)
            let queue = Queue(configuration)
            try await queue.start()
            try await body(QueueFixture(queue: queue, directory: configuration.dataDirectory))
            try await queue.stop(now: true)
        }
    }

    static func job(
        _ id: String,
        action: String = "noop",
        priority: UInt8 = 4,
        payload: String = "{}",
        start: NewJob.Start = .now
    ) -> NewJob {
        NewJob(id: id, payload: Array(payload.utf8), action: action, maxRetry: 0, priority: priority, start: start)
    }

    func put(_ jobs: NewJob...) async throws { _ = try await self.queue.enqueue(jobs) }

    func ids(_ list: ViewRequest.List, count: Int = 20) async throws -> [String] {
        try await self.pane(ViewRequest.Pane(list, count: count)).rows.map(\.id)
    }

    func pane(_ pane: ViewRequest.Pane) async throws -> QueueView.Pane {
        try await self.queue.view(ViewRequest(panes: [pane])).panes[0]
    }

    /// All pages of a list.
    func list(_ filter: JobFilter = JobFilter(), page: Int = 100) async throws -> [String] {
        var ids: [String] = []
        var cursor: JobCursor?
        repeat {
            let answer = try await self.queue.jobs(matching: filter, after: cursor, limit: page)
            ids += answer.jobs.map(\.id)
            cursor = answer.next
        } while cursor != nil
        return ids
    }
}
