import BeaverQueue
import Testing

@Suite struct LinesReaderTests {
    private static func check(_ text: [UInt8], isNullSeparated: Bool = false) -> JobsFileCheck {
        LinesReader.check(text, options: JobsFileOptions(name: "todo"), isNullSeparated: isNullSeparated)
    }

    private static func lines(_ check: JobsFileCheck) -> [String] {
        check.jobs.map { $0.command?.arguments.last ?? "" }
    }

    @Test func `each line is a job that the shell runs once`() {
        var options = JobsFileOptions(name: "todo")
        options.workingDirectory = "/w"
        options.environment = ["A=1"]
        let check = LinesReader.check(Array("echo \"a\\b\"\t1\n".utf8), options: options)
        #expect(check.faults == [])
        #expect(
            check.jobs == [
                NewJob(
                    id: "todo-0001",
                    payload: Array(#"{"command":"echo \"a\\b\"\t1"}"#.utf8),
                    action: "exec",
                    timeoutMilliseconds: 0,
                    maxRetry: 0,
                    command: JobCommand(
                        arguments: ["/bin/sh", "-c", "echo \"a\\b\"\t1"],
                        workingDirectory: "/w",
                        environment: ["A=1"]
                    )
                )
            ]
        )
    }

    @Test func `blank lines and comments are left out and not counted`() {
        let check = Self.check(Array("# head\n\na\r\n \t\n  # more\n  b # c\n\r\nlast".utf8))
        #expect(Self.lines(check) == ["a", "  b # c", "last"])
        #expect(check.jobs.map(\.id) == ["todo-0001", "todo-0002", "todo-0003"])
        #expect(check.faultCount == 0)
    }

    @Test func `zero bytes separate what may hold line breaks`() {
        let check = Self.check(Array("a\nb\0#c\0 \0d\r".utf8), isNullSeparated: true)
        #expect(Self.lines(check) == ["a\nb", "#c", " ", "d\r"])
        let empty = Self.check(Array("a\0\0b\0".utf8), isNullSeparated: true)
        #expect(empty.faults == [JobsFault(entry: 2, line: 2, column: 1, message: "the command is empty")])
    }

    @Test func `asked for time-outs and retries count`() {
        var options = JobsFileOptions(name: "todo")
        options.defaults = JobDefaults(
            timeoutMilliseconds: 5,
            maxRetry: 6,
            priority: 7,
            start: .after(milliseconds: 8),
            once: true
        )
        let job = LinesReader.check(Array("a".utf8), options: options).jobs.first
        #expect(job?.timeoutMilliseconds == 5)
        #expect(job?.maxRetry == 6)
        #expect(job?.priority == 7)
        #expect(job?.start == .after(milliseconds: 8))
        #expect(job?.once == true)
    }

    @Test func `names the place of what cannot be run`() {
        let text: [UInt8] = Array("ok\n# x\nü".utf8) + [0xff] + Array("\nb\0c\n".utf8)
        let check = Self.check(text)
        #expect(check.faults.map { [$0.entry, $0.line, $0.column] } == [[2, 3, 2], [3, 4, 2]])
        #expect(check.faults.map(\.message).first == "these bytes are not valid UTF-8")
        #expect(Self.check([0xef, 0xbb, 0xbf] + Array("a\nb".utf8)).faults.map(\.entry) == [0])
    }

    @Test func `the longest command that the system runs is 131,071 bytes`() {
        func check(_ count: Int, _ end: String) -> JobsFileCheck {
            Self.check(Array((String(repeating: "x", count: count) + end + "\nb\n").utf8))
        }
        #expect(check(131_071, "").faultCount == 0)
        #expect(check(131_071, "\r").faultCount == 0)
        for count in [131_072, 131_073, 131_074, 300_000] {
            #expect(check(count, "").faults.map { [$0.entry, $0.line, $0.column] } == [[1, 1, 1]])
            #expect(Self.lines(check(count, "")) == ["b"])
            #expect(Self.lines(Self.check(Array(("#" + String(repeating: "x", count: count) + "\nb").utf8))) == ["b"])
        }
    }

    @Test func `pieces give the same as the whole`() {
        let long = String(repeating: "y", count: 140_000)
        let texts: [[UInt8]] = [
            Array("a\r\n# c\n\n  d é€𝄞\nb\0c\nlast".utf8), Array("\u{FEFF}a\nb".utf8),
            [0x61, 0x0a, 0xc3, 0x0a, 0xe2, 0x82, 0xac, 0x0a, 0xff, 0x00, 0x0a],
        ]
        for isNullSeparated in [false, true] {
            for text in texts {
                let whole = Self.check(text, isNullSeparated: isNullSeparated)
                for cut in 0...text.count {
                    #expect(Self.inPieces(text, cut, isNullSeparated) == whole)
                }
                #expect(Self.inPieces(text, 1, isNullSeparated) == whole)
            }
            let text = Array("a\n\(long)\nb\0\(long)\0#\(long)\nlast\n".utf8)
            let whole = Self.check(text, isNullSeparated: isNullSeparated)
            #expect(whole.faultCount > 0)
            for length in [1_000, 4_096, 131_072, 131_073, 200_000] {
                #expect(Self.inPieces(text, length, isNullSeparated) == whole)
            }
        }
    }

    private static func inPieces(_ text: [UInt8], _ length: Int, _ isNullSeparated: Bool) -> JobsFileCheck {
        var stream = LinesStream(options: JobsFileOptions(name: "todo"), isNullSeparated: isNullSeparated)
        var jobs: [NewJob] = []
        var rest = text[...]
        while !rest.isEmpty {
            stream.feed(Array(rest.prefix(max(length, 1))))
            rest = rest.dropFirst(max(length, 1))
            jobs += stream.takeJobs()
        }
        stream.finish()
        jobs += stream.takeJobs()
        return JobsFileCheck(jobs: jobs, faults: stream.faults, faultCount: stream.faultCount)
    }
}
