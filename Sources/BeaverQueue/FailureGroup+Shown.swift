extension FailureGroup {
    /// The folded error without the exit status in front of it, which `ending` tells.
    package var shownError: String {
        guard self.ending.hasPrefix("exit ") else { return self.error }
        guard self.error != "exit #" else { return "no more was said" }
        let head = "exit #: "
        return self.error.hasPrefix(head) ? String(self.error.dropFirst(head.count)) : self.error
    }
}
