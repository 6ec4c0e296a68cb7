import BeaverQueue
import BeaverServer
import BeaverTestSupport
import Testing

@testable import beaver_tui

@Suite struct SettingsTests {
    private func file(_ text: String) -> SettingsFile { SettingsFile(path: "/etc/q/beaver.yaml", text: text) }

    private func faults(_ text: String) -> [String] {
        Settings(dataDirectory: "/d", file: self.file(text)).faults.map(\.description)
    }

    @Test("the defaults of the table are those of the engine")
    func defaultsAgree() throws {
        var expected = QueueConfiguration(dataDirectory: "/d")
        expected.isUnconfigured = true
        #expect(try Settings(dataDirectory: "/d").checked().queue == expected)
    }

    @Test("command line before environment before file before default")
    func layers() throws {
        let file = self.file("worker:\n  worker_count: 2\n  max_retry: 7\nwal: { sync: never }\n")
        let settings = Settings(
            dataDirectory: "/d",
            options: ["worker.worker_count": .init(text: "4", origin: .commandLine("--workers"))],
            environment: ["BEAVER_WORKER_COUNT": "3", "BEAVER_MAX_RETRY": "8"],
            file: file
        )
        let queue = try settings.checked().queue
        #expect(queue.worker.count == 4)
        #expect(queue.worker.maxRetry == 8)
        #expect(queue.log.sync == .never)
        #expect(queue.worker.taskTimeoutMilliseconds == 10_000)
        #expect(!queue.isUnconfigured)
        let origins = ["worker.worker_count", "worker.max_retry", "wal.sync", "wal.keep"].map {
            settings.sources[$0]?.origin.description
        }
        #expect(origins == ["--workers", "BEAVER_MAX_RETRY", "/etc/q/beaver.yaml:4", "default"])
    }

    @Test("every setting of the contract's example is taken")
    func contractExample() throws {
        let text = """
            worker:   { worker_count: 8, task_timeout: 10s, max_retry: 3, max_interrupted: 3, drain_timeout: 30s, \
            backoff: { base: 1s, max: 5m, jitter: 0.2 } }
            wal:      { dir: wal, max_segment_size: 64MiB, sync: always, sync_interval: 10ms, keep: 256MiB }
            snapshot: { dir: snapshot, interval_seconds: 10, retention_count: 5 }
            queue:    { max_payload: 1MiB, max_memory: 60%, completed_keep: 100000, dedup_retention: 7d, \
            dedup_max: 5000000, output_max: 16MiB }
            http:     { listen: 127.0.0.1:9090, token_file: null, read_only_token_file: null }
            console:  { crash_test: on, vim_keys: off }
            redact:   [password, token, secret, authorization]
            unknown:  park
            handlers: {}
            """
        let settings = Settings(dataDirectory: "/d", file: self.file(text))
        var expected = Settings(dataDirectory: "/d").values
        expected.queue.isUnconfigured = false
        expected.listen?.isExplicit = true
        expected.queue.origins = settings.values.queue.origins
        #expect(expected.queue.origins["worker.max_retry"] == "/etc/q/beaver.yaml:1")
        #expect(expected.queue.origins.count == Setting.all.count)
        #expect(settings.faults == [])
        #expect(settings.values == expected)
        #expect(Set(Setting.all.map(\.key)) == Set(self.file(text).values.keys))
    }

    @Test(
        "faults name the line and the closest setting",
        arguments: [
            (
                "worker:\n  worker_cout: 3",
                "/etc/q/beaver.yaml:2: unknown setting \"worker_cout\" in worker; did you mean worker_count?"
            ),
            ("wrker: {}", "/etc/q/beaver.yaml:1: unknown setting \"wrker\"; did you mean worker?"),
            (
                "worker:\n  backoff: { bse: 1s }",
                "/etc/q/beaver.yaml:2: unknown setting \"bse\" in worker.backoff; did you mean base?"
            ),
            (
                "wal:\n  sync: alway",
                "/etc/q/beaver.yaml:2: wal.sync: \"alway\" must be one of always, interval, never; did you mean always?"
            ),
            ("worker: { worker_count: 0 }", "/etc/q/beaver.yaml:1: worker.worker_count is 0; it must be 1 to 4096"),
            (
                "worker: { task_timeout: 10 }",
                "/etc/q/beaver.yaml:1: worker.task_timeout: \"10\" has no unit; write 10s for seconds or 10ms for milliseconds"
            ),
            ("worker: 3", "/etc/q/beaver.yaml:1: worker must hold settings, not a single value"),
            ("- a", "/etc/q/beaver.yaml:1: the file must be a list of sections, as `beaver-tui config init` writes it"),
            (
                "handlers:\n  a:\n    command: [x]\n    timout: 3s",
                "/etc/q/beaver.yaml:4: handlers.a timout: is unknown; did you mean timeout?"
            ),
            (
                "handlers: { a: { command: x } }",
                "/etc/q/beaver.yaml:1: handlers.a command must be a list: [\"./run.sh\", \"argument\"], or [\"sh\", \"-c\", \"a line\"]"
            ),
            (
                "handlers: { a: { command: [x, [y], z] } }",
                "/etc/q/beaver.yaml:1: handlers.a command must be a list: [\"./run.sh\", \"argument\"], or [\"sh\", \"-c\", \"a line\"]"
            ),
            (
                "handlers: { a: { command: [x], env: [A=b, { C: d }] } }",
                "/etc/q/beaver.yaml:1: handlers.a env: must be a mapping, { NAME: value }, or a list of NAME=VALUE"
            ),
            (
                "handlers: { a: { builtin: noop, command: [x] } }",
                "/etc/q/beaver.yaml:1: handlers.a has a command and a builtin; one of them runs its jobs"
            ),
            (
                "http: { listen: here }",
                "/etc/q/beaver.yaml:1: http.listen: \"here\" is not an address; write 127.0.0.1:9090, [::1]:9090, :9090 or off"
            ),
        ]
    )
    func faultsNameTheirPlace(text: String, expected: String) {
        #expect(self.faults(text) == [expected])
    }

    @Test("all faults at once")
    func allFaultsAtOnce() {
        #expect(self.faults("wal: { sync: x }\nworker: { max_retry: -1 }\nfoo: 1").count == 3)
    }

    @Test("a key that stands twice, and what is not YAML, have their line")
    func brokenYAML() {
        #expect(self.faults("wal: {}\nwal: {}").first?.contains("wal stands twice") == true)
        #expect(self.faults("worker:\n  a: [1\nb").first?.hasPrefix("/etc/q/beaver.yaml:") == true)
    }

    @Test("a fault of the command line alone is a wrong call, any other a bad configuration")
    func statusOfFaults() {
        let option = ["worker.worker_count": Settings.Value(text: "0", origin: .commandLine("--workers"))]
        let usage = #expect(throws: CommandFailure.self) {
            try Settings(dataDirectory: "/d", options: option).checked()
        }
        #expect(usage?.status == .usage)
        let environment = ["BEAVER_WORKER_COUNT": "0"]
        let bad = #expect(throws: CommandFailure.self) {
            try Settings(dataDirectory: "/d", environment: environment).checked()
        }
        #expect(bad?.status == .configuration)
        #expect(bad?.message?.hasPrefix("BEAVER_WORKER_COUNT: ") == true)
    }

    @Test("handlers: paths start at the file, a bare name is left to PATH")
    func handlers() throws {
        let text = """
            handlers:
              resize: { command: ["./resize.sh", "x"], timeout: 30s, concurrency: 2, max_retry: 5, cwd: work, ok_exit: [2, 3] }
              other:  { command: [convert], env: { A: b }, pause_on_failures: 25 }
              nap:    { builtin: sleep }
            """
        let handlers = try Settings(dataDirectory: "/d", file: self.file(text)).checked().queue.handlers
        #expect(
            handlers["resize"]
                == HandlerConfiguration(
                    .command(["/etc/q/resize.sh", "x"]),
                    timeoutMilliseconds: 30_000,
                    concurrency: 2,
                    maxRetry: 5,
                    workingDirectory: "/etc/q/work",
                    okExitStatuses: [2, 3]
                )
        )
        #expect(
            handlers["other"]
                == HandlerConfiguration(.command(["convert"]), environment: ["A=b"], pauseOnFailures: 25)
        )
        #expect(handlers["nap"] == HandlerConfiguration(.sleep))
    }

    @Test("a file of variables, whichever way its lines end", arguments: ["\n", "\r\n"])
    func environmentFile(lineEnd: String) throws {
        let directory = try TemporaryDirectory()
        let text = ["# a comment", "", " A=1 ", "B=2=3", "C="].joined(separator: lineEnd) + lineEnd
        let path = try directory.write(text, to: "variables")
        #expect(try EnvironmentFile.read(path) == ["A=1", "B=2=3", "C="])
        try directory.write("A=1\(lineEnd)B\(lineEnd)", to: "variables")
        let error = #expect(throws: QueueError.self) { try EnvironmentFile.read(path) }
        #expect(error?.message == "\(path):2 must be NAME=VALUE")
    }

    @Test("what config init writes is a good file, before and after its comments are taken away")
    func templateIsGood() {
        #expect(self.faults(SettingsTemplate.text()) == [])
        let lines = SettingsTemplate.text().split(separator: "\n").filter { $0.contains(":") && $0.hasPrefix("# ") }
        let settings = lines.map { $0.dropFirst(2) }.filter { line in
            line.hasPrefix(" ")
                || ["worker:", "wal:", "snapshot:", "queue:", "http:", "console:", "redact:", "unknown:", "handlers:"]
                    .contains { line.hasPrefix($0) }
        }
        let text = settings.joined(separator: "\n")
        let file = self.file(text)
        #expect(self.faults(text) == [])
        #expect(Set(file.values.keys) == Set(Setting.all.map(\.key)))
        #expect(Set(file.handlers.keys) == ["resize", "default"])
    }

    @Test("every variable of the environment is named once")
    func environmentNames() {
        #expect(Set(Setting.all.map(\.environment)).count == Setting.all.count)
        #expect(Setting.all.allSatisfy { $0.environment.hasPrefix("BEAVER_") })
    }
}
