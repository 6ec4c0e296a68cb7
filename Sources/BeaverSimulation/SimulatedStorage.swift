package import BeaverQueue

/// A disk in memory that can do to the engine what real disks do.
///
/// # The fault model
///
/// **The page cache.** A write is seen by every later read, of this process and the next, but is on the disk only after
/// `synchronizeData` of that file. The same holds for the size. Creating, renaming and removing a name is on the disk
/// only after `syncDirectory` of the directory; a file that is synced in a directory that is not is lost.
///
/// **A power cut** (`crash`) leaves what was synced. Of the rest each 512-byte sector is found in any of the versions
/// it had since the last sync, independently of the others, or all changes in order up to some moment, or all, or none
/// (`CrashModel`). A size that was not synced may have survived without the data: then the new part holds zeros or
/// garbage. A sector is never torn in itself, and bytes that nobody was writing are not damaged. Names survive as a
/// random subset that makes sense: a rename happens whole or not at all, and not without the creation before it. A
/// removed file comes back if its removal was not synced.
///
/// **The death of the process** (`killProcess`) loses no write: the page cache belongs to the kernel. What was not
/// synced is still not.
///
/// Both make a new object over the disk that is found; the old object and its files are dead, each call on them throws.
///
/// **Faults in life** are given by a `FaultPlan`: any call may fail, once or from then on; a failed write may have
/// written a part; a failed sync drops the dirty pages, and the next one succeeds without them; a file system may be
/// full; synced bits may flip; the machine may die at any call.
///
/// Not simulated: sectors written to the wrong place, reads that give other bytes each time, and hard links.
///
/// The same seeds and the same calls in the same order give the same bytes. Calls may come from any thread.
package final class SimulatedStorage: Storage {
    struct State: Sendable {
        var disk = SimulatedDisk()
        var isDead = false
        /// The node each open file leads to; nil once it is closed.
        var handles: [Int?] = []
        var callCount = 0
        var plan = FaultPlan()
        /// How many sectors the file system has; nil: as many as it takes.
        var capacitySectors: Int?
        var faults = FaultCounts()
    }

    /// The one device of all simulated disks.
    static let device: UInt64 = 0xBEAE

    let state: Guarded<State>

    /// An empty disk: a root directory, which is also where relative paths start.
    package init() {
        self.state = Guarded(State())
    }

    init(_ state: State) {
        self.state = Guarded(state)
    }

    /// How many calls were made in this life: the crash points a test can choose from.
    package var callCount: Int { self.state.withLock { $0.callCount } }

    /// What was done to this disk, its former lives included.
    package var faults: FaultCounts { self.state.withLock { $0.faults } }

    package var isDead: Bool { self.state.withLock { $0.isDead } }

    /// What goes wrong in this life; the next one begins without.
    ///
    /// Setting it starts its counters.
    package var faultPlan: FaultPlan {
        get { self.state.withLock { $0.plan } }
        set { self.state.withLock { $0.plan = newValue } }
    }

    /// How much the file system holds, in whole sectors; nil: no limit.
    ///
    /// Stays from life to life, as the disk does.
    package var capacityBytes: Int64? {
        get { self.state.withLock { $0.capacitySectors.map { Int64($0 * SimulatedFileContent.sectorBytes) } } }
        set { self.state.withLock { $0.capacitySectors = newValue.map { Int($0) / SimulatedFileContent.sectorBytes } } }
    }

    package func open(_ path: String, _ mode: OpenMode) throws(QueueError) -> any StorageFile {
        let handle = try self.perform(.open, "open", path) { state throws(DiskFailure) in
            let node = try state.disk.open(path, mode)
            state.disk.openHandle(node)
            state.handles.append(node)
            return state.handles.count - 1
        }
        return SimulatedFile(self, handle: handle, path: path, isWritable: mode != .readOnly)
    }

    package func createDirectory(_ path: String) throws(QueueError) {
        try self.perform(.createDirectory, "mkdir", path) { state throws(DiskFailure) in
            try state.disk.createDirectory(path)
        }
    }

    package func list(_ path: String) throws(QueueError) -> [String] {
        try self.perform(.list, "readdir", path) { state throws(DiskFailure) in
            state.disk.nodes[try state.disk.directory(at: path)].entries.names
        }
    }

    package func rename(_ path: String, to newPath: String) throws(QueueError) {
        try self.perform(.rename, "rename", path) { state throws(DiskFailure) in
            try state.disk.rename(state.disk.slot(path), to: state.disk.slot(newPath))
        }
    }

    package func remove(_ path: String) throws(QueueError) {
        try self.perform(.remove, "unlink", path) { state throws(DiskFailure) in
            try state.disk.remove(state.disk.slot(path))
        }
    }

    package func syncDirectory(_ path: String) throws(QueueError) {
        try self.perform(.syncDirectory, "fsync", path) { state throws(DiskFailure) in
            state.disk.synchronizeDirectory(try state.disk.directory(at: path))
        }
    }

    package func identity(of path: String) throws(QueueError) -> FileIdentity? {
        try self.perform(.inspect, "stat", path) { state in
            guard let node = try? state.disk.node(at: path) else { return nil }
            return FileIdentity(
                device: Self.device,
                inode: UInt64(node + 2),
                isDirectory: state.disk.nodes[node].isDirectory
            )
        }
    }

    package func freeBytes(at path: String) throws(QueueError) -> Int64 {
        try self.perform(.inspect, "statvfs", path) { state throws(DiskFailure) in
            _ = try state.disk.node(at: path)
            return Int64(state.freeSectors) * Int64(SimulatedFileContent.sectorBytes)
        }
    }

    /// Every call goes through here: it counts, may be made to fail, and gives the kernel's answer a sentence.
    /// - Parameter onFault: what a planned failure leaves behind.
    func perform<Result>(
        _ call: StorageCall,
        _ name: String,
        _ path: String,
        offset: Int64? = nil,
        onFault: (inout State) -> Void = { _ in },
        _ body: (inout State) throws(DiskFailure) -> Result
    ) throws(QueueError) -> Result {
        do throws(DiskFailure) {
            return try self.state.withLock { state throws(DiskFailure) in
                guard !state.isDead else { throw .died }
                try state.admit(call, path, onFault)
                return try body(&state)
            }
        } catch {
            throw .systemCall(name, path: path, offset: offset, errorNumber: error.number, reason: error.reason)
        }
    }
}
