/// Reads a jobs file that is in memory, and checks it as a whole.
package enum JobsFileReader {
    /// All jobs and all faults of a JSON array of jobs, or of jobs one object a line.
    package static func check(_ bytes: Span<UInt8>, options: JobsFileOptions) -> JobsFileCheck {
        var stream = JobsStream(options: options)
        stream.feed(bytes)
        stream.finish()
        return JobsFileCheck(jobs: stream.takeJobs(), faults: stream.faults, faultCount: stream.faultCount)
    }

    package static func check(_ bytes: [UInt8], options: JobsFileOptions) -> JobsFileCheck {
        self.check(bytes.span, options: options)
    }
}
