extension SimulatedDisk {
    /// The disk as it is found after a power cut.
    func found(_ survival: inout Survival) -> SimulatedDisk {
        var disk = self
        disk.entryChanges = []
        for change in self.survivors(&survival) { disk.makeDurable(change) }
        disk.usedSectors = 0
        let isReachable = disk.reachable()
        for node in disk.nodes.indices {
            disk.nodes[node].handles = 0
            guard isReachable[node] else {
                disk.nodes[node] = Node(isDirectory: self.nodes[node].isDirectory)
                continue
            }
            if self.nodes[node].linkCount == 0 { survival.faults[.removedFileReturned] += 1 }
            disk.nodes[node].linkCount = 1
            disk.nodes[node].isReleased = false
            disk.nodes[node].entries = disk.nodes[node].durableEntries
            let content = self.nodes[node].content
            let bytes = survival.bytes(of: content, inode: node)
            disk.nodes[node].content = SimulatedFileContent(
                durable: bytes,
                allocated: bytes.count == content.bytes.count ? content.allocated : nil
            )
            disk.usedSectors += disk.nodes[node].content.allocated.count
        }
        return disk
    }

    /// A moment among the changes that are not durable: the first one an orderly disk had not seen whole.
    func randomMoment(_ seed: Seed) -> UInt64 {
        var stamps = self.entryChanges.map(\.stamp)
        for node in self.nodes { stamps += node.content.changes.map(\.stamp) }
        stamps.append(self.stamp + 1)
        stamps.sort()
        var seed = seed
        return seed.pick(stamps) ?? self.stamp + 1
    }

    private func survivors(_ survival: inout Survival) -> [EntryChange] {
        var seed = survival.seed.stream("entries")
        let eighths = seed.pick([1, 4, 7]) ?? 4
        var lost: [EntryChange] = []
        var survivors: [EntryChange] = []
        for change in self.entryChanges {
            let survives =
                switch survival.model {
                case .allLost: false
                case .allSurvived: true
                case .inOrder: change.stamp < survival.cut
                case .random, .garbage: seed.chance(eighths, in: 8) && !lost.contains { change.depends(on: $0) }
                }
            if survives { survivors.append(change) } else { lost.append(change) }
        }
        survival.faults[.unsyncedEntryLost] += lost.count
        return survivors
    }

    private func reachable() -> [Bool] {
        var isReachable = Array(repeating: false, count: self.nodes.count)
        var waiting = [0]
        while let node = waiting.popLast() {
            guard !isReachable[node] else { continue }
            isReachable[node] = true
            waiting += self.nodes[node].durableEntries.nodes
        }
        return isReachable
    }
}
