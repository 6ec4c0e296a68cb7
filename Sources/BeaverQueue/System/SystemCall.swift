internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The one door to the kernel's error numbers: whoever makes a system call makes it through here.
///
/// A call that a signal interrupted is made again, but for `once`: an interrupted `close` has closed, and a sync that
/// failed must never be believed the second time.
enum SystemCall {
    /// What a failed call left behind.
    struct Failure: Error, Equatable {
        let number: Int32

        var reason: String { SystemCall.text(of: self.number) }

        /// The process or the machine has no room for it now; later it may.
        var isShortage: Bool { [EAGAIN, EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(self.number) }
        /// Another attempt may go better: a shortage, a program that is being written right now, a disk that fell silent.
        var isTemporary: Bool { self.isShortage || [ETXTBSY, EIO, ETIMEDOUT, EINTR].contains(self.number) }
        var isMissing: Bool { self.number == ENOENT || self.number == ENOTDIR }
    }

    /// Makes a call that answers -1 and sets the error number, again while a signal interrupts it.
    @discardableResult
    static func retrying<Answer: SignedInteger>(_ call: () -> Answer) throws(Failure) -> Answer {
        while true {
            let answer = call()
            if answer != -1 { return answer }
            let number = errno
            if number != EINTR { throw Failure(number: number) }
        }
    }

    /// Makes a call once, whatever it says.
    @discardableResult
    static func once<Answer: SignedInteger>(_ call: () -> Answer) throws(Failure) -> Answer {
        let answer = call()
        if answer == -1 { throw Failure(number: errno) }
        return answer
    }

    /// `retrying` for callers whose failures reach people: they hear which call failed on which path.
    @discardableResult
    static func check<Answer: SignedInteger>(
        _ name: String,
        path: String,
        offset: Int64? = nil,
        code: QueueError.Code = .inputOutput,
        _ call: () -> Answer
    ) throws(QueueError) -> Answer {
        do {
            return try self.retrying(call)
        } catch {
            throw error.queueError(name, path: path, offset: offset, code: code)
        }
    }

    /// The system's words for an error number.
    ///
    /// glibc's strerror answers from constant or per-thread memory.
    static func text(of number: Int32) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }

    /// Closes a descriptor.
    ///
    /// On Linux it is free again even if the call is interrupted or reports an error.
    static func close(_ descriptor: Int32) {
        #if canImport(Glibc)
        _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
        _ = Musl.close(descriptor)
        #endif
    }

    /// The names in a directory, unsorted, without "." and "..".
    static func names(in path: String) throws(Failure) -> [String] {
        guard let directory = opendir(path) else { throw Failure(number: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            // readdir tells its end from a failure only by the error number.
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw Failure(number: errno) }
                return names
            }
            // The name is read through the entry's address: a copy of the struct would reach beyond a short entry.
            let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let name = String(
                cString: UnsafeRawPointer(entry).advanced(by: nameOffset).assumingMemoryBound(to: CChar.self)
            )
            if name != "." && name != ".." { names.append(name) }
        }
    }

    /// A small file of /proc, whole; nil if it is not there (any more) or not ours to read.
    static func text(at path: String, limitBytes: Int = 16_384) -> String? {
        guard let descriptor = try? self.retrying({ open(path, O_RDONLY | O_CLOEXEC) }) else { return nil }
        defer { self.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limitBytes)
        var filled = 0
        while filled < limitBytes {
            let count = bytes.withUnsafeMutableBytes { buffer in
                try? self.retrying { read(descriptor, buffer.baseAddress?.advanced(by: filled), limitBytes - filled) }
            }
            guard let count else { return nil }
            if count == 0 { break }
            filled += count
        }
        return String(decoding: bytes.prefix(filled), as: UTF8.self)
    }
}

extension SystemCall.Failure {
    func queueError(
        _ call: String,
        path: String,
        offset: Int64? = nil,
        code: QueueError.Code = .inputOutput
    ) -> QueueError {
        .systemCall(call, path: path, offset: offset, errorNumber: self.number, reason: self.reason, code: code)
    }
}
