import ArgumentParser
import BeaverQueue

/// Waits until there is nothing left to do.
struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until nothing is pending, scheduled or running; 1 if jobs died or are parked, 75 if paused."
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Option(help: "Only jobs whose id matches, with * and ?.")
    var id: String?

    mutating func run() async throws {
        let queue = try await Connection.openServer(self.globals.directory())
        try await JobWaiter(queue: queue).waitForIdle(id: self.id)
    }
}

/// Waits by asking again and again: whoever waits here has nothing better to do, and the question is cheap.
struct JobWaiter: Sendable {
    let queue: any QueueControl
    var interval = Duration.milliseconds(200)

    /// Until all of these have ended; throws if one died or was cancelled.
    func waitForJobs(_ ids: [String]) async throws {
        var dead: [String] = []
        for id in ids {
            if try await !self.completes(id) { dead.append(id) }
        }
        guard let first = dead.first else { return }
        let rest = dead.count > 1 ? " and \(PeopleText.grouped(dead.count - 1)) more" : ""
        throw CommandFailure(
            .failed,
            "\(first)\(rest) did not complete; `beaver-tui jobs show \(first)` says why"
        )
    }

    /// Until nothing that matches is on its way.
    func waitForIdle(id: String?) async throws {
        var filter = JobFilter()
        filter.id = id
        if id != nil, try await self.queue.count(matching: filter) == 0 {
            throw CommandFailure(.failed, "no job matches \(id ?? "")")
        }
        var noted: QueueStatus.State?
        while true {
            let status = try await self.queue.status()
            Self.note(status, &noted)
            filter.states = [.pending, .scheduled, .inFlight]
            let open =
                id == nil
                ? status.jobs.pending + status.jobs.scheduled + status.jobs.inFlight
                : try await self.queue.count(matching: filter)
            if open == 0 { break }
            try Self.refusePaused(status)
            try await Task.sleep(for: self.interval)
        }
        filter.states = [.dead]
        let dead = try await self.queue.count(matching: filter)
        filter.states = [.parked]
        let parked = try await self.queue.count(matching: filter)
        guard dead + parked > 0 else { return }
        throw CommandFailure(
            .failed,
            "\(PeopleText.count(dead, "job")) died, \(PeopleText.grouped(parked)) parked; "
                + (dead > 0 ? "`beaver-tui jobs errors` counts why" : "`beaver-tui status` says why")
        )
    }

    /// A queue in trouble is waited for, because it goes on by itself; but whoever waits should know why.
    private static func note(_ status: QueueStatus, _ noted: inout QueueStatus.State?) {
        guard status.state != noted else { return }
        noted = status.state
        guard [.full, .degraded].contains(status.state), let reason = status.reason else { return }
        Output.error("beaver-tui: still waiting: \(reason)")
    }

    /// A paused queue would be waited for in vain.
    static func refusePaused(_ status: QueueStatus) throws {
        guard status.workers.paused, status.jobs.inFlight == 0 else { return }
        throw CommandFailure(.tryLater, "the queue is paused; `beaver-tui workers resume` lets it go on")
    }

    private func completes(_ id: String) async throws -> Bool {
        while true {
            switch try await self.state(of: id) {
            // It was taken, so it has ended and is no longer kept; a dead one would be.
            case nil, .completed: return true
            case .dead, .cancelled, .parked: return false
            case .pending, .scheduled, .inFlight: break
            }
            try Self.refusePaused(try await self.queue.status())
            try await Task.sleep(for: self.interval)
        }
    }

    /// nil if there is no such job; one whose id only begins like this is another.
    private func state(of id: String) async throws(QueueError) -> JobState? {
        do throws(QueueError) {
            let job = try await self.queue.job(id).summary
            return job.id == id ? job.state : nil
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }
}
