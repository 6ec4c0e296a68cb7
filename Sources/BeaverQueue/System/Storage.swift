/// Files and directories as the engine sees them.
///
/// Everything that reaches a disk goes through this protocol, so that the simulator can lose, tear, reorder and corrupt
/// what a real disk would. Calls block; whoever makes one that may wait for the disk is not deciding at that time.
/// Paths are plain strings; relative ones are relative to the process.
package protocol Storage: AnyObject, Sendable {
    func open(_ path: String, _ mode: OpenMode) throws(QueueError) -> any StorageFile
    /// Creates the directory and its missing parents with mode 0700. An existing directory is no error.
    func createDirectory(_ path: String) throws(QueueError)
    /// The names in a directory, sorted, without "." and "..".
    func list(_ path: String) throws(QueueError) -> [String]
    func rename(_ path: String, to newPath: String) throws(QueueError)
    func remove(_ path: String) throws(QueueError)
    /// Makes creations, renames and removals in this directory durable.
    func syncDirectory(_ path: String) throws(QueueError)
    /// Which file a path names now; nil if there is none.
    func identity(of path: String) throws(QueueError) -> FileIdentity?
    /// Bytes that a process without privileges can still allocate on the file system of `path`.
    func freeBytes(at path: String) throws(QueueError) -> Int64
}

extension QueueError {
    /// ENOSPC or EDQUOT: no room now, perhaps later.
    package var isNoSpace: Bool { self.code == .full || self.isDiskWithoutSpace }
    package var isDiskWithoutSpace: Bool { [28, 122].contains(self.errorNumber) }
}

extension QueueError {
    /// EAGAIN, ENOMEM, ENFILE, EMFILE or ENOBUFS: this process or the machine has too much open, or no memory, for now.
    package var isShortage: Bool { self.errorNumber.map { SystemCall.Failure(number: $0).isShortage } ?? false }
}

extension QueueError {
    /// EPERM, EACCES or EROFS: not ours to change.
    package var isForbidden: Bool { [1, 13, 30].contains(self.errorNumber) }
}

package enum OpenMode: Sendable {
    case readOnly
    /// Read and write an existing file.
    case readWrite
    /// Create with mode 0600; fails if it exists.
    case createNew
    /// Create or empty with mode 0600.
    case createOrTruncate
}

/// Device and inode: the same values mean the same file.
package struct FileIdentity: Sendable, Hashable {
    package var device: UInt64
    package var inode: UInt64
    package var isDirectory: Bool

    package init(device: UInt64, inode: UInt64, isDirectory: Bool) {
        self.device = device
        self.inode = inode
        self.isDirectory = isDirectory
    }
}

/// An open file.
///
/// Positions are explicit, so that any thread may use it at any time.
package protocol StorageFile: AnyObject, Sendable {
    var path: String { get }
    /// Fills `buffer[0..<count]` from `offset` and returns how many bytes there were; fewer than `count` only at the end
    /// of the file. `buffer` is enlarged to `count` if it is smaller, and never shrunk.
    func read(into buffer: inout [UInt8], count: Int, at offset: Int64) throws(QueueError) -> Int
    /// Begins to bring what stands there into memory: a hint, so that a later `read` does not wait.
    func beginRead(at offset: Int64, count: Int64)
    /// Whether the kernel may bring into memory what stands behind that which is read; it may when the file is opened.
    func setReadAhead(_ isOn: Bool)
    /// From `offset` on, the first stretch that was ever written; what stands before it are zeros. Empty, at the file's end,
    /// if there is none.
    ///
    /// Where that is not known, all counts as written.
    func nextWritten(from offset: Int64) throws(QueueError) -> Range<Int64>
    /// Writes all of `bytes`; a short write is continued.
    func write(_ bytes: RawSpan, at offset: Int64) throws(QueueError)
    /// Forces data, and the size if it changed, to the disk. After a failure the state of the unsynced bytes is unknown
    /// and a second call proves nothing.
    func synchronizeData() throws(QueueError)
    /// Begins to write what was written there to the disk: a hint, so that a later `synchronizeData` finds little to do
    /// and the disk is not flooded at once. What fails is told by `synchronizeData`.
    func beginWriteback(at offset: Int64, count: Int64)
    /// Cuts or extends (with zeros) the file.
    func truncate(to size: Int64) throws(QueueError)
    /// Reserves blocks for `0 ..< size`, so that later writes there need no allocation; the file grows to `size`.
    func allocate(_ size: Int64) throws(QueueError)
    func size() throws(QueueError) -> Int64
    /// 0 means that the file was removed while open: what is synced to it is lost with the last descriptor.
    func linkCount() throws(QueueError) -> Int
    /// Releases the descriptor. Later calls fail with an error. Idempotent.
    func close()
}
