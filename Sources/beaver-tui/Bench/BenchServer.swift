import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc

/// A server of this program, as a process of its own.
final class BenchServer {
    /// Where its files are, in the scratch directory.
    struct Place {
        let directory: String

        var data: String { self.directory + "/served" }
        /// Each command that begins writes a line to it.
        var began: String { self.directory + "/began" }
        var log: String { self.directory + "/server.log" }

        /// The server and its client run what this process runs.
        static let program =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "beaver-tui"
        static let token = "bench-token-0123456789abcdef0123456789abcdef"

        /// Files of jobs and of settings, made once.
        func writeSettings() throws {
            let script = #"echo $BEAVER_FENCING_TOKEN >>"$0"; exec sleep 3600"#
            // JSON is YAML, whatever stands in the path.
            let settings: [String: [String: [String: [String]]]] = [
                "handlers": ["wait": ["command": ["/bin/sh", "-c", script, self.began]]]
            ]
            let http = ["http": ["token_file": self.directory + "/token"]]
            let worker = ["worker": ["max_interrupted": "100", "task_timeout": "0"]]
            let texts = [try Output.jsonText(settings), try Output.jsonText(http), try Output.jsonText(worker)]
            let merged = "{" + texts.map { $0.dropFirst().dropLast() }.joined(separator: ",") + "}\n"
            for (name, text) in ["token": Self.token + "\n", "beaver.yaml": merged] {
                let path = self.directory + "/" + name
                try Data(text.utf8).write(to: URL(filePath: path))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            }
        }

        /// The file for `enqueue --file`, of jobs that wait for ever once they run.
        func jobsFile(_ count: Int) throws -> String {
            let path = self.directory + "/jobs-\(count).json"
            if FileManager.default.fileExists(atPath: path) { return path }
            let file = try FileStorage().open(path, .createOrTruncate)
            defer { file.close() }
            let payload = BenchPayload(action: "wait")
            var bytes: [UInt8] = []
            var offset: Int64 = 0
            for number in 0..<count {
                bytes += Array("{\"id\":\"job-\(number)\",\"payload\":".utf8)
                payload.append(number, to: &bytes)
                bytes += [0x7d, 0x0a]
                guard bytes.count > 1 << 20 || number == count - 1 else { continue }
                try file.write(bytes.span.bytes, at: offset)
                offset += Int64(bytes.count)
                bytes.removeAll(keepingCapacity: true)
            }
            return path
        }
    }

    let place: Place
    let process: BenchProcess
    let client: QueueClient

    /// Returns at once; `waitUntilReady` waits.
    init(_ place: Place, workers: Int = 8, options: [String] = []) throws {
        self.place = place
        self.process = try BenchProcess(
            [
                Place.program, "--no-ui", "--data-dir", place.data, "--config", place.directory + "/beaver.yaml", "run",
                "--workers", "\(workers)", "--http", "127.0.0.1:0",
            ] + options,
            output: place.log
        )
        self.client = QueueClient(dataDirectory: place.data)
    }

    /// On an empty directory, ready.
    static func new(_ place: Place, workers: Int = 8, options: [String] = []) async throws -> BenchServer {
        BenchFiles.remove(place.data)
        BenchFiles.remove(place.began)
        try place.writeSettings()
        let server = try BenchServer(place, workers: workers, options: options)
        _ = try await server.waitUntilReady()
        return server
    }

    /// Its first answer that says it takes and runs jobs.
    @discardableResult
    func waitUntilReady() async throws -> QueueStatus {
        let deadline = BenchClock.now() + 60
        while BenchClock.now() < deadline {
            if access(self.place.data + "/beaver.sock", F_OK) == 0, let status = try? await self.client.status(),
                status.state == .running
            {
                return status
            }
            if BenchProcess.reapIfEnded(self.process.pid) != nil { break }
            usleep(200)
        }
        throw CommandFailure(.failed, "the server did not come up: \(Self.lastLine(of: self.place.log))")
    }

    /// How many commands have begun since `began` was removed.
    var begunCount: Int {
        FileManager.default.contents(atPath: self.place.began)?.count { $0 == 0x0a } ?? 0
    }

    /// The command `enqueue --file`, from its start to its end, with the memory it took at most.
    func enqueueFile(_ path: String) throws -> (seconds: Double, cpuSeconds: Double, memoryBytes: Int) {
        let log = self.place.directory + "/client.log"
        let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds(children: true))
        let pid = try BenchProcess.spawn(
            [Place.program, "--data-dir", self.place.data, "-q", "enqueue", "--file", path],
            output: log
        )
        var greatest = 0
        var status: CInt?
        // The kernel's own greatest also counts what this process had when it was started.
        while status == nil {
            greatest = max(greatest, BenchClock.memoryBytes(of: "\(pid)"))
            usleep(5_000)
            status = BenchProcess.reapIfEnded(pid)
        }
        guard status == 0 else { throw CommandFailure(.failed, "enqueue --file failed: \(Self.lastLine(of: log))") }
        return (BenchClock.now() - start, BenchClock.cpuSeconds(children: true) - cpu, greatest)
    }

    private static func lastLine(of path: String) -> String {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
    }
}
