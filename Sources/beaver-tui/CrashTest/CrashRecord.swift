import BeaverQueue
import FoundationEssentials
import Glibc
import Synchronization

/// The ledger as all clients share it, with the file that handlers append to and the survey that compares both.
final class CrashRecord: Sendable {
    private struct State {
        var ledger = CrashLedger()
        var readBytes: Int64 = 0
        /// The end of what was read that is no whole line yet.
        var rest: [UInt8] = []
    }

    private let state = Mutex(State())
    /// The file of the handlers' lines.
    let path: String

    init(path: String) throws {
        self.path = path
        try Data().write(to: URL(filePath: path))
    }

    func with<Result: Sendable>(_ body: (inout CrashLedger) -> Result) -> Result {
        self.state.withLock { body(&$0.ledger) }
    }

    var hasLoss: Bool { self.with { !$0.losses.isEmpty } }
    var openCount: Int { self.with { $0.open.count } }

    /// Reads what handlers wrote since the last call.
    func readLines() throws {
        try self.state.withLock { state in try self.readLines(&state) }
    }

    private func readLines(_ state: inout State) throws {
        let handle = try FileDescriptorReader(self.path)
        defer { handle.close() }
        while true {
            let bytes = handle.read(at: state.readBytes, count: 1 << 16)
            if bytes.isEmpty { return }
            state.readBytes += Int64(bytes.count)
            state.rest += bytes
            guard let end = state.rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            let text = String(decoding: state.rest[...end], as: UTF8.self)
            state.rest.removeSubrange(...end)
            for line in text.split(separator: "\n") { state.ledger.read(line: line) }
        }
    }

    /// Lists all jobs and holds them against the ledger; throws if the server went away meanwhile.
    func survey(_ queue: any QueueControl) async throws {
        let expected = self.with { $0.expectation }
        var jobs: [JobSummary] = []
        var cursor: JobCursor?
        repeat {
            let page = try await queue.jobs(matching: JobFilter(), after: cursor, limit: 1_000)
            jobs += page.jobs
            cursor = page.next
        } while cursor != nil
        let listed = jobs
        try self.state.withLock { state in
            // Behind the answer: a run that made a job end has written its lines by now.
            try self.readLines(&state)
            state.ledger.listed(listed, expected: expected)
        }
    }
}

/// A file that another process appends to.
private struct FileDescriptorReader {
    private let descriptor: CInt

    init(_ path: String) throws {
        self.descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard self.descriptor >= 0 else { throw CommandFailure(.inputOutput, "\(path) cannot be read") }
    }

    func read(at offset: Int64, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(self.descriptor, buffer.baseAddress, count, Int(offset)))
        }
    }

    func close() { _ = Glibc.close(self.descriptor) }
}
