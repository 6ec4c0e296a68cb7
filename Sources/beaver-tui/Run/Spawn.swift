import Glibc

/// Starts other programs: the one place where this one does, but for handlers, which are the engine's.
enum Spawn {
    /// `POSIX_SPAWN_SETSID` of glibc, which its header hides from Swift.
    private static let newSession: Int16 = 0x80

    /// With empty input; what it prints is appended to `output`.
    ///
    /// - Parameters:
    ///   - environment: `NAME=VALUE`; nil: this process's.
    ///   - isDetached: in a session of its own, to outlive this one.
    static func start(
        _ program: String,
        _ arguments: [String],
        environment: [String]? = nil,
        output: String,
        isDetached: Bool = false
    ) throws(CommandFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        self.resetSignals(&attributes, otherFlags: isDetached ? self.newSession : 0)
        var argumentPointers = self.copies(arguments)
        defer { for pointer in argumentPointers { free(pointer) } }
        var environmentPointers = self.copies(environment ?? [])
        defer { for pointer in environmentPointers { free(pointer) } }
        var pid: pid_t = 0
        let number =
            environment == nil
            ? posix_spawn(&pid, program, &actions, &attributes, &argumentPointers, environ)
            : posix_spawn(&pid, program, &actions, &attributes, &argumentPointers, &environmentPointers)
        guard number == 0 else {
            throw CommandFailure(.noInput, "\(program) cannot be started: \(String(cString: strerror(number)))")
        }
        return pid
    }

    /// What this process ignores in order to clean up, they do not; and what this thread blocks, as those of a pool do:
    /// pgbench ends by an alarm.
    private static func resetSignals(_ attributes: inout posix_spawnattr_t, otherFlags: Int16) {
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var blocked = sigset_t()
        sigemptyset(&blocked)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) | otherFlags)
    }

    /// As C wants them, with a null at the end; the caller frees them.
    private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { strdup($0) } + [nil]
    }
}
