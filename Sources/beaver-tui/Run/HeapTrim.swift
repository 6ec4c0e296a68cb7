import BeaverQueue

/// Gives the memory of a burst back to the system.
///
/// A million jobs over the socket pass through buffers that the allocator keeps when they are gone, in the arena of each
/// thread: some 7 MiB, for as long as the server lives.
enum HeapTrim {
    /// Jobs taken and ended since the last time, from which it is worth the milliseconds.
    private static let burst = 100_000

    /// Looks each second, and acts in one in which nothing happened; until the queue has ended or the task is cancelled.
    static func afterBursts(of queue: Queue) async {
        var (last, trimmed) = (0, 0)
        while true {
            do {
                try await Task.sleep(for: .seconds(1))
            } catch {
                return
            }
            // Nil during recovery, too.
            guard let totals = queue.totals() else { continue }
            let now = totals.enqueued + totals.completed + totals.dead
            if now == last, now - trimmed >= Self.burst {
                ProcessHeap.trim()
                trimmed = now
            }
            last = now
        }
    }
}
