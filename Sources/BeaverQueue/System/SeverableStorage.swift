/// A disk that can be taken away from an engine, as a SIGKILL takes it from a process.
///
/// After `sever` every call fails, and none that was under way is left in the kernel: another engine may open the same
/// files. What had been written stays, as after a kill.
package final class SeverableStorage: Storage {
    private struct State {
        var isSevered = false
        var callsUnderWay = 0
    }

    /// Shared with the files it opened.
    fileprivate final class Switch: Sendable {
        private let state = Lock(State())

        func run<Result>(_ path: String, _ call: () throws(QueueError) -> Result) throws(QueueError) -> Result {
            let isOpen = self.state.withLock { state in
                if state.isSevered { return false }
                state.callsUnderWay += 1
                return true
            }
            guard isOpen else {
                throw QueueError(.inputOutput, "\(path): this engine was killed by the crash-test", path: path)
            }
            defer {
                self.state.withLock { $0.callsUnderWay -= 1 }
                self.state.broadcast()
            }
            return try call()
        }

        func sever() {
            self.state.withLock { $0.isSevered = true }
            self.state.wait { $0.callsUnderWay == 0 ? () : nil }
        }
    }

    private let disk: any Storage
    private let gate = Switch()

    package init(_ disk: any Storage) { self.disk = disk }

    /// Returns when no call is under way any more; blocks for as long as the kernel takes.
    package func sever() { self.gate.sever() }

    package func open(_ path: String, _ mode: OpenMode) throws(QueueError) -> any StorageFile {
        try self.gate.run(path) { () throws(QueueError) in
            SeverableFile(try self.disk.open(path, mode), self.gate)
        }
    }

    package func createDirectory(_ path: String) throws(QueueError) {
        try self.gate.run(path) { () throws(QueueError) in try self.disk.createDirectory(path) }
    }

    package func list(_ path: String) throws(QueueError) -> [String] {
        try self.gate.run(path) { () throws(QueueError) in try self.disk.list(path) }
    }

    package func rename(_ path: String, to newPath: String) throws(QueueError) {
        try self.gate.run(path) { () throws(QueueError) in try self.disk.rename(path, to: newPath) }
    }

    package func remove(_ path: String) throws(QueueError) {
        try self.gate.run(path) { () throws(QueueError) in try self.disk.remove(path) }
    }

    package func syncDirectory(_ path: String) throws(QueueError) {
        try self.gate.run(path) { () throws(QueueError) in try self.disk.syncDirectory(path) }
    }

    package func identity(of path: String) throws(QueueError) -> FileIdentity? {
        try self.gate.run(path) { () throws(QueueError) in try self.disk.identity(of: path) }
    }

    package func freeBytes(at path: String) throws(QueueError) -> Int64 {
        try self.gate.run(path) { () throws(QueueError) in try self.disk.freeBytes(at: path) }
    }
}

/// A file of a severable disk.
private final class SeverableFile: StorageFile {
    private let file: any StorageFile
    private let gate: SeverableStorage.Switch

    init(_ file: any StorageFile, _ gate: SeverableStorage.Switch) {
        self.file = file
        self.gate = gate
    }

    var path: String { self.file.path }

    func read(into buffer: inout [UInt8], count: Int, at offset: Int64) throws(QueueError) -> Int {
        try self.gate.run(self.path) { () throws(QueueError) in
            try self.file.read(into: &buffer, count: count, at: offset)
        }
    }

    func beginRead(at offset: Int64, count: Int64) { self.file.beginRead(at: offset, count: count) }

    func setReadAhead(_ isOn: Bool) { self.file.setReadAhead(isOn) }

    func nextWritten(from offset: Int64) throws(QueueError) -> Range<Int64> {
        try self.gate.run(self.path) { () throws(QueueError) in try self.file.nextWritten(from: offset) }
    }

    func write(_ bytes: RawSpan, at offset: Int64) throws(QueueError) {
        try self.gate.run(self.path) { () throws(QueueError) in try self.file.write(bytes, at: offset) }
    }

    func synchronizeData() throws(QueueError) {
        try self.gate.run(self.path) { () throws(QueueError) in try self.file.synchronizeData() }
    }

    func beginWriteback(at offset: Int64, count: Int64) { self.file.beginWriteback(at: offset, count: count) }

    func truncate(to size: Int64) throws(QueueError) {
        try self.gate.run(self.path) { () throws(QueueError) in try self.file.truncate(to: size) }
    }

    func allocate(_ size: Int64) throws(QueueError) {
        try self.gate.run(self.path) { () throws(QueueError) in try self.file.allocate(size) }
    }

    func size() throws(QueueError) -> Int64 {
        try self.gate.run(self.path) { () throws(QueueError) in try self.file.size() }
    }

    func linkCount() throws(QueueError) -> Int {
        try self.gate.run(self.path) { () throws(QueueError) in try self.file.linkCount() }
    }

    /// A descriptor is given back, severed or not, as the kernel does for a killed process.
    func close() { self.file.close() }
}
