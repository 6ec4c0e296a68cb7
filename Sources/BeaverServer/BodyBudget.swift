import BeaverQueue
import Synchronization

/// How many bytes of request bodies are in memory at once, over all connections.
///
/// One body has its limit, and so has the number of connections; their product would be many gigabytes. Small bodies are
/// not counted: what others send at length never keeps anyone from asking or from handing in a few jobs.
final class BodyBudget: Sendable {
    static let freeBytes = 64 << 10

    private let limitBytes: Int
    private let used = Mutex(0)

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    func lease() -> Lease { Lease(self) }

    fileprivate func take(_ byteCount: Int) throws(QueueError) {
        let isTaken = self.used.withLock { used in
            guard used + byteCount <= self.limitBytes else { return false }
            used += byteCount
            return true
        }
        guard isTaken else {
            throw QueueError(
                .full,
                "other requests hold the \(self.limitBytes >> 20) MiB that their bodies may take together; try again, "
                    + "or send the jobs as application/x-ndjson"
            )
        }
    }

    fileprivate func giveBack(_ byteCount: Int) { self.used.withLock { $0 -= byteCount } }

    /// What one request holds, given back when nobody knows of it any more.
    final class Lease: Sendable {
        private let budget: BodyBudget
        private let held = Mutex(0)

        fileprivate init(_ budget: BodyBudget) { self.budget = budget }

        /// Holds room for so many bytes in all; never less than before.
        func reach(_ byteCount: Int) throws(QueueError) {
            try self.held.withLock { held throws(QueueError) in
                let wanted = max(0, byteCount - BodyBudget.freeBytes)
                guard wanted > held else { return }
                try self.budget.take(wanted - held)
                held = wanted
            }
        }

        deinit { self.budget.giveBack(self.held.withLock { $0 }) }
    }
}
