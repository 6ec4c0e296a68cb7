/// What happens, for whoever listens.
extension Queue {
    /// What is worth a line in a log, from now on: the start, jobs that died, actions that cannot run, trouble with the disk.
    ///
    /// May be called before `start`. Each caller has a sequence of its own, which ends with the queue. It holds the newest
    /// 100 events that were not taken yet: who does not keep up misses the oldest, and a gap in `number` shows it.
    public func events() -> AsyncStream<QueueEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: QueueEvent.self,
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

/// Something that happened to the queue, in words.
public struct QueueEvent: Sendable, Equatable, Codable {
    /// How much it matters.
    public enum Level: String, Sendable, Codable, Comparable, CaseIterable {
        /// What an operator may want to know: a start, a snapshot by hand, a pause.
        case info
        /// Nothing is lost, but someone should look: a job died, an action cannot run.
        case warning
        /// The queue cannot do its work: the disk failed, or is full.
        case error

        /// From `info` up to `error`.
        public static func < (left: Level, right: Level) -> Bool {
            Self.allCases.firstIndex(of: left) ?? 0 < Self.allCases.firstIndex(of: right) ?? 0
        }
    }

    /// Grows by one with each event since the start, from 1.
    public var number: UInt64
    /// Milliseconds since 1970 UTC.
    public var time: Int64
    /// How much it matters; a log of `warning` and above leaves out all that is less.
    public var level: Level
    /// A sentence for people; values of `QueueConfiguration.redact` are hidden in it.
    public var message: String

    package init(number: UInt64, time: Int64, level: Level, message: String) {
        self.number = number
        self.time = time
        self.level = level
        self.message = message
    }
}

/// The newest lines of the log, numbered, for the events list.
struct EventRing: Sendable {
    static let kept = 100
    private var events: [QueueEvent] = []
    private var lastNumber: UInt64 = 0
    private var listeners: [UInt64: AsyncStream<QueueEvent>.Continuation] = [:]
    private var lastListener: UInt64 = 0
    private var isClosed = false

    mutating func add(_ line: QueueLogLine, wallMilliseconds: Int64) {
        self.lastNumber += 1
        if self.events.count >= Self.kept { self.events.removeFirst() }
        let event = QueueEvent(
            number: self.lastNumber,
            time: wallMilliseconds,
            level: line.level,
            message: line.message
        )
        self.events.append(event)
        for listener in self.listeners.values { listener.yield(event) }
    }

    func after(_ number: UInt64) -> [QueueEvent] { self.events.filter { $0.number > number } }

    /// Nil once nothing will come any more.
    mutating func listen(_ continuation: AsyncStream<QueueEvent>.Continuation) -> UInt64? {
        if self.isClosed { return nil }
        self.lastListener += 1
        self.listeners[self.lastListener] = continuation
        return self.lastListener
    }

    mutating func forget(_ listener: UInt64) { self.listeners[listener] = nil }

    /// Nothing comes any more; who calls this ends the sequences, outside of the lock.
    mutating func close() -> [AsyncStream<QueueEvent>.Continuation] {
        self.isClosed = true
        defer { self.listeners = [:] }
        return Array(self.listeners.values)
    }
}
