import BeaverQueue
import Testing

/// Jobs that a program builds by hand are checked like those of a file.
@Suite struct NewJobValidationTests {
    private static let payload = Array("{}".utf8)

    private static func fault(_ change: (inout NewJob) -> Void) -> String? {
        var job = NewJob(id: "a", payload: self.payload)
        change(&job)
        return job.fault(limits: QueueConfiguration(dataDirectory: "data").limits)
    }

    @Test func `takes a good job`() {
        #expect(Self.fault { _ in } == nil)
        #expect(Self.fault { $0.id = nil } == nil)
        #expect(Self.fault { $0.payload = Array(" [1] \n".utf8) } == nil)
        #expect(Self.fault { $0.id = "Größe 👩‍💻 日本" } == nil)
        #expect(
            Self.fault {
                $0.action = "exec"
                $0.command = .shell(line: "true", workingDirectory: "/", environment: ["A="])
            } == nil
        )
    }

    @Test func `says why it takes no other`() {
        #expect(Self.fault { $0.id = "" } == "\"id\" is empty; it must be 1 to 255 bytes")
        #expect(Self.fault { $0.id = "a\u{1B}" }?.hasPrefix("\"id\" is \"a␛\"; control characters") == true)
        #expect(Self.fault { $0.action = "" } == "\"action\" is empty; it must be 1 to 255 bytes")
        #expect(Self.fault { $0.action = String(repeating: "x", count: 256) }?.contains("256 bytes") == true)
        #expect(
            Self.fault { $0.payload = [] }
                == "the payload is not one JSON value: at byte 0: the input ends in the middle of a value"
        )
        #expect(Self.fault { $0.payload = Array("{} {}".utf8) }?.contains("at byte 3") == true)
        #expect(
            Self.fault { $0.payload = Array(repeating: 0x20, count: 1 << 20 + 1) }?.contains("at most 1048576") == true
        )
        #expect(
            Self.fault { $0.timeoutMilliseconds = 86_400_001 }
                == "the time-out is 86400001 ms; it must be 0 to 86400000"
        )
        #expect(Self.fault { $0.maxRetry = 10_001 } == "the number of retries is 10001; it must be 0 to 10000")
        #expect(Self.fault { $0.priority = 10 } == "the priority is 10; it must be 0 to 9")
        #expect(Self.fault { $0.start = .after(milliseconds: -1) }?.contains("the delay is -1 ms") == true)
        #expect(Self.fault { $0.start = .after(milliseconds: .max) } != nil)
        #expect(Self.fault { $0.start = .at(wallMilliseconds: -1) } == "the start time is before 1970")
    }

    @Test func `says why a command cannot be run`() {
        func fault(_ arguments: [String], directory: String? = nil, environment: [String] = []) -> String? {
            JobCommand(arguments: arguments, workingDirectory: directory, environment: environment).fault
        }
        #expect(
            Self.fault { $0.command = .shell(line: "true") }?.contains("its action must be exec, not \"default\"")
                == true
        )
        #expect(fault([]) == "the command is empty")
        #expect(fault([""]) == "the command is empty")
        #expect(fault(["a\0"])?.contains("zero byte") == true)
        #expect(fault(["a", String(repeating: "x", count: 131_072)])?.contains("at most 131071") == true)
        #expect(fault(["a"], directory: "b") == "the working directory \"b\" must be an absolute path")
        #expect(fault(["a"], directory: "") == "the working directory \"\" must be an absolute path")
        #expect(fault(["a"], environment: ["A"]) == "the environment variable \"A\" must have the form NAME=VALUE")
        #expect(fault(["a"], environment: ["=1"]) == "the environment variable \"=1\" must have the form NAME=VALUE")
        #expect(fault(["a"], environment: ["BEAVER_RUN=1"])?.contains("set by the queue itself") == true)
    }
}
