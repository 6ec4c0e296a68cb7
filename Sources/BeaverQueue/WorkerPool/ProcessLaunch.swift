/// Everything that is needed to start one program, prepared away from the thread that starts it.
struct ProcessLaunch: Sendable {
    var token: UInt64
    var program: String
    var arguments: CStringList
    var environment: CStringList
    var searchPath: String
    var workingDirectory: String?
    /// Standard input; nil is empty.
    var input: [UInt8]?
    /// Exit statuses besides 0 that complete the job.
    var okExitStatuses: [Int32]
    /// The job brought the command itself: that it cannot be started says nothing about other jobs of its action.
    var isJobsOwn: Bool
    var outputDirectory: String
    var outputMaxBytes: Int64
    var enqueueSequence: UInt64
}

extension RunResult {
    /// What a program that was not started means for its job.
    static func of(_ fault: ProcessGroup.StartFault, launch: ProcessLaunch) -> RunResult {
        let number = fault.failure.number
        if fault.step == .prepare || fault.failure.isTemporary {
            return RunResult(.notStarted, error: "no process could be started: \(fault.failure.reason)")
        }
        var error = ProgramSearch.sentence(for: launch.program, errorNumber: number)
        if fault.step == .changeDirectory {
            let directory = TerminalText.visible(launch.workingDirectory ?? "")
            error = "cannot enter the directory `\(directory)`: \(fault.failure.reason)"
        }
        if !launch.isJobsOwn { return RunResult(.cannotStart, error: error) }
        // As a shell would have it: parking every command for the spelling of one would be wrong.
        let status: Int32 = fault.failure.isMissing ? 127 : 126
        return RunResult(.failed, exitStatus: status, error: "exit \(status): \(error)")
    }
}
