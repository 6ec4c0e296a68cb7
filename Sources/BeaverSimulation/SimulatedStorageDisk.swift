/// Files, directories, and which of their changes are not on the disk yet.
///
/// A plain value: copying it is cheap, and is how a test keeps a disk to crash it many times.
struct SimulatedDisk: Sendable {
    /// The root directory is the first; numbers are never used again.
    var nodes = [Node(isDirectory: true, linkCount: 1)]
    var entryChanges: [EntryChange] = []
    /// Counts every change, so that they can be put in order.
    var stamp: UInt64 = 0
    var usedSectors = 0

    // MARK: Names

    func node(at path: String) throws(DiskFailure) -> Int {
        try self.node(pathComponents(path))
    }

    private func node(_ names: [String]) throws(DiskFailure) -> Int {
        var node = 0
        for name in names {
            guard self.nodes[node].isDirectory else { throw .notADirectory }
            guard let next = self.nodes[node].entries[name] else { throw .notFound }
            node = next
        }
        return node
    }

    func directory(at path: String) throws(DiskFailure) -> Int {
        let node = try self.node(at: path)
        guard self.nodes[node].isDirectory else { throw .notADirectory }
        return node
    }

    /// The directory and the last name of a path, which need not exist.
    func slot(_ path: String) throws(DiskFailure) -> Slot {
        var names = pathComponents(path)
        guard let last = names.popLast() else { throw .invalid }
        let directory = try self.node(names)
        guard self.nodes[directory].isDirectory else { throw .notADirectory }
        return Slot(directory: directory, name: last)
    }

    func nodeNumber(_ slot: Slot) -> Int? { self.nodes[slot.directory].entries[slot.name] }

    mutating func create(_ slot: Slot, isDirectory: Bool) throws(DiskFailure) -> Int {
        guard self.nodes[slot.directory].linkCount > 0 else { throw .notFound }
        let node = self.nodes.count
        self.nodes.append(Node(isDirectory: isDirectory))
        self.change([(slot, node)], of: node)
        return node
    }

    mutating func remove(_ slot: Slot) throws(DiskFailure) {
        guard let node = self.nodeNumber(slot) else { throw .notFound }
        guard self.nodes[node].entries.isEmpty else { throw .notEmpty }
        self.change([(slot, nil)], of: node)
    }

    mutating func rename(_ slot: Slot, to target: Slot) throws(DiskFailure) {
        guard let node = self.nodeNumber(slot) else { throw .notFound }
        guard slot != target else { return }
        guard self.nodes[target.directory].linkCount > 0 else { throw .notFound }
        if let replaced = self.nodeNumber(target) {
            guard self.nodes[replaced].isDirectory == self.nodes[node].isDirectory else {
                throw self.nodes[replaced].isDirectory ? .isADirectory : .notADirectory
            }
            guard self.nodes[replaced].entries.isEmpty else { throw .notEmpty }
        }
        // The new name first, so that the node is never without one.
        self.change([(target, node), (slot, nil)], of: node)
    }

    /// Makes all changes of this directory durable, and the older ones that they build on.
    mutating func synchronizeDirectory(_ directory: Int) {
        var chosen: [EntryChange] = []
        var rest: [EntryChange] = []
        for change in self.entryChanges.reversed() {
            let isNeeded = chosen.contains { $0.depends(on: change) }
            if isNeeded || change.results.contains(where: { $0.slot.directory == directory }) {
                chosen.append(change)
            } else {
                rest.append(change)
            }
        }
        self.entryChanges = rest.reversed()
        for change in chosen.reversed() {
            self.makeDurable(change)
        }
    }

    // MARK: Content

    mutating func write(_ source: UnsafeRawBufferPointer, to node: Int, at offset: Int) {
        self.changeContent(of: node) { $0.write(source, at: offset, stamp: $1) }
    }

    mutating func resize(_ node: Int, to size: Int) {
        self.changeContent(of: node) { $0.resize(to: size, stamp: $1) }
    }

    mutating func allocate(_ node: Int, _ size: Int) {
        self.changeContent(of: node) { $0.allocate(size, stamp: $1) }
    }

    mutating func synchronize(_ node: Int) {
        self.nodes[node].content.synchronize()
    }

    mutating func changeContent(of node: Int, _ body: (inout SimulatedFileContent, UInt64) -> Void) {
        self.stamp += 1
        let before = self.nodes[node].content.allocated.count
        body(&self.nodes[node].content, self.stamp)
        self.usedSectors += self.nodes[node].content.allocated.count - before
    }

    // MARK: Lives

    mutating func openHandle(_ node: Int) { self.nodes[node].handles += 1 }

    mutating func closeHandle(_ node: Int) {
        self.nodes[node].handles -= 1
        self.releaseIfUnreachable(node)
    }

    /// The end of a process: what it had open and nobody names any more is gone.
    mutating func closeAllHandles() {
        for node in self.nodes.indices where self.nodes[node].handles > 0 {
            self.nodes[node].handles = 0
            self.releaseIfUnreachable(node)
        }
    }

    private mutating func change(_ results: [(slot: Slot, node: Int?)], of node: Int) {
        self.stamp += 1
        for (slot, result) in results {
            let replaced = self.nodeNumber(slot)
            self.nodes[slot.directory].entries[slot.name] = result
            if let result { self.nodes[result].linkCount += 1 }
            if let replaced {
                self.nodes[replaced].linkCount -= 1
                self.releaseIfUnreachable(replaced)
            }
        }
        self.entryChanges.append(EntryChange(stamp: self.stamp, results: results, node: node))
    }

    mutating func makeDurable(_ change: EntryChange) {
        for (slot, result) in change.results {
            let replaced = self.nodes[slot.directory].durableEntries[slot.name]
            self.nodes[slot.directory].durableEntries[slot.name] = result
            if let result { self.nodes[result].durableLinkCount += 1 }
            if let replaced {
                self.nodes[replaced].durableLinkCount -= 1
                self.forgetIfGone(replaced)
            }
        }
        self.forgetIfGone(change.node)
    }

    /// Gives the room of a file back once nobody can reach it any more.
    private mutating func releaseIfUnreachable(_ node: Int) {
        let state = self.nodes[node]
        guard state.linkCount == 0, state.handles == 0, !state.isReleased else { return }
        self.nodes[node].isReleased = true
        self.usedSectors -= state.content.allocated.count
        self.forgetIfGone(node)
    }

    /// Drops the bytes of a file that not even a power cut can bring back.
    private mutating func forgetIfGone(_ node: Int) {
        guard self.nodes[node].isReleased, self.nodes[node].durableLinkCount == 0 else { return }
        guard !self.entryChanges.contains(where: { $0.node == node }) else { return }
        self.nodes[node].content = SimulatedFileContent()
    }
}
