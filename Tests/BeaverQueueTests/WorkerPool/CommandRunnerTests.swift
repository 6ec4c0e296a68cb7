import BeaverTestSupport
import Glibc
import Testing

@testable import BeaverQueue

@Suite("CommandRunner", .timeLimit(.minutes(2)))
struct CommandRunnerTests {
    @Test("the exit status decides: 0 and ok_exit complete, 65 is permanent, others fail with the last line as reason")
    func exitStatuses() async throws {
        var tolerant = HandlerConfiguration.script("exit 3")
        tolerant.okExitStatuses = [3]
        let harness = try RunnerHarness([
            "good": .script("echo fine"), "tolerant": tolerant, "bad-data": .script("echo no such key >&2; exit 65"),
            "bad": .script("echo first; printf 'it broke\\033[31m\\n\\n'; exit 3"), "silent": .script("exit 1"),
        ])
        #expect(await harness.run("good") == RunResult(.completed, exitStatus: 0, outputTail: Array("fine\n".utf8)))
        #expect(await harness.run("tolerant") == RunResult(.completed, exitStatus: 3))
        let permanent = await harness.run("bad-data")
        #expect(permanent.ending == .failedPermanently)
        #expect(permanent.error == "exit 65: no such key")
        let failed = await harness.run("bad")
        #expect(failed.ending == .failed)
        #expect(failed.exitStatus == 3)
        #expect(failed.error == "exit 3: it broke")
        #expect(await harness.run("silent").error == "exit 1")
    }

    @Test("a signal is named")
    func signalled() async throws {
        let harness = try RunnerHarness(["crash": .script("ulimit -c 0; echo oh; kill -SEGV $$")])
        let result = await harness.run("crash")
        #expect(result.ending == .failed)
        #expect(result.signal == SIGSEGV)
        #expect(result.exitStatus == nil)
        #expect(result.error.hasPrefix("killed by SIGSEGV"))
        #expect(result.error.hasSuffix(": oh"))
    }

    @Test("the payload arrives on standard input byte for byte, whatever its size")
    func payload() async throws {
        let harness = try RunnerHarness(["copy": .script("cat; echo >&2"), "ignore": .script("exit 0")]) {
            $0.limits.outputMaxBytes = 4 << 20
        }
        let text = "{\"a\":\"" + String(repeating: "xyzé", count: 210_000) + "\"}"
        let request = harness.request("copy", payload: text)
        #expect(await harness.run(request).ending == .completed)
        #expect(harness.output(of: request) == text + "\n")
        #expect(await harness.run("ignore", payload: text).ending == .completed)
    }

    @Test("a command job runs its own program with empty standard input, in its directory and environment")
    func exec() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let script = #"cat; pwd; echo "$GREETING""#
        let command = JobCommand(
            arguments: ["/bin/sh", "-c", script],
            workingDirectory: "/usr",
            environment: ["GREETING=hello you"]
        )
        let result = await harness.run("exec", payload: "secret", command: command)
        #expect(String(decoding: result.outputTail, as: UTF8.self) == "/usr\nhello you\n")
    }

    @Test("exec is refused without --allow-exec")
    func execRefused() async throws {
        let harness = try RunnerHarness()
        let result = await harness.shell("true")
        #expect(result.ending == .cannotStart)
        #expect(result.error.contains("--allow-exec"))
    }

    @Test("a handler's program that is missing or not executable parks its action, with the reason")
    func cannotStart() async throws {
        let scratch = try TemporaryDirectory()
        let plain = try scratch.write("echo hi", to: "plain.sh", mode: 0o644)
        let text = try scratch.write("echo hi", to: "no-interpreter", mode: 0o755)
        let broken = try scratch.write("#!/no/such/shell\n", to: "broken", mode: 0o755)
        var elsewhere = HandlerConfiguration.script("true")
        elsewhere.workingDirectory = scratch.file("nowhere")
        let harness = try RunnerHarness([
            "missing": HandlerConfiguration(.command([scratch.file("none")])),
            "unknown": HandlerConfiguration(.command(["beaver-no-such-program"])),
            "plain": HandlerConfiguration(.command([plain])), "text": HandlerConfiguration(.command([text])),
            "broken": HandlerConfiguration(.command([broken])), "directory": HandlerConfiguration(.command(["/tmp"])),
            "elsewhere": elsewhere,
        ])
        let expected = [
            "missing": "does not exist", "unknown": "no program `beaver-no-such-program` in PATH",
            "plain": "is not executable", "text": "neither a program nor a script", "broken": "does not exist",
            "directory": "`/tmp` is not executable", "elsewhere": "cannot enter the directory",
        ]
        for (action, reason) in expected {
            let result = await harness.run(action)
            #expect(result.ending == .cannotStart, "\(action)")
            #expect(result.error.contains(reason), "\(action): \(result.error)")
        }
        #expect(harness.runner.policy(for: "plain").standing == .parked(reason: "`\(plain)` is not executable"))
    }

    @Test("a command job whose program does not exist fails alone, as in a shell")
    func ownCommandMissing() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let result = await harness.run("exec", command: JobCommand(arguments: ["beaver-no-such-program"]))
        #expect(result.ending == .failed)
        #expect(result.exitStatus == 127)
        let zero = await harness.run("exec", command: JobCommand(arguments: ["echo", "a\0b"]))
        #expect(zero.ending == .failedPermanently)
    }

    @Test("a run knows itself by its environment, and later layers override earlier ones")
    func environment() async throws {
        var handler = HandlerConfiguration.script("env | grep -E '^(BEAVER_|COLOR|HOME=)' | sort")
        handler.environment = ["COLOR=green", "BEAVER_RUN=forged", "HOME=/handler"]
        let harness = try RunnerHarness(["show": handler])
        var request = harness.request("show")
        request.runNumber = 4
        request.deadlineWallMilliseconds = 1_234
        let result = await harness.run(request)
        let text = String(decoding: result.outputTail, as: UTF8.self)
        for line in [
            "BEAVER_JOB_ID=\(request.jobID)", "BEAVER_RUN_NUMBER=4", "BEAVER_FENCING_TOKEN=\(request.token)",
            "BEAVER_ACTION=show", "BEAVER_DEADLINE=1234", "BEAVER_RUN=\(harness.storeID).\(request.token)",
            "COLOR=green", "HOME=/handler",
        ] {
            #expect(text.contains(line + "\n"))
        }
        #expect(!text.contains("forged"))
    }

    @Test(
        "a handler starts with the mask we were started with, default signals, its own group, no terminal, nothing open of ours"
    )
    func cleanStart() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        // Not close-on-exec, as a careless library would leave it.
        let leaked = open("/dev/null", O_RDONLY)
        defer { close(leaked) }
        signal(SIGUSR2, SIG_IGN)
        defer { signal(SIGUSR2, SIG_DFL) }
        let ourMask = umask(0o077)
        defer { umask(ourMask) }
        let script = """
            umask; ls /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign)' /proc/self/status
            cut -d' ' -f5,7 /proc/$$/stat | grep -qx "$$ 0" && echo leads
            """
        let result = await harness.shell(script)
        let lines = String(decoding: result.outputTail, as: UTF8.self).split(separator: "\n")
        try #require(lines.count == 5, "\(lines)")
        #expect(UInt32(lines[0], radix: 8) == UInt32(ourMask))
        // Three, and the one with which ls reads the directory.
        #expect(lines[1].trimmingPrefix { $0 == " " } == "4")
        #expect(lines[2].hasSuffix("0000000000000000"))
        #expect(lines[3].hasSuffix("0000000000000000"))
        #expect(lines[4] == "leads")
    }

    @Test("SIGTERM asks; a run that ignores it ends at SIGKILL, and its whole group with it")
    func stopping() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let fifo = try harness.fifo("ready")
        let polite = harness.shellRequest("trap 'exit 9' TERM; echo > \(fifo); while :; do read x < \(fifo); done")
        async let politeResult = harness.run(polite)
        _ = await harness.line(from: fifo)
        harness.runner.stop(token: polite.token, .terminate, because: .timeout)
        #expect(await politeResult.exitStatus == 9)

        let script = try harness.scratch.write(
            "trap 'echo got it' TERM; echo $$ > \(fifo); while :; do read x < \(fifo).2; done",
            to: "stubborn.sh"
        )
        let stubborn = harness.shellRequest("trap '' TERM; sh \(script); exit 0")
        _ = try harness.fifo("ready.2")
        async let stubbornResult = harness.run(stubborn)
        let child = processID(await harness.line(from: fifo))
        #expect(isAlive(child))
        harness.runner.stop(token: stubborn.token, .terminate, because: .timeout)
        harness.runner.stop(token: stubborn.token, .kill, because: .timeout)
        let result = await stubbornResult
        #expect(result.signal == SIGKILL)
        #expect(result.error.hasPrefix("killed by SIGKILL"))
        #expect(!isAlive(child))
        harness.runner.stop(token: stubborn.token, .kill, because: .timeout)
    }

    @Test("a grandchild that holds the output open delays nothing and does not outlive the run")
    func grandchild() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let begin = BootClock.now().bootMilliseconds
        let result = await harness.shell("sleep 600 & echo $!; exit 4")
        #expect(result.exitStatus == 4)
        #expect(!isAlive(processID(String(decoding: result.outputTail, as: UTF8.self))))
        #expect(BootClock.now().bootMilliseconds - begin < 60_000)
    }

    @Test("a process that left the group and closed everything does not outlive the run either")
    func escapee() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let fifo = try harness.fifo("pid")
        let daemon = "setsid sh -c 'echo $$ > \(fifo); exec sleep 600' </dev/null >/dev/null 2>&1"
        let script = "\(daemon) & read pid < \(fifo); echo $pid"
        let result = await harness.shell(script)
        let escaped = processID(String(decoding: result.outputTail, as: UTF8.self))
        #expect(result.ending == .completed)
        #expect(escaped > 0)
        #expect(!isAlive(escaped))
    }

    /// A search passes over the leaders of runs beside it; what those left behind are strangers all the same.
    @Test("of many runs at the same time none leaves anything behind")
    func escapeesOfMany() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let results = await withTaskGroup(of: RunResult.self) { group in
            for number in 0..<40 {
                group.addTask {
                    // Every second one is gone before its neighbours have begun.
                    guard number.isMultiple(of: 2) else { return await harness.shell("exit 0") }
                    return await harness.shell("setsid sh -c 'echo $$; exec sleep 600' & exec sleep 0.02")
                }
            }
            return await group.reduce(into: [RunResult]()) { $0.append($1) }
        }
        #expect(results.allSatisfy { $0.ending == .completed })
        let escaped = results.map { String(decoding: $0.outputTail, as: UTF8.self) }.filter { !$0.isEmpty }
        #expect(!escaped.isEmpty)
        for text in escaped { #expect(!isAlive(processID(text))) }
    }

    /// What another loop starts holds a copy of every descriptor until it executes: the end of a run that is over was then
    /// reported without a pause, and the loop used a whole processor.
    @Test("a run that is over is no longer watched, though somebody still holds its pipe")
    func closedWhileCopied() throws {
        let watched = try PollSet()
        defer { watched.close() }
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        try watched.add(ends[0], tag: 7)
        let copy = dup(ends[0])
        defer { close(copy) }
        close(ends[1])
        var tags: [UInt64] = [0]
        #expect(watched.wait(&tags, milliseconds: 0) == 1 && tags == [7], "the pipe's end was not reported")
        watched.close(ends[0])
        #expect(watched.wait(&tags, milliseconds: 0) == 0, "the pipe's end is still reported")
    }
}
