#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Finds programs as a shell does, and says in words why one cannot be executed.
enum ProgramSearch {
    /// The path to execute, or the error number that says why there is none.
    ///
    /// A name with a slash is a path already, seen from `directory`, where the child will be. A file that cannot be executed
    /// does not end the search, but is told if nothing better follows.
    static func path(of program: String, searchPath: String, directory: String?) throws(SystemCall.Failure) -> String {
        if program.utf8.contains(UInt8(ascii: "/")) { return program }
        var number = ENOENT
        for entry in searchPath.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = "\(entry.isEmpty ? "." : entry)/\(program)"
            do throws(SystemCall.Failure) {
                try self.check(candidate, directory: directory)
                return candidate
            } catch {
                if !error.isMissing { number = error.number }
            }
        }
        throw SystemCall.Failure(number: number)
    }

    /// Why a configured handler's program cannot be executed now; nil if it can, or is no program.
    static func fault(of handler: HandlerConfiguration, environment: RunEnvironment) -> String? {
        guard case .command(let arguments) = handler.kind, let program = arguments.first else { return nil }
        do throws(SystemCall.Failure) {
            let path = try self.path(
                of: program,
                searchPath: environment.searchPath(job: []),
                directory: handler.workingDirectory
            )
            try self.check(path, directory: handler.workingDirectory)
            return nil
        } catch {
            return self.sentence(for: program, errorNumber: error.number)
        }
    }

    /// The error of an attempt to execute `program`, for people.
    static func sentence(for program: String, errorNumber: Int32) -> String {
        let name = TerminalText.visible(program)
        return switch errorNumber {
        case ENOENT where program.utf8.contains(UInt8(ascii: "/")):
            "`\(name)` does not exist, or the interpreter in its first line does not"
        case ENOENT: "there is no program `\(name)` in PATH"
        case EACCES: "`\(name)` is not executable"
        case ENOEXEC: "`\(name)` is neither a program nor a script with an interpreter (#!) in its first line"
        case EISDIR: "`\(name)` is a directory"
        default: "`\(name)` cannot be executed: \(SystemCall.text(of: errorNumber))"
        }
    }

    private static func check(_ path: String, directory: String?) throws(SystemCall.Failure) {
        let isRelative = !path.hasPrefix("/")
        let full = isRelative ? directory.map { "\($0)/\(path)" } ?? path : path
        var status = stat()
        try SystemCall.retrying { stat(full, &status) }
        // Directories are "executable" too, and the kernel answers EACCES for them.
        if status.st_mode & S_IFMT == S_IFDIR { throw SystemCall.Failure(number: EISDIR) }
        try SystemCall.retrying { access(full, X_OK) }
    }
}
