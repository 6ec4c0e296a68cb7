import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc

/// A server with many jobs pending and some commands running is killed, and started again on the same files.
///
/// Each command writes a line when it begins and then sleeps for ever, so that a start finds what the one before it found.
struct BenchStarts {
    enum Files: String, CaseIterable {
        case snapshot = "a snapshot"
        case logAlone = "the log alone"
    }

    let runs: BenchRuns
    let place: BenchServer.Place
    let pending: Int
    let files: Files

    private static let workers = 8

    private enum Memory: String, CaseIterable {
        case warm
        case cold
    }

    private func line(_ what: String, _ memory: Memory) -> BenchLine {
        BenchLine(
            "\(PeopleText.grouped(self.pending)) pending, \(self.files.rawValue), \(memory.rawValue): \(what)",
            note: nil
        )
    }

    private func line(_ what: String) -> BenchLine {
        BenchLine("\(PeopleText.grouped(self.pending)) pending, \(self.files.rawValue): \(what)")
    }

    func run() async throws {
        let anything = Memory.allCases.map { self.line("start", $0) } + [self.line("memory"), self.line("disk")]
        guard anything.contains(where: { self.runs.isWanted($0) }) else { return }
        var server = try await self.loaded()
        defer { server.process.kill() }
        for memory in Memory.allCases {
            var (first, again): ([Sample], [Sample]) = ([], [])
            for _ in 0..<self.runs.runs {
                BenchFiles.remove(self.place.began)
                var killed = BenchClock.now()
                server.process.kill()
                if memory == .cold {
                    BenchFiles.forget(below: self.place.directory)
                    killed = BenchClock.now()
                }
                server = try self.start()
                let next = server
                try BenchProcess.wait(for: "the first command") { next.begunCount > 0 }
                first.append(Sample(operations: 1, seconds: BenchClock.now() - killed))
                try BenchProcess.wait(for: "the commands that were interrupted") { next.begunCount >= Self.workers }
                again.append(Sample(operations: 1, seconds: BenchClock.now() - killed))
                let status = try await next.waitUntilReady()
                guard status.jobs.pending + status.jobs.inFlight == self.pending else {
                    throw CommandFailure(.failed, "the store came back with other jobs than it had: \(status.jobs)")
                }
            }
            try self.report("kill to first command", memory, first)
            try self.report("kill to all interrupted commands", memory, again)
        }
        var line = self.line("memory after the start")
        line.bytes = Spread([Double(BenchClock.memoryBytes(of: "\(server.process.pid)"))])
        try self.runs.report.report(line)
    }

    private func report(_ what: String, _ memory: Memory, _ samples: [Sample]) throws {
        var line = self.line(what, memory)
        line.take(samples)
        try self.runs.report.report(line)
    }

    private func start() throws -> BenchServer {
        let options = self.files == .logAlone ? ["--snapshot-interval", "1d"] : []
        return try BenchServer(self.place, workers: Self.workers, options: options)
    }

    /// With all jobs taken, the first of them running; what that costs in memory and on the disk is reported.
    private func loaded() async throws -> BenchServer {
        BenchFiles.remove(self.place.data)
        BenchFiles.remove(self.place.began)
        try self.place.writeSettings()
        let jobs = try self.place.jobsFile(self.pending)
        let server = try self.start()
        try await server.waitUntilReady()
        let empty = BenchClock.memoryBytes(of: "\(server.process.pid)")
        _ = try server.enqueueFile(jobs)
        if self.files == .snapshot { _ = try await server.client.snapshot() }
        try BenchProcess.wait(for: "the first commands") { server.begunCount >= Self.workers }
        // The log falls idle, and the enqueue's buffers are given back (`HeapTrim`).
        try await Task.sleep(for: .seconds(3))
        var line = self.line("memory")
        let loaded = BenchClock.memoryBytes(of: "\(server.process.pid)")
        line.bytes = Spread([Double(loaded)])
        let each = Double(loaded - empty) / Double(self.pending)
        line.note = "\(empty >> 20) MiB of it empty, \((each * 10).rounded() / 10) bytes for each job more"
        try self.runs.report.report(line)
        let status = try await server.client.status()
        line = self.line("log")
        line.bytes = Spread([Double(status.wal.bytes)])
        line.note = "\(BenchFiles.bytesOnDisk(below: self.place.data + "/wal") >> 20) MiB allocated on the disk"
        try self.runs.report.report(line)
        if self.files == .snapshot {
            line = self.line("newest snapshot")
            line.bytes = Spread([Double(status.snapshot.bytes)])
            try self.runs.report.report(line)
        }
        return server
    }
}
