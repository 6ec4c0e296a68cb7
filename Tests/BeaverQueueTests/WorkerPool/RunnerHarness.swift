import BeaverTestSupport
import Glibc
import Synchronization
import Testing

@testable import BeaverQueue

/// A runner over a scratch directory of its own, with shell scripts as handlers.
final class RunnerHarness: Sendable {
    let scratch: TemporaryDirectory
    let runner: CommandRunner
    let storeID: String
    private let nextToken = Atomic<UInt64>(1)

    init(
        _ handlers: [String: HandlerConfiguration] = [:],
        closures: [String: CommandRunner.Closure] = [:],
        _ change: (inout QueueConfiguration) -> Void = { _ in }
    ) throws {
        self.scratch = try TemporaryDirectory()
        var configuration = QueueConfiguration(dataDirectory: self.scratch.path)
        configuration.handlers = handlers
        change(&configuration)
        // The directory's name is unique, so no other test's processes can be meant.
        self.storeID = String(self.scratch.path.split(separator: "/").last ?? "store")
        self.runner = try CommandRunner(
            storeID: self.storeID,
            outputDirectory: self.scratch.file("output"),
            configuration: configuration,
            closures: closures
        )
    }

    deinit { self.runner.endAll(within: 5) }

    func request(_ action: String, payload: String = "{}", command: JobCommand? = nil) -> RunRequest {
        let token = self.nextToken.add(1, ordering: .relaxed).newValue
        return RunRequest(
            token: token,
            jobID: "job-\(token)",
            action: action,
            runNumber: 1,
            payload: Array(payload.utf8),
            command: command,
            deadlineWallMilliseconds: nil,
            enqueueSequence: token + 1_000
        )
    }

    func run(_ action: String, payload: String = "{}", command: JobCommand? = nil) async -> RunResult {
        await self.run(self.request(action, payload: payload, command: command))
    }

    func simulate(_ action: String, payload: String) async -> RunResult {
        var request = self.request(action, payload: payload)
        request.isSimulated = true
        return await self.run(request)
    }

    func run(_ request: RunRequest) async -> RunResult {
        await withCheckedContinuation { continuation in
            self.runner.start(request) { continuation.resume(returning: $0) }
        }
    }

    /// Runs a script as an `exec` job; needs `allowExec`.
    func shell(_ script: String) async -> RunResult {
        await self.run(self.shellRequest(script))
    }

    func shellRequest(_ script: String) -> RunRequest {
        self.request("exec", command: JobCommand(arguments: ["/bin/sh", "-c", script]))
    }

    /// What a run wrote to its output file; empty if there is none.
    func output(of request: RunRequest) -> String {
        let name = "output/\(request.enqueueSequence / 1_000)/\(request.enqueueSequence)-\(request.token).out"
        return (try? self.scratch.read(name)) ?? ""
    }

    /// Makes a FIFO: a script that opens it for writing meets the test, without anyone sleeping.
    func fifo(_ name: String) throws -> String {
        let path = self.scratch.file(name)
        try #require(mkfifo(path, 0o600) == 0)
        return path
    }

    /// The line a script writes to a FIFO; blocks until it does.
    func line(from fifo: String) async -> String {
        await withCheckedContinuation { continuation in
            // Blocking in `open` and `read` must not take a thread of the tasks away.
            do {
                try SystemThread.start("fifo") {
                    continuation.resume(returning: SystemCall.text(at: fifo) ?? "")
                }
            } catch {
                Issue.record(error)
                continuation.resume(returning: "")
            }
        }
    }
}

extension HandlerConfiguration {
    static func script(_ text: String) -> HandlerConfiguration {
        HandlerConfiguration(.command(["/bin/sh", "-c", text]))
    }
}

/// Whether a process exists and is more than a zombie.
func isAlive(_ processID: Int32) -> Bool {
    guard let status = SystemCall.text(at: "/proc/\(processID)/stat") else { return false }
    return !status.contains(") Z ") && !status.contains(") X ")
}

/// A process id written by a script.
func processID(_ text: String) -> Int32 { Int32(text.prefix { $0.isNumber }) ?? -1 }
