/// What a client may cost the server: every size, count and waiting time that a request could stretch has its limit here.
public struct RequestLimits: Sendable, Equatable {
    /// Body of one request that is taken whole; more jobs than fit go as NDJSON.
    public var bodyBytes = 64 << 20
    /// Body of one request in the client's own format on the control socket: the same 64 MiB of a file, in frames that
    /// spell out what the file left to defaults.
    public var frameBodyBytes = 512 << 20
    /// Bodies of all requests together, as far as they are in memory at the same time.
    public var allBodiesBytes = 512 << 20
    /// One job's payload; the queue has the last word.
    public var payloadBytes = 1 << 20
    /// Jobs in one commit of a streamed body, and the bytes after which it is committed with fewer.
    public var batchJobs = 1_000
    public var batchBytes = 4 << 20
    public var headerBytes = 32 << 10
    public var headerCount = 64
    /// Connections at the same time, on each listener by itself.
    ///
    /// More are closed at once.
    public var connections = 256
    /// How long a connection may stand without a whole request head.
    public var idleSeconds: Int64 = 75
    /// How long a body may stand still, or an answer go unread.
    public var stallSeconds: Int64 = 30
    /// How long open requests may go on once the server stops.
    public var stopSeconds: Int64 = 5
    /// Jobs on one page of a list.
    public var pageJobs = 1_000
    /// Bytes of a run's output in one answer; the reader asks again with the next offset.
    public var outputBytes = 1 << 20

    public init() {}

    /// On a small machine bodies get a quarter of the memory that the queue may use, and no body more than all.
    public mutating func fit(memoryBytes: Int64) {
        self.allBodiesBytes = min(self.allBodiesBytes, max(64 << 20, Int(clamping: memoryBytes / 4)))
        self.bodyBytes = min(self.bodyBytes, self.allBodiesBytes)
        self.frameBodyBytes = min(self.frameBodyBytes, self.allBodiesBytes)
    }
}
