import BeaverQueue

/// Redis's protocol: requests as arrays of strings, answers by their first byte.
private enum Redis {
    static func command(_ words: [[UInt8]], to bytes: inout [UInt8]) {
        bytes += Array("*\(words.count)\r\n".utf8)
        for word in words { self.string(word, to: &bytes) }
    }

    static func string(_ word: [UInt8], to bytes: inout [UInt8]) {
        bytes += Array("$\(word.count)\r\n".utf8)
        bytes += word
        bytes += [13, 10]
    }

    static func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }

    static func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        guard let line = AnswerBytes.lineEnd(bytes, from: start) else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "$"):
            if bytes[start + 1] == UInt8(ascii: "-") { return line }
            let end = line + AnswerBytes.number(bytes, from: start + 1) + 2
            return end <= bytes.count ? end : nil
        case UInt8(ascii: "*"):
            var end = line
            for _ in 0..<AnswerBytes.number(bytes, from: start + 1) {
                guard let next = try self.answerEnd(bytes, from: end) else { return nil }
                end = next
            }
            return end
        case UInt8(ascii: "-"): throw CommandFailure(.failed, "redis: \(AnswerBytes.text(bytes, start..<line))")
        default: return line
        }
    }

    /// As it is stored: the id, then the payload.
    static func job(_ caller: Int, _ number: Int) -> [UInt8] {
        Array("job-\(caller)-\(number):".utf8) + BenchQueue.payload
    }
}

struct RedisEnqueue: Conversation {
    let caller: Int
    let batch: Int
    private var number = 0

    init(caller: Int, batch: Int) {
        self.caller = caller
        self.batch = batch
    }

    mutating func next(_ answers: ArraySlice<UInt8>) -> SocketRequest {
        var bytes = Array("*\(self.batch + 2)\r\n".utf8)
        for word in Redis.words("LPUSH q") { Redis.string(word, to: &bytes) }
        for _ in 0..<self.batch {
            Redis.string(Redis.job(self.caller, self.number), to: &bytes)
            self.number += 1
        }
        return SocketRequest(bytes: bytes, operations: self.batch)
    }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? { try Redis.answerEnd(bytes, from: start) }
}

struct RedisLifecycle: Conversation {
    private enum Step {
        case enqueue
        case take
        case finish
    }

    let caller: Int
    let batch: Int
    private var number = 0
    private var step = Step.enqueue

    init(caller: Int, batch: Int) {
        self.caller = caller
        self.batch = batch
    }

    mutating func next(_ answers: ArraySlice<UInt8>) throws -> SocketRequest {
        var bytes: [UInt8] = []
        switch self.step {
        case .enqueue:
            self.step = .take
            bytes = Array("*\(self.batch + 2)\r\n".utf8)
            for word in Redis.words("LPUSH q") { Redis.string(word, to: &bytes) }
            for _ in 0..<self.batch {
                Redis.string(Redis.job(self.caller, self.number), to: &bytes)
                self.number += 1
            }
            return SocketRequest(bytes: bytes)
        case .take:
            self.step = .finish
            for _ in 0..<self.batch { Redis.command(Redis.words("LMOVE q p\(self.caller) RIGHT LEFT"), to: &bytes) }
            return SocketRequest(bytes: bytes, answers: self.batch)
        case .finish:
            self.step = .enqueue
            return try self.finish(answers)
        }
    }

    private func finish(_ answers: ArraySlice<UInt8>) throws -> SocketRequest {
        let received = Array(answers)
        var bytes: [UInt8] = []
        var place = 0
        if self.batch == 1 { Redis.command(Redis.words("MULTI"), to: &bytes) }
        for _ in 0..<self.batch {
            guard let line = AnswerBytes.lineEnd(received, from: place),
                let end = try Redis.answerEnd(received, from: place), received[place + 1] != UInt8(ascii: "-")
            else { throw CommandFailure(.failed, "redis gave no job") }
            let job = Array(received[line..<end - 2])
            let id = job.prefix { $0 != UInt8(ascii: ":") }
            Redis.command(
                [Array("SET".utf8), Array("done:".utf8) + id, Array("1".utf8)],
                to: &bytes
            )
            // The oldest stands at the tail: found at once.
            Redis.command(Redis.words("LREM p\(self.caller) -1") + [job], to: &bytes)
            place = end
        }
        if self.batch == 1 { Redis.command(Redis.words("EXEC"), to: &bytes) }
        return SocketRequest(bytes: bytes, answers: self.batch == 1 ? 4 : 2 * self.batch, operations: self.batch)
    }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? { try Redis.answerEnd(bytes, from: start) }
}

/// beanstalkd's protocol: lines, with a body behind RESERVED.
private enum Beanstalk {
    static func put(_ caller: Int, _ number: Int, to bytes: inout [UInt8]) {
        let job = Redis.job(caller, number)
        bytes += Array("put 1 0 60 \(job.count)\r\n".utf8)
        bytes += job
        bytes += [13, 10]
    }

    static func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? {
        guard let line = AnswerBytes.lineEnd(bytes, from: start) else { return nil }
        let words = AnswerBytes.text(bytes, start..<line - 2).split(separator: " ")
        switch words.first {
        case "INSERTED", "DELETED": return line
        case "RESERVED":
            let end = line + (words.last.flatMap { Int($0) } ?? 0) + 2
            return end <= bytes.count ? end : nil
        default: throw CommandFailure(.failed, "beanstalkd: \(AnswerBytes.text(bytes, start..<line))")
        }
    }
}

struct BeanstalkEnqueue: Conversation {
    let caller: Int
    let batch: Int
    private var number = 0

    init(caller: Int, batch: Int) {
        self.caller = caller
        self.batch = batch
    }

    mutating func next(_ answers: ArraySlice<UInt8>) -> SocketRequest {
        var bytes: [UInt8] = []
        for _ in 0..<self.batch {
            Beanstalk.put(self.caller, self.number, to: &bytes)
            self.number += 1
        }
        return SocketRequest(bytes: bytes, answers: self.batch, operations: self.batch)
    }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? { try Beanstalk.answerEnd(bytes, from: start) }
}

struct BeanstalkLifecycle: Conversation {
    let caller: Int
    private var number = 0

    init(caller: Int) { self.caller = caller }

    mutating func next(_ answers: ArraySlice<UInt8>) throws -> SocketRequest {
        defer { self.number += 1 }
        var bytes: [UInt8] = []
        switch self.number % 3 {
        case 0:
            Beanstalk.put(self.caller, self.number, to: &bytes)
            return SocketRequest(bytes: bytes)
        case 1: return SocketRequest(bytes: Array("reserve\r\n".utf8))
        default:
            let received = Array(answers)
            guard let line = AnswerBytes.lineEnd(received, from: 0) else {
                throw CommandFailure(.failed, "beanstalkd gave no job")
            }
            let words = AnswerBytes.text(received, 0..<line - 2).split(separator: " ")
            return SocketRequest(bytes: Array("delete \(words[1])\r\n".utf8), operations: 1)
        }
    }

    func answerEnd(_ bytes: [UInt8], from start: Int) throws -> Int? { try Beanstalk.answerEnd(bytes, from: start) }
}
