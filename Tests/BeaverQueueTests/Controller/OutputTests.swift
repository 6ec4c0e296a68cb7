import BeaverQueue
import BeaverTestSupport
import Foundation
import Testing

/// What runs wrote, as it is read back.
@Suite("Output of runs", .timeLimit(.minutes(2)))
struct OutputTests {
    private func whole(_ queue: Queue, _ id: String) async throws -> String {
        var bytes: [UInt8] = []
        while true {
            let part = try await queue.output(of: id, from: Int64(bytes.count))
            bytes += part.bytes
            if part.isComplete { return String(decoding: bytes, as: UTF8.self) }
        }
    }

    private func withOutput(_ body: (Queue, _ path: String) async throws -> Void) async throws {
        let allowExec: @Sendable (inout QueueConfiguration) -> Void = { $0.allowExec = true }
        try await QueueFixture.run(allowExec) { fixture in
            var job = QueueFixture.job("a", action: "exec")
            job.command = JobCommand(arguments: ["/bin/sh", "-c", "seq 1000"])
            try await fixture.put(job)
            #expect(try await fixture.queue.waitUntilEnded("a").summary.state == .completed)
            let folder = fixture.directory + "/output/0"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            let name = try #require(names.first)
            try await body(fixture.queue, folder + "/" + name)
        }
    }

    private static let all = (1...1_000).map { "\($0)\n" }.joined()

    @Test("output that is on disk is given as it was written")
    func kept() async throws {
        try await self.withOutput { queue, _ in
            let text = try await self.whole(queue, "a")
            #expect(text == Self.all)
        }
    }

    @Test("of output that is gone, the log still gives the end, and says so")
    func gone() async throws {
        try await self.withOutput { queue, path in
            try FileManager.default.removeItem(atPath: path)
            let text = try await self.whole(queue, "a")
            #expect(text.hasPrefix("[not all of the output is on disk"))
            #expect(text.hasSuffix(Self.all.suffix(2_048)))
        }
    }

    @Test("a file that could not grow is followed by the end of the output")
    func cut() async throws {
        try await self.withOutput { queue, path in
            try #require(truncate(path, 100) == 0)
            let text = try await self.whole(queue, "a")
            #expect(text.hasPrefix(Self.all.prefix(100) + "\n[not all of the output is on disk"))
            #expect(text.hasSuffix(Self.all.suffix(2_048)))
        }
    }
}
