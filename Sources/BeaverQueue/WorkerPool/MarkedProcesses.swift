internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Finds what is left of runs by the one thing a process cannot shed by forking or starting a session: its environment,
/// which says `BEAVER_RUN=<store id>.<token>`.
///
/// Process ids are only hints. Whatever is done to a process is done through a pidfd, and only after its marker was read
/// again with the pidfd in hand, when the id can no longer have become another's.
///
/// Not found, and so not ended: processes that replaced their environment, and those we may not read because they run as
/// another user.
struct MarkedProcesses {
    /// What the variable begins with for all runs of this store.
    private let prefix: [UInt8]
    private let ignoresOwnChildren: Bool
    /// Who may be the parent of a process without having forked it: whoever took over the children of one that ended.
    private let adopters: Set<Int32>
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    /// `ignoresOwnChildren`: a child of ours that is just becoming another program is a run that we are starting, and
    /// nothing that is left of one.
    ///
    /// The first process of a container cannot know: it is also the parent of what is left.
    init(storeID: String, ignoresOwnChildren: Bool) {
        self.ignoresOwnChildren = ignoresOwnChildren && getpid() != 1
        self.adopters = Self.ancestors(of: getpid()).union([1])
        self.prefix = Array("\(RunEnvironment.marker)=\(storeID).".utf8)
    }

    /// What a process says of itself.
    enum Mark: Equatable {
        /// It belongs to the run with this token.
        case token(UInt64)
        /// It belongs to no run of this store, or is gone.
        case none
        /// It is just becoming another program, and nobody can tell for some microseconds.
        case undecided
        /// We have no descriptor left to look with, which says nothing about the process.
        case unseen
    }

    mutating func mark(of processID: Int32) -> Mark {
        let count: Int
        do throws(SystemCall.Failure) {
            count = try self.readEnvironment(of: processID)
        } catch {
            // What we may not read is another user's, and what is gone is nobody's.
            return error.isShortage ? .unseen : .none
        }
        if count > 0 { return self.token(inFirst: count).map { .token($0) } ?? .none }
        guard let status = ProcessStatus(of: processID), status.isExecuting else { return .none }
        let parent = status.parentProcessID
        if self.adopters.contains(parent) {
            return self.ignoresOwnChildren && parent == getpid() ? .none : .undecided
        }
        // Any other parent has forked it, so that both are of one run or none.
        guard let count = try? self.readEnvironment(of: parent), self.token(inFirst: count) != nil else { return .none }
        return .undecided
    }

    enum Hold: Equatable {
        case descriptor(Int32)
        /// It ended meanwhile, or became another program, or the id is a thread's: look again.
        case gone
        case unseen
    }

    /// A pidfd of the process if it still belongs to that run.
    mutating func hold(_ processID: Int32, token: UInt64) -> Hold {
        let descriptor: Int32
        do throws(SystemCall.Failure) {
            descriptor = try SystemCall.retrying { cbeaver_pidfd_open(processID) }
        } catch {
            return error.isShortage ? .unseen : .gone
        }
        let mark = self.mark(of: processID)
        if mark == .token(token) { return .descriptor(descriptor) }
        SystemCall.close(descriptor)
        return mark == .unseen ? .unseen : .gone
    }

    private func token(inFirst count: Int) -> UInt64? {
        var from = 0
        while from < count {
            let found = self.buffer.withUnsafeBytes { bytes in
                cbeaver_find(bytes.baseAddress?.advanced(by: from), count - from, self.prefix, self.prefix.count)
            }
            if found < 0 { return nil }
            let start = from + found
            // Only at the beginning of a variable; another one's value may quote it.
            if start == 0 || self.buffer[start - 1] == 0 {
                let digits = self.buffer[(start + self.prefix.count)..<count].prefix { $0 != 0 }
                return UInt64(String(decoding: digits, as: UTF8.self))
            }
            from = start + 1
        }
        return nil
    }

    /// The ids of all processes; nil if there is no descriptor left to look with.
    static func all() -> [Int32]? {
        do throws(SystemCall.Failure) {
            return try SystemCall.names(in: "/proc").compactMap { Int32($0) }
        } catch {
            // Without /proc nothing can be found; that is told at start by whoever mounts it not.
            return error.isShortage ? nil : []
        }
    }

    /// Whether what a pidfd stands for has ended: it may still wait to be reaped, but runs and holds nothing any more.
    static func hasEnded(_ descriptor: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) == 1
    }

    /// The process itself, its parent, and so on.
    private static func ancestors(of processID: Int32) -> Set<Int32> {
        var ancestors: Set<Int32> = [processID]
        var next = processID
        while let status = ProcessStatus(of: next), ancestors.insert(status.parentProcessID).inserted {
            next = status.parentProcessID
        }
        return ancestors
    }

    /// Fills the buffer and returns how much of it; fails if there is no such process or it is not ours to read.
    private mutating func readEnvironment(of processID: Int32) throws(SystemCall.Failure) -> Int {
        let path = "/proc/\(processID)/environ"
        let descriptor = try SystemCall.retrying { FileStorage.openCall(path, O_RDONLY | O_CLOEXEC, 0) }
        defer { SystemCall.close(descriptor) }
        var filled = 0
        while true {
            if filled == self.buffer.count {
                // A stack of 8 MiB, the usual one, allows 2 MiB of arguments and environment.
                if filled >= 8 << 20 { return filled }
                self.buffer.append(contentsOf: [UInt8](repeating: 0, count: filled))
            }
            let count = self.buffer.withUnsafeMutableBytes { bytes in
                try? SystemCall.retrying {
                    read(descriptor, bytes.baseAddress?.advanced(by: filled), bytes.count - filled)
                }
            }
            guard let count, count > 0 else { return filled }
            filled += count
        }
    }
}
