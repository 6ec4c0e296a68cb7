internal import FoundationEssentials

/// Payloads as Swift values, in JSON.
extension Queue {
    /// Registers a closure for an action whose payloads are JSON of one type; before `start`.
    ///
    /// A payload that cannot be decoded ends its job as dead at once: another run would read the same bytes.
    public func handle<Payload: Decodable & Sendable>(
        _ action: String,
        of type: Payload.Type,
        _ body: @escaping @Sendable (Payload, HandledJob) async throws -> Void
    ) {
        self.handle(action) { job in try await body(try job.decode(type), job) }
    }

    /// Takes one job with a value as its payload; returns when it is on disk (under `wal.sync: always`).
    ///
    /// Throws `invalidInput` for a value that cannot be encoded, and what `enqueue(_:)` throws.
    @discardableResult
    public func enqueue(
        _ action: String,
        _ payload: some Encodable,
        id: String? = nil
    ) async throws(QueueError) -> EnqueueResult {
        try await self.enqueue([try NewJob(action, payload, id: id)])
    }
}

extension NewJob {
    /// A job with a value as its payload; the rest can be set afterwards.
    ///
    /// Throws `invalidInput` for a value that cannot be encoded.
    public init(_ action: String, _ payload: some Encodable, id: String? = nil) throws(QueueError) {
        do {
            let encoder = JSONEncoder()
            // The same value is the same bytes, so that a repeated enqueue is a duplicate and not another payload.
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            self.init(id: id, payload: Array(try encoder.encode(payload)), action: action)
        } catch {
            throw .invalidInput("the payload for \(action) cannot be encoded: \(error)")
        }
    }
}

extension HandledJob {
    /// The payload as a value; throws `PermanentFailure` if it is none.
    public func decode<Payload: Decodable>(_ type: Payload.Type) throws -> Payload {
        do {
            return try JSONDecoder().decode(type, from: Data(self.payload))
        } catch {
            throw PermanentFailure("the payload is no \(type): \(error)")
        }
    }
}
