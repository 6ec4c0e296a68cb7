/// Open addressing with linear probing: 64-bit hash to 32-bit number.
///
/// An entry holds 32 bits of the hash beside the number, so that a probe seldom touches a slot, and growing never does.
package struct FingerprintIndex: ~Copyable {
    /// Upper half: bits 32–63 of the hash.
    ///
    /// Lower half: number + 1; 0 is empty. Raw memory, because it is looked into at random places: no check of bounds and
    /// of uniqueness before each look. Every place is masked with `mask`, which is the number of entries minus one.
    private var entries: UnsafeMutablePointer<UInt64>
    private var mask: Int
    package private(set) var count = 0
    /// The memory that `grow` takes, twice as many entries, if it was asked for ahead.
    private var spare: UnsafeMutablePointer<UInt64>?

    package init() {
        self.entries = PageMemory.allocate(count: 16, isLarge: false)
        self.mask = 15
    }

    deinit {
        PageMemory.release(self.entries, count: self.mask + 1)
        if let spare { PageMemory.release(spare, count: (self.mask + 1) * 2) }
    }

    package var memoryBytes: Int { (self.mask + 1) * 8 }

    @inline(__always)
    private func home(_ tag: UInt64) -> Int {
        // The tag alone decides the place, so that growing needs no look at the slots. Fibonacci hashing spreads it.
        Int(truncatingIfNeeded: (tag &* 0x9e37_79b9_7f4a_7c15) >> 20) & self.mask
    }

    /// Asks the processor for the entry that a search for this hash begins with.
    @inline(__always)
    package func prefetch(_ hash: UInt64) { PageMemory.prefetch(self.entries + self.home(hash >> 32)) }

    @inline(__always)
    package func find(_ hash: UInt64, where matches: (UInt32) -> Bool) -> UInt32? {
        let tag = hash >> 32
        var place = self.home(tag)
        while true {
            let entry = self.entries[place]
            if entry == 0 { return nil }
            if entry >> 32 == tag {
                let number = UInt32(truncatingIfNeeded: entry) - 1
                if matches(number) { return number }
            }
            place = (place + 1) & self.mask
        }
    }

    package mutating func insert(_ hash: UInt64, _ number: UInt32) {
        if (self.count + 1) * 4 > (self.mask + 1) * 3 { self.grow(to: (self.mask + 1) * 2) }
        self.place(hash & 0xffff_ffff_0000_0000 | UInt64(number + 1))
        self.count += 1
    }

    @inline(__always)
    private mutating func place(_ entry: UInt64) {
        var place = self.home(entry >> 32)
        while self.entries[place] != 0 { place = (place + 1) & self.mask }
        self.entries[place] = entry
    }

    /// Removes by shifting later entries of the run back, so that no tombstones slow down later searches.
    package mutating func remove(_ hash: UInt64, _ number: UInt32) -> Bool {
        let wanted = hash & 0xffff_ffff_0000_0000 | UInt64(number + 1)
        var place = self.home(hash >> 32)
        while self.entries[place] != wanted {
            if self.entries[place] == 0 { return false }
            place = (place + 1) & self.mask
        }
        var next = (place + 1) & self.mask
        while self.entries[next] != 0 {
            let home = self.home(self.entries[next] >> 32)
            if (next - home) & self.mask >= (next - place) & self.mask {
                self.entries[place] = self.entries[next]
                place = next
            }
            next = (next + 1) & self.mask
        }
        self.entries[place] = 0
        self.count -= 1
        return true
    }

    package mutating func reserve(_ numbers: Int) {
        var size = self.mask + 1
        while numbers * 4 > size * 3 { size *= 2 }
        if size > self.mask + 1 { self.grow(to: size) }
    }

    /// Shortly before a large one grows: the memory that it will take, for who can have pages found for it meanwhile.
    mutating func growAhead() -> PageMemory.Place? {
        let size = self.mask + 1
        guard self.spare == nil, size >= Self.largeSize, self.count * 16 > size * 11 else { return nil }
        let spare: UnsafeMutablePointer<UInt64> = PageMemory.allocate(count: size * 2, isLarge: true)
        self.spare = spare
        return PageMemory.place(of: spare, count: size * 2)
    }

    mutating func releaseSpare() {
        if let spare { PageMemory.release(spare, count: (self.mask + 1) * 2) }
        self.spare = nil
    }

    private static let largeSize = 1 << 19

    private mutating func grow(to size: Int) {
        let (old, oldSize) = (self.entries, self.mask + 1)
        if let spare, size == oldSize * 2 {
            self.entries = spare
            self.spare = nil
        } else {
            self.releaseSpare()
            self.entries = PageMemory.allocate(count: size, isLarge: size >= Self.largeSize)
        }
        self.mask = size - 1
        for place in 0..<oldSize where old[place] != 0 { self.place(old[place]) }
        PageMemory.release(old, count: oldSize)
    }
}
