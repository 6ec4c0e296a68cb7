/// What a server that was killed and came back says of the jobs whose acceptance this console was told: of as many as it was
/// asked for so far.
package struct OwnAccount: Sendable, Equatable {
    package enum Stage: Sendable, Equatable {
        case going
        case complete
        /// By a key.
        case ended
        case failed(String)
    }

    package var stage = Stage.going
    package let total: Int
    package var asked = 0
    package var missing: [String] = []
    /// Of those asked for: those that were done at the crash, by the files; and those of them that ran again.
    package var done = 0
    package var doneTwice: [String] = []
    /// Purged and forgotten jobs are gone by right: then a missing id says nothing.
    package var mayBeGone = false
    package var seconds = 0.0

    package init(total: Int) { self.total = total }
}

extension CrashOutcome {
    /// Puts what was found into the proof.
    mutating func take(_ account: OwnAccount) {
        self.account = account
        self.ownChecked = account.asked - (account.mayBeGone ? account.missing.count : 0)
        self.ownMissing = account.mayBeGone ? [] : account.missing
        self.ownDone = account.done
        self.doneTwice = account.doneTwice
    }

    /// Jobs are still asked for.
    package var isAsking: Bool { self.account?.stage == .going }
}
