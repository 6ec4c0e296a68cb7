import FoundationEssentials
import Glibc

/// Tells systemd how the service is, as sd_notify(3) does: one datagram on the socket that NOTIFY_SOCKET names.
final class ServiceManager: Sendable {
    private let descriptor: CInt
    private let address: sockaddr_un
    private let addressBytes: socklen_t
    /// Half of what the watchdog allows, or what is often enough for a status line.
    let intervalMilliseconds: Int64

    /// Nil where nobody listens.
    ///
    /// The variables are taken out of the environment: handlers inherit it, and are not the service.
    static func ofEnvironment() -> ServiceManager? {
        let environment = ProcessInfo.processInfo.environment
        defer { for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) } }
        guard let path = environment["NOTIFY_SOCKET"] else { return nil }
        let isForUs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        let microseconds = isForUs ? environment["WATCHDOG_USEC"].flatMap(Int64.init) : nil
        return ServiceManager(path: path, watchdogMicroseconds: microseconds)
    }

    /// A path, or a name in the abstract space that begins with `@`.
    init?(path: String, watchdogMicroseconds: Int64?) {
        var address = sockaddr_un()
        let space = MemoryLayout.size(ofValue: address.sun_path)
        guard path.hasPrefix("/") || path.hasPrefix("@"), path.utf8.count > 1, path.utf8.count < space else {
            return nil
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            for (index, byte) in path.utf8.enumerated() { bytes[index] = byte }
            if path.hasPrefix("@") { bytes[0] = 0 }
        }
        self.address = address
        self.addressBytes = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
        self.intervalMilliseconds = min(5_000, max(10, (watchdogMicroseconds ?? .max) / 2_000))
        self.descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard self.descriptor >= 0 else { return nil }
    }

    deinit { close(self.descriptor) }

    /// Lost where the manager does not read: it would have been late anyway.
    func tell(_ lines: String...) {
        let text = lines.joined(separator: "\n")
        withUnsafePointer(to: self.address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(
                    self.descriptor,
                    text,
                    text.utf8.count,
                    CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL),
                    address,
                    self.addressBytes
                )
            }
        }
    }
}
