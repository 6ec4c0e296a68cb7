/// One reason why an entry of a jobs file, or the file, cannot be taken.
package struct JobsFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Number of the entry in the file, from 1; 0 where the fault lies in the file and not in one entry.
    package let entry: Int
    /// From 1.
    package let line: Int
    /// From 1, in characters.
    package let column: Int
    /// What is wrong and how it should be; safe to show on a terminal.
    package let message: String

    package init(entry: Int, line: Int, column: Int, message: String) {
        self.entry = entry
        self.line = line
        self.column = column
        self.message = message
    }

    package var description: String {
        let entry = self.entry == 0 ? "" : "entry \(self.entry), "
        return "\(entry)line \(self.line), column \(self.column): \(self.message)"
    }
}

/// What was found in a jobs file that was read as a whole.
package struct JobsFileCheck: Sendable, Equatable {
    /// Faults beyond these are counted, not kept.
    package static let maxFaults = 20

    /// The jobs of all good entries, in their order.
    package var jobs: [NewJob]
    /// The first faults, in their order.
    package var faults: [JobsFault]
    /// All of them: above 0 nothing of the file is to be taken, unless the caller was asked to skip bad entries.
    package var faultCount: Int

    package init(jobs: [NewJob] = [], faults: [JobsFault] = [], faultCount: Int = 0) {
        self.jobs = jobs
        self.faults = faults
        self.faultCount = faultCount
    }
}
