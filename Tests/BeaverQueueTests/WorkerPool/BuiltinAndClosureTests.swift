import BeaverTestSupport
import Synchronization
import Testing

@testable import BeaverQueue

@Suite("Built-ins and closures", .timeLimit(.minutes(2)))
struct BuiltinAndClosureTests {
    private struct Broken: Error, CustomStringConvertible {
        var description: String { "it\nbroke" }
    }

    @Test("noop and fail end inside start, on the caller's thread")
    func inline() throws {
        let harness = try RunnerHarness()
        let results = Mutex<[RunResult]>([])
        for action in ["noop", "fail"] {
            harness.runner.start(harness.request(action)) { result in results.withLock { $0.append(result) } }
        }
        #expect(results.withLock { $0 }.map(\.ending) == [.completed, .failed])
    }

    @Test("sleep sleeps as long as the payload says, and refuses one that does not say")
    func sleeping() async throws {
        let harness = try RunnerHarness()
        let begin = BootClock.now().bootMilliseconds
        #expect(await harness.run("sleep", payload: #"{"ms":30}"#) == RunResult(.completed))
        #expect(BootClock.now().bootMilliseconds - begin >= 29)
        for payload in ["{}", #"{"ms":-1}"#, #"{"ms":"5"}"#, "3", #"{"ms":1.5}"#] {
            #expect(await harness.run("sleep", payload: payload).ending == .failedPermanently)
        }
    }

    @Test("a sleep can be stopped")
    func sleepStopped() async throws {
        let harness = try RunnerHarness()
        let request = harness.request("sleep", payload: #"{"ms":600000}"#)
        let result = await withCheckedContinuation { continuation in
            harness.runner.start(request) { continuation.resume(returning: $0) }
            harness.runner.stop(token: request.token, .terminate, because: .timeout)
        }
        #expect(result == BuiltinHandlers.stopped)
    }

    @Test("a job without a handler cannot start; a simulated run pretends, also if there is a handler by then")
    func unknown() async throws {
        let harness = try RunnerHarness(["resize": .script("false")])
        let refused = await harness.run("resizee")
        #expect(refused == RunResult(.cannotStart, error: "no handler for `resizee`; did you mean `resize`?"))
        let begin = BootClock.now().bootMilliseconds
        #expect(await harness.simulate("process", payload: #"{"value":42}"#) == RunResult(.completed))
        #expect(BootClock.now().bootMilliseconds - begin >= 41)
        #expect(await harness.simulate("process", payload: #"{"value":"x"}"#) == RunResult(.completed))
        #expect(await harness.simulate("resize", payload: "0") == RunResult(.completed))
        #expect(await harness.run("resize").ending == .failed)
    }

    @Test("new handlers hold for runs that start from then on")
    func update() async throws {
        let harness = try RunnerHarness()
        #expect(await harness.run("greet").ending == .cannotStart)
        var configuration = QueueConfiguration(dataDirectory: harness.scratch.path)
        configuration.handlers = ["greet": .script("echo hello")]
        harness.runner.update(configuration: configuration)
        #expect(await harness.run("greet").outputTail == Array("hello\n".utf8))
    }

    @Test("a closure gets its job, and what it throws decides")
    func closures() async throws {
        let harness = try RunnerHarness(closures: [
            "good": { job in
                guard job.payload == Array("7".utf8), job.fencingToken > 0, job.action == "good" else { throw Broken() }
            },
            "bad": { _ in throw Broken() }, "wrong": { _ in throw PermanentFailure("no such customer") },
        ])
        #expect(await harness.run("good", payload: "7") == RunResult(.completed))
        #expect(await harness.run("bad") == RunResult(.failed, error: "it␊broke"))
        #expect(await harness.run("wrong") == RunResult(.failedPermanently, error: "no such customer"))
    }

    @Test("a closure that is stopped is cancelled")
    func closureCancelled() async throws {
        let (started, startedContinuation) = AsyncStream.makeStream(of: Void.self)
        let harness = try RunnerHarness(closures: [
            "wait": { _ in
                startedContinuation.finish()
                let (never, neverContinuation) = AsyncStream.makeStream(of: Void.self)
                // Ends only by cancellation: the continuation is kept until then.
                await withTaskCancellationHandler {
                    for await _ in never {}
                } onCancel: {
                    neverContinuation.finish()
                }
                throw CancellationError()
            }
        ])
        let request = harness.request("wait")
        async let result = harness.run(request)
        for await _ in started {}
        harness.runner.stop(token: request.token, .terminate, because: .timeout)
        #expect(await result == RunResult(.failed, error: "cancelled"))
    }

    @Test("endAll ends everything that runs and tells of each")
    func endAll() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let fifo = try harness.fifo("ready")
        let results = Mutex<[RunResult]>([])
        let script = "echo > \(fifo); exec sleep 600"
        harness.runner.start(harness.shellRequest(script)) { result in results.withLock { $0.append(result) } }
        _ = await harness.line(from: fifo)
        harness.runner.start(harness.request("sleep", payload: #"{"ms":600000}"#)) { result in
            results.withLock { $0.append(result) }
        }
        harness.runner.endAll(within: 30)
        #expect(results.withLock { $0 }.count == 2)
    }
}
