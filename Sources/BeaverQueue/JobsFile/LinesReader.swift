/// Reads a file of command lines that is in memory, and checks it as a whole.
package enum LinesReader {
    /// All jobs and all faults of a file with one shell command a line, or each ended by a zero byte.
    package static func check(
        _ bytes: Span<UInt8>,
        options: JobsFileOptions,
        isNullSeparated: Bool = false
    ) -> JobsFileCheck {
        var stream = LinesStream(options: options, isNullSeparated: isNullSeparated)
        stream.feed(bytes)
        stream.finish()
        return JobsFileCheck(jobs: stream.takeJobs(), faults: stream.faults, faultCount: stream.faultCount)
    }

    package static func check(
        _ bytes: [UInt8],
        options: JobsFileOptions,
        isNullSeparated: Bool = false
    ) -> JobsFileCheck {
        self.check(bytes.span, options: options, isNullSeparated: isNullSeparated)
    }
}
