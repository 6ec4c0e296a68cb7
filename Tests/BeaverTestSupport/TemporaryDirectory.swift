internal import BeaverQueue
package import Glibc

/// A directory of one test's own, removed with everything in it at the end.
///
/// A local variable may end before its scope does: where a path outlives the last word about the directory, take
/// `withTemporaryDirectory`, or hold this as a property.
package final class TemporaryDirectory: Sendable {
    package struct NotMade: Error {}

    package let path: String
    private let root: String

    /// `byteCount` makes the path at least that long, in directories a file system takes.
    package init(pathOfAtLeast byteCount: Int = 0) throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/beaver-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw NotMade() }
        self.root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var path = self.root
        while path.utf8.count < byteCount { path += "/" + String(repeating: "d", count: 100) }
        try FileStorage().createDirectory(path)
        self.path = path
    }

    deinit { Self.removeTree(self.root) }

    package func file(_ name: String) -> String { "\(self.path)/\(name)" }

    /// Writes a file; a mode makes it a program.
    @discardableResult
    package func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        let path = self.file(name)
        let file = try FileStorage().open(path, .createOrTruncate)
        try file.write(Array(text.utf8).span.bytes, at: 0)
        file.close()
        chmod(path, mode)
        return path
    }

    package func read(_ name: String) throws -> String {
        let file = try FileStorage().open(self.file(name), .readOnly)
        var bytes: [UInt8] = []
        let count = try file.read(into: &bytes, count: Int(try file.size()), at: 0)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Removes what it can without following links; what cannot be removed stays, since no test shall fail by its cleaning.
    private static func removeTree(_ path: String) {
        guard remove(path) != 0, let stream = opendir(path) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { self.removeTree("\(path)/\(name)") }
        }
        closedir(stream)
        remove(path)
    }
}

/// Gives the body an empty directory of its own and removes it afterwards, whatever is in it.
nonisolated(nonsending)
    package func withTemporaryDirectory<Result>(
        pathOfAtLeast byteCount: Int = 0,
        _ body: (String) async throws -> Result
    ) async throws -> Result
{
    let directory = try TemporaryDirectory(pathOfAtLeast: byteCount)
    defer { withExtendedLifetime(directory) {} }
    return try await body(directory.path)
}
