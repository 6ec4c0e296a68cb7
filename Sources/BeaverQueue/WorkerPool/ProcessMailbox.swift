internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What other threads ask of a process loop.
///
/// Posting never blocks.
final class ProcessMailbox: Sendable {
    enum Order: Sendable {
        case start(ProcessLaunch, ended: @Sendable (RunResult) -> Void)
        case sleep(token: UInt64, milliseconds: Int64, ended: @Sendable (RunResult) -> Void)
        case stop(token: UInt64, StopKind, because: StopReason)
        /// End everything, begun or not.
        case stopAll
        /// The same, and then the thread ends.
        case finish
    }

    /// Readable while orders wait.
    let descriptor: Int32
    private let orders = Lock<[Order]>([])

    init() throws(QueueError) {
        self.descriptor = try SystemCall.check("eventfd", path: "process loop") { cbeaver_event() }
    }

    deinit { SystemCall.close(self.descriptor) }

    func post(_ order: Order) {
        let wasEmpty = self.orders.withLock { orders in
            orders.append(order)
            return orders.count == 1
        }
        if !wasEmpty { return }
        var one: UInt64 = 1
        // Fails only when the counter is at its end, and then it is readable.
        _ = write(self.descriptor, &one, MemoryLayout<UInt64>.size)
    }

    func take() -> [Order] {
        var count: UInt64 = 0
        // First the descriptor, then the orders: one posted in between is taken now and leaves the descriptor readable,
        // which costs an empty look; the other way round it would be forgotten.
        _ = read(self.descriptor, &count, MemoryLayout<UInt64>.size)
        return self.orders.withLock { orders in
            let taken = orders
            orders.removeAll(keepingCapacity: true)
            return taken
        }
    }
}
