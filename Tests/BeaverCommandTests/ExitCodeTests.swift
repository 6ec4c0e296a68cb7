import BeaverQueue
import BeaverTestSupport
import Testing

@testable import beaver_tui

@Suite struct ExitCodeTests {
    @Test(
        "the contract's table",
        arguments: [
            (QueueError.Code.invalidInput, 65), (.damaged, 65), (.inputMissing, 66), (.unavailable, 69),
            (.noSuchQueue, 69), (.cannotCreate, 73), (.inputOutput, 74), (.outcomeUnknown, 74), (.locked, 75),
            (.full, 75), (.stopped, 75), (.configuration, 78), (.notFound, 1), (.conflict, 1),
        ] as [(QueueError.Code, Int32)]
    )
    func codes(code: QueueError.Code, expected: Int32) {
        #expect(ExitStatus(code).rawValue == expected)
    }

    @Test(
        "a wrong call is 64, however it is wrong",
        arguments: [
            ["enqeue"], ["jobs", "lst"], ["status", "--nonsense"], ["enqueue"], ["enqueue", "--file"],
            ["enqueue", "--file", "a", "--lines", "b"], ["enqueue", "--payload", "1", "--priority", "10"],
            ["jobs", "purge"], ["jobs", "purge", "a", "--state", "dead"], ["jobs", "list", "--state", "ded"],
            ["jobs", "list", "--columns", "ids"], ["workers", "set", "0"], ["run", "--no-ui", "--workers", "x"],
            ["completion", "tcsh"], ["--color", "pink", "status"],
            ["enqueue", "--file", "-", "--wait"], ["enqueue", "--delay", "5", "--payload", "1"],
            ["torture", "--time", "5"], ["jobs", "list", "--columns", ""], ["jobs", "list", "--columns", "id,"],
        ]
    )
    func usage(arguments: [String]) async {
        let status = await BeaverTUI.run(arguments)
        #expect(status == .usage)
    }

    @Test(
        "an empty filter is a wrong call, and never all jobs: it may be a variable that was never set",
        arguments: [
            ["--state", ""], ["--state", "dead,"], ["--state", ","], ["--action", ""], ["--error", ""], ["--text", ""],
            ["--like", ""], ["--id", ""], ["--older", ""],
        ]
    )
    func emptyFilters(filter: [String]) async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { directory in
            let whole = ["jobs", "purge", "--yes", "--data-dir", directory + "/data"] + filter
            let status = await BeaverTUI.run(whole)
            #expect(status == .usage)
        }
        #expect(!queue.calls.contains { $0.hasPrefix("purge") })
    }
}
