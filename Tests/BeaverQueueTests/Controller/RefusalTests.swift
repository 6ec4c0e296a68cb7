import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// What a caller of the library is refused, with which code and in which words; nothing is changed by it.
@Suite("Refusals", .timeLimit(.minutes(2)))
struct RefusalTests {
    @Test("one bad job in a call is named by its place, and none of them is taken")
    func badJobAmongGood() async throws {
        try await QueueFixture.run { fixture in
            let jobs = [QueueFixture.job("a"), QueueFixture.job("b", payload: "{oops")]
            let error = await #expect(throws: QueueError.self) { try await fixture.queue.enqueue(jobs) }
            #expect(error?.code == .invalidInput)
            #expect(error?.message.hasPrefix("job 2 of 2: the payload is not one JSON value") == true)
            let taken = try await fixture.queue.status().jobs.enqueuedTotal
            #expect(taken == 0)
        }
    }

    /// A frame of the log says its length in 32 bits.
    @Test("more than a GiB of payloads in one call is refused before anything looks at them")
    func hugeBatch() async throws {
        try await QueueFixture.run { fixture in
            let job = NewJob(payload: [UInt8](repeating: 0x20, count: 1 << 24), action: "x")
            let error = await #expect(throws: QueueError.self) {
                try await fixture.queue.enqueue(Array(repeating: job, count: 65))
            }
            #expect(error?.code == .invalidInput)
            #expect(error?.message.hasPrefix("65 jobs have 1040 MiB of payloads") == true)
        }
    }

    @Test("a command is refused where none may run")
    func commandWithoutLeave() async throws {
        try await QueueFixture.run { fixture in
            let command = JobCommand(arguments: ["true"])
            let job = NewJob(payload: Array("{}".utf8), action: "exec", command: command)
            let error = await #expect(throws: QueueError.self) { try await fixture.queue.enqueue([job]) }
            #expect(error?.code == .configuration)
        }
    }

    @Test("workers are 0 to 4,096")
    func workers() async throws {
        try await QueueFixture.run { fixture in
            for count in [-1, 4_097] {
                let error = await #expect(throws: QueueError.self) { try await fixture.queue.setWorkers(count) }
                #expect(error?.code == .invalidInput)
            }
            try await fixture.queue.setWorkers(3)
            #expect(try await fixture.queue.status().workers.count == 3)
        }
    }

    /// Its program may come back tomorrow, with a mount or a package; only what nobody configured is given up.
    @Test("where unknown work is dead at once, a handler whose program is missing still only parks its jobs")
    func unknownIsNotMissing() async throws {
        let change: @Sendable (inout QueueConfiguration) -> Void = { configuration in
            configuration.unknown = .dead
            configuration.handlers["resize"] = HandlerConfiguration(.command(["/nowhere/resize"]))
        }
        try await QueueFixture.run(change) { fixture in
            try await fixture.put(QueueFixture.job("known", action: "resize"), QueueFixture.job("unknown", action: "x"))
            #expect(try await fixture.queue.job("known").summary.state == .parked)
            let unknown = try await fixture.queue.job("unknown").summary
            #expect(unknown.state == .dead && unknown.error == "no handler for `x`")
        }
    }

    @Test("a queue is started once, a directory has one owner, and one that must exist is not made")
    func starts() async throws {
        try await QueueFixture.run { fixture in
            let again = await #expect(throws: QueueError.self) { try await fixture.queue.start() }
            #expect(again?.code == .stopped)
            let second = Queue(QueueConfiguration(dataDirectory: fixture.directory))
            let locked = await #expect(throws: QueueError.self) { try await second.start() }
            #expect(locked?.code == .locked)
            let status = try await second.status()
            #expect(status.state == .failed)
            #expect(status.reason == locked?.message)
            var configuration = QueueConfiguration(dataDirectory: fixture.directory + "-missing")
            configuration.mustExist = true
            let missing = Queue(configuration)
            let none = await #expect(throws: QueueError.self) { try await missing.start() }
            #expect(none?.code == .noSuchQueue)
            configuration.worker.count = 0
            let wrong = Queue(configuration)
            let faults = await #expect(throws: QueueError.self) { try await wrong.start() }
            #expect(faults?.code == .configuration)
        }
    }

    @Test("what a job was given is hidden by the names of its keys, wherever it stands")
    func redactedDetails() async throws {
        let allowsCommands: @Sendable (inout QueueConfiguration) -> Void = { $0.allowExec = true }
        try await QueueFixture.run(allowsCommands) { fixture in
            try await fixture.queue.pause()
            let command = JobCommand(
                arguments: ["send", "--token", "hush", "--to=me"],
                environment: ["API_SECRET=hush", "LANG=C"]
            )
            let payload = Array(#"{"password":"hush","to":"me"}"#.utf8)
            let job = NewJob(id: "a", payload: payload, action: "exec", command: command)
            try await fixture.queue.enqueue([job])
            let hidden = try await fixture.queue.job("a", reveals: false)
            #expect(hidden.payload == #"{"password":"•••","to":"me"}"#)
            #expect(hidden.arguments == ["send", "--token", "•••", "--to=me"])
            #expect(hidden.environment == ["API_SECRET=•••", "LANG=C"])
            #expect(try await fixture.queue.job("a").arguments == command.arguments)
        }
    }
}
