package import BeaverQueue

extension JobSummary {
    /// A job that died in its first run, for tests that look at little of it.
    package static func sample(
        _ id: String = "a",
        state: JobState = .dead,
        action: String = "exec",
        error: String? = nil
    ) -> JobSummary {
        JobSummary(
            id: id,
            state: state,
            action: action,
            priority: 4,
            runs: 1,
            simulated: false,
            enqueuedAt: 0,
            time: 1,
            error: error,
            work: "",
            enqueueSequence: 1
        )
    }
}

extension JobDetails {
    /// A job that its handler decides everything about.
    package static func sample(
        _ summary: JobSummary = .sample(),
        payload: String = "{}",
        arguments: [String]? = nil,
        history: [JobRun] = []
    ) -> JobDetails {
        JobDetails(
            summary: summary,
            payload: payload,
            arguments: arguments,
            workingDirectory: nil,
            environment: nil,
            timeoutMilliseconds: nil,
            maxRetry: nil,
            once: false,
            interruptions: 0,
            fencingToken: nil,
            waitsBecause: summary.waitsBecause,
            history: history
        )
    }
}

extension JobRun {
    /// One that failed.
    package static func sample(exitStatus: Int = 1, outputTail: String = "") -> JobRun {
        JobRun(
            token: 1,
            ending: .failed,
            startedAt: nil,
            endedAt: nil,
            exitStatus: exitStatus,
            error: "exit \(exitStatus)",
            outputTail: outputTail
        )
    }
}
