import Foundation
import Glibc

/// A connection held by hand, for as long as its test wants.
final class RawConnection: Sendable {
    private let descriptor: CInt

    struct Failed: Error {}

    init(_ address: String) throws {
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw Failed() }
        self.descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard self.descriptor >= 0 else { throw Failed() }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failed() }
    }

    deinit { Glibc.close(self.descriptor) }

    /// Both directions at once, as a client that goes away.
    func close() { shutdown(self.descriptor, CInt(SHUT_RDWR)) }

    /// Nothing more comes from here; answers still do.
    func finish() { shutdown(self.descriptor, CInt(SHUT_WR)) }

    func write(_ bytes: [UInt8]) { _ = send(self.descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) }

    func write(_ text: String) { _ = send(self.descriptor, text, text.utf8.count, CInt(MSG_NOSIGNAL)) }

    func readToEnd() async -> String { await self.read { _ in false } }

    func read(until end: String) async -> String { await self.read { $0.hasSuffix(end) } }

    /// On a thread of its own, which may block: the server's tasks need the ones that tests run on.
    func read(_ isEnough: @escaping @Sendable (String) -> Bool) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var answer: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while !isEnough(String(decoding: answer, as: UTF8.self)) {
                    let count = Glibc.read(self.descriptor, &buffer, buffer.count)
                    guard count > 0 else { break }
                    answer += buffer[..<count]
                }
                continuation.resume(returning: String(decoding: answer, as: UTF8.self))
            }
        }
    }
}
