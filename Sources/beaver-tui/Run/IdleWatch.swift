import BeaverConsole
import BeaverQueue
import Glibc

/// Waits for a queue to fall idle and shows how far it is: one line of the terminal written over, else a line every ten
/// seconds.
struct IdleWatch: Sendable {
    let queue: any QueueControl
    let globals: GlobalOptions
    var interval = Duration.milliseconds(250)

    /// False if it is paused and nothing runs, for then it would never be idle.
    func waitUntilIdle() async throws -> Bool {
        let clock = ContinuousClock()
        let isTerminal = Output.isTerminal(STDERR_FILENO)
        var nextLine = clock.now + .seconds(isTerminal ? 0 : 10)
        defer { if isTerminal, !self.globals.quiet { Output.write("\r\u{1b}[K", to: STDERR_FILENO) } }
        while true {
            let status = try await self.queue.status()
            if status.jobs.pending + status.jobs.scheduled + status.jobs.inFlight == 0 { return true }
            if status.workers.paused, status.jobs.inFlight == 0 { return false }
            if clock.now >= nextLine, !self.globals.quiet {
                nextLine = clock.now + .seconds(isTerminal ? 0 : 10)
                let line = Self.line(status)
                if isTerminal {
                    Output.write(
                        "\r\u{1b}[K" + TextWidth.cut(line, to: (Output.columns ?? 80) - 1),
                        to: STDERR_FILENO
                    )
                } else {
                    Output.error(line)
                }
            }
            try await Task.sleep(for: self.interval)
        }
    }

    static func line(_ status: QueueStatus) -> String {
        let jobs = status.jobs
        let open = jobs.pending + jobs.scheduled + jobs.inFlight
        let ended = jobs.completed + jobs.dead + jobs.cancelled + jobs.purged + jobs.forgotten
        let percent = ended + open == 0 ? 100 : ended * 100 / (ended + open)
        var line =
            "\(percent) %  \(PeopleText.grouped(jobs.completed)) done, \(jobs.inFlight) running, "
            + "\(PeopleText.grouped(jobs.pending)) pending"
        if jobs.scheduled > 0 { line += ", \(PeopleText.grouped(jobs.scheduled)) scheduled" }
        if jobs.dead > 0 { line += ", \(PeopleText.grouped(jobs.dead)) dead" }
        let rate = status.rates.completedPerSecond
        if rate > 0 { line += ", about \(PeopleText.duration(seconds: Double(open) / rate)) left" }
        return line
    }
}
