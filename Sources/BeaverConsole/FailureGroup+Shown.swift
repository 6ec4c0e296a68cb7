internal import BeaverQueue

extension FailureGroup {
    /// The folded error without the exit status in front of it, which `ending` tells.
    var shownError: String {
        guard self.ending.hasPrefix("exit ") else { return self.error }
        return self.error == "exit #" ? "no more was said" : self.error.replacingPrefix("exit #: ", with: "")
    }
}
