import BeaverQueue
import BeaverTestSupport
import Foundation
import Testing

@Suite struct BuiltCommandTests {
    @Test(
        "a directory without a queue: 69, and it says what to do",
        arguments: ["status", "jobs list", "stop", "snapshot"]
    )
    func noQueue(command: String) async throws {
        try await withTemporaryDirectory { directory in
            let answer = try await BuiltCommand.run(command.split(separator: " ").map(String.init), in: directory)
            #expect(answer.status == 69)
            #expect(answer.output == "")
            #expect(answer.errors.hasPrefix("beaver-tui: no queue at \(directory)/data; start one with `"))
            // Quoted where the path to the program has a space.
            let plain = answer.errors.replacing("'", with: "")
            #expect(plain.hasSuffix("beaver-tui run`, or name it with --data-dir\n"))
            #expect(!FileManager.default.fileExists(atPath: directory + "/data"))
        }
    }

    @Test("enqueue --file takes a file and names its jobs by it")
    func enqueueFile() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { directory in
            try #"[{"payload":1},{"id":"x","payload":{"action":"a"}}]"#.write(
                toFile: directory + "/work.json",
                atomically: false,
                encoding: .utf8
            )
            let answer = try await BuiltCommand.run(["enqueue", "--file", "work.json"], in: directory)
            #expect(answer.status == 0)
            #expect(answer.output == "2 enqueued\n")
            #expect(answer.errors == "")
        }
        #expect(queue.jobs.map(\.id) == ["work-0001", "x"])
        #expect(queue.batchSizes == [2])
    }

    @Test("a bad file is refused as a whole, 65, with the places")
    func badFile() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { directory in
            let text = "{\"payload\":1}\n{\"payload\":2,\"timeout\":5}\n"
            let answer = try await BuiltCommand.run(["enqueue", "--file", "-"], in: directory, input: text)
            #expect(answer.status == 65)
            #expect(answer.errors.contains("standard input: entry 2, line 2, column"))
            #expect(answer.errors.contains("timeout_ms"))
            #expect(queue.jobs.isEmpty)
            let skipping = try await BuiltCommand.run(
                ["enqueue", "--skip-bad", "--file", "-"],
                in: directory,
                input: text
            )
            #expect(skipping.status == 0)
        }
        #expect(queue.jobs.count == 1)
    }

    @Test("commands, lines and payloads become jobs")
    func waysToEnqueue() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { directory in
            let ways = [
                ["enqueue", "--id", "one", "--", "ls", "-l", "--json"],
                ["enqueue", "--payload", #"{"n": 1}"#, "--action", "resize", "--priority", "9", "--delay", "5s"],
                ["enqueue", "--lines", "-", "--name", "l", "--timeout", "3s", "--env", "A=b"],
            ]
            for way in ways {
                let answer = try await BuiltCommand.run(way, in: directory, input: "echo 1\n\n# no\necho 2\n")
                #expect(answer.status == 0, "\(answer.errors)")
            }
            let real = try #require(queue.jobs.first?.command?.workingDirectory)
            #expect(URL(filePath: real).lastPathComponent == URL(filePath: directory).lastPathComponent)
        }
        #expect(queue.jobs.map(\.id) == ["one", nil, "l-0001", "l-0002"])
        #expect(queue.jobs.map(\.action) == ["exec", "resize", "exec", "exec"])
        #expect(queue.jobs.first?.command?.arguments == ["ls", "-l", "--json"])
        #expect(queue.jobs.map(\.priority) == [4, 9, 4, 4])
        #expect(queue.jobs.map(\.start) == [.now, .after(milliseconds: 5_000), .now, .now])
        #expect(queue.jobs.last?.command?.arguments == ["/bin/sh", "-c", "echo 2"])
        #expect(queue.jobs.last?.command?.environment == ["A=b"])
        #expect(queue.jobs.map(\.timeoutMilliseconds) == [0, nil, 3_000, 3_000])
    }

    @Test("input that cannot be read: 66", arguments: ["missing.json", "."])
    func missingInput(path: String) async throws {
        try await withTemporaryDirectory { directory in
            let answer = try await BuiltCommand.run(["enqueue", "--file", path], in: directory)
            #expect(answer.status == 66)
        }
    }

    @Test("--json before or after the command gives one object")
    func statusAsJSON() async throws {
        let queue = FakeQueue()
        queue.setStatus { $0.jobs.pending = 3 }
        try await withServer(over: queue) { directory in
            for arguments in [["--json", "status"], ["status", "--json"]] {
                let answer = try await BuiltCommand.run(arguments, in: directory)
                let status = try JSONDecoder().decode(QueueStatus.self, from: Data(answer.output.utf8))
                #expect(status.jobs.pending == 3)
            }
        }
    }

    @Test("bulk without --yes counts and changes nothing; ids act at once")
    func bulk() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { directory in
            let counted = try await BuiltCommand.run(["jobs", "purge", "--state", "dead"], in: directory)
            #expect(counted.output == "2 jobs would be purged; nothing was changed. Repeat with --yes\n")
            #expect(!queue.calls.contains { $0.hasPrefix("purge") })
            let done = try await BuiltCommand.run(["jobs", "purge", "--state", "dead", "--yes"], in: directory)
            #expect(done.output == "2 jobs purged\n")
            let one = try await BuiltCommand.run(["jobs", "cancel", "a/b"], in: directory)
            #expect(one.output == "a/b is told to end\n")
            #expect(queue.calls.contains("cancel a/b"))
        }
    }

    @Test("an error of the queue has the same exit status through the socket")
    func errorsThroughTheSocket() async throws {
        let queue = FakeQueue()
        try await withServer(over: queue) { directory in
            queue.failOnly("retry", with: QueueError(.notFound, "there is no job x"))
            let answer = try await BuiltCommand.run(["jobs", "retry", "x"], in: directory)
            #expect(answer.status == 1)
            #expect(answer.errors == "beaver-tui: there is no job x\n")
            queue.failOnly("enqueue", with: QueueError(.full, "the disk is full"))
            let full = try await BuiltCommand.run(["enqueue", "--payload", "1"], in: directory)
            #expect(full.status == 75)
        }
    }

    @Test("config init writes once and never overwrites")
    func configInit() async throws {
        try await withTemporaryDirectory { directory in
            let first = try await BuiltCommand.run(["config", "init"], in: directory)
            let second = try await BuiltCommand.run(["config", "init"], in: directory)
            let check = try await BuiltCommand.run(["config", "check"], in: directory)
            #expect([first.status, second.status, check.status] == [0, 73, 0])
        }
    }

    @Test("without a terminal the console is a wrong call that names --no-ui", arguments: [[], ["run"]])
    func noTerminal(arguments: [String]) async throws {
        try await withTemporaryDirectory { directory in
            let answer = try await BuiltCommand.run(arguments, in: directory)
            #expect(answer.status == 64)
            #expect(answer.errors.contains("--no-ui"))
        }
    }
}
