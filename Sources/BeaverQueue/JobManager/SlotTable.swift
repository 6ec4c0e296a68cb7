/// The slots of all jobs, numbered densely, found by fingerprint in O(1).
///
/// Slots stand in chunks of 4 MiB that are never moved, so growth copies nothing. Freed numbers are used again, last
/// freed first. Not a value type: one owner (the job manager), no copies.
package final class SlotTable {
    // Raw chunks instead of arrays: an element access must not pay for a uniqueness check at two levels. Every access
    // goes through `subscript`, which checks its index against `capacityInUse`; chunks live exactly as long as this object.
    @exclusivity(unchecked) private var chunks: [UnsafeMutablePointer<JobSlot>] = []
    @exclusivity(unchecked) private var capacityInUse: UInt32 = 0
    @exclusivity(unchecked) private var firstFree = JobSlot.noSlot
    @exclusivity(unchecked) package private(set) var count = 0
    @exclusivity(unchecked) private var index = FingerprintIndex()
    /// For each block of slots: none of its jobs has a smaller ENQUEUE number; `.max` where there are no jobs.
    ///
    /// Kept small by `store`, raised by `sawAll`. New jobs have the greatest numbers, so that on the way in it hardly ever
    /// changes.
    @exclusivity(unchecked) private var lowest: [UInt64] = []

    /// A scan's step.
    static let blockSlots: UInt32 = 1 << 13
    private static let chunkShift: UInt32 = 16
    private static let chunkSlots = 1 << 16
    private static let freedAction: UInt16 = 0xffff

    package init() {}

    deinit {
        for chunk in self.chunks { PageMemory.release(chunk, count: Self.chunkSlots) }
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

    /// The same, where the caller believes to know the slot: then the index, a place anywhere in memory, is not looked at.
    @inline(__always)
    package func find(_ job: JobReference, at guess: UInt32?) -> UInt32? {
        if let guess, guess < self.capacityInUse {
            let slot = self[guess]
            if slot.id.low == job.idLow, slot.enqueueSequence == job.enqueueSequence { return guess }
        }
        return self.find(job)
    }

    /// O(1) amortized.
    ///
    /// The caller has checked that the fingerprint is not there yet.
    package func insert(_ slot: JobSlot) -> UInt32 {
        let number = self.store(slot)
        self.index.insert(slot.id.low, number)
        return number
    }

    /// O(1) amortized for each; false as soon as a fingerprint is there already.
    package func insert(contentsOf slots: [JobSlot]) -> Bool {
        // Where an entry goes is anywhere in memory: asked for ahead, the waits for it overlap.
        let ahead = Self.prefetchCount
        for slot in slots.prefix(ahead) { self.prefetch(slot.id) }
        for place in slots.indices {
            if place + ahead < slots.count { self.prefetch(slots[place + ahead].id) }
            let slot = slots[place]
            guard self.find(slot.id) == nil else { return false }
            self.index.insert(slot.id.low, self.store(slot))
        }
        return true
    }

    /// Asks the processor for what a search for this fingerprint will look at: for who knows several ahead.
    @inline(__always)
    package func prefetch(_ id: JobFingerprint) { self.index.prefetch(id.low) }

    /// Asks the processor for a slot.
    @inline(__always)
    package func prefetch(_ number: UInt32) { PageMemory.prefetch(self.address(number)) }

    /// How many searches ahead.
    package static let prefetchCount = 12

    private func store(_ slot: JobSlot) -> UInt32 {
        let number: UInt32
        if self.firstFree != JobSlot.noSlot {
            number = self.firstFree
            self.firstFree = self[number].nextSlot
        } else {
            precondition(self.capacityInUse < UInt32.max - 1, "more than 4 billion slots")
            number = self.capacityInUse
            if Int(number) == self.chunks.count << Self.chunkShift { self.addChunk() }
            self.capacityInUse += 1
            if number % Self.blockSlots == 0 { self.lowest.append(.max) }
        }
        let block = Int(number / Self.blockSlots)
        if slot.enqueueSequence < self.lowest[block] { self.lowest[block] = slot.enqueueSequence }
        (self.chunks[Int(number >> Self.chunkShift)] + Int(number & 0xffff)).initialize(to: slot)
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

    /// Where a scan for jobs with smaller ENQUEUE numbers than `bound` has to go on: blocks without any are left out.
    func next(from number: UInt32, below bound: UInt64) -> UInt32 {
        var number = number
        while number % Self.blockSlots == 0, number < self.capacityInUse,
            self.lowest[Int(number / Self.blockSlots)] >= bound
        {
            number = number < UInt32.max - Self.blockSlots ? number + Self.blockSlots : .max
        }
        return min(number, self.capacityInUse)
    }

    /// A scan of the whole block that begins here has met no smaller ENQUEUE number.
    func sawAll(ofBlockAt number: UInt32, lowest: UInt64) { self.lowest[Int(number / Self.blockSlots)] = lowest }

    @inline(__always)
    package func isInUse(_ number: UInt32) -> Bool { self[number].enqueueSequence != 0 }

    @discardableResult
    private func addChunk() -> PageMemory.Place {
        // A small store stays small: its only chunk is filled page by page.
        let chunk: UnsafeMutablePointer<JobSlot> = PageMemory.allocate(
            count: Self.chunkSlots,
            isLarge: !self.chunks.isEmpty
        )
        self.chunks.append(chunk)
        return PageMemory.place(of: chunk, count: Self.chunkSlots)
    }

    /// Room for so many slots in all; returns the memory that nobody has touched yet.
    func reserve(_ slots: Int) -> [PageMemory.Place] {
        self.index.reserve(slots)
        var places: [PageMemory.Place] = []
        while self.chunks.count << Self.chunkShift < slots { places.append(self.addChunk()) }
        return places
    }

    /// For who adds many: the memory that will be needed next, as soon as what there is runs short, and not yet asked for.
    func growAhead() -> [PageMemory.Place] {
        // The first chunk is filled page by page, see `addChunk`.
        guard self.capacityInUse >= Self.chunkSlots else { return [] }
        var places: [PageMemory.Place] = []
        let capacity = self.chunks.count << Self.chunkShift
        if Int(self.capacityInUse) + Self.chunkSlots > capacity { places.append(self.addChunk()) }
        if let place = self.index.growAhead() { places.append(place) }
        return places
    }

    /// Gives back what `growAhead` asked for and nobody needed.
    func releaseSpare() {
        while (self.chunks.count - 1) << Self.chunkShift >= Int(self.capacityInUse), let chunk = self.chunks.popLast() {
            PageMemory.release(chunk, count: Self.chunkSlots)
        }
        self.index.releaseSpare()
    }

    /// Bytes held, by own count.
    package var memoryBytes: Int {
        self.chunks.count * Self.chunkSlots * MemoryLayout<JobSlot>.stride + self.index.memoryBytes
    }
}
