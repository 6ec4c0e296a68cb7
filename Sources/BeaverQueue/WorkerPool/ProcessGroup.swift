internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A program that was started in a process group of its own, and what it starts there.
///
/// The leader's id is also the group's. It stays the group's until the leader was reaped *and* the last member is gone,
/// which makes it safe to signal the group before the leader is reaped, and to ask about it afterwards.
struct ProcessGroup {
    /// Why a program was not started.
    struct StartFault: Error {
        enum Step { case prepare, changeDirectory, execute }

        var step: Step
        var failure: SystemCall.Failure
    }

    let leaderProcessID: Int32
    /// Becomes readable when the leader ends.
    ///
    /// Owned by whoever holds this value.
    let leaderDescriptor: Int32

    /// Starts a program on the calling thread, with whose end it will be killed.
    static func start(
        path: String,
        arguments: CStringList,
        environment: CStringList,
        workingDirectory: String?,
        input: Int32,
        output: Int32
    ) throws(StartFault) -> ProcessGroup {
        var processID: Int32 = 0
        var descriptor: Int32 = -1
        var step: Int32 = 0
        let directory = CStringList(workingDirectory.map { [$0] } ?? [])
        let number = path.withCString { path in
            arguments.withPointers { arguments in
                environment.withPointers { environment in
                    directory.withPointers { directory in
                        var request = cbeaver_spawn_request(
                            path: path,
                            arguments: arguments,
                            environment: environment,
                            working_directory: directory.pointee,
                            input: input,
                            output: output
                        )
                        return cbeaver_spawn(&request, &processID, &descriptor, &step)
                    }
                }
            }
        }
        if number != 0 {
            let failedStep: StartFault.Step =
                switch UInt32(step) {
                case cbeaver_spawn_exec.rawValue: .execute
                case cbeaver_spawn_chdir.rawValue: .changeDirectory
                default: .prepare
                }
            throw StartFault(step: failedStep, failure: SystemCall.Failure(number: number))
        }
        return ProcessGroup(leaderProcessID: processID, leaderDescriptor: descriptor)
    }

    /// Signals all members.
    ///
    /// Only before `reapLeader`.
    func signal(_ signal: Int32) {
        // It fails when all members have ended or run as another user; either way there is nothing else to do.
        _ = kill(-self.leaderProcessID, signal)
    }

    /// How the leader ended, leaving it unreaped; nil if it has not.
    func leaderEnd() -> ProcessEnd? {
        var status = siginfo_t()
        do throws(SystemCall.Failure) {
            try SystemCall.retrying {
                waitid(P_PID, id_t(self.leaderProcessID), &status, WEXITED | WNOWAIT | WNOHANG)
            }
        } catch {
            return .unknown
        }
        if status._sifields._sigchld.si_pid == 0 { return nil }
        let value = status._sifields._sigchld.si_status
        return switch status.si_code {
        case Int32(CLD_EXITED): .exited(value)
        default: .signalled(value, dumpedCore: status.si_code == Int32(CLD_DUMPED))
        }
    }

    func reapLeader() {
        var status = siginfo_t()
        // Fails only if someone else has reaped it.
        _ = try? SystemCall.retrying { waitid(P_PID, id_t(self.leaderProcessID), &status, WEXITED | WNOHANG) }
    }

    /// Whether no member is left.
    ///
    /// Only after `reapLeader`: an unreaped leader is a member.
    ///
    /// A member that ended but waits to be reaped by a parent that never does so counts as left for the kernel; where
    /// that is all there is, the group is gone.
    func isGone(lookingClosely: Bool) -> Bool {
        do throws(SystemCall.Failure) {
            try SystemCall.retrying { kill(-self.leaderProcessID, 0) }
        } catch {
            if error.number == ESRCH { return true }
        }
        if !lookingClosely { return false }
        guard let all = MarkedProcesses.all() else { return false }
        return !all.contains { processID in
            guard let status = ProcessStatus(of: processID) else { return false }
            return status.groupProcessID == self.leaderProcessID && !status.hasEnded
        }
    }
}
