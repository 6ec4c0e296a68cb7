import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc

/// Tiers over the doors of a server that is a process of its own.
struct BenchDoors {
    let directory: String
    /// This program.
    let program: String

    private var data: String { self.directory + "/served" }
    private static let token = "bench-token-0123456789abcdef0123456789abcdef"

    /// A new server on an empty directory; nothing runs there.
    private func start() async throws -> (process: BenchProcess, port: UInt16) {
        try? FileManager.default.removeItem(atPath: self.data)
        let files = [
            "token": Self.token + "\n",
            "beaver.yaml":
                "http: { token_file: \(self.directory)/token }\nhandlers: { none: { command: [/bin/true] } }\n",
        ]
        for (name, text) in files {
            let path = self.directory + "/" + name
            try Data(text.utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        let process = try BenchProcess(
            [
                self.program, "--no-ui", "--data-dir", self.data, "--config", self.directory + "/beaver.yaml", "run",
                "--http", "127.0.0.1:0",
            ],
            output: self.directory + "/server.log"
        )
        let client = QueueClient(dataDirectory: self.data)
        for _ in 0..<5_000 {
            if let status = try? await client.status(), status.state == .running, let address = status.http,
                let port = address.split(separator: ":").last.flatMap({ UInt16($0) })
            {
                try await client.pause()
                return (process, port)
            }
            usleep(1_000)
        }
        throw CommandFailure(.failed, "the server did not come up; its words are in \(self.directory)/server.log")
    }

    enum Door {
        case controlSocket
        case tcp
    }

    func enqueue(_ door: Door, callers: Int, batch: Int, seconds: Double) async throws -> Sample {
        let (process, port) = try await self.start()
        defer { process.kill() }
        let conversations = (0..<callers).map { HTTPEnqueue(caller: $0, batch: batch, token: Self.token, port: port) }
        let address = door == .tcp ? SocketAddress.tcp(port: port) : .unix(self.data + "/beaver.sock")
        let cpu = process.cpuSeconds
        var sample = try SocketLoad(address: address).run(conversations, seconds: seconds)
        sample.cpuSeconds = process.cpuSeconds - cpu
        return sample
    }

    /// The command `enqueue --file`, from its start to its end; how much memory it took at most.
    func enqueueFile(jobs: Int) async throws -> (sample: Sample, clientKiB: Int) {
        let path = self.directory + "/jobs.json"
        if !FileManager.default.fileExists(atPath: path) { try Self.writeJobs(jobs, to: path) }
        let (process, _) = try await self.start()
        defer { process.kill() }
        let (start, cpu) = (BenchClock.now(), process.cpuSeconds)
        let pid = try BenchProcess.spawn(
            [self.program, "--data-dir", self.data, "-q", "enqueue", "--file", path],
            output: self.directory + "/client.log"
        )
        var (status, greatest): (CInt, Int) = (0, 0)
        // Its own count of memory also has what this process had when it was started.
        while waitpid(pid, &status, WNOHANG) == 0 {
            greatest = max(greatest, BenchClock.anonymousBytes(of: "\(pid)"))
            usleep(10_000)
        }
        guard status == 0 else {
            throw CommandFailure(.failed, "enqueue --file failed; its words are in \(self.directory)/client.log")
        }
        let seconds = BenchClock.now() - start
        let sample = Sample(operations: jobs, seconds: seconds, cpuSeconds: process.cpuSeconds - cpu)
        return (sample, greatest >> 10)
    }

    private static func writeJobs(_ count: Int, to path: String) throws {
        let file = try FileStorage().open(path, .createOrTruncate)
        defer { file.close() }
        var bytes: [UInt8] = []
        var offset: Int64 = 0
        for number in 0..<count {
            bytes += Array("{\"id\":\"job-\(number)\",\"payload\":".utf8) + BenchQueue.payload + [0x7d, 0x0a]
            guard bytes.count > 1 << 20 || number == count - 1 else { continue }
            try file.write(bytes.span.bytes, at: offset)
            offset += Int64(bytes.count)
            bytes.removeAll(keepingCapacity: true)
        }
    }
}

/// `POST /v1/jobs`, again and again.
private struct HTTPEnqueue: Conversation {
    let caller: Int
    let batch: Int
    let token: String
    let port: UInt16
    private var number = 0

    init(caller: Int, batch: Int, token: String, port: UInt16) {
        self.caller = caller
        self.batch = batch
        self.token = token
        self.port = port
    }

    mutating func next(_ answers: ArraySlice<UInt8>) -> SocketRequest {
        var body: [UInt8] = [0x5b]
        for place in 0..<self.batch {
            if place > 0 { body.append(0x2c) }
            body += Array("{\"id\":\"job-\(self.caller)-\(self.number)\",\"payload\":".utf8) + BenchQueue.payload
            body.append(0x7d)
            self.number += 1
        }
        body.append(0x5d)
        let head =
            "POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:\(self.port)\r\nAuthorization: Bearer \(self.token)\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
        return SocketRequest(bytes: Array(head.utf8) + body, operations: self.batch)
    }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        var line = start
        var length = 0
        while let end = AnswerBytes.lineEnd(bytes, from: line) {
            if end - line == 2 {
                guard bytes[start + 9] == 0x32 else {
                    throw CommandFailure(.failed, "the server refused: \(AnswerBytes.text(bytes, start..<bytes.count))")
                }
                return end + length <= bytes.count ? end + length : nil
            }
            let name = Array("content-length: ".utf8)
            if end - line > name.count,
                bytes[line..<line + name.count].elementsEqual(name, by: { $0 | 0x20 == $1 | 0x20 })
            {
                length = AnswerBytes.number(bytes, from: line + name.count)
            }
            line = end
        }
        return nil
    }
}
