import BeaverQueue
import Glibc
import NIOCore

/// The socket file `DATA-DIR/beaver.sock`: where it is, how it is bound, and how a dead server's is replaced.
///
/// Socket addresses end at 107 bytes, data directories do not: beyond that the directory is opened and the socket named
/// through `/proc/self/fd`, which is short wherever the directory lies.
package enum ControlSocket {
    package static let fileName = "beaver.sock"

    package static func path(in dataDirectory: String) -> String { dataDirectory + "/" + self.fileName }

    /// A listening socket of mode 0600, taking the place of one that nobody serves any more.
    ///
    /// Looking and replacing happen under a `flock` of the directory, so that of two servers starting at once the second
    /// finds the first's socket alive instead of removing it. The caller owns the descriptor.
    static func bind(in dataDirectory: String) throws(QueueError) -> CInt {
        let directory = open(dataDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw self.failure("open", dataDirectory) }
        defer { close(directory) }
        guard flock(directory, LOCK_EX) == 0 else { throw self.failure("flock", dataDirectory) }
        let shortPath = "/proc/self/fd/\(directory)/\(self.fileName)"
        let wholePath = self.path(in: dataDirectory)
        if self.isServed(shortPath) {
            throw QueueError(
                .locked,
                "another server already answers on \(wholePath); stop it with `beaver-tui stop`, or use another --data-dir",
                path: wholePath
            )
        }
        guard unlink(shortPath) == 0 || errno == ENOENT else { throw self.failure("unlink", wholePath) }
        let listener = socket(AF_UNIX, self.streamType, 0)
        guard listener >= 0 else { throw self.failure("socket", wholePath) }
        // On Linux the file is created with the mode of the unbound socket: at no time can another user connect.
        guard fchmod(listener, 0o600) == 0,
            self.withAddress(shortPath, { Glibc.bind(listener, $0, $1) }) == 0,
            listen(listener, 128) == 0
        else {
            let error = self.failure("bind", wholePath)
            close(listener)
            throw error
        }
        return listener
    }

    /// Which file it is, whatever it is called; nil if there is none.
    static func identity(in dataDirectory: String) -> FileIdentity? {
        try? FileStorage().identity(of: self.path(in: dataDirectory))
    }

    /// Removes the file if it is still the one that was bound, and not a successor's.
    static func remove(in dataDirectory: String, identity: FileIdentity?) {
        let path = self.path(in: dataDirectory)
        guard let identity, self.identity(in: dataDirectory) == identity else { return }
        unlink(path)
    }

    /// A path to connect to that fits an address, and what keeps it valid.
    static func connectable(in dataDirectory: String) throws(QueueError) -> ConnectablePath {
        let wholePath = self.path(in: dataDirectory)
        guard wholePath.utf8.count > 107 else { return ConnectablePath(path: wholePath, descriptor: nil) }
        let directory = open(dataDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw self.failure("open", dataDirectory) }
        return ConnectablePath(path: "/proc/self/fd/\(directory)/\(self.fileName)", descriptor: directory)
    }

    /// Whether a server listens there, whatever it would answer.
    package static func isServed(in dataDirectory: String) -> Bool {
        guard let socket = try? self.connectable(in: dataDirectory) else { return false }
        return withExtendedLifetime(socket) { self.isServed(socket.path) }
    }

    /// Whether a server accepts connections there.
    ///
    /// Only a refusal or a missing file says no: a full backlog means life.
    private static func isServed(_ path: String) -> Bool {
        let probe = socket(AF_UNIX, self.streamType, 0)
        guard probe >= 0 else { return true }
        defer { close(probe) }
        guard self.withAddress(path, { connect(probe, $0, $1) }) != 0 else { return true }
        return ![ECONNREFUSED, ENOENT, ENOTDIR, ENOTSOCK].contains(errno)
    }

    private static var streamType: CInt {
        CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    }

    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            // The last byte stays zero.
            for (index, byte) in path.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ call: String, _ path: String) -> QueueError {
        let number = errno
        return .systemCall(
            call,
            path: path,
            errorNumber: number,
            reason: String(cString: strerror(number)),
            code: .cannotCreate
        )
    }
}

/// A short path to the control socket; the directory stays open as long as this lives.
final class ConnectablePath: Sendable {
    let path: String
    private let descriptor: CInt?

    init(path: String, descriptor: CInt?) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        if let descriptor { close(descriptor) }
    }
}
