#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Asks for the id that was given to a process last: the last word of /proc/loadavg, which stays open, because it is asked
/// for twice with each run that ends.
struct NewestProcess {
    /// Nil where there is no /proc.
    private let descriptor: Int32?

    init() {
        self.descriptor = try? SystemCall.retrying { FileStorage.openCall("/proc/loadavg", O_RDONLY | O_CLOEXEC, 0) }
    }

    func close() {
        if let descriptor { SystemCall.close(descriptor) }
    }

    func id() -> Int32? {
        guard let descriptor else { return nil }
        var text: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
        return withUnsafeMutableBytes(of: &text) { buffer in
            // Read from its beginning, the kernel makes it anew.
            let count = try? SystemCall.retrying { pread(descriptor, buffer.baseAddress, buffer.count, 0) }
            return Self.lastNumber(in: UnsafeRawBufferPointer(buffer).prefix(count ?? 0))
        }
    }

    /// Of "0.20 0.18 0.12 1/80 11206" and a line feed the 11206; nil if the text does not end so.
    static func lastNumber(in text: some BidirectionalCollection<UInt8>) -> Int32? {
        guard text.last == ASCII.newline, let space = text.lastIndex(of: ASCII.space) else { return nil }
        return Int32(String(decoding: text[text.index(after: space)...].dropLast(), as: UTF8.self))
    }
}
