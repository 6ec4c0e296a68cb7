import BeaverQueue
import Glibc

/// Where a server listens.
enum SocketAddress {
    case unix(String)
    case tcp(port: UInt16)
}

/// One conversation over one connection: requests, each with a number of answers to wait for.
protocol Conversation {
    /// The next request, given all answers to the last one (empty at first); `operations` are complete once its answers
    /// are there.
    mutating func next(_ answers: ArraySlice<UInt8>) throws -> SocketRequest
    /// Where the answer ends that begins at `start`; nil if it is not all there. Throws on a refusal.
    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int?
}

struct SocketRequest {
    var bytes: [UInt8]
    var answers = 1
    var operations = 0
}

/// Drives many connections from one thread, each with one request under way, for a given time.
///
/// The same client for every server, with as little work of its own as there can be: one write a request, one read for
/// what has come, no thread and no allocation for a connection.
struct SocketLoad {
    private final class Connection {
        let descriptor: CInt
        var conversation: any Conversation
        var received: [UInt8] = []
        /// Of `received`, what belongs to answers that are whole.
        var whole = 0
        var missing = 0
        var operations = 0
        var isDone = false

        init(_ descriptor: CInt, _ conversation: any Conversation) {
            self.descriptor = descriptor
            self.conversation = conversation
        }

        deinit { close(self.descriptor) }
    }

    let address: SocketAddress

    /// One conversation a connection; how many operations were completed in how many seconds.
    func run(_ conversations: [any Conversation], seconds: Double) throws -> Sample {
        let connections = try conversations.map { Connection(try self.connect(), $0) }
        let start = BenchClock.now()
        let deadline = start + seconds
        var operations = 0
        for connection in connections { try self.send(connection) }
        var polled = connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        var open = connections.count
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while open > 0 {
            guard poll(&polled, nfds_t(polled.count), 20_000) > 0 else {
                throw CommandFailure(.failed, "a server did not answer for 20 seconds")
            }
            for place in connections.indices where polled[place].revents != 0 {
                let connection = connections[place]
                guard try self.receive(connection, &buffer) else { continue }
                operations += connection.operations
                if BenchClock.now() >= deadline {
                    polled[place].fd = -1
                    open -= 1
                } else {
                    try self.send(connection)
                }
            }
        }
        return Sample(operations: operations, seconds: BenchClock.now() - start)
    }

    private func send(_ connection: Connection) throws {
        let request = try connection.conversation.next(connection.received[..<connection.whole])
        connection.received.removeAll(keepingCapacity: true)
        connection.whole = 0
        connection.missing = request.answers
        connection.operations = request.operations
        var sent = 0
        while sent < request.bytes.count {
            let count = request.bytes.withUnsafeBytes { bytes in
                write(connection.descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
            }
            guard count > 0 else { throw CommandFailure(.failed, "a server closed the connection") }
            sent += count
        }
    }

    /// True once all answers are there.
    private func receive(_ connection: Connection, _ buffer: inout [UInt8]) throws -> Bool {
        let count = buffer.withUnsafeMutableBytes { read(connection.descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { throw CommandFailure(.failed, "a server closed the connection") }
        connection.received += buffer[..<count]
        while connection.missing > 0 {
            guard let end = try connection.conversation.answerEnd(connection.received, from: connection.whole) else {
                return false
            }
            connection.whole = end
            connection.missing -= 1
        }
        return true
    }

    private func connect() throws -> CInt {
        let failure = CommandFailure(.unavailable, "no connection to \(self.address)")
        switch self.address {
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let room = MemoryLayout.size(ofValue: address.sun_path)
            guard path.utf8.count < room else { throw failure }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return try self.connect(AF_UNIX, &address, failure)
        case .tcp(let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            return try self.connect(AF_INET, &address, failure)
        }
    }

    private func connect<Address>(
        _ family: CInt,
        _ address: inout Address,
        _ failure: CommandFailure
    ) throws -> CInt {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.connect(descriptor, address, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard descriptor >= 0, result == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw failure
        }
        if family == AF_INET {
            var on: CInt = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
        }
        return descriptor
    }
}

/// Looking for the ends of answers.
enum AnswerBytes {
    /// Behind the next CR LF.
    static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var place = start
        while place + 1 < bytes.count {
            if bytes[place] == 13, bytes[place + 1] == 10 { return place + 2 }
            place += 1
        }
        return nil
    }

    /// The number whose digits stand here; 0 if there are none.
    static func number(_ bytes: [UInt8], from start: Int) -> Int {
        var value = 0
        var place = start
        while place < bytes.count, (0x30...0x39).contains(bytes[place]) {
            value = value * 10 + Int(bytes[place] - 0x30)
            place += 1
        }
        return value
    }

    static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}
