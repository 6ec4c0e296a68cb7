import ArgumentParser
import BeaverConsole
import BeaverQueue
import Glibc

/// What the queue is doing.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "What the queue is doing.")

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Flag(help: "Again every second, until interrupted.")
    var watch = false

    mutating func run() async throws {
        let directory = self.globals.directory()
        guard self.watch else { return try await self.show(Connection.openForStatus(directory)) }
        var hasShown = false
        while true {
            do {
                // Each time anew: a server may end, or begin, while someone looks.
                try await self.show(Connection.openForStatus(directory))
                hasShown = true
            } catch let error as QueueError where hasShown && error.code == .unavailable {
                // It ended between two questions; the next look finds what is there then.
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func show(_ queue: any QueueControl) async throws {
        if self.globals.json { return try Output.json(await queue.status()) }
        let pane = ViewRequest.Pane(.running, count: ViewRequest.maxRows)
        let view = try await queue.view(ViewRequest(panes: [pane]))
        let lines = StatusText.lines(view, palette: Palette(self.globals.color), width: Output.columns)
        let text = lines.joined(separator: "\n") + "\n"
        let clearsScreen = self.watch && Output.isTerminal(STDOUT_FILENO)
        // The cursor goes home and the rest is cleared line by line, which does not flicker.
        Output.text(
            clearsScreen
                ? "\u{1b}[H" + text.split(separator: "\n").map { $0 + "\u{1b}[K\n" }.joined() + "\u{1b}[J"
                : text
        )
    }
}

/// The status as people read it.
enum StatusText {
    static func lines(_ view: QueueView, palette: Palette, width: Int?) -> [String] {
        let status = view.status
        var rows: [(String, String)] = [("directory", status.dataDirectory)]
        let age =
            status.state == .stopped
            ? "" : ", up \(PeopleText.duration(seconds: status.uptimeSeconds)), pid \(status.pid)"
        rows.append(("state", self.painted(status.state, palette) + age))
        if let reason = status.reason { rows.append(("why", reason)) }
        if status.simulated {
            rows.append(("simulated", "jobs without a handler only pretend to run, because there is no configuration"))
        }
        rows.append(("jobs", self.jobs(status.jobs)))
        rows += view.deadGroups.prefix(2).map { ("dead", self.kind($0)) }
        if view.deadGroups.count > 2 {
            rows.append(("dead", ProgramName.inCommands("more kinds: `beaver-tui jobs errors`")))
        }
        rows.append(("workers", self.workers(status.workers) + self.longest(view)))
        if status.state != .stopped { rows.append(("rates", self.rates(status.rates))) }
        rows.append(("log", self.log(status.wal)))
        // While it recovers nobody has looked.
        if view.freeDiskBytes > 0 || status.state == .full {
            rows.append(("disk", "\(PeopleText.bytes(view.freeDiskBytes)) free"))
        }
        rows.append(("snapshot", self.snapshot(status.snapshot)))
        rows.append(("recovery", self.recovery(status.recovery)))
        if let http = status.http { rows.append(("http", http)) }
        for parked in status.parkedActions {
            rows.append(("parked", "\(PeopleText.count(parked.jobs, "job")) for \(parked.action): \(parked.reason)"))
        }
        return rows.map { name, text in
            let label = name + String(repeating: " ", count: max(1, 11 - name.count))
            // The state alone is painted, and short: cutting could lose the end of a colour.
            if name == "state" { return label + text }
            let line = label + TerminalText.visible(text)
            return width.map { TextWidth.cut(line, to: $0) } ?? line
        }
    }

    private static func painted(_ state: QueueStatus.State, _ palette: Palette) -> String {
        switch state {
        case .running: palette.good(state.rawValue)
        case .paused, .recovering, .draining, .degraded: palette.warning(state.rawValue)
        case .full, .failed: palette.bad(state.rawValue)
        case .stopped: state.rawValue
        }
    }

    private static func jobs(_ jobs: QueueStatus.Jobs) -> String {
        let always = [
            ("pending", jobs.pending), ("running", jobs.inFlight), ("completed", jobs.completed), ("dead", jobs.dead),
        ]
        let ifAny = [
            ("scheduled", jobs.scheduled), ("parked", jobs.parked), ("simulated", jobs.simulated),
            ("cancelled", jobs.cancelled), ("purged", jobs.purged), ("forgotten", jobs.forgotten),
        ]
        .filter { $0.1 > 0 }
        let texts = (always + ifAny).map { "\($0.0) \(PeopleText.grouped($0.1))" }
        return texts.joined(separator: "  ") + "  = \(PeopleText.grouped(jobs.enqueuedTotal)) accepted"
    }

    private static func workers(_ workers: QueueStatus.Workers) -> String {
        let stuck = workers.stuck > 0 ? ", \(workers.stuck) stuck" : ""
        return "\(workers.busy) of \(workers.count) busy\(stuck)\(workers.paused ? ", paused" : "")"
    }

    private static func kind(_ group: FailureGroup) -> String {
        "\(PeopleText.grouped(group.dead)) of \(group.action): \(FailureText.error(group))"
    }

    /// Where all workers are busy and nothing gets done, this one is why.
    private static func longest(_ view: QueueView) -> String {
        let runs = view.panes.flatMap(\.rows).filter { $0.state == .inFlight }
        guard let longest = runs.min(by: { $0.time ?? .max < $1.time ?? .max }), let time = longest.time else {
            return ""
        }
        let seconds = max(0, Double(PeopleText.now() - time) / 1_000)
        return ", the longest for \(PeopleText.duration(seconds: seconds)): \(longest.id)"
    }

    private static func rates(_ rates: QueueStatus.Rates) -> String {
        func text(_ rate: Double) -> String { String(Double(Int(rate * 10)) / 10) }
        return "\(text(rates.enqueuedPerSecond))/s in, \(text(rates.completedPerSecond))/s done"
    }

    private static func log(_ wal: QueueStatus.WAL) -> String {
        let risk =
            wal.atRiskBytes > 0
            ? "; \(PeopleText.bytes(wal.atRiskBytes)) of the last \(Int(wal.atRiskMilliseconds)) ms not on disk yet"
            : ""
        return "\(PeopleText.bytes(wal.bytes)) in \(PeopleText.count(wal.segments, "segment")), "
            + "record \(wal.lastSequence), sync \(wal.sync.rawValue)\(risk)"
    }

    private static func snapshot(_ snapshot: QueueStatus.Snapshot) -> String {
        guard snapshot.count > 0 else { return "none yet" }
        return "up to record \(snapshot.lastSequence), \(PeopleText.bytes(snapshot.bytes)), "
            + "\(PeopleText.duration(seconds: snapshot.ageSeconds)) behind"
    }

    private static func recovery(_ recovery: QueueStatus.Recovery) -> String {
        "\(Double(Int(recovery.seconds * 1_000)) / 1_000)s, \(PeopleText.count(recovery.replayedRecords, "record")) replayed, "
            + "\(PeopleText.count(recovery.requeued, "job")) put back"
    }
}
