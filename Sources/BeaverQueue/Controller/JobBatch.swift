/// Jobs on their way into the engine, already in the form the log keeps: built on the caller's thread, so that the engine
/// only copies bytes.
package struct JobBatch: Sendable {
    package struct Entry: Sendable {
        /// `action` is the place in `actions`, until the engine knows its number.
        package var enqueue: Event.Enqueue
        package var body: Range<Int>
    }

    package private(set) var entries: [Entry] = []
    /// The bodies, one behind the other.
    package private(set) var bytes: [UInt8] = []
    package private(set) var actions: [String] = []
    package private(set) var ids: [String] = []
    package private(set) var greatestBodyByteCount = 0
    private var actionPlaces: [String: UInt16] = [:]
    private var lastAction = ""
    private var lastActionPlace: UInt16 = 0

    package init() {}

    /// Bytes that these jobs take in the log, but for the frame's head.
    package var logBytes: Int64 { Int64(self.bytes.count + self.entries.count * Record.headByteCount) }

    /// The caller has validated the job.
    ///
    /// A job without an id gets `generatedID`.
    package mutating func append(_ job: NewJob, hash: KeyedHash, generatedID: @autoclosure () -> String) {
        let id = job.id ?? generatedID()
        let start = self.bytes.count
        let checksum = Checksum.crc32c(job.payload)
        EnqueueBody.encode(
            job,
            id: id,
            isGenerated: job.id == nil,
            payloadChecksum: checksum,
            into: &self.bytes
        )
        if job.action != self.lastAction || self.actions.isEmpty { self.intern(job.action) }
        self.ids.append(id)
        self.greatestBodyByteCount = max(self.greatestBodyByteCount, self.bytes.count - start)
        let idStart = start + EnqueueBody.fixedByteCount
        let fingerprint = hash(self.bytes.span.bytes.extracting(idStart..<idStart + id.utf8.count))
        self.entries.append(
            Entry(
                enqueue: Event.Enqueue(
                    id: fingerprint,
                    action: self.lastActionPlace,
                    priority: job.priority,
                    isOnce: job.once,
                    hasGeneratedID: job.id == nil,
                    start: job.start,
                    payloadLength: job.payload.count,
                    payloadChecksum: checksum
                ),
                body: start..<self.bytes.count
            )
        )
    }

    private mutating func intern(_ action: String) {
        self.lastAction = action
        if let place = self.actionPlaces[action] {
            self.lastActionPlace = place
            return
        }
        self.lastActionPlace = UInt16(clamping: self.actions.count)
        self.actionPlaces[action] = self.lastActionPlace
        self.actions.append(action)
    }
}
