/// What a test does to the disk behind the engine's back. None of it is counted, made to fail or refused after death.
extension SimulatedStorage {
    /// Every file under `directory` as a read would see it, by path.
    package func snapshotFiles(under directory: String = "") -> [String: [UInt8]] {
        self.state.withLock { state in
            var files: [String: [UInt8]] = [:]
            guard let node = try? state.disk.directory(at: directory) else { return files }
            state.disk.collectFiles(of: node, prefix: directory, into: &files)
            return files
        }
    }

    /// The bytes of one file as a read would see them; nil if there is none.
    package func contents(of path: String) -> [UInt8]? {
        self.state.withLock { state in
            guard let node = try? state.disk.node(at: path), !state.disk.nodes[node].isDirectory else { return nil }
            return state.disk.nodes[node].content.bytes
        }
    }

    /// Puts these bytes in place of the file, name and all on the disk at once; makes missing directories.
    ///
    /// An existing file stays the same file, with other bytes.
    /// - Returns: false if the path cannot be a file.
    @discardableResult
    package func replace(_ path: String, _ bytes: [UInt8]) -> Bool {
        self.state.withLock { state in
            (try? state.disk.replace(path, bytes)) != nil
        }
    }

    /// Bit rot: flips one bit of what is on the disk; false if the file has no such durable byte.
    @discardableResult
    package func flipBit(_ bit: Int = 0, of path: String, at offset: Int) -> Bool {
        self.state.withLock { state in
            guard let node = try? state.disk.node(at: path) else { return false }
            guard state.disk.nodes[node].content.flipBit(bit, at: offset) else { return false }
            state.faults[.bitRot] += 1
            return true
        }
    }

    /// Removes a file, or a directory with all that is in it, as `rm -rf` of another process does.
    package func removeTree(_ path: String) {
        self.state.withLock { state in
            guard let slot = try? state.disk.slot(path) else { return }
            state.disk.removeTree(slot)
            state.faults[.treeRemoved] += 1
        }
    }

    /// Makes everything durable, as `sync` does.
    package func synchronizeAll() {
        self.state.withLock { $0.disk.synchronizeAll() }
    }
}
