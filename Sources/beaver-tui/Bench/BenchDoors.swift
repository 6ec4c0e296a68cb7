import BeaverQueue
import BeaverServer
import FoundationEssentials
import Glibc

/// Tiers over the doors of a server that is a process of its own.
struct BenchDoors {
    let place: BenchServer.Place

    enum Door {
        case controlSocket
        case tcp
    }

    func enqueue(_ door: Door, callers: Int, batch: Int, seconds: Double) async throws -> Sample {
        let server = try await BenchServer.new(self.place)
        defer { server.process.kill() }
        try await server.client.pause()
        let status = try await server.client.status()
        guard let port = status.http?.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw CommandFailure(.failed, "the server listens nowhere")
        }
        let address = door == .tcp ? SocketAddress.tcp(port: port) : .unix(self.place.data + "/beaver.sock")
        let load = SocketLoad(address: address)
        func conversations(_ name: String) -> [HTTPEnqueue] {
            (0..<callers).map {
                HTTPEnqueue(prefix: "\(name)-\($0)-", batch: batch, token: BenchServer.Place.token, port: port)
            }
        }
        _ = try load.run(conversations("w"), until: .seconds(0.2))
        let before = try await server.client.status()
        let cpu = server.process.cpuSeconds()
        var sample = try load.run(conversations("job"), until: .seconds(seconds))
        sample.cpuSeconds = server.process.cpuSeconds() - cpu
        let after = try await server.client.status()
        sample.logBytes = after.wal.bytes - before.wal.bytes
        let counted = after.jobs.enqueuedTotal - before.jobs.enqueuedTotal
        guard counted == sample.operations else {
            throw CommandFailure(.failed, "the server counts \(counted) jobs, the client \(sample.operations)")
        }
        return sample
    }

    /// The command `enqueue --file`, from its start to its end; how much memory it took at most.
    func enqueueFile(jobs: Int) async throws -> (sample: Sample, clientBytes: Int) {
        let path = try self.place.jobsFile(jobs)
        let server = try await BenchServer.new(self.place)
        defer { server.process.kill() }
        try await server.client.pause()
        let (before, cpu) = (try await server.client.status(), server.process.cpuSeconds())
        let (seconds, clientCPU, memory) = try server.enqueueFile(path)
        var sample = Sample(operations: jobs, seconds: seconds, cpuSeconds: server.process.cpuSeconds() - cpu)
        sample.clientCPUSeconds = clientCPU
        let after = try await server.client.status()
        sample.logBytes = after.wal.bytes - before.wal.bytes
        guard after.jobs.enqueuedTotal == jobs else {
            throw CommandFailure(.failed, "the server counts \(after.jobs.enqueuedTotal) jobs of \(jobs)")
        }
        return (sample, memory)
    }

    /// From the start of the program to its first answer, on an empty directory.
    func startEmpty() async throws -> Sample {
        BenchFiles.remove(self.place.data)
        try self.place.writeSettings()
        let start = BenchClock.now()
        let server = try BenchServer(self.place)
        defer { server.process.kill() }
        try await server.waitUntilReady()
        return Sample(operations: 1, seconds: BenchClock.now() - start, cpuSeconds: server.process.cpuSeconds())
    }
}

/// `POST /v1/jobs`, again and again.
struct HTTPEnqueue: Conversation {
    private let batch: Int
    private let start: [UInt8]
    private let head: [UInt8]
    private var number = 0

    init(prefix: String, batch: Int, token: String, port: UInt16) {
        self.batch = batch
        self.start = Array("{\"id\":\"\(prefix)".utf8)
        self.head = Array(
            """
            POST /v1/jobs HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Authorization: Bearer \(token)\r
            Content-Type: application/json\r
            Content-Length:\u{20}
            """.utf8
        )
    }

    mutating func next(_ answers: ArraySlice<UInt8>, _ request: inout SocketRequest) {
        var body: [UInt8] = [0x5b]
        for place in 0..<self.batch {
            if place > 0 { body.append(0x2c) }
            body += self.start
            AnswerBytes.append(self.number, to: &body)
            body += Self.middle
            BenchPayload.noop.append(self.number, to: &body)
            body.append(0x7d)
            self.number += 1
        }
        body.append(0x5d)
        request.bytes += self.head
        AnswerBytes.append(body.count, to: &request.bytes)
        request.bytes += [13, 10, 13, 10]
        request.bytes += body
        request.operations = self.batch
    }

    private static let middle = Array("\",\"payload\":".utf8)
    private static let lengthName = Array("content-length: ".utf8)

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        var line = start
        var length = 0
        while let end = AnswerBytes.lineEnd(bytes, from: line) {
            if end - line == 2 {
                // "HTTP/1.1 2…": the ninth byte says whether it was taken.
                guard line >= start + 10, bytes[start + 9] == 0x32 else {
                    throw CommandFailure(.failed, "the server refused: \(AnswerBytes.text(bytes, start..<bytes.count))")
                }
                return end + length <= bytes.count ? end + length : nil
            }
            if end - line > Self.lengthName.count,
                zip(bytes[line...], Self.lengthName).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
            {
                length = AnswerBytes.number(bytes, from: line + Self.lengthName.count)
            }
            line = end
        }
        return nil
    }
}
