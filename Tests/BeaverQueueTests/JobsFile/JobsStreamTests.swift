import BeaverQueue
import BeaverSimulation
import Testing

/// The file around the entries: its two forms, what follows a fault, and input that comes in pieces.
@Suite struct JobsStreamTests {
    private static let options: JobsFileOptions = {
        var options = JobsFileOptions(name: "f")
        options.maxPayloadBytes = 200
        return options
    }()

    /// The whole text at once.
    private static func check(_ text: String) -> JobsFileCheck {
        JobsFileReader.check(Array(text.utf8), options: self.options)
    }

    /// Cut where `lengths` says, the rest at last.
    private static func check(_ text: [UInt8], lengths: [Int], options: JobsFileOptions) -> JobsFileCheck {
        var stream = JobsStream(options: options)
        var jobs: [NewJob] = []
        var rest = text[...]
        for length in lengths {
            stream.feed(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
            jobs += stream.takeJobs()
        }
        stream.feed(Array(rest))
        stream.finish()
        jobs += stream.takeJobs()
        return JobsFileCheck(jobs: jobs, faults: stream.faults, faultCount: stream.faultCount)
    }

    private static func places(_ check: JobsFileCheck) -> [[Int]] {
        check.faults.map { [$0.entry, $0.line, $0.column] }
    }

    @Test(arguments: ["", " \n\t", "[]", " [ ] \n"])
    func `a file without jobs has no faults`(text: String) {
        #expect(Self.check(text) == JobsFileCheck())
    }

    @Test func `objects may follow one another with any white space`() {
        let check = Self.check("{\"payload\":1} {\"payload\":2}{\"payload\":3}\r\n\r\n{\n \"payload\":\n4}\n")
        #expect(check.faults == [])
        #expect(check.jobs.map(\.payload) == ["1", "2", "3", "4"].map { Array($0.utf8) })
    }

    /// Entry, line and column of each fault, and the number of jobs that stay.
    @Test(
        arguments: [
            ("[{\"payload\":1},]", [[0, 1, 16]], 1), ("[{\"payload\":1}\n {\"payload\":1}]", [[2, 2, 2]], 2),
            ("[,]", [[1, 1, 2]], 0), ("[{\"payload\":1}", [[0, 1, 15]], 1), ("[{\"payload\":1},", [[0, 1, 16]], 1),
            ("[", [[0, 1, 2]], 0), ("[\n", [[0, 2, 1]], 0), ("[{\"payload\":1}]\n{}", [[0, 2, 1]], 1),
            ("[]]", [[0, 1, 3]], 0),
            ("[1,\"a\",null,[2],{\"payload\":1}]", [[1, 1, 2], [2, 1, 4], [3, 1, 8], [4, 1, 13]], 1),
            ("\u{FEFF}[]", [[0, 1, 1]], 0), ("\u{FEFF}{\"payload\":1}", [[0, 1, 1]], 0),
            ("\n{\"payload\":}\n{\"payload\":2}", [[1, 2, 12]], 1),
            ("{\"payload\":1},\n{\"payload\":2},\n", [[1, 1, 14], [2, 2, 14]], 2),
            ("hello\nworld\n{\"payload\":1}", [[1, 1, 1], [2, 2, 1]], 1),
            ("{\"payload\":1}\n[]\n{\"payload\":1}", [[2, 2, 1]], 2),
            ("{\"payload\":\"a\n{\"payload\":2}", [[1, 1, 14]], 1),
            ("{\"payload\":{\"x\":1}\n{\"payload\":2}\n{\"payload\":3}", [[1, 2, 1]], 2),
            ("{\n \"payload\": tru\n}\n{\n \"payload\": 1\n}\n", [[1, 2, 13]], 1), ("{\"payload\":1", [[1, 1, 1]], 0),
            ("{\"payload\":[\n{},\n", [[1, 1, 1]], 0), ("[{\"payload\":x},{\"payload\":1}]", [[1, 1, 13]], 1),
            ("ü {\"payload\":1}\n{\"ü\":1}", [[1, 1, 1], [2, 2, 2]], 0),
            ("{\"ü\":\"ü€\",\"payload\":tru}", [[1, 1, 21]], 0), ("[1234567", [[1, 1, 2], [0, 1, 9]], 0),
        ] as [(String, [[Int]], Int)]
    )
    func `places faults and goes on behind them`(text: String, places: [[Int]], jobs: Int) {
        let check = Self.check(text)
        #expect(Self.places(check) == places)
        #expect(check.faultCount == places.count)
        #expect(check.jobs.count == jobs)
        Self.expectSameInPieces(Array(text.utf8), check)
    }

    @Test func `an array of 100,000 brackets is refused clearly`() {
        let check = Self.check(String(repeating: "[", count: 100_000))
        #expect(check.faults.map(\.message) == ["the value is nested more than 512 levels deep"])
        let nested = Self.check("{\"payload\":" + String(repeating: "[", count: 100_000))
        #expect(nested.faults.map(\.message) == ["the value is nested more than 512 levels deep"])
        #expect(Self.places(nested) == [[1, 1, 12 + 512]])
    }

    /// A missing quote or bracket must not make the reader gather the rest of an endless input.
    @Test func `an entry without an end is given up at a bounded length`() {
        let limit = 200 + 1 << 20
        let text = Array(
            ("{\"payload\":1}\n{\"payload\":\"" + String(repeating: "x", count: limit) + "\n{\"payload\":2}").utf8
        )
        let whole = JobsFileReader.check(text, options: Self.options)
        #expect(whole.jobs.map(\.id) == ["f-0001", "f-0003"])
        #expect(Self.places(whole) == [[2, 2, 1]])
        #expect(whole.faults.first?.message.hasPrefix("this entry is longer than \(limit) bytes") == true)
        for length in [4_096, 65_536, 1 << 20] {
            let lengths = Array(repeating: length, count: text.count / length)
            #expect(Self.check(text, lengths: lengths, options: Self.options) == whole)
        }
    }

    /// Who writes jobs into a pipe one by one expects each to be taken then, not at the end.
    @Test func `a job is there with the last byte of its entry`() {
        let entry = #"{"id":"a\"}]\\","payload":{"x":[{},"\u007d\\\"",[1]],"y":"]"}}"#
        for opening in ["", "["] {
            var stream = JobsStream(options: Self.options)
            for byte in (opening + entry).utf8 {
                #expect(stream.jobs.isEmpty)
                stream.feed([byte])
            }
            #expect(stream.jobs.count == 1)
            #expect(stream.faultCount == 0)
        }
    }

    private static let mixed = #"""
         {"id":"ä€𝄞","payload":{"action":"x","s":"\ud83d\ude00\"\\"},"timeout_ms":12} {"payload":[1,-2.5e+3,true,null]}

        {"payload":1,"zzz":[{"a":"}"}]}
        {"payload":tru}, garbage
        ,{"command":["a","b"],"env":{"A":"1"}}
        {"id":"ä€𝄞","payload":2}
        {
          "payload": {"x": ]
        }
        {"payload":"é"}
        42 "x"
        {"payload":1e5,"run_at":"2026-01-01T00:00:00Z"}
        {"payload":[
        """#

    private static let array = #"""
         [{"id":"ä€𝄞","payload":{"task":"x","s":"\ud83d\ude00"}, "timeout_ms":12} , 17, "a}", [[{}]] , true,
          {"payload":1,"zzz":[{"a":"}"}]},{"command":"é"}, -1.5e3,{"payload":0,"priority":99}
         ,{"id":"ä€𝄞","payload":2}] x
        """#

    @Test func `cuts at every two bytes give the same as the whole`() {
        for text in [Self.mixed, Self.array] {
            let whole = Self.check(text)
            #expect(whole.faultCount > 4)
            #expect(whole.jobs.count > 1)
            Self.expectSameInPieces(Array(text.utf8), whole)
        }
    }

    private static func expectSameInPieces(_ text: [UInt8], _ whole: JobsFileCheck) {
        for cut in 0...text.count {
            let check = self.check(text, lengths: [cut], options: self.options)
            #expect(check == whole, "cut at \(cut)")
        }
        #expect(self.check(text, lengths: Array(repeating: 1, count: text.count), options: self.options) == whole)
        for step in [2, 3, 7] {
            let lengths = Array(repeating: step, count: text.count / step)
            #expect(self.check(text, lengths: lengths, options: self.options) == whole, "pieces of \(step)")
        }
    }

    /// Damages and cuts the text by a seed: whatever it becomes, nothing traps and the cuts make no difference.
    @Test func `random changes and cuts never trap and give the same as the whole`() {
        var options = JobsFileOptions(name: "f")
        options.maxPayloadBytes = 60
        for seed in UInt64(1)...3_000 {
            var random = Seed(seed)
            var text = Array((seed.isMultiple(of: 2) ? Self.mixed : Self.array).utf8)
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let index = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: text[index] = UInt8.random(in: 0...255, using: &random)
                case 1: text.remove(at: index)
                case 2: text.insert(Array("{}[],:\"\\\n1".utf8).randomElement(using: &random) ?? 0, at: index)
                case 3: text.removeSubrange(index..<min(text.count, index + 9))
                default: text.insert(contentsOf: text[index..<min(text.count, index + 40)], at: index)
                }
                if text.isEmpty { text = [0x5b] }
            }
            let whole = JobsFileReader.check(text, options: options)
            var lengths: [Int] = []
            while lengths.reduce(0, +) < text.count { lengths.append(Int.random(in: 0...60, using: &random)) }
            #expect(Self.check(text, lengths: lengths, options: options) == whole, "seed \(seed)")
            let limits = QueueConfiguration(dataDirectory: "data").limits
            #expect(whole.jobs.allSatisfy { $0.fault(limits: limits) == nil }, "seed \(seed)")
            #expect(whole.faults.allSatisfy { TerminalText.isPrintable($0.message) }, "seed \(seed)")
        }
    }
}
