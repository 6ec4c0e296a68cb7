import BeaverQueue
import Glibc

/// Where a server listens.
enum SocketAddress {
    case unix(String)
    case tcp(port: UInt16)
}

/// One conversation over one connection: requests, each with a number of answers to wait for.
protocol Conversation {
    /// Appends the next request to what is empty, given all answers to the last one (empty at first).
    mutating func next(_ answers: ArraySlice<UInt8>, _ request: inout SocketRequest) throws
    /// Where the answer ends that begins at `start`; nil if it is not all there. Throws on a refusal.
    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int?
}

struct SocketRequest {
    var bytes: [UInt8] = []
    var answers = 1
    /// Complete once its answers are there.
    var operations = 0
}

/// Drives many connections from one thread, each with one request under way.
///
/// The same client for every server, with as little work of its own as there can be: one write a request, one read for
/// what has come, no thread and no allocation for a connection.
struct SocketLoad {
    private final class Connection<Talk: Conversation> {
        let descriptor: CInt
        var conversation: Talk
        var request = SocketRequest()
        var received: [UInt8] = []
        /// Of `received`, what belongs to answers that are whole.
        var whole = 0
        var missing = 0

        init(_ descriptor: CInt, _ conversation: Talk) {
            self.descriptor = descriptor
            self.conversation = conversation
        }

        deinit { close(self.descriptor) }
    }

    /// When no further request is sent.
    enum End {
        case seconds(Double)
        case operations(Int)
    }

    let address: SocketAddress

    /// One conversation a connection; how many operations were completed in how many seconds.
    func run<Talk: Conversation>(_ conversations: [Talk], until end: End) throws -> Sample {
        do {
            return try self.drive(conversations, until: end)
        } catch is Closed {
            throw CommandFailure(.failed, "a server closed a connection in the middle of the load")
        }
    }

    private func drive<Talk: Conversation>(_ conversations: [Talk], until end: End) throws -> Sample {
        let connections = try conversations.map { Connection(try self.connect(), $0) }
        let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds())
        var (operations, asked) = (0, 0)
        func isOver() -> Bool {
            switch end {
            case .seconds(let seconds): BenchClock.now() >= start + seconds
            case .operations(let count): asked >= count
            }
        }
        for connection in connections {
            try self.send(connection)
            asked += connection.request.operations
        }
        var polled = connections.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        var open = connections.count
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while open > 0 {
            guard poll(&polled, nfds_t(polled.count), 60_000) > 0 else {
                throw CommandFailure(.failed, "a server did not answer for a minute")
            }
            for place in connections.indices where polled[place].revents != 0 {
                let connection = connections[place]
                guard try self.receive(connection, &buffer) else { continue }
                operations += connection.request.operations
                // A sequence of requests that makes up one operation is carried to its end.
                if connection.request.operations > 0, isOver() {
                    polled[place].fd = -1
                    open -= 1
                } else {
                    try self.send(connection)
                    asked += connection.request.operations
                }
            }
        }
        var sample = Sample(operations: operations, seconds: BenchClock.now() - start)
        sample.clientCPUSeconds = BenchClock.cpuSeconds() - cpu
        return sample
    }

    /// Somebody listens there.
    var isAnswered: Bool {
        guard let descriptor = try? self.connect() else { return false }
        close(descriptor)
        return true
    }

    /// One request and its answer.
    ///
    /// Nil if nobody listens or the connection ends.
    func ask(_ question: some Conversation) throws -> [UInt8]? {
        guard let descriptor = try? self.connect() else { return nil }
        let connection = Connection(descriptor, question)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        do {
            try self.send(connection)
            while try !self.receive(connection, &buffer) {}
        } catch is Closed {
            return nil
        }
        return connection.received
    }

    private struct Closed: Error {}

    private func send<Talk>(_ connection: Connection<Talk>) throws {
        connection.request.bytes.removeAll(keepingCapacity: true)
        connection.request.answers = 1
        connection.request.operations = 0
        try connection.conversation.next(connection.received[..<connection.whole], &connection.request)
        connection.received.removeAll(keepingCapacity: true)
        connection.whole = 0
        connection.missing = connection.request.answers
        var sent = 0
        let count = connection.request.bytes.count
        while sent < count {
            let written = connection.request.bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    connection.descriptor,
                    bytes.baseAddress?.advanced(by: sent),
                    count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard written > 0 else { throw Closed() }
            sent += written
        }
    }

    /// True once all answers are there.
    private func receive<Talk>(_ connection: Connection<Talk>, _ buffer: inout [UInt8]) throws -> Bool {
        let count = buffer.withUnsafeMutableBytes { read(connection.descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { throw Closed() }
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
        let failure = CommandFailure(.unavailable, "a server takes no connection: \(self.address)")
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

    /// In decimal digits.
    static func append(_ number: Int, to bytes: inout [UInt8]) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var (rest, place) = (UInt(number), 20)
        repeat {
            place -= 1
            digits[place] = 0x30 + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        for index in place..<20 { bytes.append(digits[index]) }
    }

    static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}
