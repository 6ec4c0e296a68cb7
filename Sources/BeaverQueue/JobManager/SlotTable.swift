/// The slots of all jobs, numbered densely, found by fingerprint in O(1).
///
/// Slots stand in chunks of 4 MiB that are never moved, so growth copies nothing. Freed numbers are used again, last
/// freed first. Not a value type: one owner (the job manager), no copies.
package final class SlotTable {
    // Raw chunks instead of arrays: an element access must not pay for a uniqueness check at two levels. Every access
    // goes through `subscript`, which checks its index against `capacityInUse`; chunks live exactly as long as this object.
    private var chunks: [UnsafeMutablePointer<JobSlot>] = []
    private var capacityInUse: UInt32 = 0
    private var firstFree = JobSlot.noSlot
    package private(set) var count = 0
    private var index = FingerprintIndex()

    private static let chunkShift: UInt32 = 16
    private static let chunkSlots = 1 << 16
    private static let freedAction: UInt16 = 0xffff

    package init() {}

    deinit {
        for chunk in self.chunks { chunk.deallocate() }
    }

    @inline(__always)
    package subscript(_ number: UInt32) -> JobSlot {
        unsafeAddress {
            UnsafePointer(self.address(number))
        }
        unsafeMutableAddress {
            self.address(number)
        }
    }

    @inline(__always)
    private func address(_ number: UInt32) -> UnsafeMutablePointer<JobSlot> {
        precondition(number < self.capacityInUse, "slot number out of range")
        return self.chunks[Int(number >> Self.chunkShift)] + Int(number & 0xffff)
    }

    /// O(1).
    ///
    /// The slot of a live job with this fingerprint.
    package func find(_ id: JobFingerprint) -> UInt32? {
        self.index.find(id.low) { self[$0].id == id }
    }

    /// O(1).
    ///
    /// The slot of the job that a log record names.
    package func find(_ job: JobReference) -> UInt32? {
        self.index.find(job.idLow) { number in
            let slot = self[number]
            return slot.id.low == job.idLow && slot.enqueueSequence == job.enqueueSequence
        }
    }

    /// O(1) amortized.
    ///
    /// The caller has checked that the fingerprint is not there yet.
    package func insert(_ slot: JobSlot) -> UInt32 {
        let number: UInt32
        if self.firstFree != JobSlot.noSlot {
            number = self.firstFree
            self.firstFree = self[number].nextSlot
        } else {
            precondition(self.capacityInUse < UInt32.max - 1, "more than 4 billion slots")
            number = self.capacityInUse
            if Int(number) == self.chunks.count << Self.chunkShift {
                self.chunks.append(.allocate(capacity: Self.chunkSlots))
            }
            self.capacityInUse += 1
        }
        (self.chunks[Int(number >> Self.chunkShift)] + Int(number & 0xffff)).initialize(to: slot)
        self.index.insert(slot.id.low, number)
        self.count += 1
        return number
    }

    /// O(1).
    package func remove(_ number: UInt32) {
        let removed = self.index.remove(self[number].id.low, number)
        precondition(removed, "a slot that is not in the index")
        var freed = JobSlot(
            id: JobFingerprint(high: 0, low: 0),
            enqueueSequence: 0,
            priority: 0,
            action: Self.freedAction
        )
        freed.nextSlot = self.firstFree
        self[number] = freed
        self.firstFree = number
        self.count -= 1
    }

    /// All numbers ever handed out, freed ones among them: for scans together with `isInUse`.
    package var numbers: Range<UInt32> { 0..<self.capacityInUse }

    @inline(__always)
    package func isInUse(_ number: UInt32) -> Bool { self[number].enqueueSequence != 0 }

    package func reserve(_ slots: Int) { self.index.reserve(slots) }

    /// Bytes held, by own count.
    package var memoryBytes: Int {
        self.chunks.count * Self.chunkSlots * MemoryLayout<JobSlot>.stride + self.index.memoryBytes
    }
}

/// Open addressing with linear probing: 64-bit hash to 32-bit number.
///
/// An entry holds 32 bits of the hash beside the number, so that a probe seldom touches a slot, and growing never does.
package struct FingerprintIndex {
    /// Upper half: bits 32–63 of the hash.
    ///
    /// Lower half: number + 1; 0 is empty.
    private var entries: [UInt64] = Array(repeating: 0, count: 16)
    package private(set) var count = 0

    package init() {}

    package var memoryBytes: Int { self.entries.count * 8 }

    @inline(__always)
    private func home(_ tag: UInt64) -> Int {
        // The tag alone decides the place, so that growing needs no look at the slots. Fibonacci hashing spreads it.
        Int(truncatingIfNeeded: (tag &* 0x9e37_79b9_7f4a_7c15) >> 20) & (self.entries.count - 1)
    }

    @inline(__always)
    package func find(_ hash: UInt64, where matches: (UInt32) -> Bool) -> UInt32? {
        let tag = hash >> 32
        let mask = self.entries.count - 1
        var place = self.home(tag)
        while true {
            let entry = self.entries[place]
            if entry == 0 { return nil }
            if entry >> 32 == tag {
                let number = UInt32(truncatingIfNeeded: entry) - 1
                if matches(number) { return number }
            }
            place = (place + 1) & mask
        }
    }

    package mutating func insert(_ hash: UInt64, _ number: UInt32) {
        if (self.count + 1) * 4 > self.entries.count * 3 { self.grow(to: self.entries.count * 2) }
        self.place(hash & 0xffff_ffff_0000_0000 | UInt64(number + 1))
        self.count += 1
    }

    private mutating func place(_ entry: UInt64) {
        let mask = self.entries.count - 1
        var place = self.home(entry >> 32)
        while self.entries[place] != 0 { place = (place + 1) & mask }
        self.entries[place] = entry
    }

    /// Removes by shifting later entries of the run back, so that no tombstones slow down later searches.
    package mutating func remove(_ hash: UInt64, _ number: UInt32) -> Bool {
        let wanted = hash & 0xffff_ffff_0000_0000 | UInt64(number + 1)
        let mask = self.entries.count - 1
        var place = self.home(hash >> 32)
        while self.entries[place] != wanted {
            if self.entries[place] == 0 { return false }
            place = (place + 1) & mask
        }
        var next = (place + 1) & mask
        while self.entries[next] != 0 {
            let home = self.home(self.entries[next] >> 32)
            if (next - home) & mask >= (next - place) & mask {
                self.entries[place] = self.entries[next]
                place = next
            }
            next = (next + 1) & mask
        }
        self.entries[place] = 0
        self.count -= 1
        return true
    }

    package mutating func reserve(_ numbers: Int) {
        var size = self.entries.count
        while numbers * 4 > size * 3 { size *= 2 }
        if size > self.entries.count { self.grow(to: size) }
    }

    private mutating func grow(to size: Int) {
        let old = self.entries
        self.entries = Array(repeating: 0, count: size)
        for entry in old where entry != 0 { self.place(entry) }
    }
}
