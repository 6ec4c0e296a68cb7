/// What the engine asks of a runner before it dispatches.
extension CommandRunner {
    package func actionPolicy(for action: String) -> ActionPolicy {
        let policy = self.policy(for: action)
        let (reason, isRefused): (String?, Bool) =
            switch policy.standing {
            case .runnable: (nil, false)
            case .parked(let reason): (reason, false)
            case .refused(let reason): (reason, true)
            }
        return ActionPolicy(
            parkedBecause: reason,
            isRefused: isRefused,
            concurrency: policy.concurrencyLimit,
            timeoutMilliseconds: policy.timeoutMilliseconds,
            maxRetry: policy.maxRetry,
            pauseOnFailures: policy.pauseOnFailures
        )
    }
}

extension OutputFile {
    /// Where the output of a run is kept; there is no file if there was none.
    static func path(in outputDirectory: String, enqueueSequence: UInt64, token: UInt64) -> String {
        "\(outputDirectory)/\(enqueueSequence / 1_000)/\(enqueueSequence)-\(token).out"
    }
}
