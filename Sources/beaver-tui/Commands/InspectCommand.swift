import ArgumentParser
import BeaverQueue

/// What the log says, record by record.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "The records of the log, one a line."
    )

    @OptionGroup(title: GlobalOptions.title) var globals: GlobalOptions

    @Option(help: "Begin with this sequence number.")
    var from: UInt64 = 0

    @Option(help: "Only the records of this job.")
    var job: String?

    @Option(help: "At most so many.")
    var limit: Int?

    mutating func run() async throws {
        var count = 0
        let (isJSON, limit) = (self.globals.json, self.limit ?? .max)
        guard limit > 0 else { return }
        var failure: (any Error)?
        try Inspection.run(self.globals.directory(), from: self.from, job: self.job) { line in
            count += 1
            if isJSON {
                do { try Output.json(line) } catch { failure = error }
            } else {
                let job = line.job.map { " " + TerminalText.visible($0) } ?? ""
                let details = line.details.isEmpty ? "" : " " + TerminalText.visible(line.details)
                Output.line(
                    "\(line.sequence) \(Rfc3339.text(wallMilliseconds: line.time)) \(line.event)\(job)\(details)"
                )
            }
            return count < limit && failure == nil
        }
        if let failure { throw failure }
        if count == 0, let job = self.job {
            throw CommandFailure(.failed, "the log holds no record of job `\(job)` (its id is looked for whole)")
        }
    }
}
