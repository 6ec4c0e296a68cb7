/// The line among a command's output that says what it was told, and why: its error alone does not say what it still wrote
/// before and after.
enum StopNote {
    static let start = "[beaver-tui: "

    static func text(_ how: StopKind, _ reason: StopReason, afterMilliseconds milliseconds: Int64) -> String {
        let tenths = (milliseconds + 50) / 100
        let after = "after \(tenths / 10).\(tenths % 10) s"
        guard how == .terminate else { return "\(self.start)it did not end; SIGKILL \(after)]" }
        let why =
            switch reason {
            case .timeout: "time-out"
            case .cancel: "cancelled"
            case .drain: "the queue stops"
            }
        return "\(self.start)\(why); SIGTERM \(after)]"
    }
}
