/// Keeps a line that comes again and again, as a snapshot that fails each ten seconds on a full disk, from filling a log.
///
/// Only a line that follows one of its own kind (alike but for numbers) is held back, so that what is read last is always
/// what was said last.
struct RepeatedLines: Sendable {
    private var kind = ""
    private var saidAt: Int64 = 0
    private var heldBack = 0
    private static let intervalMilliseconds: Int64 = 600_000

    /// What is to be said, in its order.
    mutating func lines(_ line: QueueLogLine, evenIfAlike: Bool = false, now: Int64) -> [QueueLogLine] {
        let kind = "\(line.level): \(FailureTable.folded(line.message))"
        if !evenIfAlike, kind == self.kind, now - self.saidAt < Self.intervalMilliseconds {
            self.heldBack += 1
            return []
        }
        let count = self.heldBack
        self.kind = kind
        self.saidAt = now
        self.heldBack = 0
        guard count > 0 else { return [line] }
        return [QueueLogLine(.info, "the line before came \(count) \(count == 1 ? "time" : "times") more"), line]
    }
}
