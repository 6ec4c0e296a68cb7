import Testing

@testable import BeaverQueue

/// What a command was told stands among what it wrote.
@Suite struct StopNoteTests {
    @Test(
        "each note says why and when",
        arguments: [
            (StopKind.terminate, StopReason.timeout, Int64(30_049), "time-out; SIGTERM after 30.0 s"),
            (.terminate, .cancel, 50, "cancelled; SIGTERM after 0.1 s"),
            (.terminate, .drain, 0, "the queue stops; SIGTERM after 0.0 s"),
            (.kill, .timeout, 35_000, "it did not end; SIGKILL after 35.0 s"),
        ]
    )
    func texts(how: StopKind, reason: StopReason, milliseconds: Int64, text: String) {
        #expect(StopNote.text(how, reason, afterMilliseconds: milliseconds) == "[beaver-tui: \(text)]")
    }

    @Test("a note begins a line, stands behind what was written before it, and is not the program's last word")
    func place() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let fifo = try harness.fifo("ready")
        let request = harness.shellRequest(
            // Opening a pipe may be interrupted, which the shell says among its errors.
            "trap 'echo got it; exit 9' TERM; printf half; echo > \(fifo); while :; do read x < \(fifo); done 2>/dev/null"
        )
        async let ended = harness.run(request)
        _ = await harness.line(from: fifo)
        harness.runner.stop(token: request.token, .terminate, because: .cancel)
        let result = await ended
        #expect(result.exitStatus == 9)
        #expect(result.error == "exit 9: got it")
        let lines = harness.output(of: request).split(separator: "\n")
        try #require(lines.count == 3, "\(lines)")
        #expect(lines[0] == "half")
        #expect(lines[1].hasPrefix("[beaver-tui: cancelled; SIGTERM after "))
        #expect(lines[2] == "got it")
        // A reader of the log compares the two.
        #expect(String(decoding: result.outputTail, as: UTF8.self) == harness.output(of: request))
    }

    @Test("where nothing was written, the note is all there is")
    func silent() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let fifo = try harness.fifo("ready")
        let request = harness.shellRequest("echo > \(fifo); exec sleep 600")
        async let ended = harness.run(request)
        _ = await harness.line(from: fifo)
        harness.runner.stop(token: request.token, .terminate, because: .timeout)
        let result = await ended
        #expect(result.error == "killed by SIGTERM")
        #expect(String(decoding: result.outputTail, as: UTF8.self).hasPrefix("[beaver-tui: time-out; SIGTERM"))
    }
}
