import BeaverQueue
import Logging
import Metrics
import ServiceLifecycle

/// What a job is given.
struct Thumbnail: Codable, Sendable {
    var file: String
    var width: Int
}

/// The queue as a service: it starts with the group, drains when the group shuts down, and logs through swift-log.
struct QueueService: Service {
    let queue: Queue
    let logger: Logger

    func run() async throws {
        // From before the start; it ends with the queue.
        async let log: Void = self.log(self.queue.events())
        try await self.queue.start()
        try await withGracefulShutdownHandler {
            try await self.queue.waitUntilStopped()
        } onGracefulShutdown: {
            // The handler may not wait; `run` does, for the end of this stop.
            Task { try await self.queue.stop() }
        }
        await log
    }

    private func log(_ events: AsyncStream<QueueEvent>) async {
        for await event in events {
            self.logger.log(level: Logger.Level(rawValue: event.level.rawValue) ?? .info, "\(event.message)")
        }
    }
}

/// The queue's counts, through swift-metrics.
struct QueueMetrics {
    private let pending = Gauge(label: "queue_jobs_pending")
    private let completed = Gauge(label: "queue_jobs_completed")
    private let dead = Gauge(label: "queue_jobs_dead")

    func record(_ jobs: QueueStatus.Jobs) {
        self.pending.record(jobs.pending)
        self.completed.record(jobs.completed)
        self.dead.record(jobs.dead)
    }
}

@main
struct Embed {
    static func main() async throws {
        let logger = Logger(label: "embed")
        let queue = Queue(QueueConfiguration(dataDirectory: CommandLine.arguments.dropFirst().first ?? "data"))
        queue.handle("thumbnail", of: Thumbnail.self) { thumbnail, job in
            print("run \(job.runNumber): \(thumbnail.file) at \(thumbnail.width)")
        }
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: QueueService(queue: queue, logger: logger),
                        successTerminationBehavior: .gracefullyShutdownGroup
                    )
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        async let group: Void = services.run()
        try await queue.waitUntilStarted()
        try await queue.enqueue("thumbnail", Thumbnail(file: "a.png", width: 400), id: "good")
        try await queue.enqueue("thumbnail", 17, id: "bad")
        for id in ["good", "bad"] {
            let job = try await queue.waitUntilEnded(id)
            print("\(id): \(job.summary.state.rawValue)\(job.summary.error.map { ": \($0)" } ?? "")")
        }
        QueueMetrics().record(try await queue.status().jobs)
        await services.triggerGracefulShutdown()
        try await group
        print("stopped in order")
    }
}
