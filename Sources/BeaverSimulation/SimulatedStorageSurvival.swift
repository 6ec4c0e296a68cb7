/// How a power cut leaves what was not synced.
package enum CrashModel: String, CaseIterable, Sendable {
    /// Nothing that was not synced is there.
    case allLost
    /// Everything is there, as if all had been synced just before.
    case allSurvived
    /// The disk saw all changes in order up to a moment, in the middle of a write perhaps: one torn tail.
    case inOrder
    /// Each sector and each directory entry by itself, the later one perhaps without the earlier.
    case random
    /// As `random`; besides, what was being written may hold anything at all, beyond the old end of a file above all.
    case garbage
}

/// Decides what one power cut leaves, and counts what it did.
struct Survival {
    let model: CrashModel
    let seed: Seed
    /// The first change that an orderly disk had not seen whole; used by `inOrder` alone.
    let cut: UInt64
    var faults = FaultCounts()

    /// The bytes of a file as they are found.
    /// - Parameter inode: gives each file chance of its own, so that one file's writes do not change another's fate.
    mutating func bytes(of content: SimulatedFileContent, inode: Int) -> [UInt8] {
        guard !content.isSynchronized else { return content.durable }
        var seed = self.seed.stream("file", UInt64(inode))
        switch self.model {
        case .allLost:
            self.faults[.unsyncedDataLost] += 1
            return content.durable
        case .allSurvived:
            var synchronized = content
            synchronized.synchronize()
            return synchronized.durable
        case .inOrder:
            return self.orderedBytes(of: content, &seed)
        case .random, .garbage:
            return self.scatteredBytes(of: content, &seed)
        }
    }

    private mutating func orderedBytes(of content: SimulatedFileContent, _ seed: inout Seed) -> [UInt8] {
        var image = content.durable
        for change in content.changes {
            guard change.stamp <= self.cut else {
                self.faults[.unsyncedDataLost] += 1
                break
            }
            guard let start = change.start else {
                if change.stamp < self.cut { resizeWithZeros(&image, to: change.sizeAfter) }
                continue
            }
            var end = change.offset + change.count
            if change.stamp == self.cut {
                let touched = sectors(change.offset, change.count)
                let survivors = seed.below(touched.count)
                guard survivors > 0 else { break }
                end = (touched.lowerBound + survivors) * SimulatedFileContent.sectorBytes
                self.faults[.tornWrite] += 1
            }
            if end > image.count { resizeWithZeros(&image, to: end) }
            image.replaceSubrange(
                change.offset..<end,
                with: content.changedBytes[start..<(start + end - change.offset)]
            )
        }
        return image
    }

    private mutating func scatteredBytes(of content: SimulatedFileContent, _ seed: inout Seed) -> [UInt8] {
        let changes = content.changes
        let keptSizes = manyOrFew(changes.count, &seed)
        let size = self.size(of: content, keptSizes: keptSizes, &seed)
        var image = content.durable
        resizeWithZeros(&image, to: changes.reduce(image.count) { max($0, $1.sizeAfter) })
        var versions = SectorVersions(content, &seed)
        for (index, change) in changes.enumerated() {
            guard let start = change.start else {
                // A cut that survived survives whole: a file system never shows what was beyond it again.
                if index < keptSizes { zero(&image, change.offset..<(change.offset + change.count)) }
                continue
            }
            let pieces = sectors(change.offset, change.count)
            var lost = 0
            for sector in pieces {
                guard versions.takeNext(sector) else {
                    lost += 1
                    continue
                }
                let range = piece(sector, of: change)
                let from = start + range.lowerBound - change.offset
                image.replaceSubrange(range, with: content.changedBytes[from..<(from + range.count)])
            }
            if lost > 0 { self.faults[lost < pieces.count ? .tornWrite : .unsyncedDataLost] += 1 }
        }
        if self.model == .garbage { self.spoil(&image, content, versions, &seed) }
        resizeWithZeros(&image, to: size)
        return image
    }

    /// Sizes are changed in order, in a journal; only a write that made the file longer may have done so in part.
    private mutating func size(
        of content: SimulatedFileContent,
        keptSizes: Int,
        _ seed: inout Seed
    ) -> Int {
        let size = keptSizes == 0 ? content.durable.count : content.changes[keptSizes - 1].sizeAfter
        guard keptSizes < content.changes.count else { return size }
        self.faults[.unsyncedSizeLost] += 1
        let next = content.changes[keptSizes]
        guard next.start != nil, next.sizeAfter > size, seed.chance(1, in: 2) else { return size }
        let boundary = sectorCount(size) + seed.below(sectorCount(next.sizeAfter - size))
        return min(max(size, boundary * SimulatedFileContent.sectorBytes), next.sizeAfter)
    }

    /// Bytes outside what was being written stay intact: a drive does not damage what it was not told to write.
    private mutating func spoil(
        _ image: inout [UInt8],
        _ content: SimulatedFileContent,
        _ versions: SectorVersions,
        _ seed: inout Seed
    ) {
        var spoiled = SectorSet()
        for sector in versions.sectors where versions.isIncomplete(sector) && seed.chance(1, in: 4) {
            spoiled.insert(sector..<(sector + 1))
            self.faults[.garbageSector] += 1
        }
        for change in content.changes where change.start != nil {
            for sector in sectors(change.offset, change.count) where spoiled.contains(sector) {
                let range = piece(sector, of: change)
                image.replaceSubrange(range, with: seed.bytes(range.count))
            }
        }
    }
}

/// For each sector written since the last sync, how many of its versions the disk has seen.
private struct SectorVersions {
    let sectors: Range<Int>
    private var written: [Int]
    private var kept: [Int]
    private var taken: [Int]

    init(_ content: SimulatedFileContent, _ seed: inout Seed) {
        var range: Range<Int>?
        for change in content.changes where change.start != nil {
            let touched = BeaverSimulation.sectors(change.offset, change.count)
            let known = range ?? touched
            range = min(known.lowerBound, touched.lowerBound)..<max(known.upperBound, touched.upperBound)
        }
        self.sectors = range ?? 0..<0
        self.written = Array(repeating: 0, count: self.sectors.count)
        for change in content.changes where change.start != nil {
            for sector in BeaverSimulation.sectors(change.offset, change.count) {
                self.written[sector - self.sectors.lowerBound] += 1
            }
        }
        // Some power cuts take nearly all, some nearly nothing: fair coins alone would make both too rare.
        let eighths = seed.pick([0, 1, 4, 7]) ?? 0
        var kept: [Int] = []
        kept.reserveCapacity(self.written.count)
        for count in self.written where count >= 0 {
            kept.append(count == 0 ? 0 : seed.chance(eighths, in: 8) ? count : seed.below(count + 1))
        }
        self.kept = kept
        self.taken = Array(repeating: 0, count: self.written.count)
    }

    /// Whether the next version of this sector reached the disk.
    mutating func takeNext(_ sector: Int) -> Bool {
        let index = sector - self.sectors.lowerBound
        guard self.taken[index] < self.kept[index] else { return false }
        self.taken[index] += 1
        return true
    }

    func isIncomplete(_ sector: Int) -> Bool {
        let index = sector - self.sectors.lowerBound
        return self.kept[index] < self.written[index]
    }
}

/// None, all, or any number: each about as often as matters.
func manyOrFew(_ count: Int, _ seed: inout Seed) -> Int {
    switch seed.below(4) {
    case 0: 0
    case 1: count
    case _: seed.below(count + 1)
    }
}

/// The bytes of the file that a change wrote into one sector.
private func piece(_ sector: Int, of change: SimulatedFileContent.Change) -> Range<Int> {
    let first = sector * SimulatedFileContent.sectorBytes
    let lower = max(first, change.offset)
    return lower..<min(first + SimulatedFileContent.sectorBytes, change.offset + change.count)
}

private func zero(_ bytes: inout [UInt8], _ range: Range<Int>) {
    for index in range.clamped(to: bytes.indices) { bytes[index] = 0 }
}
