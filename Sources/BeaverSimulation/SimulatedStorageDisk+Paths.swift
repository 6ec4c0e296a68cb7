internal import BeaverQueue

/// The calls that take a path, and the edits of tests.
extension SimulatedDisk {
    mutating func open(_ path: String, _ mode: OpenMode) throws(DiskFailure) -> Int {
        let slot = try self.slot(path)
        let existing = self.nodeNumber(slot)
        if let existing, self.nodes[existing].isDirectory { throw .isADirectory }
        switch (mode, existing) {
        case (.readOnly, .some(let node)), (.readWrite, .some(let node)):
            return node
        case (.createOrTruncate, .some(let node)):
            self.resize(node, to: 0)
            return node
        case (.createNew, .some):
            throw .exists
        case (.readOnly, .none), (.readWrite, .none):
            throw .notFound
        case (.createNew, .none), (.createOrTruncate, .none):
            return try self.create(slot, isDirectory: false)
        }
    }

    mutating func createDirectory(_ path: String) throws(DiskFailure) {
        var directory = 0
        for name in pathComponents(path) {
            let slot = Slot(directory: directory, name: name)
            if let existing = self.nodeNumber(slot) {
                directory = existing
            } else {
                directory = try self.create(slot, isDirectory: true)
            }
            guard self.nodes[directory].isDirectory else { throw .notADirectory }
        }
    }

    func collectFiles(of directory: Int, prefix: String, into files: inout [String: [UInt8]]) {
        let entries = self.nodes[directory].entries
        for (name, node) in zip(entries.names, entries.nodes) {
            let path = prefix.isEmpty || prefix.hasSuffix("/") ? prefix + name : "\(prefix)/\(name)"
            if self.nodes[node].isDirectory {
                self.collectFiles(of: node, prefix: path, into: &files)
            } else {
                files[path] = self.nodes[node].content.bytes
            }
        }
    }

    mutating func replace(_ path: String, _ bytes: [UInt8]) throws(DiskFailure) {
        try self.createDirectory(path + "/..")
        let node = try self.open(path, .createOrTruncate)
        bytes.withUnsafeBytes { self.write($0, to: node, at: 0) }
        self.synchronize(node)
        var directory = 0
        for name in pathComponents(path) {
            self.synchronizeDirectory(directory)
            directory = self.nodeNumber(Slot(directory: directory, name: name)) ?? directory
        }
    }

    mutating func removeTree(_ slot: Slot) {
        guard let node = self.nodeNumber(slot) else { return }
        for name in self.nodes[node].entries.names {
            self.removeTree(Slot(directory: node, name: name))
        }
        // An empty directory or a file that is there: nothing is left that could refuse.
        try? self.remove(slot)
    }

    mutating func synchronizeAll() {
        for node in self.nodes.indices {
            if self.nodes[node].isDirectory {
                self.synchronizeDirectory(node)
            } else {
                self.synchronize(node)
            }
        }
    }
}
