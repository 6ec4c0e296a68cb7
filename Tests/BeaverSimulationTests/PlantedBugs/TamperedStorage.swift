import BeaverQueue
import BeaverSimulation

/// A disk behind a layer with one bug in it.
final class TamperedStorage: Storage {
    struct State: Sendable {
        var writes = 0
        /// The newest segment that holds a frame.
        var newestSegment = ""
        /// Bytes of a removed segment, for the next one made.
        var stale: [UInt8] = []
        /// Segments that were made of a stale one.
        var recycled: Set<String> = []
        var identities: [String: FileIdentity] = [:]
    }

    let disk: SimulatedStorage
    let bug: PlantedBug
    let state: Lock<State>

    /// - Parameter state: what it remembers, from life to life if it is the same.
    init(_ disk: SimulatedStorage, _ bug: PlantedBug, _ state: Lock<State> = Lock(State())) {
        self.disk = disk
        self.bug = bug
        self.state = state
    }

    func open(_ path: String, _ mode: OpenMode) throws(QueueError) -> any StorageFile {
        let file = TamperedFile(try self.disk.open(path, mode), self)
        guard self.bug == .staleSegmentReused, mode == .createOrTruncate, path.hasSuffix(".wal") else { return file }
        let stale = self.state.withLock { state in
            defer { state.stale = [] }
            if !state.stale.isEmpty { state.recycled.insert(path) }
            return state.stale
        }
        try file.file.write(stale.span.bytes, at: 0)
        return file
    }

    func createDirectory(_ path: String) throws(QueueError) { try self.disk.createDirectory(path) }

    func list(_ path: String) throws(QueueError) -> [String] { try self.disk.list(path) }

    func rename(_ path: String, to newPath: String) throws(QueueError) { try self.disk.rename(path, to: newPath) }

    func remove(_ path: String) throws(QueueError) {
        if self.bug == .staleSegmentReused, path.hasSuffix(".wal"), let bytes = self.disk.contents(of: path) {
            self.state.withLock { $0.stale = bytes }
        }
        try self.disk.remove(path)
    }

    func syncDirectory(_ path: String) throws(QueueError) {
        if self.bug != .directorySyncSkipped { try self.disk.syncDirectory(path) }
    }

    func identity(of path: String) throws(QueueError) -> FileIdentity? {
        guard self.bug == .directoryNotWatched else { return try self.disk.identity(of: path) }
        if let known = self.state.withLock({ $0.identities[path] }) { return known }
        let identity = try self.disk.identity(of: path)
        self.state.withLock { $0.identities[path] = identity }
        return identity
    }

    func freeBytes(at path: String) throws(QueueError) -> Int64 { try self.disk.freeBytes(at: path) }
}

/// An open file of it.
final class TamperedFile: StorageFile {
    let file: any StorageFile
    private let storage: TamperedStorage

    var path: String { self.file.path }
    private var bug: PlantedBug { self.storage.bug }
    private var isLog: Bool { self.path.hasSuffix(".wal") }

    init(_ file: any StorageFile, _ storage: TamperedStorage) {
        self.file = file
        self.storage = storage
    }

    func read(into buffer: inout [UInt8], count: Int, at offset: Int64) throws(QueueError) -> Int {
        do {
            return try self.file.read(into: &buffer, count: count, at: offset)
        } catch {
            guard self.bug == .readErrorTakenForEnd, error.errorNumber == 5 else { throw error }
            if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
            return 0
        }
    }

    func write(_ bytes: RawSpan, at offset: Int64) throws(QueueError) {
        let all = bytes.withUnsafeBytes { Array($0) }
        let isZero = all.allSatisfy { $0 == 0 }
        let (number, isRecycled) = self.storage.state.withLock { state in
            state.writes += 1
            if self.isLog, offset >= 4_096, !isZero { state.newestSegment = max(state.newestSegment, self.path) }
            return (state.writes, state.recycled.contains(self.path))
        }
        switch self.bug {
        case .tornTailNotZeroed where isZero && self.isLog: return
        case .staleSegmentReused where isZero && isRecycled: return
        case .shortWriteNotContinued where number % 7 == 0 && all.count > 1_024 && !isZero:
            let half = Array(all.prefix(all.count / 2))
            return try self.file.write(half.span.bytes, at: offset)
        case .snapshotPartLost where self.path.hasSuffix(".tmp") && offset == 64: return
        case .sameBytesNotWrittenAgain:
            var there: [UInt8] = []
            let count = try self.file.read(into: &there, count: all.count, at: offset)
            if count == all.count, Array(there.prefix(count)) == all { return }
        default: break
        }
        do {
            try self.file.write(bytes, at: offset)
        } catch {
            if self.bug == .failedWriteIgnored, error.errorNumber == 5 { return }
            if self.bug == .fullDiskIgnored, error.isNoSpace { return }
            throw error
        }
    }

    func synchronizeData() throws(QueueError) {
        switch self.bug {
        case .fileSyncSkipped: return
        case .snapshotRenamedBeforeSync where self.path.hasSuffix(".snap.tmp"): return
        case .onlyNewestSegmentSynced where self.isLog:
            if self.path < self.storage.state.withLock({ $0.newestSegment }) { return }
        default: break
        }
        do {
            try self.file.synchronizeData()
        } catch {
            guard self.bug == .failedSyncRepeated else { throw error }
            try self.file.synchronizeData()
        }
    }

    func beginRead(at offset: Int64, count: Int64) { self.file.beginRead(at: offset, count: count) }

    func setReadAhead(_ isOn: Bool) { self.file.setReadAhead(isOn) }

    func nextWritten(from offset: Int64) throws(QueueError) -> Range<Int64> {
        try self.file.nextWritten(from: offset)
    }

    func beginWriteback(at offset: Int64, count: Int64) { self.file.beginWriteback(at: offset, count: count) }

    func truncate(to size: Int64) throws(QueueError) { try self.file.truncate(to: size) }

    func allocate(_ size: Int64) throws(QueueError) { try self.file.allocate(size) }

    func size() throws(QueueError) -> Int64 { try self.file.size() }

    func linkCount() throws(QueueError) -> Int {
        let count = try self.file.linkCount()
        return self.bug == .directoryNotWatched ? 1 : count
    }

    func close() { self.file.close() }
}
