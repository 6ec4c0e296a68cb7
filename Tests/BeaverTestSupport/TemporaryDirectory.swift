internal import Glibc

/// A directory could not be made.
package struct NoTemporaryDirectory: Error {}

/// Gives the body an empty directory of its own and removes it afterwards, whatever is in it.
nonisolated(nonsending)
    package func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result
{
    let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(root)/beaver-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw NoTemporaryDirectory() }
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { removeTree(directory) }
    return try await body(directory)
}

/// Removes what it can without following links; what cannot be removed stays, since no test shall fail by its cleaning.
private func removeTree(_ path: String) {
    guard remove(path) != 0, let stream = opendir(path) else { return }
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { removeTree("\(path)/\(name)") }
    }
    closedir(stream)
    remove(path)
}
