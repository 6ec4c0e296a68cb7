/// How a process ended, as the kernel tells it.
enum ProcessEnd: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32, dumpedCore: Bool)
    /// Someone else in this process took the status: it ignores SIGCHLD or waits for any child.
    case unknown
}

extension RunResult {
    /// Exit 65, EX_DATAERR of <sysexits.h>: the input is wrong and will stay so.
    private static let permanentExitStatus: Int32 = 65

    /// The result of a process is what its leader's exit says; its output only adds a line for people.
    static func of(_ end: ProcessEnd, okExitStatuses: [Int32], outputTail: [UInt8]) -> RunResult {
        switch end {
        case .exited(let status) where status == 0 || okExitStatuses.contains(status):
            return RunResult(.completed, exitStatus: status, outputTail: outputTail)
        case .exited(let status):
            return RunResult(
                status == self.permanentExitStatus ? .failedPermanently : .failed,
                exitStatus: status,
                error: self.sentence("exit \(status)", outputTail),
                outputTail: outputTail
            )
        case .signalled(let signal, let dumpedCore):
            let how = "\(Self.killedBy)\(SignalName.of(signal))\(dumpedCore ? " (core dumped)" : "")"
            return RunResult(.failed, signal: signal, error: self.sentence(how, outputTail), outputTail: outputTail)
        case .unknown:
            let why = "the exit status was taken by another part of this program"
            return RunResult(.failed, error: self.sentence(why, outputTail), outputTail: outputTail)
        }
    }

    /// How the error of a run begins that a signal ended.
    static let killedBy = "killed by "

    private static func sentence(_ how: String, _ outputTail: [UInt8]) -> String {
        let line = self.lastLine(of: outputTail)
        return line.isEmpty ? how : "\(how): \(line)"
    }

    /// The last line with anything visible in it, at most 200 bytes of it, without colours, safe to print.
    static func lastLine(of output: [UInt8]) -> String {
        let isBlank: (UInt8) -> Bool = { $0 <= 0x20 || $0 == 0x7f }
        let lines = TerminalEscapes.removed(from: output).split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        // A note of ours is no word of the program.
        guard let line = lines.last(where: { !$0.allSatisfy(isBlank) && !$0.starts(with: StopNote.start.utf8) }) else {
            return ""
        }
        let trimmed = line.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        var text = ""
        var countBytes = 0
        for scalar in TerminalText.visible(Array(trimmed)).unicodeScalars {
            countBytes += UTF8.width(scalar)
            if countBytes > 200 { break }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}

/// The names of Linux's signals, the same on all processors that Swift runs on.
enum SignalName {
    private static let names = [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
        "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
        "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR",
        "SIGSYS",
    ]

    static func of(_ signal: Int32) -> String {
        self.names.indices.dropFirst().contains(Int(signal)) ? self.names[Int(signal)] : "signal \(signal)"
    }
}
