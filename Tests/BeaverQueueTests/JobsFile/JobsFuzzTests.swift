import BeaverSimulation
import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// Files nobody would write: every reader of jobs answers with jobs or with faults, and with the same ones however the
/// bytes arrive.
@Suite struct JobsFuzzTests {
    private static let words = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\n", "#", "\"id\":", "\"payload\":", "\"action\":", "\"run_at\":",
        "\"delay_ms\":", "\"timeout_ms\":", "\\ud800", "1e308", "-", "null", "9223372036854775808",
        "2026-02-30T00:00:00Z",
    ]

    private static let good = [
        #"[{"id":"a","payload":{"action":"x","n":[1,2.5e3,null,true,"ü\n\ud83d\ude00"]},"timeout_ms":5000},{"payload":1}]"#,
        #"[{"payload":{"task":"y"},"delay_ms":5,"priority":9,"max_retry":0,"once":true}]"#,
        #"{"payload":1,"run_at":"2026-01-31T12:00:00.5+01:00"}"# + "\n" + #"{"payload":"b","action":"z"}"# + "\n",
        "echo one\n# a comment\n\nsleep 1; echo 'two'\n",
    ]

    private func inputs(_ seed: UInt64) throws -> [(name: String, bytes: [UInt8])] {
        var mutation = Mutation(seed: seed, words: Self.words)
        let corpus = try Corpus.files("jobs")
        let sources = Self.good.map { Array($0.utf8) } + corpus.map(\.bytes)
        return corpus
            + (0..<FuzzDepth.rounds(300)).map { round in
                ("seed \(seed), round \(round)", mutation.changed(mutation.pick(sources) ?? []))
            }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func anyFileOfJobsIsJobsOrFaults(_ seed: UInt64) throws {
        var cuts = Seed(seed)
        for (name, bytes) in try self.inputs(seed) {
            let check = JobsFileReader.check(bytes, options: JobsFileOptions())
            #expect(check.faults.count <= check.faultCount, "\(name)")
            if check.faultCount == 0 {
                for job in check.jobs {
                    // What is taken from it is JSON by itself, as it will be handed on.
                    let again = JobsFileReader.check(
                        Array("[{\"payload\":".utf8) + job.payload + Array("}]".utf8),
                        options: JobsFileOptions()
                    )
                    #expect(again.faultCount == 0 && again.jobs.first?.payload == job.payload, "\(name)")
                }
            }
            var stream = JobsStream(options: JobsFileOptions())
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = min(rest.count, 1 + cuts.below(cuts.chance(1, in: 3) ? 3 : 200))
                stream.feed(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            stream.finish()
            let pieces = JobsFileCheck(jobs: stream.takeJobs(), faults: stream.faults, faultCount: stream.faultCount)
            #expect(check == pieces, "\(name) is read in another way in pieces")
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func anyFileOfLinesIsJobsOrFaults(_ seed: UInt64) throws {
        for (name, bytes) in try self.inputs(seed) {
            for isNullSeparated in [false, true] {
                let check = LinesReader.check(bytes, options: JobsFileOptions(), isNullSeparated: isNullSeparated)
                #expect(check.jobs.allSatisfy { $0.command?.arguments.count == 3 }, "\(name)")
                #expect(check.faultCount > 0 || check.jobs.count <= bytes.count, "\(name)")
            }
        }
    }
}
