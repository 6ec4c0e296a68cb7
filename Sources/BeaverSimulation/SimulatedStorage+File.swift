internal import BeaverQueue

/// An open file of a simulated disk: a number in its storage's table, without bytes of its own.
final class SimulatedFile: StorageFile {
    let path: String
    private let storage: SimulatedStorage
    private let handle: Int
    private let isWritable: Bool

    init(_ storage: SimulatedStorage, handle: Int, path: String, isWritable: Bool) {
        self.storage = storage
        self.handle = handle
        self.path = path
        self.isWritable = isWritable
    }

    deinit {
        self.close()
    }

    func read(into buffer: inout [UInt8], count: Int, at offset: Int64) throws(QueueError) -> Int {
        let count = max(0, count)
        if buffer.count < count {
            buffer = [UInt8](repeating: 0, count: count)
        }
        return try self.perform(.read, "pread", offset) { state, node throws(DiskFailure) in
            guard offset >= 0 else { throw .invalid }
            return state.disk.nodes[node].content.read(into: &buffer, count: count, at: Int(offset))
        }
    }

    func write(_ bytes: RawSpan, at offset: Int64) throws(QueueError) {
        try bytes.withUnsafeBytes { source throws(QueueError) in
            var done = 0
            repeat {
                let rest = UnsafeRawBufferPointer(rebasing: source[done...])
                done += try self.writeSome(rest, at: offset + Int64(done))
            } while done < source.count
        }
    }

    /// One call of the kernel, which may take less than it is given.
    private func writeSome(_ source: UnsafeRawBufferPointer, at offset: Int64) throws(QueueError) -> Int {
        try self.perform(
            .write,
            "pwrite",
            offset,
            onFault: { state, node in
                // A call that failed may have written a part before; which one, nobody is told.
                guard self.isWritable, offset >= 0, offset < SimulatedFileContent.largestBytes else { return }
                let written = manyOrFew(source.count, &state.plan.seed)
                state.write(UnsafeRawBufferPointer(rebasing: source[..<written]), to: node, at: Int(offset))
            },
            { state, node throws(DiskFailure) in
                guard self.isWritable else { throw .badDescriptor }
                guard offset >= 0 else { throw .invalid }
                guard offset <= SimulatedFileContent.largestBytes - Int64(source.count) else { throw .tooLarge }
                let accepted = state.plan.acceptedBytes(of: source.count)
                if accepted < source.count { state.faults[.shortWrite] += 1 }
                let written = state.write(
                    UnsafeRawBufferPointer(rebasing: source[..<accepted]),
                    to: node,
                    at: Int(offset)
                )
                guard written == accepted else { throw .noSpace }
                return accepted
            }
        )
    }

    func beginWriteback(at offset: Int64, count: Int64) {}

    func beginRead(at offset: Int64, count: Int64) {}

    func setReadAhead(_ isOn: Bool) {}

    /// A sector of zeros counts as never written, so that the skipping of such is tried far more often than by a real disk.
    func nextWritten(from offset: Int64) throws(QueueError) -> Range<Int64> {
        try self.perform(.inspect, "lseek", offset) { state, node throws(DiskFailure) in
            guard offset >= 0 else { throw .invalid }
            let written = state.disk.nodes[node].content.nextWritten(from: Int(offset))
            return Int64(written.lowerBound)..<Int64(written.upperBound)
        }
    }

    func synchronizeData() throws(QueueError) {
        try self.perform(
            .sync,
            "fdatasync",
            nil,
            onFault: { state, node in state.dropDirtyPages(of: node) },
            { state, node in state.disk.synchronize(node) }
        )
    }

    func truncate(to size: Int64) throws(QueueError) {
        try self.perform(.resize, "ftruncate", size) { state, node throws(DiskFailure) in
            guard self.isWritable, size >= 0 else { throw .invalid }
            guard size <= SimulatedFileContent.largestBytes else { throw .tooLarge }
            state.disk.resize(node, to: Int(size))
        }
    }

    func allocate(_ size: Int64) throws(QueueError) {
        try self.perform(.resize, "fallocate", size) { state, node throws(DiskFailure) in
            guard self.isWritable else { throw .badDescriptor }
            guard size > 0 else { throw .invalid }
            guard size <= SimulatedFileContent.largestBytes else { throw .tooLarge }
            guard state.hasRoom(for: sectors(0, Int(size)), of: node) else { throw .noSpace }
            state.disk.allocate(node, Int(size))
        }
    }

    func size() throws(QueueError) -> Int64 {
        try self.perform(.inspect, "fstat", nil) { state, node in
            Int64(state.disk.nodes[node].content.bytes.count)
        }
    }

    func linkCount() throws(QueueError) -> Int {
        try self.perform(.inspect, "fstat", nil) { state, node in
            state.disk.nodes[node].linkCount
        }
    }

    func close() {
        self.storage.closeHandle(self.handle)
    }

    private func perform<Result>(
        _ call: StorageCall,
        _ name: String,
        _ offset: Int64?,
        onFault: (inout SimulatedStorage.State, Int) -> Void = { _, _ in },
        _ body: (inout SimulatedStorage.State, Int) throws(DiskFailure) -> Result
    ) throws(QueueError) -> Result {
        try self.storage.perform(
            call,
            name,
            self.path,
            offset: offset,
            onFault: { state in
                if let node = state.handles[self.handle] { onFault(&state, node) }
            },
            { state throws(DiskFailure) in
                guard let node = state.handles[self.handle] else { throw .badDescriptor }
                return try body(&state, node)
            }
        )
    }
}

extension SimulatedStorage {
    /// Cannot fail, and is no crash point: nothing on the disk depends on it.
    func closeHandle(_ handle: Int) {
        self.state.withLock { state in
            guard !state.isDead, let node = state.handles[handle] else { return }
            state.handles[handle] = nil
            state.disk.closeHandle(node)
        }
    }
}
