import ArgumentParser
import BeaverQueue
import FoundationEssentials

/// What can be said about jobs when they are taken; an entry of a file that says it itself wins.
struct EnqueueOptions: ParsableArguments {
    @Option(help: "Time-out of a run; 0 is none.")
    var timeout: String?

    @Option(help: "Retries after the first run.")
    var maxRetry: UInt16?

    @Option(help: "Start so much later.")
    var delay: String?

    @Option(help: "0 to 9; 9 goes first.")
    var priority: UInt8?

    @Option(help: "Jobs without an id are called NAME-0001 and so on (the file's name).")
    var name: String?

    @Option(name: .customLong("env"), help: "NAME=VALUE for commands; NAME alone takes the value it has here.")
    var variables: [String] = []

    @Flag(help: "Never run twice, even if a crash interrupts the run.")
    var once = false

    func validate() throws {
        if let priority, priority > NewJob.maxPriority { throw ValidationError("--priority must be 0 to 9") }
        if let maxRetry, maxRetry > NewJob.maxRetryLimit {
            throw ValidationError("--max-retry must be at most \(NewJob.maxRetryLimit)")
        }
    }

    func jobsFileOptions(
        path: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> JobsFileOptions {
        var options = JobsFileOptions(name: self.name ?? path.flatMap(JobsFileOptions.name(ofFile:)))
        if let timeout {
            options.defaults.timeoutMilliseconds = try UsageText.reading("--timeout") { () throws(QueueError) in
                try SettingText.shortDuration(timeout)
            }
        }
        if let delay {
            let milliseconds = try UsageText.reading("--delay") { () throws(QueueError) in
                try DurationText.milliseconds(delay)
            }
            options.defaults.start = .after(milliseconds: milliseconds)
        }
        options.defaults.maxRetry = self.maxRetry
        options.defaults.priority = self.priority
        options.defaults.once = self.once ? true : nil
        options.workingDirectory = FileManager.default.currentDirectoryPath
        options.environment = try self.variables.map { variable in
            if variable.contains("=") { return variable }
            guard let value = environment[variable] else {
                throw ValidationError("--env \(variable): there is no such variable here; write \(variable)=VALUE")
            }
            return "\(variable)=\(value)"
        }
        return options
    }
}

/// Makes a wrong value of an option a wrong call (64), with the option's name before the reason.
enum UsageText {
    static func reading<Value>(_ option: String, _ read: () throws(QueueError) -> Value) throws -> Value {
        do {
            return try read()
        } catch {
            throw CommandFailure(.usage, "\(option): \(error.message)")
        }
    }
}
