import BeaverQueue
import Glibc
import Testing

/// Entries of a jobs file: what they may say, and how a bad one is named.
@Suite struct JobsFileReaderTests {
    static func check(_ text: String, _ options: JobsFileOptions = JobsFileOptions(name: "file")) -> JobsFileCheck {
        JobsFileReader.check(Array(text.utf8), options: options)
    }

    /// The only fault of a file.
    static func fault(_ text: String, _ options: JobsFileOptions = JobsFileOptions(name: "file")) -> JobsFault? {
        let check = self.check(text, options)
        return check.faultCount == 1 ? check.faults.first : nil
    }

    static func payload(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `reads every field`() {
        let check = Self.check(
            #"""
            [{"id": "a", "payload": {"action": "resize", "w": [1, 2]}, "timeout_ms": 0, "max_retry": 10000, "priority": 9,
              "delay_ms": 1500, "once": true},
             {"payload": null, "action": "x", "run_at": "2026-01-31T18:00:00+02:00", "timeout_ms": 86400000, "once": false}]
            """#
        )
        #expect(check.faults == [])
        #expect(
            check.jobs == [
                NewJob(
                    id: "a",
                    payload: Self.payload(#"{"action": "resize", "w": [1, 2]}"#),
                    action: "resize",
                    timeoutMilliseconds: 0,
                    maxRetry: 10_000,
                    priority: 9,
                    start: .after(milliseconds: 1_500),
                    once: true
                ),
                NewJob(
                    id: "file-0002",
                    payload: Self.payload("null"),
                    action: "x",
                    timeoutMilliseconds: 86_400_000,
                    start: .at(wallMilliseconds: 1_769_875_200_000)
                ),
            ]
        )
    }

    @Test func `keeps payloads byte for byte`() {
        let payloads = [
            "{ \"a\" :\t1e400 }", "[ ]", "\"\\u00e9é\"", "-0", "true", "{\"a\":1,\"a\":2}", "12345678901234567890.5",
        ]
        let check = Self.check(payloads.map { "{\"payload\": \($0) }" }.joined(separator: "\r\n\n"))
        #expect(check.faults == [])
        #expect(check.jobs.map(\.payload) == payloads.map(Self.payload))
        #expect(check.jobs.map(\.action) == Array(repeating: "default", count: payloads.count))
    }

    @Test(arguments: [
        #"{"payload":{"action":"a"}}"#, #"{"payload":{"task":"a"}}"#, #"{"action":"a","payload":1}"#,
        #"{"payload":{"task":"a","action":"\u0061"},"action":"a"}"#, #"{"\u0061ction":"a","p\u0061yload":{}}"#,
    ])
    func `finds the action in each of its places`(entry: String) {
        #expect(Self.check(entry).jobs.map(\.action) == ["a"])
    }

    @Test func `numbers of default ids count bad entries and have at least four digits`() {
        let check = Self.check("{\"payload\":1}\n\n{\"payload\":2,\"x\":0}\n\n{\"payload\":3}")
        #expect(check.jobs.map(\.id) == ["file-0001", "file-0003"])
        #expect(Self.check("{\"payload\":1}", JobsFileOptions()).jobs.map(\.id) == [nil])
        let many = Self.check(String(repeating: "{\"payload\":1}\n", count: 10_000))
        #expect(many.jobs.last?.id == "file-10000")
    }

    @Test func `defaults count where the entry is silent`() {
        var options = JobsFileOptions(name: "n")
        options.defaults = JobDefaults(
            timeoutMilliseconds: 7,
            maxRetry: 8,
            priority: 9,
            start: .after(milliseconds: 10),
            once: true
        )
        let check = Self.check(
            #"[{"payload":1},{"payload":1,"timeout_ms":1,"max_retry":2,"priority":3,"delay_ms":0,"once":false}]"#,
            options
        )
        #expect(check.jobs[0].timeoutMilliseconds == 7)
        #expect(check.jobs[0].maxRetry == 8)
        #expect(check.jobs[0].priority == 9)
        #expect(check.jobs[0].start == .after(milliseconds: 10))
        #expect(check.jobs[0].once)
        #expect(check.jobs[1].timeoutMilliseconds == 1)
        #expect(check.jobs[1].maxRetry == 2)
        #expect(check.jobs[1].priority == 3)
        #expect(check.jobs[1].start == .after(milliseconds: 0))
        #expect(!check.jobs[1].once)
    }

    @Test func `commands are shell lines or arguments`() {
        var options = JobsFileOptions(name: "n")
        options.workingDirectory = "/here"
        options.environment = ["A=1"]
        let check = Self.check(
            #"[{"command": "echo \"hi\""}, {"command": ["ls", "-l"], "cwd": "/tmp", "env": {"B": "=2"}, "max_retry": 1}]"#,
            options
        )
        #expect(check.faults == [])
        #expect(
            check.jobs == [
                NewJob(
                    id: "n-0001",
                    payload: Self.payload(#"{"command":"echo \"hi\""}"#),
                    action: "exec",
                    timeoutMilliseconds: 0,
                    maxRetry: 0,
                    command: JobCommand(
                        arguments: ["/bin/sh", "-c", "echo \"hi\""],
                        workingDirectory: "/here",
                        environment: ["A=1"]
                    )
                ),
                NewJob(
                    id: "n-0002",
                    payload: Self.payload(#"{"command":["ls", "-l"]}"#),
                    action: "exec",
                    timeoutMilliseconds: 0,
                    maxRetry: 1,
                    command: JobCommand(
                        arguments: ["ls", "-l"],
                        workingDirectory: "/tmp",
                        environment: ["A=1", "B==2"]
                    )
                ),
            ]
        )
    }

    /// Column of the fault in a file of this one line, and what the sentence must contain.
    @Test(arguments: [
        (#"{"id":"a"}"#, 1, "\"payload\" is missing"),
        (#"{"payload":1,"timeout":5}"#, 14, "unknown field \"timeout\"; did you mean \"timeout_ms\"?"),
        (#"{"payload":1,"zzzzzz":5}"#, 14, "unknown field \"zzzzzz\"; a job may have id, payload, action"),
        (#"{"payload":1,"a\u001b\u202e":5}"#, 14, "unknown field \"a␛<U+202E>\""),
        (#"{"payload":1,"cron":"* * * * *"}"#, 14, "\"cron\" is not supported yet"),
        (#"{"payload":1,"after":["a"]}"#, 14, "\"after\" is not supported yet"),
        (#"{"payload":1,"id":"a","\u0069d":"a"}"#, 23, "\"id\" stands twice in this entry"),
        (#"{"id":7,"payload":1}"#, 7, "\"id\" must be a string, not a number"),
        (#"{"id":"","payload":1}"#, 7, "\"id\" is empty"),
        (#"{"id":"a\nb","payload":1}"#, 7, "\"id\" is \"a␊b\"; control characters"),
        (#"{"id":"a\u202eb","payload":1}"#, 7, "\"id\" is \"a<U+202E>b\""),
        (
            #"{"payload":1,"timeout_ms":1.0}"#, 27,
            "\"timeout_ms\" is 1.0; it must be a whole number from 0 to 86400000, written"
        ),
        (#"{"payload":1,"timeout_ms":1e3}"#, 27, "\"timeout_ms\" is 1e3; it must be a whole number"),
        (
            #"{"payload":1,"timeout_ms":86400001}"#, 27,
            "\"timeout_ms\" is 86400001; it must be a whole number from 0 to 86400000"
        ),
        (#"{"payload":1,"timeout_ms":-1}"#, 27, "\"timeout_ms\" is -1;"),
        (#"{"payload":1,"timeout_ms":"5s"}"#, 27, "must be a whole number from 0 to 86400000, not a string"),
        (#"{"payload":1,"timeout_ms":null}"#, 27, "not null"),
        (#"{"payload":1,"max_retry":10001}"#, 26, "\"max_retry\" is 10001; it must be a whole number from 0 to 10000"),
        (#"{"payload":1,"priority":10}"#, 25, "\"priority\" is 10; it must be a whole number from 0 to 9"),
        (#"{"payload":1,"delay_ms":99999999999999999999}"#, 25, "\"delay_ms\" is 99999999999999999999;"),
        (#"{"payload":1,"delay_ms":1,"run_at":"2026-01-01T00:00:00Z"}"#, 27, "exclude each other"),
        (#"{"payload":1,"run_at":"2026-01-01T00:00:00"}"#, 23, "\"run_at\": \"2026-01-01T00:00:00\" has no offset"),
        (#"{"payload":1,"run_at":"1969-01-01T00:00:00Z"}"#, 23, "\"run_at\" is before 1970"),
        (#"{"payload":1,"run_at":5}"#, 23, "\"run_at\" must be a string, not a number"),
        (#"{"payload":1,"once":"yes"}"#, 21, "\"once\" must be true or false, not a string"),
        (
            #"{"payload":{"action":5}}"#, 22,
            "\"action\" in the payload names the handler, so it must be a string, not a number"
        ),
        (#"{"payload":{"task":null}}"#, 20, "\"task\" in the payload names the handler"),
        (#"{"payload":{"action":"a","action":"a"}}"#, 26, "\"action\" stands twice in the payload"),
        (#"{"payload":{"action":"a","task":"b"}}"#, 33, "this entry names two actions, \"a\" and \"b\""),
        (#"{"action":"b","payload":{"task":"a"}}"#, 33, "this entry names two actions, \"b\" and \"a\""),
        (#"{"action":"","payload":1}"#, 11, "\"action\" is empty"),
        (#"{"action":["a"],"payload":1}"#, 11, "\"action\" must be a string, not an array"),
        (#"{"payload":1,"cwd":"/tmp"}"#, 14, "\"cwd\" and \"env\" are for entries with a \"command\""),
        (#"{"command":"a","payload":1}"#, 26, "takes no \"payload\""),
        (#"{"command":"a","action":"b"}"#, 25, "a \"command\" has the action \"exec\""),
        (#"{"command":""}"#, 12, "\"command\" is empty"), (#"{"command":[]}"#, 12, "the command is empty"),
        (#"{"command":["a",1]}"#, 17, "\"command\" must be a string, not a number"),
        (#"{"command":{}}"#, 12, "\"command\" must be a string for the shell or an array of strings, not an object"),
        (#"{"command":"a\u0000b"}"#, 12, "contains a zero byte"),
        (#"{"command":"a","cwd":"tmp"}"#, 12, "the working directory \"tmp\" must be an absolute path"),
        (#"{"command":"a","env":{"A=":"1"}}"#, 23, "a name in \"env\" must not be empty or contain ="),
        (#"{"command":"a","env":{"A":"1","A":"2"}}"#, 31, "\"A\" stands twice in \"env\""),
        (#"{"command":"a","env":["A=1"]}"#, 22, "\"env\" must be an object like"),
        (#"{"command":"a","env":{"BEAVER_RUN":"1"}}"#, 12, "BEAVER_RUN is set by the queue itself"),
        (#"{"payload":1 "id":"a"}"#, 14, "expected a comma or the closing } of the object here"),
        (#"{"payload":"\ud800"}"#, 13, "one half of a surrogate pair"),
        (#"{"payload":01}"#, 12, "a number must not begin with a zero"),
        (#"{"payload":1"#, 1, "the input ends inside this entry"), (#"{"payload":1}x"#, 14, "expected a job here"),
        (#"42"#, 1, "expected a job here, an object like {\"id\": \"a\", \"payload\": {}}, not a number"),
    ])
    func `names the fault of an entry at its place`(line: String, column: Int, part: String) throws {
        let fault = try #require(Self.fault(line))
        #expect(fault.line == 1)
        #expect(fault.column == column)
        #expect(fault.message.contains(part), "\(fault.message)")
        #expect(TerminalText.isPrintable(fault.message))
        // The same entry behind others, in an array, keeps its column; only faults between entries differ there.
        let isWhole = line.hasPrefix("{") && !line.hasSuffix("x") && line.hasSuffix("}")
        if isWhole {
            let inArray = try #require(Self.check("[{\"payload\":0},\n\(line)\n]").faults.first)
            #expect(inArray == JobsFault(entry: 2, line: 2, column: column, message: fault.message))
        }
    }

    @Test func `limits the size of payloads, at their exact length`() {
        var options = JobsFileOptions(name: "n")
        options.maxPayloadBytes = 10
        #expect(Self.check(#"{"payload":"12345678"}"#, options).jobs.count == 1)
        let fault = Self.fault(#"{"payload":"123456789"}"#, options)
        #expect(fault?.column == 12)
        #expect(fault?.message == "the payload is 11 bytes long; at most 10 are allowed (queue.max_payload)")
    }

    @Test func `ids may have 255 bytes and not one more`() {
        let id = String(repeating: "é", count: 127) + "x"
        #expect(Self.check("{\"id\":\"\(id)\",\"payload\":1}").jobs.map(\.id) == [id])
        #expect(
            Self.fault("{\"id\":\"\(id)y\",\"payload\":1}")?.message
                == "\"id\" is 256 bytes long; it must be 1 to 255 bytes"
        )
    }

    @Test func `an id that stands twice needs the same payload`() {
        let same = Self.check(#"[{"id":"a","payload":1},{"id":"b","payload":1},{"id":"a","payload":1}]"#)
        #expect(same.faultCount == 0)
        #expect(same.jobs.count == 3)
        let other = Self.check("[{\"id\":\"a\",\"payload\":1},\n {\"id\":\"a\",\"payload\":2}]")
        #expect(other.jobs.count == 1)
        #expect(
            other.faults == [
                JobsFault(
                    entry: 2,
                    line: 2,
                    column: 2,
                    message: "the id \"a\" stands in entry 1 too, with another payload"
                )
            ]
        )
        // Unicode calls these two equal; as ids they are two.
        #expect(Self.check(#"[{"id":"\u00e9","payload":1},{"id":"e\u0301","payload":2}]"#).faultCount == 0)
    }

    /// Of a file of any length memory holds a bounded number of ids: the newest ones for certain, others not for ever.
    @Test(
        arguments: [
            (compared: 100, between: 0, isFound: true), (100, 98, true), (100, 99, true), (100, 200, false),
            (1, 0, true), (1, 2, false), (0, 0, false), (.max, 5_000, true),
        ]
    )
    func `an id that stands twice is looked for among the newest`(compared: Int, between: Int, isFound: Bool) {
        // Wherever in a generation the first of the two happens to stand.
        for before in [0, 1, 57, 99, 100, 250] {
            var options = JobsFileOptions()
            options.comparedIDs = compared
            var ids = (0..<before).map { "before-\($0)" }
            ids += ["same"] + (0..<between).map { "between-\($0)" } + ["same"]
            let text = ids.enumerated().map { "{\"id\":\"\($1)\",\"payload\":\($0)}\n" }.joined()
            let check = JobsFileReader.check(Array(text.utf8), options: options)
            let message = "the id \"same\" stands in entry \(before + 1) too, with another payload"
            #expect(check.faults.map(\.message) == (isFound ? [message] : []))
            #expect(check.jobs.count == ids.count - (isFound ? 1 : 0))
        }
    }

    @Test func `keeps twenty faults and counts all`() {
        let check = Self.check(String(repeating: "{\"payload\":1,\"x\":1}\n", count: 1_000))
        #expect(check.faultCount == 1_000)
        #expect(check.faults.count == 20)
        #expect(check.faults.last?.line == 20)
        #expect(check.jobs.isEmpty)
        #expect(check.faults.first?.description.hasPrefix("entry 1, line 1, column 14: unknown field") == true)
    }

    /// What `make run` takes when nobody says otherwise.
    @Test func `the sample file holds five jobs`() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let file = try #require(fopen("/\(root)/test/jobs.json", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 10_000)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        let check = JobsFileReader.check(bytes, options: JobsFileOptions(name: "jobs"))
        #expect(check.faults == [])
        #expect(check.jobs.map(\.id) == (1...5).map { "task-00\($0)" })
        #expect(check.jobs.allSatisfy { $0.action == "process" && ($0.timeoutMilliseconds ?? 0) > 0 })
    }

    @Test func `reads 100,000 jobs`() {
        let entries = (1...100_000).map {
            "{\"id\":\"task-\($0)\",\"payload\":{\"action\":\"process\",\"value\":\($0)}}"
        }
        let check = Self.check("[" + entries.joined(separator: ",\n") + "]")
        #expect(check.faultCount == 0)
        #expect(check.jobs.count == 100_000)
        #expect(check.jobs.last?.id == "task-100000")
    }
}
