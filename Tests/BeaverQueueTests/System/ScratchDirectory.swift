import Glibc
import Testing

@testable import BeaverQueue

/// A directory of one test's own under the system's temporary directory, removed with everything in it at the end.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/beaver-test-XXXXXX".utf8CString)
        let made = mkdtemp(&template) != nil
        try #require(made)
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.removeTree(self.path) }

    func file(_ name: String) -> String { "\(self.path)/\(name)" }

    /// Writes a file; a mode makes it a program.
    @discardableResult
    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        let path = self.file(name)
        let file = try FileStorage().open(path, .createOrTruncate)
        try file.write(Array(text.utf8).span.bytes, at: 0)
        file.close()
        chmod(path, mode)
        return path
    }

    func read(_ name: String) throws -> String {
        let file = try FileStorage().open(self.file(name), .readOnly)
        var bytes: [UInt8] = []
        let count = try file.read(into: &bytes, count: Int(try file.size()), at: 0)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private static func removeTree(_ path: String) {
        let storage = FileStorage()
        for name in (try? storage.list(path)) ?? [] {
            let child = "\(path)/\(name)"
            let isDirectory = (try? storage.identity(of: child))?.isDirectory == true
            if isDirectory { self.removeTree(child) } else { unlink(child) }
        }
        rmdir(path)
    }
}
