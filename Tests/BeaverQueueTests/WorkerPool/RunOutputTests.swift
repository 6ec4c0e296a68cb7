import BeaverTestSupport
import Glibc
import Testing

@testable import BeaverQueue

@Suite("Output of runs", .timeLimit(.minutes(2)))
struct RunOutputTests {
    @Test("of a flood the first and last half are kept, and the middle is counted")
    func flood() async throws {
        let harness = try RunnerHarness { configuration in
            configuration.allowExec = true
            configuration.limits.outputMaxBytes = 64 << 10
        }
        let count = 256 << 20
        let request = harness.shellRequest("echo begin; head -c \(count) /dev/zero | tr '\\0' x; echo; echo end")
        let result = await harness.run(request)
        #expect(result.ending == .completed)
        #expect(result.outputTail.count == 2_048)
        let text = harness.output(of: request)
        #expect(text.hasPrefix("begin\nxxx"))
        #expect(text.hasSuffix("xxx\nend\n"))
        let dropped = count + 11 - (64 << 10)
        #expect(text.contains("\n[beaver-tui: \(dropped) bytes of output were not kept here]\n"))
        #expect(text.utf8.count < 66 << 10)
    }

    @Test("output between half of the limit and all of it is whole")
    func moreThanHalf() async throws {
        let harness = try RunnerHarness { configuration in
            configuration.allowExec = true
            configuration.limits.outputMaxBytes = 8_192
        }
        let request = harness.shellRequest("seq 1 1500")
        _ = await harness.run(request)
        #expect(harness.output(of: request) == (1...1_500).map { "\($0)\n" }.joined())
    }

    @Test("a silent run leaves no file, a file is 0600, and output that cannot be kept fails no run")
    func files() async throws {
        let harness = try RunnerHarness { $0.allowExec = true }
        let storage = FileStorage()
        _ = await harness.shell("true")
        #expect(try storage.identity(of: harness.scratch.file("output")) == nil)
        let request = harness.request("exec", command: JobCommand(arguments: ["echo", "hi"]))
        _ = await harness.run(request)
        let path = "output/\(request.enqueueSequence / 1_000)/\(request.enqueueSequence)-\(request.token).out"
        var status = stat()
        #expect(stat(harness.scratch.file(path), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)

        let blocked = try RunnerHarness { $0.allowExec = true }
        try blocked.scratch.write("", to: "output")
        let result = await blocked.shell("echo hi")
        #expect(result == RunResult(.completed, exitStatus: 0, outputTail: Array("hi\n".utf8)))
    }
}

@Suite("OutputLayout")
struct OutputLayoutTests {
    @Test("whatever the chunks, what is kept is the first and the last half", arguments: [1, 2, 3, 7, 10, 11, 25, 100])
    func keeps(chunk: Int) {
        for total in 0...60 {
            var layout = OutputLayout(limitBytes: 15)
            var head = [Int](repeating: -1, count: 7)
            var ring = [Int](repeating: -1, count: 8)
            var position = 0
            while position < total {
                let count = min(chunk, total - position)
                for piece in layout.place(count) {
                    for (index, source) in piece.source.enumerated() {
                        if piece.isHead {
                            head[Int(piece.offset) + index] = position + source
                        } else {
                            ring[Int(piece.offset) + index] = position + source
                        }
                    }
                }
                position += count
            }
            #expect(Array(head.prefix(Int(layout.headBytes))) == Array(0..<min(total, 7)))
            let kept = layout.ringRanges.flatMap { ring[Int($0.lowerBound)..<Int($0.upperBound)] }
            #expect(kept == Array(max(min(total, 7), total - 8)..<total))
            #expect(layout.droppedBytes == Int64(max(0, total - 15)))
        }
    }
}

@Suite("OutputTail")
struct OutputTailTests {
    @Test("the last 2 KiB are kept in order", arguments: [1, 100, 2_047, 2_048, 2_049, 5_000])
    func keeps(chunk: Int) {
        let all = (0..<7_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        var tail = OutputTail()
        var position = 0
        while position < all.count {
            let count = min(chunk, all.count - position)
            tail.append(all.span.extracting(position..<position + count))
            position += count
            #expect(tail.bytes == Array(all[..<position].suffix(2_048)))
        }
    }
}
