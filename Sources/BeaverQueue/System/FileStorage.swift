internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The real disk.
///
/// Files are made with mode 0600 and directories with 0700, whatever the process's file mode mask: the
/// payloads in them belong to nobody else.
package final class FileStorage: Storage {
    package init() {}

    package func open(_ path: String, _ mode: OpenMode) throws(QueueError) -> any StorageFile {
        try PosixFile(path, mode)
    }

    package func createDirectory(_ path: String) throws(QueueError) {
        try self.createDirectory(path, mayMakeParent: true)
    }

    /// A parent is made once: in a directory that was removed while somebody is in it, "." exists and takes no names.
    private func createDirectory(_ path: String, mayMakeParent: Bool) throws(QueueError) {
        if path.isEmpty { return }
        do throws(SystemCall.Failure) {
            try SystemCall.retrying { mkdir(path, 0o700) }
        } catch {
            switch error.number {
            case EEXIST where try self.identity(of: path)?.isDirectory == true: return
            case ENOENT where mayMakeParent:
                guard let parent = Self.parent(of: path) else { fallthrough }
                try self.createDirectory(parent)
                return try self.createDirectory(path, mayMakeParent: false)
            default: throw error.queueError("mkdir", path: path, code: .cannotCreate)
            }
        }
        try SystemCall.check("chmod", path: path, code: .cannotCreate) { chmod(path, 0o700) }
        // The caller knows which directory it asked for, not which of its parents were missing: a power cut must not
        // take a parent, and with it a whole store, away.
        try self.syncDirectory(Self.parent(of: path) ?? ".")
    }

    package func list(_ path: String) throws(QueueError) -> [String] {
        do {
            return try SystemCall.names(in: path).sorted()
        } catch {
            throw error.queueError("opendir", path: path)
        }
    }

    package func rename(_ path: String, to newPath: String) throws(QueueError) {
        try SystemCall.check("rename to \(newPath)", path: path) { Self.renameCall(path, newPath) }
    }

    package func remove(_ path: String) throws(QueueError) {
        do throws(SystemCall.Failure) {
            try SystemCall.retrying { unlink(path) }
        } catch {
            guard error.number == EISDIR else { throw error.queueError("unlink", path: path) }
            try SystemCall.check("rmdir", path: path) { rmdir(path) }
        }
    }

    package func syncDirectory(_ path: String) throws(QueueError) {
        let descriptor = try SystemCall.check("open", path: path) {
            Self.openCall(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        defer { SystemCall.close(descriptor) }
        do throws(SystemCall.Failure) {
            try SystemCall.once { fsync(descriptor) }
        } catch {
            // Some file systems (FUSE, SMB) have nothing to sync for a directory and say so.
            if error.number != EINVAL { throw error.queueError("fsync", path: path) }
        }
    }

    package func identity(of path: String) throws(QueueError) -> FileIdentity? {
        var answer = stat()
        do throws(SystemCall.Failure) {
            try SystemCall.retrying { stat(path, &answer) }
        } catch {
            if error.isMissing { return nil }
            throw error.queueError("stat", path: path)
        }
        return FileIdentity(
            device: UInt64(answer.st_dev),
            inode: UInt64(answer.st_ino),
            isDirectory: answer.st_mode & S_IFMT == S_IFDIR
        )
    }

    package func freeBytes(at path: String) throws(QueueError) -> Int64 {
        var answer = statvfs()
        try SystemCall.check("statvfs", path: path) { statvfs(path, &answer) }
        return Int64(clamping: UInt64(answer.f_bavail) * UInt64(answer.f_frsize))
    }

    /// What kind of file system a path is on, as `mount` calls it; for people, and for the warning about network file
    /// systems.
    package func fileSystemName(of path: String) throws(QueueError) -> String {
        var magic: UInt64 = 0
        try SystemCall.check("statfs", path: path) { cbeaver_file_system_type(path, &magic) }
        return Self.fileSystemNames[magic] ?? "0x\(String(magic, radix: 16))"
    }

    /// From <linux/magic.h>.
    ///
    /// ext2, ext3 and ext4 share one number; the first two are history.
    private static let fileSystemNames: [UInt64: String] = [
        0xef53: "ext4", 0x5846_5342: "xfs", 0x9123_683e: "btrfs", 0x0102_1994: "tmpfs", 0x8584_58f6: "ramfs",
        0x794c_7630: "overlay", 0x2fc1_2fc1: "zfs", 0xf2f5_2010: "f2fs", 0xca45_1a4e: "bcachefs",
        0x6969: "nfs", 0x6573_5546: "fuse", 0xff53_4d42: "cifs", 0xfe53_4d42: "smb2", 0x0102_1997: "9p",
        0x00c3_6400: "ceph", 0x0bd0_0bd0: "lustre", 0x4d44: "vfat", 0x2011_bab0: "exfat", 0x5346_544e: "ntfs",
        0x7366_746e: "ntfs3", 0x6a65_6a63: "virtiofs",
    ]

    /// nil for a path that has none: "/" and a single relative name, whose parent exists.
    private static func parent(of path: String) -> String? {
        let trimmed = path.reversed().drop { $0 == "/" }
        let parent = String(trimmed.drop { $0 != "/" }.drop { $0 == "/" }.reversed())
        if !parent.isEmpty { return parent }
        return path.hasPrefix("/") && !trimmed.isEmpty ? "/" : nil
    }

    /// Out here the names of this class's methods do not hide the system's.
    private static func renameCall(_ path: String, _ newPath: String) -> Int32 {
        #if canImport(Glibc)
        Glibc.rename(path, newPath)
        #elseif canImport(Musl)
        Musl.rename(path, newPath)
        #endif
    }

    static func openCall(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
        #if canImport(Glibc)
        Glibc.open(path, flags, mode)
        #elseif canImport(Musl)
        Musl.open(path, flags, mode)
        #endif
    }
}
