internal import BeaverQueue

/// How safe the data is right now.
extension View {
    /// The headline: SAFE stands there only when every answer is on disk, whatever happens next.
    var safety: (word: String, sentence: String, style: Style) {
        let wal = self.status.wal
        let synced = Figures.grouped(wal.syncedSequence)
        if self.isBlank { return ("", "", .dim) }
        if self.model.isLost { return ("UNKNOWN", "the server does not answer; it is asked again and again", .warning) }
        if let reason = self.status.reason, [.failed, .degraded, .full].contains(self.status.state) {
            return (self.status.state.rawValue.uppercased(), reason, .bad)
        }
        if let weaker = Self.weakness(of: self.status.fileSystem) { return ("NOT SAFE", weaker, .bad) }
        switch wal.sync {
        case .always where wal.atRiskBytes == 0:
            return ("SAFE", wal.lastSequence == 0 ? "nothing to lose yet" : "to record \(synced)", .good)
        case .always:
            return ("SYNCING", "\(Figures.bytes(wal.atRiskBytes)), not answered yet; safe to record \(synced)", .good)
        case .interval, .never:
            guard wal.atRiskBytes > 0 else {
                return ("SYNCED", "to record \(synced) (sync \(wal.sync.rawValue))", .plain)
            }
            let milliseconds = Int(wal.atRiskMilliseconds.rounded())
            return ("AT RISK", "\(Figures.bytes(wal.atRiskBytes)), answers of the last \(milliseconds) ms", .warning)
        }
    }

    /// Where the promise is weaker than that of a disk, and how.
    static func weakness(of fileSystem: String) -> String? {
        switch fileSystem {
        case "tmpfs", "ramfs": "\(fileSystem) is memory: a power cut or a restart loses everything"
        case "nfs", "nfs4", "cifs", "smb2", "smb3": "\(fileSystem) is a network: its server decides what is on disk"
        case let name where name.hasPrefix("fuse"): "\(name): the program behind it decides what is on disk"
        default: nil
        }
    }

    private var snapshotAge: String {
        let snapshot = self.status.snapshot
        guard snapshot.count > 0 else { return "none" }
        return Figures.length(milliseconds: Int64(snapshot.ageSeconds * 1_000), spaced: true) + " ago"
    }

    private var crashSentence: String {
        guard let view = self.model.view else { return "" }
        let records = Figures.count(view.recordsToReplay, "record")
        guard let seconds = view.secondsToRecover else { return "A crash now would replay \(records)" }
        return "A crash now would replay \(records) and be back in about \(Figures.about(seconds))"
    }

    mutating func drawSafetyLine(_ place: Int, row: Int) {
        guard !self.isBlank else { return }
        let width = self.size.columns
        if [.failed, .degraded, .full].contains(self.status.state), self.status.reason != nil {
            // The reason is more than what stands here otherwise, and may need both lines.
            let (word, sentence, style) = self.safety
            let lines = TextWidth.wrap("\(word): \(sentence)", to: width - 2)
            if place < lines.count {
                self.screen.put(lines[place], row: row, column: 1, style: style)
                return
            }
        }
        if place == 0 {
            let (word, sentence, style) = self.safety
            var column = 1
            column += self.screen.put(word, row: row, column: column, style: style)
            var parts = ["\(sentence)"]
            if self.status.wal.sync == .always, self.status.wal.atRiskBytes == 0, word == "SAFE" {
                parts.append("0 B at risk")
            }
            parts.append("WAL \(Figures.bytes(self.status.wal.bytes))")
            parts.append("snapshot \(self.snapshotAge)")
            self.screen.put(
                TextWidth.cut(" " + parts.joined(separator: " · "), to: width - column - 1),
                row: row,
                column: column
            )
        } else if self.status.state == .recovering {
            // Neither the disk nor what a crash would cost is known yet.
            return
        } else if self.status.jobs.enqueuedTotal == 0, let view = self.model.view {
            let http = self.status.http.map { " · metrics http://\($0)/metrics" } ?? ""
            let disk = "\(self.diskName), \(Figures.bytes(view.freeDiskBytes)) free"
            self.screen.put(TextWidth.cut(disk + http, to: width - 2), row: row, column: 1, style: .dim)
        } else {
            let parked = self.status.parkedActions.first
            let text = parked.map { "\(Figures.count($0.jobs, "job")) parked: \($0.action): \($0.reason)" }
            self.screen.put(
                TextWidth.cut(text ?? self.crashSentence, to: width - 2),
                row: row,
                column: 1,
                style: text == nil ? .plain : .warning
            )
        }
    }

    private var diskName: String {
        let device = self.model.view?.device ?? ""
        return self.status.fileSystem + (device.isEmpty ? "" : " on \(device)")
    }

    /// The pane of the wide screen.
    mutating func drawSafetyPane(_ area: MainLayout.Area) {
        let (word, sentence, style) = self.safety
        self.drawBox(area, title: "Safety")
        guard let view = self.model.view else { return }
        let wal = self.status.wal
        var lines: [(name: String, text: String)] = [
            ("synced", "to record \(Figures.grouped(wal.syncedSequence))"),
            ("at risk", Figures.bytes(wal.atRiskBytes)),
        ]
        if let p50 = view.syncSeconds.p50, let p99 = view.syncSeconds.p99 {
            lines.append(("sync time", "p50 \(Figures.seconds(p50))   p99 \(Figures.seconds(p99))"))
        }
        lines.append(("WAL", "\(Figures.bytes(wal.bytes)) in \(Figures.count(wal.segments, "segment"))"))
        let size = self.status.snapshot.count > 0 ? ", \(Figures.bytes(self.status.snapshot.bytes))" : ""
        lines.append(("snapshot", self.snapshotAge + size))
        let comma = view.secondsToRecover == nil ? "" : ","
        lines.append(("crash now", "replays \(Figures.count(view.recordsToReplay, "record"))\(comma)"))
        if let seconds = view.secondsToRecover {
            lines.append(("", "back in about \(Figures.about(seconds))"))
        }
        let disk = "\(self.status.fileSystem) \(view.device), \(Figures.bytes(view.freeDiskBytes)) free"
        // Where that is what is wrong, it must not be the line that has no room.
        lines.insert(("disk", disk), at: self.status.state == .full ? 0 : lines.count)
        if let http = self.status.http { lines.append(("metrics", "http://\(http)/metrics")) }
        if let parked = self.status.parkedActions.first {
            lines.append(("parked", "\(Figures.grouped(parked.jobs)) \(parked.action): \(parked.reason)"))
        }
        let headline = word == "SAFE" ? "SAFE: every answer is on disk" : "\(word): \(sentence)"
        let width = area.columns - 4
        var row = area.row + 1
        for line in TextWidth.wrap(headline, to: width) where row < area.row + area.rows - 1 {
            self.screen.put(line, row: row, column: area.column + 2, style: style)
            row += 1
        }
        for line in lines where row < area.row + area.rows - 1 {
            self.screen.put(line.name, row: row, column: area.column + 2, style: .dim)
            self.screen.put(TextWidth.cut(line.text, to: width - 10), row: row, column: area.column + 12)
            row += 1
        }
    }
}
