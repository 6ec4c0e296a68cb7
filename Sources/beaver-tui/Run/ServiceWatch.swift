import BeaverQueue

/// The pulse of a service: WATCHDOG=1 for as long as the engine answers, with a line that says how it is.
///
/// A recovery and a drain may take longer than the manager waits; while they move, they ask for more time.
enum ServiceWatch {
    /// Until the queue has ended, or its task is cancelled.
    static func report(_ queue: Queue, to manager: ServiceManager?) async {
        guard let manager else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await queue.waitUntilStopped() }
            group.addTask {
                while !Task.isCancelled, let status = try? await queue.status() {
                    manager.tell("WATCHDOG=1", "STATUS=\(Self.line(status))")
                    if status.state == .recovering || status.state == .draining {
                        manager.tell("EXTEND_TIMEOUT_USEC=60000000")
                    }
                    try? await Task.sleep(for: .milliseconds(manager.intervalMilliseconds))
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    static func line(_ status: QueueStatus) -> String {
        guard status.state != .recovering else { return status.reason ?? "recovering" }
        let jobs = status.jobs
        return "\(status.state.rawValue): \(jobs.pending) pending, \(jobs.inFlight) running, \(jobs.dead) dead"
    }
}
