import BeaverQueue
import BeaverTestSupport
import Testing

@testable import beaver_tui

/// Files of jobs that change while they are read, which must not be taken for what they are halfway.
@Suite struct InputFileTests {
    private func input(_ path: String, atomicBytes: Int64 = JobInput.atomicBytes) throws -> JobInput {
        JobInput(
            file: try InputFile(path),
            form: .commandLines(isNullSeparated: false),
            options: JobsFileOptions(name: "f"),
            skipsBad: false,
            atomicBytes: atomicBytes
        )
    }

    @Test("a line that is still being written is no command")
    func changesWhileItIsChecked() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("true\nrm -rf /tmp", to: "lines")
        let input = try self.input(path)
        try directory.write("true\nrm -rf /tmp/scratch\n", to: "lines")
        let error = await #expect(throws: QueueError.self) { try await input.check { _ in } }
        #expect(error?.code == .invalidInput)
        #expect(error?.message == "\(path) changed while it was read; nothing of it was taken")
    }

    @Test("a large file that changes between two batches ends the command; what was taken stays")
    func changesWhileItIsTaken() async throws {
        let directory = try TemporaryDirectory()
        // Two pieces of a megabyte and a little more, of which each piece makes a batch.
        let line = "true " + String(repeating: "a", count: 95) + "\n"
        let text = String(repeating: line, count: 25_000)
        let path = try directory.write(text, to: "lines")
        let input = try self.input(path, atomicBytes: 1)
        let checked = try await input.check { _ in }
        #expect(checked.jobs.isEmpty && checked.jobCount == 25_000)
        let queue = FakeQueue()
        let error = await #expect(throws: QueueError.self) {
            _ = try await input.take(checked, into: queue) { _ in
                _ = try? ByteEditor(realPath: path).append(Array("rm -rf".utf8))
                return .more
            }
        }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.contains("what was taken of it stays taken") == true)
        #expect(!queue.jobs.isEmpty && queue.jobs.count < 25_000)
        #expect(queue.jobs.allSatisfy { $0.command?.arguments.last?.hasSuffix("aaa") == true })
    }

    @Test("a file that nobody changes is taken in batches, whole")
    func isTakenInBatches() async throws {
        let directory = try TemporaryDirectory()
        let text = (1...30_000).map { "echo \($0) \(String(repeating: "a", count: 60))\n" }.joined()
        let input = try self.input(try directory.write(text, to: "lines"), atomicBytes: 1)
        let queue = FakeQueue()
        let result = try await input.take(try await input.check { _ in }, into: queue)
        #expect(result.enqueued == 30_000 && queue.batchSizes.count > 1)
        #expect(queue.jobs.last?.id == "f-30000")
    }
}
