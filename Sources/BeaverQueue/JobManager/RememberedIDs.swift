internal import DequeModule

/// The ids of completed jobs whose record is gone, oldest ACK first, so that the same id twice stays one job.
package struct RememberedIDs: ~Copyable {
    package struct Entry: Sendable, Equatable {
        package var id: JobFingerprint
        package var payloadChecksum: UInt32
        /// Lower 31 bits: wall seconds of the ACK since 1970, in this half until 2038 and unambiguous for 68 years
        /// after because only differences are used.
        ///
        /// Upper bit: simulated.
        package var secondsAndFlag: UInt32
        package var ackSequence: UInt64

        package init(
            id: JobFingerprint,
            payloadChecksum: UInt32,
            wallMilliseconds: Int64,
            isSimulated: Bool,
            ackSequence: UInt64
        ) {
            self.id = id
            self.payloadChecksum = payloadChecksum
            let seconds = UInt32(truncatingIfNeeded: max(0, wallMilliseconds) / 1_000) & 0x7fff_ffff
            self.secondsAndFlag = seconds | (isSimulated ? 0x8000_0000 : 0)
            self.ackSequence = ackSequence
        }

        package var isSimulated: Bool { self.secondsAndFlag & 0x8000_0000 != 0 }
        /// A slot left empty by a simulated completion whose id became real work.
        package var isGone: Bool { self.id.high == 0 && self.id.low == 0 }

        /// Seconds between this ACK and `wallMilliseconds`, never negative.
        package func ageSeconds(at wallMilliseconds: Int64) -> Int {
            let now = UInt32(truncatingIfNeeded: max(0, wallMilliseconds) / 1_000) & 0x7fff_ffff
            let age = (now &- self.secondsAndFlag) & 0x7fff_ffff
            return age > 0x3fff_ffff ? 0 : Int(age)
        }

        package var fingerprint: StateFingerprint {
            var mixer = FingerprintMixer(domain: 2)
            mixer.mix(self.id.high)
            mixer.mix(self.id.low)
            mixer.mix(UInt64(self.payloadChecksum) << 32 | UInt64(self.secondsAndFlag))
            mixer.mix(self.ackSequence)
            return mixer.finish()
        }
    }

    fileprivate(set) var entries: Deque<Entry> = []
    private var index = FingerprintIndex()
    /// Number of the entry at the front; numbers wrap at 2^31, far above any number of entries.
    private var firstNumber: UInt32 = 0
    package private(set) var count = 0
    package private(set) var simulatedCount = 0

    private static let numberMask: UInt32 = 0x7fff_ffff

    package init() {}

    package var memoryBytes: Int { self.entries.count * MemoryLayout<Entry>.stride + self.index.memoryBytes }
    package var oldest: Entry? { self.entries.first { !$0.isGone } }

    /// O(1).
    package func find(_ id: JobFingerprint) -> Entry? {
        self.number(of: id).map { self.entries[self.place($0)] }
    }

    /// Asks the processor for what `append` of this id will look at.
    @inline(__always)
    func prefetch(_ id: JobFingerprint) { self.index.prefetch(id.low) }

    /// Asks the processor for what the removal of the entry so many behind the first will look at.
    @inline(__always)
    func prefetch(ahead count: Int) {
        if count < self.entries.count { self.index.prefetch(self.entries[count].id.low) }
    }

    private func number(of id: JobFingerprint) -> UInt32? {
        self.index.find(id.low) { self.entries[self.place($0)].id == id }
    }

    private func place(_ number: UInt32) -> Int { Int((number &- self.firstNumber) & Self.numberMask) }

    /// O(1) amortized; the caller appends in ACK order.
    package mutating func append(_ entry: Entry) {
        let number = (self.firstNumber &+ UInt32(self.entries.count)) & Self.numberMask
        self.entries.append(entry)
        guard !entry.isGone else { return }
        self.index.insert(entry.id.low, number)
        self.count += 1
        if entry.isSimulated { self.simulatedCount += 1 }
    }

    /// Removes the oldest if its ACK is not after `sequence`; nil if there is none such.
    package mutating func removeFirst(through sequence: UInt64) -> Entry? {
        guard let first = self.entries.first, first.ackSequence <= sequence else { return nil }
        if !first.isGone {
            let removed = self.index.remove(first.id.low, self.firstNumber)
            precondition(removed, "a remembered id that is not in the index")
            self.count -= 1
            if first.isSimulated { self.simulatedCount -= 1 }
        }
        self.entries.removeFirst()
        self.firstNumber = (self.firstNumber &+ 1) & Self.numberMask
        return first
    }

    /// O(1).
    ///
    /// Its place stays until it reaches the front.
    package mutating func remove(_ id: JobFingerprint) -> Entry? {
        guard let number = self.number(of: id) else { return nil }
        let place = self.place(number)
        let entry = self.entries[place]
        let removed = self.index.remove(id.low, number)
        precondition(removed, "a remembered id that is not in the index")
        self.entries[place].id = JobFingerprint(high: 0, low: 0)
        // Gone ones at the front would make every look at the oldest slower.
        while self.entries.first?.isGone == true {
            self.entries.removeFirst()
            self.firstNumber = (self.firstNumber &+ 1) & Self.numberMask
        }
        self.count -= 1
        if entry.isSimulated { self.simulatedCount -= 1 }
        return entry
    }

    /// Oldest first, the gone ones left out.
    package var live: [Entry] { self.entries.filter { !$0.isGone } }
}

/// Where to forget up to.
extension RememberedIDs {
    /// The ACK number through which to forget so that about `count` stay.
    package func ackSequence(leaving count: Int) -> UInt64 {
        let place = self.entries.count - count - 1
        return self.entries.indices.contains(place) ? self.entries[place].ackSequence : 0
    }

    /// The ACK number of the newest of the `limit` oldest that is older than this; entries stand in ACK order.
    package func ackSequence(olderThan seconds: Int, at wallMilliseconds: Int64, limit: Int = .max) -> UInt64 {
        var sequence: UInt64 = 0
        for entry in self.entries.prefix(limit) {
            guard entry.isGone || entry.ageSeconds(at: wallMilliseconds) > seconds else { break }
            sequence = entry.ackSequence
        }
        return sequence
    }
}
