import BeaverQueue
import Glibc

/// The file that standard error goes to, so that a rotated log can be left behind: `logrotate` renames it and sends SIGHUP.
struct LogFile: Sendable {
    let path: String

    private static let errorPath = "/proc/self/fd/\(STDERR_FILENO)"
    private static let outputPath = "/proc/self/fd/\(STDOUT_FILENO)"

    /// To be appended to; whoever calls owns the descriptor.
    static func open(_ path: String) throws(QueueError) -> CInt {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let directory = AbsolutePath.directory(of: path)
            throw QueueError(.cannotCreate, "\(path) cannot be written; is \(directory) yours?", path: path)
        }
        return descriptor
    }

    /// Nil where standard error is no file with a name.
    static func ofStandardError() -> LogFile? {
        var bytes = [CChar](repeating: 0, count: 4_096)
        let count = readlink(self.errorPath, &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        let path = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard path.hasPrefix("/"), !path.hasPrefix("/dev/") else { return nil }
        let file = LogFile(path: path)
        // A file whose name is gone already has none to come back to.
        return file.isStandardError ? file : nil
    }

    /// Opens the path again if another file, or none, has its name now.
    func reopenIfMoved() {
        guard !self.isStandardError else { return }
        // The old file still takes every line; whoever looks for the new one sees that it is missing.
        guard let opened = try? Self.open(self.path) else { return }
        if Self.identity(Self.outputPath) == Self.identity(Self.errorPath) { dup2(opened, STDOUT_FILENO) }
        dup2(opened, STDERR_FILENO)
        close(opened)
    }

    private var isStandardError: Bool { Self.identity(self.path) == Self.identity(Self.errorPath) }

    private static func identity(_ path: String) -> FileIdentity? { try? FileStorage().identity(of: path) }
}
