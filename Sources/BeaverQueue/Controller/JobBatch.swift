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
    /// Empty as long as there is one action only.
    private var actionPlaces: [String: UInt16] = [:]
    private var lastAction = ""
    private var lastActionPlace: UInt16 = 0

    /// The caller has validated the jobs.
    ///
    /// One without an id gets `generatedID` of its place.
    package init(_ jobs: [NewJob], hash: KeyedHash, generatedID: (Int) -> String) {
        for (place, job) in jobs.enumerated() {
            let id = job.id ?? generatedID(place)
            if place == 0 { self.reserve(for: jobs.count, like: job, id) }
            self.append(job, id: id, hash: hash)
        }
    }

    /// Bytes that these jobs take in the log, but for the frame's head.
    package var logBytes: Int64 { Int64(self.bytes.count + self.entries.count * Record.headByteCount) }

    private mutating func append(_ job: NewJob, id: String, hash: KeyedHash) {
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

    /// Room at once for so many jobs as large as the first one, within reason: growing would copy them again and again.
    private mutating func reserve(for jobCount: Int, like first: NewJob, _ id: String) {
        let bodyByteCount = EnqueueBody.fixedByteCount + id.utf8.count + first.payload.count + 16
        self.bytes.reserveCapacity(max(bodyByteCount, min(1 << 20, bodyByteCount * jobCount)))
        self.entries.reserveCapacity(jobCount)
        self.ids.reserveCapacity(jobCount)
    }

    private mutating func intern(_ action: String) {
        self.lastAction = action
        self.lastActionPlace = self.place(of: action)
    }

    private mutating func place(of action: String) -> UInt16 {
        guard let first = self.actions.first else {
            self.actions.append(action)
            return 0
        }
        if self.actionPlaces.isEmpty { self.actionPlaces[first] = 0 }
        if let place = self.actionPlaces[action] { return place }
        let place = UInt16(clamping: self.actions.count)
        self.actionPlaces[action] = place
        self.actions.append(action)
        return place
    }
}
