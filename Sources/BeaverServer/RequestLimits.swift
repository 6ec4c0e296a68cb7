/// What a client may cost the server: every size, count and waiting time that a request could stretch has its limit here.
package struct RequestLimits: Sendable, Equatable {
    /// Body of one request that is taken whole; more jobs than fit go as NDJSON.
    package var bodyBytes = 64 << 20
    /// Body of one request in the client's own format on the control socket: the same 64 MiB of a file, in frames that
    /// spell out what the file left to defaults.
    package var frameBodyBytes = 512 << 20
    /// Bodies of all requests together, as far as they are in memory at the same time.
    package var allBodiesBytes = 512 << 20
    /// One job's payload; the queue has the last word.
    package var payloadBytes = 1 << 20
    /// Jobs in one commit of a streamed body, and the bytes after which it is committed with fewer.
    package var batchJobs = 1_000
    package var batchBytes = 4 << 20
    package var headerBytes = 32 << 10
    package var headerCount = 64
    /// Connections at the same time, on each listener by itself.
    ///
    /// More are closed at once.
    package var connections = 256
    /// How long a connection may stand without a whole request head.
    package var idleSeconds: Int64 = 75
    /// How long a body may stand still, or an answer go unread.
    package var stallSeconds: Int64 = 30
    /// How long open requests may go on once the server stops.
    package var stopSeconds: Int64 = 5
    /// Jobs on one page of a list.
    package var pageJobs = 1_000
    /// Bytes of a run's output in one answer; the reader asks again with the next offset.
    package var outputBytes = 1 << 20

    package init() {}

    /// On a small machine bodies get a quarter of the memory that the queue may use, and no body more than all.
    package mutating func fit(memoryBytes: Int64) {
        self.allBodiesBytes = min(self.allBodiesBytes, max(64 << 20, Int(clamping: memoryBytes / 4)))
        self.bodyBytes = min(self.bodyBytes, self.allBodiesBytes)
        self.frameBodyBytes = min(self.frameBodyBytes, self.allBodiesBytes)
    }
}
