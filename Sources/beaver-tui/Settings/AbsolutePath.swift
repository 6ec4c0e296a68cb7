import FoundationEssentials
import Glibc

/// Paths that mean the same file whatever the working directory is later.
enum AbsolutePath {
    /// The path from `directory`; `..` stays, because before a symbolic link it does not mean what it seems to.
    static func of(_ path: String, from directory: String = FileManager.default.currentDirectoryPath) -> String {
        let whole = path.hasPrefix("/") ? path : directory + "/" + path
        return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// The same without links and `..`, as far as it exists; its last part need not.
    static func resolved(_ path: String) -> String {
        let whole = self.of(path)
        if let real = self.real(whole) { return real }
        guard let name = whole.split(separator: "/").last, name != "..",
            let parent = self.real(self.directory(of: whole))
        else { return whole }
        return parent == "/" ? "/\(name)" : "\(parent)/\(name)"
    }

    /// The directory that holds a file, absolute.
    static func directory(of path: String) -> String {
        "/" + self.of(path).split(separator: "/").dropLast().joined(separator: "/")
    }

    private static func real(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}
