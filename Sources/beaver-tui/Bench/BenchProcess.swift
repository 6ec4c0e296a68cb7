import BeaverQueue
import FoundationEssentials
import Glibc

/// A process that is measured: a server of ours or of a peer.
final class BenchProcess: Sendable {
    let pid: pid_t
    /// Started and not reaped yet.
    private static let living = Lock<Set<pid_t>>([])

    init(_ arguments: [String], output: String) throws { self.pid = try Self.spawn(arguments, output: output) }

    deinit { self.kill() }

    /// Starts a program with empty input; what it prints goes to `output`.
    static func spawn(_ arguments: [String], output: String) throws -> pid_t {
        let pid = try Spawn.start(arguments[0], arguments, output: output)
        self.living.withLock { _ = $0.insert(pid) }
        return pid
    }

    /// Waits for its end; nil if it was reaped before.
    @discardableResult
    static func reap(_ pid: pid_t) -> CInt? {
        guard self.living.withLock({ $0.remove(pid) }) != nil else { return nil }
        var status: CInt = 0
        waitpid(pid, &status, 0)
        return status
    }

    /// It was reaped by someone else.
    static func forget(_ pid: pid_t) { self.living.withLock { _ = $0.remove(pid) } }

    /// Nil while it runs.
    static func reapIfEnded(_ pid: pid_t) -> CInt? {
        var status: CInt = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        self.forget(pid)
        return status
    }

    /// Runs it to its end: what it printed.
    ///
    /// Throws unless it exits with 0.
    @discardableResult
    static func run(_ arguments: [String], output: String) throws -> String {
        try? FileManager.default.removeItem(atPath: output)
        let status = self.reap(try self.spawn(arguments, output: output))
        let text = FileManager.default.contents(atPath: output).map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard status == 0 else {
            throw CommandFailure(.failed, "\(arguments.joined(separator: " ")) failed: \(text.suffix(400))")
        }
        return text
    }

    /// Of this process and of its children that have ended; with `children`, of those that live, too.
    func cpuSeconds(children: Bool = false) -> Double {
        let own = BenchClock.cpuSeconds(of: self.pid) ?? 0
        guard children else { return own }
        return own + BenchClock.children(of: self.pid).compactMap { BenchClock.cpuSeconds(of: $0) }.reduce(0, +)
    }

    /// Ends it and waits for that.
    func kill(_ signal: CInt = SIGKILL) {
        guard Self.living.withLock({ $0.contains(self.pid) }) else { return }
        Glibc.kill(self.pid, signal)
        Self.reap(self.pid)
    }

    /// Ends whatever was started and not awaited.
    static func killAll() {
        for pid in self.living.withLock({ $0 }) {
            Glibc.kill(pid, SIGKILL)
            self.reap(pid)
        }
    }

    /// Waits until `isReady`, at most a minute: with millions of jobs a server reads for a while.
    static func wait(for what: String, _ isReady: () throws -> Bool) throws {
        let deadline = BenchClock.now() + 60
        while BenchClock.now() < deadline {
            if try isReady() { return }
            usleep(200)
        }
        throw CommandFailure(.failed, "\(what) did not come within a minute")
    }

    /// Where a program stands, on PATH or in one of these folders.
    static func find(_ name: String, also folders: [String] = []) -> String? {
        self.folder(of: [name], also: folders).map { $0 + "/" + name }
    }

    /// The first folder that has all of these programs.
    static func folder(of names: [String], also folders: [String]) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return (path.split(separator: ":").map(String.init) + folders).first { folder in
            names.allSatisfy { access(folder + "/" + $0, X_OK) == 0 }
        }
    }
}

/// Files of the scratch directory.
enum BenchFiles {
    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    /// An empty directory.
    static func fresh(_ path: String) throws -> String {
        self.remove(path)
        try FileStorage().createDirectory(path)
        return path
    }

    /// Every file below.
    static func all(below path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.flatMap { name in
            let whole = path + "/" + name
            var status = stat()
            guard lstat(whole, &status) == 0 else { return [String]() }
            return status.st_mode & S_IFMT == S_IFDIR ? self.all(below: whole) : [whole]
        }
    }

    /// Bytes that the files below take on the disk.
    static func bytesOnDisk(below path: String) -> Int {
        self.all(below: path).reduce(0) { sum, file in
            var status = stat()
            return lstat(file, &status) == 0 ? sum + Int(status.st_blocks) * 512 : sum
        }
    }

    /// Takes the files below out of the kernel's memory, as after a boot.
    static func forget(below path: String) {
        sync()
        for file in self.all(below: path) {
            let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
            close(descriptor)
        }
        // All the rest too, programs among it, where this is allowed.
        let descriptor = Glibc.open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = Glibc.write(descriptor, "3\n", 2)
        close(descriptor)
    }
}
