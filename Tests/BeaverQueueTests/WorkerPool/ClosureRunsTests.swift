import Synchronization
import Testing

@testable import BeaverQueue

/// A task runs one closure after the other; none may find anything of the one before.
@Suite struct ClosureRunsTests {
    private static let nextToken = Atomic<UInt64>(1)

    private func request() -> RunRequest {
        RunRequest(
            token: Self.nextToken.add(1, ordering: .relaxed).newValue,
            jobID: "a",
            action: "work",
            runNumber: 1,
            payload: Array("{}".utf8),
            command: nil,
            deadlineWallMilliseconds: nil,
            enqueueSequence: 1
        )
    }

    private func run(_ runs: ClosureRuns, _ body: @escaping ClosureRuns.Body) async -> RunResult {
        await withCheckedContinuation { continuation in
            runs.start(self.request(), body) { continuation.resume(returning: $0) }
        }
    }

    @Test func noClosureFindsTheCancellationOfTheOneBefore() async {
        let runs = ClosureRuns()
        defer { runs.close() }
        for _ in 0..<50 {
            let request = self.request()
            let stopped = await withCheckedContinuation { continuation in
                runs.start(request) { _ in
                    #expect(runs.stop(request.token))
                    try Task.checkCancellation()
                } ended: {
                    continuation.resume(returning: $0)
                }
            }
            #expect(stopped == RunResult(.failed, error: "cancelled"))
            // Who cancels itself was not stopped by the queue.
            let own = await self.run(runs) { _ in
                withUnsafeCurrentTask { $0?.cancel() }
                try Task.checkCancellation()
            }
            #expect(own.ending == .failed && own.error != "cancelled")
            #expect(await self.run(runs) { _ in try Task.checkCancellation() } == RunResult(.completed))
        }
    }

    @Test func stoppedAllAtOnceEachIsTold() async {
        let runs = ClosureRuns()
        defer { runs.close() }
        let results = await withTaskGroup(of: RunResult.self) { group in
            let (begins, began) = AsyncStream.makeStream(of: Void.self)
            for _ in 0..<100 {
                group.addTask { [self] in
                    await self.run(runs) { _ in
                        began.yield()
                        while !Task.isCancelled { await Task.yield() }
                        throw CancellationError()
                    }
                }
            }
            var count = 0
            for await _ in begins {
                count += 1
                if count == 100 { break }
            }
            runs.stopAll()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == 100 && results.allSatisfy { $0 == RunResult(.failed, error: "cancelled") })
    }

    @Test func closedItLeavesNoTaskThatWaits() async {
        weak var left: ClosureRuns?
        do {
            let runs = ClosureRuns()
            left = runs
            for _ in 0..<3 { #expect(await self.run(runs) { _ in } == RunResult(.completed)) }
            runs.close()
        }
        while left != nil { await Task.yield() }
    }

    @Test func whatEndsAfterTheCloseIsTold() async {
        let runs = ClosureRuns()
        #expect(await self.run(runs) { _ in runs.close() } == RunResult(.completed))
        #expect(await self.run(runs) { _ in } == RunResult(.completed))
    }
}
