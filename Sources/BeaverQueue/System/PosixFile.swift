internal import CBeaver
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An open file of the real disk.
final class PosixFile: StorageFile {
    let path: String
    private let descriptor: Int32
    /// Twice the number of calls under way, plus one once closed: then no call begins any more.
    ///
    /// Whoever brings it to
    /// exactly one closes the descriptor, so that its number cannot become another file's while a call still uses it.
    private let uses = Atomic<Int>(0)

    init(_ path: String, _ mode: OpenMode) throws(QueueError) {
        let isNew = mode == .createNew || mode == .createOrTruncate
        let flags =
            switch mode {
            case .readOnly: O_RDONLY
            case .readWrite: O_RDWR
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            case .createOrTruncate: O_RDWR | O_CREAT | O_TRUNC
            }
        let descriptor = try SystemCall.check("open", path: path, code: isNew ? .cannotCreate : .inputOutput) {
            FileStorage.openCall(path, flags | O_CLOEXEC, 0o600)
        }
        if isNew {
            do throws(SystemCall.Failure) {
                // The mask can only have taken bits away; a file that existed may have had too many.
                try SystemCall.retrying { fchmod(descriptor, 0o600) }
            } catch {
                SystemCall.close(descriptor)
                throw error.queueError("fchmod", path: path, code: .cannotCreate)
            }
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// A file without a name, which is gone when it is closed.
    init(unnamedIn directory: String) throws(QueueError) {
        self.path = "\(directory)/(a file without a name)"
        do throws(SystemCall.Failure) {
            self.descriptor = try SystemCall.retrying { cbeaver_unnamed_file(directory) }
        } catch {
            // NFS and others have none such: one that is removed while open is as good.
            guard error.number == EOPNOTSUPP || error.number == EISDIR else {
                throw error.queueError("open", path: directory, code: .cannotCreate)
            }
            let path = "\(directory)/.unnamed-\(getpid())-\(BootClock.now().bootNanoseconds)"
            self.descriptor = try SystemCall.check("open", path: path, code: .cannotCreate) {
                FileStorage.openCall(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            }
            unlink(path)
        }
    }

    deinit { self.close() }

    func read(into buffer: inout [UInt8], count: Int, at offset: Int64) throws(QueueError) -> Int {
        if buffer.count < count {
            // All of it is overwritten, so nothing need be kept or cleared before.
            buffer = [UInt8](unsafeUninitializedCapacity: count) { _, initializedCount in initializedCount = count }
        }
        return try self.using { descriptor throws(QueueError) in
            var filled = 0
            while filled < count {
                let position = offset + Int64(filled)
                let got = try SystemCall.check("pread", path: self.path, offset: position) {
                    buffer.withUnsafeMutableBytes { bytes in
                        pread(descriptor, bytes.baseAddress?.advanced(by: filled), count - filled, off_t(position))
                    }
                }
                if got == 0 { break }
                filled += got
            }
            return filled
        }
    }

    func beginRead(at offset: Int64, count: Int64) {
        try? self.using { descriptor throws(QueueError) in _ = cbeaver_begin_read(descriptor, offset, count) }
    }

    func setReadAhead(_ isOn: Bool) {
        try? self.using { descriptor throws(QueueError) in _ = cbeaver_set_read_ahead(descriptor, isOn) }
    }

    func nextWritten(from offset: Int64) throws(QueueError) -> Range<Int64> {
        try self.using { descriptor throws(QueueError) in
            do throws(SystemCall.Failure) {
                var (begin, end) = (Int64(0), Int64(0))
                try SystemCall.retrying { cbeaver_next_data(descriptor, offset, &begin, &end) }
                return begin..<end
            } catch {
                // Nothing but a hole behind; or a file system that keeps no books of holes.
                let isHole = error.number == ENXIO
                guard isHole || error.number == EINVAL || error.number == EOPNOTSUPP else {
                    throw error.queueError("lseek", path: self.path)
                }
                let end = max(offset, Int64(try self.status(of: descriptor).st_size))
                return (isHole ? end : offset)..<end
            }
        }
    }

    func write(_ bytes: RawSpan, at offset: Int64) throws(QueueError) {
        try bytes.withUnsafeBytes { source throws(QueueError) in
            try self.using { descriptor throws(QueueError) in
                try self.write(source, to: descriptor, at: offset)
            }
        }
    }

    func synchronizeData() throws(QueueError) {
        try self.using { descriptor throws(QueueError) in
            do throws(SystemCall.Failure) {
                try SystemCall.once { fdatasync(descriptor) }
            } catch {
                throw error.queueError("fdatasync", path: self.path)
            }
        }
    }

    func beginWriteback(at offset: Int64, count: Int64) {
        try? self.using { descriptor throws(QueueError) in _ = cbeaver_begin_writeback(descriptor, offset, count) }
    }

    func truncate(to size: Int64) throws(QueueError) {
        try self.using { descriptor throws(QueueError) in
            _ = try SystemCall.check("ftruncate", path: self.path, offset: size) {
                ftruncate(descriptor, off_t(size))
            }
        }
    }

    func allocate(_ size: Int64) throws(QueueError) {
        if size == 0 { return }
        try self.using { descriptor throws(QueueError) in
            do throws(SystemCall.Failure) {
                try SystemCall.retrying { cbeaver_allocate(descriptor, size) }
            } catch {
                guard error.number == EOPNOTSUPP || error.number == ENOSYS else {
                    throw error.queueError("reserving \(size) bytes", path: self.path)
                }
                try self.extendWithZeros(descriptor, to: size)
            }
        }
    }

    func size() throws(QueueError) -> Int64 {
        try self.using { descriptor throws(QueueError) in Int64(try self.status(of: descriptor).st_size) }
    }

    func linkCount() throws(QueueError) -> Int {
        try self.using { descriptor throws(QueueError) in Int(try self.status(of: descriptor).st_nlink) }
    }

    func close() {
        let before = self.uses.bitwiseOr(1, ordering: .acquiringAndReleasing).oldValue
        if before == 0 { SystemCall.close(self.descriptor) }
    }

    /// Holds the descriptor open during `body`, or fails if the file was closed.
    private func using<Answer>(_ body: (Int32) throws(QueueError) -> Answer) throws(QueueError) -> Answer {
        var before = self.uses.load(ordering: .relaxed)
        while true {
            guard before & 1 == 0 else {
                throw QueueError(.inputOutput, "\(self.path): the file was closed", errorNumber: EBADF, path: self.path)
            }
            let attempt = self.uses.weakCompareExchange(
                expected: before,
                desired: before + 2,
                ordering: .acquiringAndReleasing
            )
            if attempt.exchanged { break }
            before = attempt.original
        }
        defer {
            let left = self.uses.subtract(2, ordering: .acquiringAndReleasing).newValue
            if left == 1 { SystemCall.close(self.descriptor) }
        }
        return try body(self.descriptor)
    }

    private func write(
        _ source: UnsafeRawBufferPointer,
        to descriptor: Int32,
        at offset: Int64
    ) throws(QueueError) {
        var written = 0
        while written < source.count {
            let position = offset + Int64(written)
            let count = try SystemCall.check("pwrite", path: self.path, offset: position) {
                pwrite(descriptor, source.baseAddress?.advanced(by: written), source.count - written, off_t(position))
            }
            guard count > 0 else {
                // No file system should do this; without the check a bug in one would spin here for ever.
                throw SystemCall.Failure(number: EIO).queueError("pwrite of nothing", path: self.path, offset: position)
            }
            written += count
        }
    }

    /// Where the file system cannot reserve blocks, zeros behind the end take them.
    private func extendWithZeros(_ descriptor: Int32, to size: Int64) throws(QueueError) {
        let zeros = [UInt8](repeating: 0, count: 256 << 10)
        var end = Int64(try self.status(of: descriptor).st_size)
        while end < size {
            let count = Int(min(size - end, Int64(zeros.count)))
            try zeros.span.bytes.extracting(first: count).withUnsafeBytes { bytes throws(QueueError) in
                try self.write(bytes, to: descriptor, at: end)
            }
            end += Int64(count)
        }
    }

    private func status(of descriptor: Int32) throws(QueueError) -> stat {
        var answer = stat()
        try SystemCall.check("fstat", path: self.path) { fstat(descriptor, &answer) }
        return answer
    }
}
