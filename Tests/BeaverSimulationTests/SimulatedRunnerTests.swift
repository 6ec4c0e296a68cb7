import BeaverQueue
import BeaverSimulation
import Testing

@Suite struct SimulatedRunnerTests {
    /// What engines were told; runs may end on any thread.
    private final class Told: Sendable {
        let runner = SimulatedRunner()
        let results = AsyncStream<(UInt64, RunResult)>.makeStream()

        func start(_ token: UInt64, _ jobID: String) {
            let continuation = self.results.continuation
            self.runner.start(request(token, jobID)) { result in continuation.yield((token, result)) }
        }

        /// Everything that was told so far; call once, at the end.
        func all() async -> [UInt64] {
            self.results.continuation.finish()
            var tokens: [UInt64] = []
            for await (token, _) in self.results.stream { tokens.append(token) }
            return tokens
        }
    }

    private static func request(_ token: UInt64, _ jobID: String, runNumber: Int = 1) -> RunRequest {
        RunRequest(
            token: token,
            jobID: jobID,
            action: "work",
            runNumber: runNumber,
            payload: Array(jobID.utf8),
            command: nil,
            deadlineWallMilliseconds: nil,
            enqueueSequence: token
        )
    }

    @Test func aRunEndsOnceAndAsTheSimulationSays() async {
        let told = Told()
        told.start(1, "a")
        told.start(2, "b")
        #expect(told.runner.running == [1, 2])
        #expect(told.runner.end(1))
        #expect(!told.runner.end(1))
        #expect(!told.runner.end(9))
        #expect(told.runner.end(2, RunResult(.failed, exitStatus: 1)))
        #expect(told.runner.run(2)?.result == RunResult(.failed, exitStatus: 1))
        #expect(told.runner.runs.map(\.request.payload) == [[97], [98]])
        #expect(told.runner.violations == [])
        #expect(await told.all() == [1, 2])
    }

    @Test func aStopIsNotedUntilTheRunReacts() async {
        let told = Told()
        for token in 1...2 as ClosedRange<UInt64> { told.start(token, "job\(token)") }
        told.runner.stop(token: 2, .terminate, because: .timeout)
        told.runner.stop(token: 2, .kill, because: .timeout)
        told.runner.stop(token: 99, .kill, because: .timeout)
        #expect(told.runner.running == [1, 2])
        #expect(told.runner.run(1)?.stops == [])
        #expect(told.runner.run(2)?.stops == [.terminate, .kill])
        told.runner.end(2, RunResult(.completed))
        #expect(await told.all() == [2])
    }

    @Test func nothingMayStartAfterAllWereEnded() async {
        let told = Told()
        for token in 1...3 as ClosedRange<UInt64> { told.start(token, "job\(token)") }
        told.runner.endAll(within: 1)
        #expect(told.runner.running == [])
        #expect(told.runner.run(2)?.result?.signal == 9)
        told.start(4, "late")
        #expect(told.runner.violations.count == 1)
        #expect(await told.all() == [1, 2, 3])
    }

    @Test func runsAreLostWithTheirEngine() async {
        let told = Told()
        told.start(1, "a")
        #expect(told.runner.beginLife() == [1])
        #expect(!told.runner.end(1))
        #expect(told.runner.run(1)?.isLost == true)
        told.start(2, "a")
        #expect(told.runner.violations == [])
        told.runner.end(2)
        #expect(await told.all() == [2])
    }

    @Test func whatNoEngineMayDoIsNoted() {
        let runner = SimulatedRunner()
        runner.start(Self.request(5, "a")) { _ in }
        runner.start(Self.request(6, "a")) { _ in }
        #expect(runner.violations == ["a was started with token 6 while 5 was running"])
        runner.start(Self.request(6, "b")) { _ in }
        runner.start(Self.request(4, "c", runNumber: 0)) { _ in }
        #expect(runner.violations.count == 3)
    }

    /// An engine may start the next run from within the end of the last one.
    @Test func theNextRunMayStartFromAnEnd() {
        let runner = SimulatedRunner()
        runner.start(Self.request(1, "a")) { _ in
            runner.start(Self.request(2, "a", runNumber: 2)) { _ in }
        }
        runner.end(1)
        #expect(runner.running == [2])
        #expect(runner.violations == [])
    }
}
