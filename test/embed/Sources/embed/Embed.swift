import BeaverQueue
import FoundationEssentials
import Logging
import Metrics
import ServiceLifecycle

/// What a job is given.
struct Thumbnail: Codable, Sendable {
    var file: String
    var width: Int
}

/// The queue as a service: it starts with the group, and drains when the group shuts down.
struct QueueService: Service {
    let queue: Queue

    func run() async throws {
        try await self.queue.start()
        try await withGracefulShutdownHandler {
            try await self.queue.waitUntilStopped()
        } onGracefulShutdown: {
            // The handler may not wait; `run` does, for the end of this stop.
            Task { try await self.queue.stop(now: false) }
        }
    }
}

@main
struct Embed {
    static func main() async throws {
        let logger = Logger(label: "embed")
        let queue = Queue(QueueConfiguration(dataDirectory: CommandLine.arguments.dropFirst().first ?? "data"))
        queue.onLogLine { line in
            logger.log(level: Logger.Level(rawValue: line.level.rawValue) ?? .info, "\(line.message)")
        }
        queue.handle("thumbnail") { job in
            guard let thumbnail = try? JSONDecoder().decode(Thumbnail.self, from: Data(job.payload)) else {
                throw PermanentFailure("this is no thumbnail")
            }
            print("run \(job.runNumber): \(thumbnail.file) at \(thumbnail.width)")
        }
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: QueueService(queue: queue), successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        async let group: Void = services.run()
        let payload = try JSONEncoder().encode(Thumbnail(file: "a.png", width: 400))
        // Started or still recovering: an enqueue waits for it.
        while try await queue.status().state == .stopped { await Task.yield() }
        _ = try await queue.enqueue([
            NewJob(id: "good", payload: Array(payload), action: "thumbnail"),
            NewJob(id: "bad", payload: Array("17".utf8), action: "thumbnail"),
        ])
        for id in ["good", "bad"] {
            let job = try await queue.waitUntilEnded(id)
            print("\(id): \(job.summary.state.rawValue)\(job.summary.error.map { ": \($0)" } ?? "")")
        }
        let jobs = try await queue.status().jobs
        Gauge(label: "queue_jobs_completed").record(Double(jobs.completed))
        await services.triggerGracefulShutdown()
        try await group
        print("stopped in order")
    }
}
