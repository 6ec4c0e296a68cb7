import BeaverQueue

/// Gives the memory of a burst back to the system.
///
/// A million jobs over the socket pass through buffers that the allocator keeps when they are gone, in the arena of each
/// thread: some 7 MiB, for as long as the program lives.
enum HeapTrim {
    /// Before the queue's start.
    static func follow(_ queue: Queue) {
        let bursts = Lock(Bursts())
        queue.onEachSecond { [weak queue] in
            guard let totals = queue?.totals() else { return }
            let count = totals.enqueued + totals.completed + totals.dead
            if bursts.withLock({ $0.isOver(count) }) { ProcessHeap.trim() }
        }
    }

    /// Tells when many jobs came or ended, and then none for a second.
    struct Bursts {
        /// Since the last one, from which it is worth the milliseconds.
        static let size = 100_000

        private var before = 0
        private var countAtEnd = 0

        /// To be asked each second, with the jobs that came or ended so far.
        mutating func isOver(_ count: Int) -> Bool {
            defer { self.before = count }
            guard count == self.before, count - self.countAtEnd >= Self.size else { return false }
            self.countAtEnd = count
            return true
        }
    }
}
