/// What a fault plan and a full disk do to calls.
extension SimulatedStorage.State {
    /// Plenty, where there is no limit.
    var freeSectors: Int {
        max(0, (self.capacitySectors ?? 1 << 31) - self.disk.usedSectors)
    }

    /// Lets a call pass, fails it or ends this life, as the plan says.
    mutating func admit(
        _ call: StorageCall,
        _ path: String,
        _ onFault: (inout Self) -> Void
    ) throws(DiskFailure) {
        self.callCount += 1
        switch self.plan.verdict(on: call, path) {
        case .proceed:
            return
        case .die:
            self.isDead = true
            self.faults[.crashPoint] += 1
            throw .died
        case .fail(let failure):
            self.faults[.failure(of: call)] += 1
            self.faults[failure == .noSpace ? .noSpaceError : .inputOutputError] += 1
            onFault(&self)
            throw failure == .noSpace ? .noSpace : .inputOutput
        }
    }

    /// Writes as much as there is room for, and says how much.
    @discardableResult
    mutating func write(_ source: UnsafeRawBufferPointer, to node: Int, at offset: Int) -> Int {
        var count = source.count
        if self.capacitySectors != nil, !self.hasRoom(for: sectors(offset, count), of: node) {
            count = self.writableBytes(of: count, to: node, at: offset)
        }
        self.disk.write(UnsafeRawBufferPointer(rebasing: source[..<count]), to: node, at: offset)
        return count
    }

    mutating func hasRoom(for sectors: Range<Int>, of node: Int) -> Bool {
        guard self.capacitySectors != nil else { return true }
        guard self.disk.nodes[node].content.allocated.missing(in: sectors) > self.freeSectors else { return true }
        self.faults[.diskFull] += 1
        return false
    }

    /// The part of a write before the first sector that a full disk has no room for.
    private func writableBytes(of count: Int, to node: Int, at offset: Int) -> Int {
        var free = self.freeSectors
        for sector in sectors(offset, count) where !self.disk.nodes[node].content.allocated.contains(sector) {
            guard free > 0 else { return max(0, sector * SimulatedFileContent.sectorBytes - offset) }
            free -= 1
        }
        return count
    }

    /// What a failed sync does: some of the dirty pages reached the disk, and all of them are clean from now on.
    mutating func dropDirtyPages(of node: Int) {
        let content = self.disk.nodes[node].content
        guard !content.isSynchronized else { return }
        let seed = Seed(self.plan.seed.next())
        var survival = Survival(model: self.plan.failedSyncLeaves, seed: seed, cut: self.disk.randomMoment(seed))
        let found = survival.bytes(of: content, inode: node)
        let isEvicted = self.plan.seed.chance(1, in: 2)
        self.disk.changeContent(of: node) { content, stamp in
            content.dropUnsynchronized(found: found, evicted: isEvicted, stamp: stamp)
        }
        self.faults += survival.faults
        self.faults[.droppedPages] += 1
    }
}
