import Foundation
import Glibc

/// A request written by hand over TCP: what a browser, a scraper or an attacker would send.
struct RawRequest: Sendable {
    var line: String
    var headers: [String]
    var body = ""

    struct Failed: Error {}

    /// The whole answer, head and body.
    ///
    /// On a thread of its own, which may block: the server's tasks need the ones that tests run on.
    func send(to address: String) async throws -> String { try await self.send(to: address) { _ in false } }

    /// As above, but goes away as soon as what has come is enough.
    func send(to address: String, until isEnough: @escaping @Sendable (String) -> Bool) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try self.exchange(address, isEnough) }) }
        }
    }

    private func exchange(_ address: String, _ isEnough: (String) -> Bool) throws -> String {
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw Failed() }
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failed() }
        defer { close(descriptor) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failed() }
        var lines = [self.line + " HTTP/1.1"] + self.headers + ["Connection: close"]
        if !self.body.isEmpty { lines.append("Content-Length: \(self.body.utf8.count)") }
        let text = (lines + ["", self.body]).joined(separator: "\r\n")
        guard write(descriptor, text, text.utf8.count) == text.utf8.count else { throw Failed() }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(String(decoding: answer, as: UTF8.self)) {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    func status(from address: String) async throws -> Int {
        let words = try await self.send(to: address).split(separator: " ", maxSplits: 2)
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }
}
