import BeaverQueue
import Glibc

/// A file of jobs that can be read more than once: it is checked as a whole before anything of it is taken.
///
/// Standard input that is a pipe is written to a nameless temporary file first, so that it can be read again in constant
/// memory. What cannot be read twice, or at all, is refused at once.
final class InputFile: Sendable {
    /// As the user named it; "standard input" for `-`.
    let name: String
    let byteCount: Int64
    private let descriptor: CInt
    /// Where it begins: standard input may have been read up to there by another program (`read`, `head`).
    private let start: Int64
    private let modified: timespec

    init(_ path: String) throws(QueueError) {
        self.name = path == "-" ? "standard input" : path
        let opened = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { throw Self.failure(self.name, errno) }
        var status = stat()
        guard fstat(opened, &status) == 0 else {
            close(opened)
            throw Self.failure(self.name, errno)
        }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFREG {
            self.descriptor = opened
            self.start = path == "-" ? max(0, Int64(lseek(opened, 0, SEEK_CUR))) : 0
        } else if path == "-", kind != S_IFDIR {
            defer { close(opened) }
            self.descriptor = try Self.spool(opened)
            self.start = 0
            fstat(self.descriptor, &status)
        } else {
            close(opened)
            throw Self.refusal(self.name, kind)
        }
        self.byteCount = max(0, Int64(status.st_size) - self.start)
        self.modified = status.st_mtim
    }

    deinit { close(self.descriptor) }

    /// Hands out the whole file, piece by piece.
    func forEachPiece(_ body: ([UInt8]) async throws -> Void) async throws {
        var offset: Int64 = 0
        while true {
            let piece = try self.read(at: offset)
            if piece.isEmpty { return }
            offset += Int64(piece.count)
            try await body(piece)
        }
    }

    /// Throws if it is not what it was when it was opened: a line that was being written would be taken for a whole one.
    ///
    /// `consequence` says what became of its jobs.
    func requireUnchanged(_ consequence: String = "nothing of it was taken") throws(QueueError) {
        var status = stat()
        let isSame =
            fstat(self.descriptor, &status) == 0 && max(0, Int64(status.st_size) - self.start) == self.byteCount
            && status.st_mtim.tv_sec == self.modified.tv_sec && status.st_mtim.tv_nsec == self.modified.tv_nsec
        guard !isSame else { return }
        throw QueueError(.invalidInput, "\(self.name) changed while it was read; \(consequence)", path: self.name)
    }

    private static let pieceBytes = 1 << 20

    /// Hands out a part of it, piece by piece; what lies beyond its end is left out.
    func forEachPiece(of range: Range<Int64>, _ body: ([UInt8]) throws -> Void) throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = try self.read(at: offset, atMost: Int(min(Int64(Self.pieceBytes), range.upperBound - offset)))
            if piece.isEmpty { return }
            offset += Int64(piece.count)
            try body(piece)
        }
    }

    /// The next piece, empty at the end.
    func read(at offset: Int64, atMost byteCount: Int = pieceBytes) throws(QueueError) -> [UInt8] {
        while true {
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initializedCount in
                count = pread(self.descriptor, buffer.baseAddress, buffer.count, off_t(self.start + offset))
                initializedCount = max(0, count)
            }
            if count >= 0 { return piece }
            if errno != EINTR { throw Self.failure(self.name, errno) }
        }
    }

    private static func spool(_ source: CInt) throws(QueueError) -> CInt {
        let directory = getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array("\(directory)/beaver-input-XXXXXX".utf8CString)
        let target = mkstemp(&template)
        guard target >= 0 else { throw self.unkept(directory, errno, .cannotCreate) }
        _ = fcntl(target, F_SETFD, FD_CLOEXEC)
        unlink(template)
        var buffer = [UInt8](repeating: 0, count: self.pieceBytes)
        while true {
            let count = Glibc.read(source, &buffer, buffer.count)
            if count == 0 { return target }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = self.failure("standard input", errno)
                close(target)
                throw error
            }
            guard self.writeAll(buffer[..<count], to: target) else {
                let error = self.unkept(directory, errno, .inputOutput)
                close(target)
                throw error
            }
        }
    }

    private static func unkept(_ directory: String, _ number: CInt, _ code: QueueError.Code) -> QueueError {
        let reason = String(cString: strerror(number))
        return QueueError(
            code,
            "standard input cannot be kept in \(directory): \(reason); set TMPDIR to a directory with room, or name a file",
            errorNumber: number,
            path: directory
        )
    }

    private static func writeAll(_ bytes: ArraySlice<UInt8>, to target: CInt) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(target, $0.baseAddress, $0.count) }
            if written < 0, errno != EINTR { return false }
            rest = rest.dropFirst(max(0, written))
        }
        return true
    }

    private static func failure(_ name: String, _ number: CInt) -> QueueError {
        let reason = String(cString: strerror(number))
        return QueueError(.inputMissing, "\(name) cannot be read: \(reason)", errorNumber: number, path: name)
    }

    private static func refusal(_ name: String, _ kind: mode_t) -> QueueError {
        let what =
            switch kind {
            case S_IFDIR: "a directory"
            case S_IFIFO: "a pipe"
            default: "no regular file"
            }
        let hint = kind == S_IFDIR ? "name a file in it" : "write `-` and feed it to standard input"
        return QueueError(.inputMissing, "\(name) is \(what); \(hint)", path: name)
    }
}
