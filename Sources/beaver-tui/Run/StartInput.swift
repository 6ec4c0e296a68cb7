import BeaverQueue
import FoundationEssentials

/// The file that `run --jobs` or `run --lines` names.
enum StartInput {
    /// Checked before anything is created: a bad file leaves no trace.
    static func read(
        _ options: RunOptions,
        _ values: SettingsValues
    ) async throws -> (input: JobInput, checked: JobInput.Checked)? {
        guard let path = options.jobs ?? options.lines else { return nil }
        var jobsOptions = JobsFileOptions(name: JobsFileOptions.name(ofFile: path))
        jobsOptions.maxPayloadBytes = values.queue.limits.maxPayloadBytes
        jobsOptions.workingDirectory = FileManager.default.currentDirectoryPath
        let input = JobInput(
            file: try InputFile(path),
            form: options.lines == nil ? .jobs : .commandLines(isNullSeparated: options.isNullSeparated),
            options: jobsOptions,
            skipsBad: false
        )
        return (input, try await input.check { Output.error("beaver-tui: \($0)") })
    }
}
