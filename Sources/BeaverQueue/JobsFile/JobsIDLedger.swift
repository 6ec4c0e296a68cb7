/// Remembers the ids of a file, to find one that stands twice with different payloads.
///
/// It keeps no text: 24 bytes an id, in two generations. When the younger one is full the older one is forgotten, so that
/// of input without end at least the newest `capacity` ids are known, in memory that does not grow.
struct JobsIDLedger: Sendable {
    /// What stays of an entry.
    private struct Known: Sendable, BitwiseCopyable {
        /// 128 bits under a key of this process: no file can be made in which two ids have the same one.
        var id: JobFingerprint
        /// Of the payload's length and bytes.
        var payload: UInt32
        /// Its number in the file, 0 where the place is free.
        var entry: UInt32
    }

    /// Open addressing with linear probing; at most half of the places are taken.
    private struct Generation: Sendable {
        private(set) var count = 0
        private var places: [Known] = []

        func find(_ id: JobFingerprint) -> Known? {
            if self.places.isEmpty { return nil }
            let known = self.places[self.place(of: id)]
            return known.entry == 0 ? nil : known
        }

        mutating func insert(_ known: Known) {
            if self.count * 2 >= self.places.count { self.grow() }
            self.places[self.place(of: known.id)] = known
            self.count += 1
        }

        /// Forgets all and keeps the memory.
        mutating func clear() {
            for place in self.places.indices { self.places[place].entry = 0 }
            self.count = 0
        }

        /// Where this id is, or where it belongs.
        private func place(of id: JobFingerprint) -> Int {
            let mask = self.places.count - 1
            var place = Int(truncatingIfNeeded: id.low) & mask
            while self.places[place].entry != 0, self.places[place].id != id { place = (place + 1) & mask }
            return place
        }

        private mutating func grow() {
            let old = self.places
            let free = Known(id: JobFingerprint(high: 0, low: 0), payload: 0, entry: 0)
            self.places = Array(repeating: free, count: max(64, old.count * 2))
            for known in old where known.entry != 0 { self.places[self.place(of: known.id)] = known }
        }
    }

    /// Ids in one generation.
    private let capacity: Int
    private let hash: KeyedHash
    private var younger = Generation()
    private var older = Generation()

    /// Knows at least the newest `capacity` ids; with 0 none.
    init(capacity: Int) {
        self.capacity = capacity
        func word(_ number: Int) -> UInt64 {
            // Seeded anew by each process.
            var hasher = Hasher()
            hasher.combine(number)
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
        self.hash = KeyedHash(key0: word(0), key1: word(1))
    }

    /// Notes a job's id; returns the entry that had the same id with another payload, if one is known.
    mutating func entryThatDiffers(from job: NewJob, entry: Int) -> Int? {
        guard self.capacity > 0, var id = job.id else { return nil }
        // Bytes count: two ids that only Unicode calls equal are two jobs.
        let fingerprint = id.withUTF8 { self.hash($0.span.bytes) }
        let payload = Checksum.crc32c(job.payload, seed: UInt32(truncatingIfNeeded: job.payload.count))
        if let known = self.younger.find(fingerprint) ?? self.older.find(fingerprint) {
            return known.payload == payload ? nil : Int(known.entry)
        }
        if self.younger.count == self.capacity {
            swap(&self.younger, &self.older)
            self.younger.clear()
        }
        self.younger.insert(Known(id: fingerprint, payload: payload, entry: UInt32(clamping: entry)))
        return nil
    }
}
