extension FailureGroup {
    /// The folded error without the exit status or signal in front of it, which `ending` tells.
    package var shownError: String {
        guard self.ending.hasPrefix("exit ") || self.ending.hasPrefix(RunResult.killedBy) else { return self.error }
        let head = FailureTable.folded(self.ending)
        guard self.error != head else { return "no more was said" }
        return self.error.hasPrefix(head + ": ") ? String(self.error.dropFirst(head.count + 2)) : self.error
    }
}
