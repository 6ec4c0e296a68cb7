import Testing

@testable import BeaverQueue

@Suite("HandlerRegistry")
struct HandlerRegistryTests {
    private func registry(_ change: (inout QueueConfiguration) -> Void = { _ in }) -> HandlerRegistry {
        var configuration = QueueConfiguration(dataDirectory: "data")
        configuration.handlers = [
            "resize": HandlerConfiguration(
                .command(["/bin/resize"]),
                timeoutMilliseconds: 30_000,
                concurrency: 2,
                maxRetry: 5,
                pauseOnFailures: 25
            ),
            "default": HandlerConfiguration(.command(["/bin/other"])),
        ]
        change(&configuration)
        return HandlerRegistry(configuration: configuration, closureNames: ["mail"])
    }

    @Test("a handler's settings come before the queue's")
    func settings() {
        let policy = self.registry().policy(for: "resize")
        #expect(policy.standing == .runnable)
        #expect(policy.concurrencyLimit == 2)
        #expect(policy.timeoutMilliseconds == 30_000)
        #expect(policy.maxRetry == 5)
        #expect(policy.pauseOnFailures == 25)
        let plain = self.registry().policy(for: "mail")
        #expect(plain.standing == .runnable)
        #expect(plain.timeoutMilliseconds == 10_000)
        #expect(plain.maxRetry == 3)
        #expect(plain.concurrencyLimit == nil)
    }

    @Test("each limit says who set it")
    func limits() {
        let registry = self.registry { configuration in
            configuration.worker.maxRetry = 7
            configuration.origins = [
                "handlers.resize.timeout": "b.yaml:3", "worker.task_timeout": "--task-timeout",
                // Given, and what it would have been anyway.
                "worker.max_interrupted": "b.yaml:9",
            ]
        }
        let own = registry.limits(of: "resize")
        #expect(own.first == JobLimit(.timeout, 30_000, from: "handler resize, b.yaml:3"))
        #expect(own.contains(JobLimit(.maxRetry, 5, from: "handler resize")))
        #expect(own.contains(JobLimit(.concurrency, 2, from: "handler resize")))
        #expect(own.contains(JobLimit(.pauseOnFailures, 25, from: "handler resize")))
        #expect(
            registry.limits(of: "mail") == [
                JobLimit(.timeout, 10_000, from: "worker.task_timeout, --task-timeout"),
                JobLimit(.maxRetry, 7, from: "worker.max_retry"),
                JobLimit(.maxInterrupted, 3, from: "worker.max_interrupted, b.yaml:9"),
                JobLimit(.backoffBase, 1_000, from: "default"), JobLimit(.backoffMax, 300_000, from: "default"),
            ]
        )
        #expect(self.registry { $0.unknown = .useDefault }.limits(of: "other").count == 5)
    }

    @Test("unknown actions are parked, refused or given to the default handler, as configured")
    func unknown() {
        let reason = "no handler for `resise`; did you mean `resize`?"
        #expect(self.registry().policy(for: "resise").standing == .parked(reason: reason))
        #expect(self.registry { $0.unknown = .dead }.policy(for: "resise").standing == .refused(reason: reason))
        #expect(self.registry { $0.unknown = .useDefault }.policy(for: "resise").standing == .runnable)
        let without = self.registry {
            $0.unknown = .useDefault
            $0.handlers["default"] = nil
        }
        #expect(without.policy(for: "zzz").standing == .parked(reason: "no handler for `zzz`"))
    }

    @Test("built-ins need no configuration, exec needs leave, and configuration comes first")
    func builtins() {
        for action in ["sleep", "noop", "fail"] {
            #expect(self.registry().policy(for: action).standing == .runnable)
        }
        guard case .parked(let reason) = self.registry().policy(for: "exec").standing else {
            Issue.record("exec must not run without leave")
            return
        }
        #expect(reason.contains("exec needs --allow-exec"))
        #expect(self.registry { $0.allowExec = true }.policy(for: "exec").standing == .runnable)
        let own = self.registry { $0.handlers["noop"] = HandlerConfiguration(.command(["/bin/mine"])) }
        #expect(own.target(for: "noop") == .handler("noop", HandlerConfiguration(.command(["/bin/mine"]))))
    }

    @Test("a configured closure that nobody registered, and a program that cannot run, park their actions")
    func faults() {
        let closure = self.registry { $0.handlers["post"] = HandlerConfiguration(.closure) }.policy(for: "post")
        guard case .parked = closure.standing else {
            Issue.record("an unregistered closure must not run")
            return
        }
        let registry = self.registry()
        #expect(registry.policy(for: "resize") { _ in "broken" }.standing == .parked(reason: "broken"))
        #expect(registry.policy(for: "mail") { _ in "broken" }.standing == .runnable)
        #expect(registry.names.sorted() == ["default", "exec", "fail", "mail", "noop", "resize", "sleep"])
    }
}

@Suite("RunEnvironment")
struct RunEnvironmentTests {
    @Test("the last setting of a name counts, and nobody sets the names of the run")
    func merging() {
        let environment = RunEnvironment(
            storeID: "s",
            inherited: ["A=1", "B=1", "PATH=/bin", "BEAVER_RUN=outer.1", "nonsense"],
            handler: ["B=2", "C=2", "BEAVER_ACTION=x"]
        )
        let run = RunRequest(
            token: 9,
            jobID: "j",
            action: "a",
            runNumber: 2,
            payload: [],
            command: nil,
            deadlineWallMilliseconds: nil,
            enqueueSequence: 1
        )
        let own = [
            "BEAVER_JOB_ID=j", "BEAVER_RUN_NUMBER=2", "BEAVER_FENCING_TOKEN=9", "BEAVER_ACTION=a", "BEAVER_RUN=s.9",
        ]
        #expect(environment.list(for: run, job: []) == CStringList(["A=1", "PATH=/bin", "B=2", "C=2"] + own))
        let job = ["C=3", "PATH=/job"]
        #expect(environment.list(for: run, job: job) == CStringList(["A=1", "B=2", "C=3", "PATH=/job"] + own))
        #expect(environment.searchPath(job: []) == "/bin")
        #expect(environment.searchPath(job: job) == "/job")
    }
}

@Suite("RunEnding")
struct RunEndingTests {
    @Test("the line shown is the last with anything in it, one line, printable and short")
    func lastLine() {
        #expect(RunResult.lastLine(of: []) == "")
        #expect(RunResult.lastLine(of: Array("\n \t\r\n".utf8)) == "")
        #expect(RunResult.lastLine(of: Array("one\n  two \r\n\n".utf8)) == "two")
        #expect(RunResult.lastLine(of: Array("10%\r20%\r".utf8)) == "20%")
        #expect(RunResult.lastLine(of: Array(String(repeating: "é", count: 300).utf8)).utf8.count == 200)
        #expect(RunResult.lastLine(of: Array("\u{1b}[31;1mred\u{1b}[0m\n\u{1b}[0m\n".utf8)) == "red")
        // A title, a link, the rest of a line cleared.
        #expect(
            RunResult.lastLine(of: Array("\u{1b}]0;title\u{7}say \u{1b}]8;;http://x\u{1b}\\it\u{1b}[K".utf8))
                == "say it"
        )
        #expect(RunResult.lastLine(of: Array("\u{1b}]no end, no title\n".utf8)) == "no end, no title")
        #expect(RunResult.lastLine(of: Array("a\u{1b}(Bb\u{1b}=c\u{1b}[3".utf8)) == "abc")
        #expect(RunResult.lastLine(of: [0x61, 0x1b]) == "a")
        // The next sequence ends a title that has no end; a megabyte of their beginnings is read once.
        #expect(RunResult.lastLine(of: Array("\u{1b}]cut \u{1b}[1mred\n".utf8)) == "cut red")
        #expect(RunResult.lastLine(of: Array("\u{1b}]cut \u{1b}[1mred\u{7}!\n".utf8)) == "cut red␇!")
        let beginnings = [[UInt8]](repeating: [0x1b, UInt8(ascii: "]")], count: 1 << 19).joined()
        #expect(RunResult.lastLine(of: Array(beginnings)).isEmpty)
        #expect(RunResult.lastLine(of: [0x61, 0xff, 0x62]) == "a\u{FFFD}b")
    }

    @Test("signals have names, and unknown ones a number")
    func names() {
        #expect(SignalName.of(9) == "SIGKILL")
        #expect(SignalName.of(31) == "SIGSYS")
        #expect(SignalName.of(0) == "signal 0")
        #expect(SignalName.of(34) == "signal 34")
        let result = RunResult.of(.signalled(11, dumpedCore: true), okExitStatuses: [], outputTail: [])
        #expect(result.error == "killed by SIGSEGV (core dumped)")
    }
}
