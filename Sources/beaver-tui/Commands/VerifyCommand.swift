import ArgumentParser
import BeaverQueue

/// Says whether everything that was acknowledged is still there.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every segment and snapshot; change nothing.",
        discussion: """
            Exit status 65 if something that was acknowledged cannot be read. Best on a stopped queue or a copy.

            With --salvage, writes what can be read to a new directory, which is a queue of its own, and lists what cannot \
            be saved; exit status 65 if there is any such thing. The damaged directory stays as it is. A job of which it is \
            not known how it went on is saved as a dead letter: `jobs retry` runs it again.
            """
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Option(help: ArgumentHelp("Write what can be saved to this new directory.", valueName: "newdir"))
    var salvage: String?

    mutating func run() async throws {
        let directory = self.globals.directory()
        if let target = self.salvage { return try self.salvage(directory, to: target) }
        let report = try Queue.verify(directory)
        if self.globals.json {
            try Output.json(VerificationText.json(report))
        } else {
            VerificationText.lines(report).forEach(Output.line)
        }
        if report.verdict == .damaged { throw CommandFailure(.badData) }
    }

    private func salvage(_ directory: String, to target: String) throws {
        let report = try Queue.salvage(directory, to: target)
        if self.globals.json {
            try Output.json(SalvageText.json(report, directory: target))
        } else {
            SalvageText.lines(report, directory: target).forEach(Output.line)
        }
        if !report.isWhole { throw CommandFailure(.badData) }
    }
}

enum SalvageText {
    struct JSON: Encodable {
        var directory: String
        var jobs: Int
        var remembered_ids: Int
        var uncertain: [String]
        var lost: [String]
        var repaired: [String]
    }

    static func json(_ report: Salvage, directory: String) -> JSON {
        JSON(
            directory: AbsolutePath.of(directory),
            jobs: report.jobs,
            remembered_ids: report.rememberedIDs,
            uncertain: report.uncertainIDs,
            lost: report.losses,
            repaired: report.repairs
        )
    }

    static func lines(_ report: Salvage, directory: String) -> [String] {
        var lines = report.repairs.map { "found elsewhere: \(TerminalText.visible($0))" }
        lines += report.losses.map { "LOST: \(TerminalText.visible($0))" }
        lines += report.uncertainIDs.map { "may have run, now a dead letter: \(TerminalText.visible($0))" }
        let path = TerminalText.visible(AbsolutePath.of(directory))
        lines.append(
            "\(PeopleText.count(report.jobs, "job")) saved in \(path)"
                + (report.isWhole ? "; nothing that was acknowledged is missing" : "")
        )
        if !report.uncertainIDs.isEmpty {
            lines.append(
                "to run what may have run already: beaver-tui --data-dir \(path) jobs retry --error salvaged --yes"
            )
        }
        return lines
    }
}

enum VerificationText {
    struct JSON: Encodable {
        var verdict: String
        var problems: [String]
        var segments: Int
        var snapshots: Int
        var frames: Int
        var records: Int
        var jobs: Int
        var torn_bytes: Int64
        var last_seq: UInt64
        var confirmed_seq: UInt64
        var fingerprint: String
        var rebuilt_twice: Bool
    }

    static func json(_ report: Verification) -> JSON {
        JSON(
            verdict: report.verdict.rawValue,
            problems: report.problems,
            segments: report.segments,
            snapshots: report.snapshots,
            frames: report.frames,
            records: report.records,
            jobs: report.jobs,
            torn_bytes: report.tornBytes,
            last_seq: report.lastSequence,
            confirmed_seq: report.confirmedSequence,
            fingerprint: report.fingerprint,
            rebuilt_twice: report.wasRebuiltTwice
        )
    }

    static func lines(_ report: Verification) -> [String] {
        var lines = [
            "\(PeopleText.count(report.segments, "segment")) with \(PeopleText.count(report.frames, "frame")) and "
                + "\(PeopleText.count(report.records, "record")), \(PeopleText.count(report.snapshots, "snapshot"))"
        ]
        lines += report.problems.map { TerminalText.visible($0) }
        switch report.verdict {
        case .sound, .tornTail:
            lines.append(
                "sound up to record \(report.lastSequence): \(PeopleText.count(report.jobs, "job")), fingerprint \(report.fingerprint)"
                    + (report.wasRebuiltTwice ? ", the same when rebuilt another way" : "")
            )
        case .damaged:
            lines.append("DAMAGED")
        }
        return lines
    }
}
