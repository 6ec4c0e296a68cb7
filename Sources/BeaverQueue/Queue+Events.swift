/// What happens, for whoever listens.
extension Queue {
    /// What the console lists as events, from now on: starts, failures, snapshots, what an operator did.
    ///
    /// Each caller has a sequence of its own; one that does not keep up misses the oldest, which shows in `number`. It ends
    /// with the queue.
    public func events() -> AsyncStream<QueueView.Event> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: QueueView.Event.self,
            bufferingPolicy: .bufferingNewest(EventRing.kept)
        )
        guard let key = self.eventRing.withLock({ $0.listen(continuation) }) else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.eventRing.withLock { $0.forget(key) } }
        return stream
    }
}

/// The newest lines of the log, numbered, for the events list.
struct EventRing: Sendable {
    static let kept = 100
    private var events: [QueueView.Event] = []
    private var lastNumber: UInt64 = 0
    private var listeners: [UInt64: AsyncStream<QueueView.Event>.Continuation] = [:]
    private var lastListener: UInt64 = 0
    private var isClosed = false

    mutating func add(_ line: QueueLogLine, wallMilliseconds: Int64) {
        self.lastNumber += 1
        if self.events.count >= Self.kept { self.events.removeFirst() }
        let event = QueueView.Event(
            number: self.lastNumber,
            time: wallMilliseconds,
            level: line.level,
            message: line.message
        )
        self.events.append(event)
        for listener in self.listeners.values { listener.yield(event) }
    }

    func after(_ number: UInt64) -> [QueueView.Event] { self.events.filter { $0.number > number } }

    /// Nil once nothing will come any more.
    mutating func listen(_ continuation: AsyncStream<QueueView.Event>.Continuation) -> UInt64? {
        if self.isClosed { return nil }
        self.lastListener += 1
        self.listeners[self.lastListener] = continuation
        return self.lastListener
    }

    mutating func forget(_ listener: UInt64) { self.listeners[listener] = nil }

    /// Nothing comes any more; who calls this ends the sequences, outside of the lock.
    mutating func close() -> [AsyncStream<QueueView.Event>.Continuation] {
        self.isClosed = true
        defer { self.listeners = [:] }
        return Array(self.listeners.values)
    }
}
