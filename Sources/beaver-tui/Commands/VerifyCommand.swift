import ArgumentParser
import BeaverQueue

/// Says whether everything that was acknowledged is still there.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every segment and snapshot; change nothing.",
        discussion:
            "Exit status 65 if something that was acknowledged cannot be read. Best on a stopped queue or a copy."
    )

    @OptionGroup var globals: GlobalOptions

    mutating func run() async throws {
        let directory = self.globals.directory()
        let report = try Verification.run(directory)
        if self.globals.json {
            try Output.json(VerificationText.json(report))
        } else {
            VerificationText.lines(report).forEach(Output.line)
        }
        if report.verdict == .damaged { throw CommandFailure(.badData) }
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
