import BeaverQueue
import Testing

/// Behind an entry of an array that is no JSON the reading goes on, and never with something inside of it.
@Suite struct EntrySearchTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        /// The ids of the jobs, in their order.
        let jobs: [String]
        var faults = 1

        var testDescription: String { self.name }
    }

    static let cases = [
        Case(
            name: "a comma is missing between two members",
            text: """
                [
                {"id":"a","payload":1},
                {"id":"b" "payload":1},
                {"id":"c","payload":1}
                ]
                """,
            jobs: ["a", "c"]
        ),
        Case(
            name: "a quote is missing in a line",
            text: """
                [
                {"id":"a","payload":1},
                {"id":"b,"payload":{"x":[1]}},
                {"id":"c","payload":1}
                ]
                """,
            jobs: ["a", "c"]
        ),
        Case(
            name: "the last line is broken",
            text: """
                [
                {"id":"a","payload":1},
                {"id":"b,"payload":1}
                ]
                """,
            jobs: ["a"]
        ),
        Case(
            name: "the last one is broken, lines are set in",
            text: """
                [
                  {
                    "id": "a",
                    "payload": 1
                  },
                  {
                    "id": "b,
                    "payload": 1
                  }
                ]
                """,
            jobs: ["a"]
        ),
        Case(
            name: "a line is cut off before its end",
            text: """
                [
                {"id":"a","payload":{"x":1},
                {"id":"b","payload":1}
                ]
                """,
            jobs: ["b"]
        ),
        Case(
            name: "a quote is missing, lines are set in",
            text: """
                [
                  {
                    "id": "a,
                    "payload": { "tags": ["x, "y"] }
                  },
                  {
                    "id": "b",
                    "payload": 1
                  }
                ]
                """,
            jobs: ["b"]
        ),
        Case(
            name: "a bracket is missing, lines are set in",
            text: """
                [
                  {
                    "id": "a",
                    "payload": {
                      "x": 1
                  },
                  {
                    "id": "b",
                    "payload": 1
                  }
                ]
                """,
            jobs: ["b"]
        ),
        Case(
            name: "what is inside looks like a job",
            text: """
                [
                {"id":"a" "payload":{"batch":[
                {"id":"inner","payload":1},
                {"id":"inner2","payload":2}
                ]}},
                {"id":"b","payload":1}
                ]
                """,
            jobs: ["b"]
        ),
        Case(
            name: "what is inside looks like a job, and no quote can be trusted",
            text: """
                [
                {"id":"a,"meta":{"x":[
                1]},"payload":[
                {"id":"inner","payload":1},
                {"id":"inner2","payload":2}
                ]},
                {"id":"b","payload":1}
                ]
                """,
            jobs: [],
            faults: 2
        ),
        Case(
            name: "inside one line",
            text: #"[{"id":"a","payload":[{"id":"i","payload":1},{"id":"j","payload":tru}]},{"id":"b","payload":1}]"#,
            jobs: ["b"]
        ),
        Case(
            name: "a quote is missing, all in one line",
            text: #"[{"id":"a,"payload":[{"id":"i","payload":1},{"id":"j","payload":1}]},{"id":"b","payload":1}]"#,
            jobs: [],
            faults: 2
        ),
        Case(
            name: "a comma is missing between two entries",
            text: """
                [
                {"id":"a","payload":1}
                {"id":"b","payload":1}
                ]
                """,
            jobs: ["a", "b"]
        ),
        Case(
            name: "a bracket too many",
            text: """
                [
                {"id":"a","payload":{}}},
                {"id":"b","payload":1}
                ]
                """,
            jobs: ["a", "b"]
        ),
        Case(name: "a comma too many", text: #"[{"id":"a","payload":1},,{"id":"b","payload":1}]"#, jobs: ["a", "b"]),
        Case(
            name: "two broken ones",
            text: """
                [
                  {"id":"a","payload":x},
                  {"id":"b","payload":1},
                  {"id":"c","payload":'y'},
                  {"id":"d","payload":1}
                ]
                """,
            jobs: ["b", "d"],
            faults: 2
        ),
    ]

    @Test(arguments: cases)
    func theReadingGoesOn(_ example: Case) {
        let bytes = Array(example.text.utf8)
        for pieceBytes in [1, 2, 3, 7, bytes.count] {
            var stream = JobsStream(options: JobsFileOptions())
            var rest = bytes[...]
            while !rest.isEmpty {
                stream.feed(Array(rest.prefix(pieceBytes)))
                rest = rest.dropFirst(pieceBytes)
            }
            stream.finish()
            #expect(stream.takeJobs().map(\.id) == example.jobs, "\(pieceBytes) bytes a piece")
            #expect(stream.faultCount == example.faults, "\(stream.faults)")
        }
    }

    /// The screen shows the faults: that the rest was not read is one of them.
    @Test func whatWasNotReadIsSaid() {
        let text = #"[{"id":"a","payload":1},{"id":"b,"payload":2},{"id":"c","payload":3}]"#
        let check = JobsFileReader.check(Array(text.utf8), options: JobsFileOptions())
        #expect(check.jobs.map(\.id) == ["a"])
        #expect(check.faults.last?.message == "nothing behind entry 2 was read: it has no clear end")
    }
}
