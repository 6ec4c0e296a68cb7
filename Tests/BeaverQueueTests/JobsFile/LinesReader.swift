import BeaverQueue

/// A whole file of command lines at once; the program reads it in pieces.
enum LinesReader {
    static func check(
        _ bytes: [UInt8],
        options: JobsFileOptions,
        isNullSeparated: Bool = false
    ) -> JobsFileCheck {
        var stream = LinesStream(options: options, isNullSeparated: isNullSeparated)
        stream.feed(bytes.span)
        stream.finish()
        return JobsFileCheck(jobs: stream.takeJobs(), faults: stream.faults, faultCount: stream.faultCount)
    }
}
