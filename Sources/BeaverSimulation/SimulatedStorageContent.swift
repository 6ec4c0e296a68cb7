internal import BeaverQueue

/// One file's bytes: what reads see, what a power cut certainly leaves, and each change in between.
///
/// The changes since the last sync are kept one by one, not as a map of dirty sectors: a sector that was written three
/// times since then may be found in any of four versions.
struct SimulatedFileContent: Sendable {
    static let sectorBytes = 512
    /// No file grows beyond this, so that a size read from damaged bytes cannot use up the memory of the test.
    static let largestBytes: Int64 = 1 << 32
    /// Beyond this much unsynced data the kernel writes it back by itself, which is allowed at any time.
    static let writebackBytes = 32 << 20

    /// A change that the disk may or may not have seen.
    struct Change: Sendable {
        /// Place among all changes of the disk, for crashes that keep them in order.
        var stamp: UInt64
        var offset: Int
        var count: Int
        /// Where its bytes begin in `changedBytes`; nil for a change of size, which zeroes what it cuts off.
        var start: Int?
        var sizeAfter: Int
    }

    private(set) var bytes: [UInt8] = []
    private(set) var durable: [UInt8] = []
    private(set) var changes: [Change] = []
    private(set) var changedBytes: [UInt8] = []
    private(set) var allocated = SectorSet()

    var isSynchronized: Bool { self.changes.isEmpty }

    /// A file that was found after a power cut: all of it is on the disk.
    init(durable: [UInt8] = [], allocated: SectorSet? = nil) {
        self.bytes = durable
        self.durable = durable
        self.allocated = allocated ?? SectorSet(sectors: sectorCount(durable.count))
    }

    /// Copies up to `count` bytes from `offset`, and says how many there were.
    func read(into buffer: inout [UInt8], count: Int, at offset: Int) -> Int {
        guard offset < self.bytes.count else { return 0 }
        let end = min(self.bytes.count, offset + count)
        self.bytes.withUnsafeBytes { source in
            buffer.withUnsafeMutableBytes { target in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<end]))
            }
        }
        return end - offset
    }

    /// From `offset` on, the first sectors one behind the other that are not all zeros.
    func nextWritten(from offset: Int) -> Range<Int> {
        let begin = self.firstSector(from: offset, isWritten: true)
        return begin..<self.firstSector(from: begin, isWritten: false)
    }

    /// The offset itself, where such a sector stands there, the begin of the next one, or the end.
    private func firstSector(from offset: Int, isWritten wanted: Bool) -> Int {
        let bytes = self.bytes.span.bytes
        var offset = offset
        while offset < bytes.byteCount {
            let end = min(bytes.byteCount, (offset / Self.sectorBytes + 1) * Self.sectorBytes)
            let isWritten = offset + bytes.extracting(0..<end).zeroCount(from: offset) < end
            if isWritten == wanted { break }
            offset = end
        }
        return offset
    }

    mutating func write(_ source: UnsafeRawBufferPointer, at offset: Int, stamp: UInt64) {
        guard !source.isEmpty else { return }
        let end = offset + source.count
        if offset == self.bytes.count {
            self.bytes.append(contentsOf: source)
        } else {
            if end > self.bytes.count { extend(&self.bytes, to: end) }
            self.bytes.withUnsafeMutableBytes { target in
                UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: source)
            }
        }
        self.allocated.insert(sectors(offset, source.count))
        let start = self.changedBytes.count
        self.changedBytes.append(contentsOf: source)
        self.changes.append(
            Change(stamp: stamp, offset: offset, count: source.count, start: start, sizeAfter: self.bytes.count)
        )
        if self.changedBytes.count > Self.writebackBytes { self.synchronize() }
    }

    /// Cuts, or extends with a hole.
    mutating func resize(to size: Int, stamp: UInt64) {
        let before = self.bytes.count
        guard size != before else { return }
        if size < before {
            self.bytes.removeLast(before - size)
            self.allocated.remove(from: sectorCount(size))
        } else {
            extend(&self.bytes, to: size)
        }
        self.changes.append(
            Change(stamp: stamp, offset: size, count: max(0, before - size), start: nil, sizeAfter: size)
        )
    }

    mutating func allocate(_ size: Int, stamp: UInt64) {
        self.allocated.insert(sectors(0, size))
        if size > self.bytes.count { self.resize(to: size, stamp: stamp) }
    }

    /// Makes the data and the size durable.
    mutating func synchronize() {
        if self.durable.count > self.bytes.count {
            self.durable.removeLast(self.durable.count - self.bytes.count)
        } else if self.durable.count < self.bytes.count {
            extend(&self.durable, to: self.bytes.count)
        }
        for change in self.changes {
            let end = min(change.offset + change.count, self.bytes.count)
            guard change.offset < end else { continue }
            copy(self.bytes, into: &self.durable, change.offset..<end)
        }
        self.forgetChanges()
    }

    /// A failed sync: what reached the disk is `found`, the rest of the dirty pages is dropped and will never be written.
    ///
    /// The size stays to be written, as in ext4, so that a second sync succeeds over a file of the right length.
    /// - Parameter evicted: the dropped pages have left the cache too, so that reads see the disk.
    mutating func dropUnsynchronized(found: [UInt8], evicted: Bool, stamp: UInt64) {
        let size = self.bytes.count
        self.durable = found
        self.forgetChanges()
        if evicted {
            self.bytes = found
            resizeWithZeros(&self.bytes, to: size)
        }
        guard found.count != size else { return }
        self.changes.append(
            Change(stamp: stamp, offset: size, count: max(0, found.count - size), start: nil, sizeAfter: size)
        )
    }

    /// Bit rot: the disk holds another bit from now on, and so do reads unless the page is dirty.
    mutating func flipBit(_ bit: Int, at offset: Int) -> Bool {
        guard self.durable.indices.contains(offset) else { return false }
        let mask = UInt8(1) << UInt8(bit & 7)
        self.durable[offset] ^= mask
        let isDirty = self.changes.contains { $0.offset <= offset && offset < $0.offset + $0.count }
        if !isDirty, self.bytes.indices.contains(offset) { self.bytes[offset] ^= mask }
        return true
    }

    private mutating func forgetChanges() {
        self.changes.removeAll(keepingCapacity: true)
        self.changedBytes.removeAll(keepingCapacity: self.changedBytes.count < 1 << 20)
    }
}

/// Which sectors of a file have room on the disk: a file extended by `truncate` has holes that a full disk cannot fill.
struct SectorSet: Sendable {
    private var words: [UInt64] = []
    private(set) var count = 0

    init(sectors: Int = 0) {
        self.insert(0..<sectors)
    }

    func missing(in range: Range<Int>) -> Int {
        range.count(where: { !self.contains($0) })
    }

    func contains(_ sector: Int) -> Bool {
        sector >> 6 < self.words.count && self.words[sector >> 6] & (1 << UInt64(sector & 63)) != 0
    }

    mutating func insert(_ range: Range<Int>) {
        guard let last = range.last else { return }
        while self.words.count <= last >> 6 { self.words.append(0) }
        for sector in range where !self.contains(sector) {
            self.words[sector >> 6] |= 1 << UInt64(sector & 63)
            self.count += 1
        }
    }

    mutating func remove(from first: Int) {
        for sector in first..<max(first, self.words.count << 6) where self.contains(sector) {
            self.words[sector >> 6] &= ~(1 << UInt64(sector & 63))
            self.count -= 1
        }
    }
}

func sectorCount(_ bytes: Int) -> Int {
    (bytes + SimulatedFileContent.sectorBytes - 1) / SimulatedFileContent.sectorBytes
}

/// The sectors that `count` bytes at `offset` lie in.
func sectors(_ offset: Int, _ count: Int) -> Range<Int> {
    let first = offset / SimulatedFileContent.sectorBytes
    return first..<max(first, sectorCount(offset + count))
}

func resizeWithZeros(_ bytes: inout [UInt8], to size: Int) {
    if size < bytes.count {
        bytes.removeLast(bytes.count - size)
    } else {
        extend(&bytes, to: size)
    }
}

private func extend(_ bytes: inout [UInt8], to size: Int) {
    // As an array, which is cleared at once; a repeated element is appended byte by byte in debug builds.
    bytes.append(contentsOf: [UInt8](repeating: 0, count: max(0, size - bytes.count)))
}

private func copy(_ source: [UInt8], into target: inout [UInt8], _ range: Range<Int>) {
    source.withUnsafeBytes { from in
        target.withUnsafeMutableBytes { to in
            UnsafeMutableRawBufferPointer(rebasing: to[range])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: from[range]))
        }
    }
}
