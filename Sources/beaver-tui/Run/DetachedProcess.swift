import Glibc

/// A process in a session of its own, that outlives this one.
struct DetachedProcess {
    /// `POSIX_SPAWN_SETSID` of glibc, which its header hides from Swift.
    private static let newSession: Int16 = 0x80

    let program: String
    let arguments: [String]
    /// `NAME=VALUE`; nil: this process's.
    let environment: [String]?
    /// nil: this process's.
    let directory: String?
    /// Standard output and error are appended to it.
    let logPath: String

    func spawn() throws(CommandFailure) -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, self.logPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        let (program, arguments) = self.called
        var argumentPointers = Self.copies(arguments)
        defer { for pointer in argumentPointers { free(pointer) } }
        var environmentPointers = Self.copies(self.environment ?? [])
        defer { for pointer in environmentPointers { free(pointer) } }
        var pid: pid_t = 0
        let number =
            self.environment == nil
            ? posix_spawn(&pid, program, &actions, &attributes, &argumentPointers, environ)
            : posix_spawn(&pid, program, &actions, &attributes, &argumentPointers, &environmentPointers)
        guard number == 0 else {
            throw CommandFailure(.inputOutput, "the server cannot be started: \(String(cString: strerror(number)))")
        }
        return pid
    }

    /// In another directory a shell goes there first: glibc's own way is hidden from Swift.
    private var called: (program: String, arguments: [String]) {
        guard let directory else { return (self.program, self.arguments) }
        let script = #"cd "$0" && exec "$@""#
        return ("/bin/sh", ["sh", "-c", script, directory, self.program] + self.arguments.dropFirst())
    }

    /// As C wants them, with a null at the end; the caller frees them.
    private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { strdup($0) } + [nil]
    }
}
