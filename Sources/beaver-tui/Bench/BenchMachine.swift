import BeaverQueue
import FoundationEssentials
import Glibc

/// What the figures were measured on.
struct BenchMachine: Encodable {
    var kind = "machine"
    var date: String
    var version = Version.text
    var processor: String
    var processors: Int
    var memoryGiB: Int
    var kernel: String
    var fileSystem: String
    var disk: String
    var load: Double
    /// Microseconds until a thread that sleeps runs because another one has woken it: what every answer costs that is
    /// not computed by the one who asks.
    ///
    /// On a virtual machine it may be a hundred times what it is on the same processor without one.
    var wakeMicroseconds: Double?

    enum CodingKeys: String, CodingKey {
        case kind, date, version, processor, processors, kernel, disk, load
        case wakeMicroseconds = "wake_us"
        case memoryGiB = "memory_gib"
        case fileSystem = "file_system"
    }

    /// `directory` is on the disk to be measured.
    init(_ directory: String) {
        var name = utsname()
        uname(&name)
        self.date = Rfc3339.text(wallMilliseconds: BootClock.now().wallMilliseconds)
        self.processor = Self.value("model name", of: "/proc/cpuinfo") ?? "unknown"
        self.processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let memory = Self.value("MemTotal", of: "/proc/meminfo")?.split(separator: " ").first.flatMap { Int($0) }
        self.memoryGiB = (memory ?? 0) >> 20
        self.kernel = withUnsafeBytes(of: &name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        self.fileSystem = (try? FileStorage().fileSystemName(of: directory)) ?? "unknown"
        self.disk = DiskDevice.name(of: directory)
        let load = Self.text("/proc/loadavg").split(separator: " ").first
        self.load = load.flatMap { Double($0) } ?? 0
        self.wakeMicroseconds = try? BenchWake.microseconds()
    }

    var lines: [String] {
        [
            "beaver-tui \(self.version), \(self.date)",
            "\(self.processors) × \(self.processor), \(self.memoryGiB) GiB, Linux \(self.kernel), \(self.fileSystem) on "
                + "\(self.disk), load \(self.load)" + self.wake,
        ]
    }

    private var wake: String {
        self.wakeMicroseconds.map { ", \(($0 * 10).rounded() / 10) µs to wake a thread" } ?? ""
    }

    private static func value(_ key: String, of path: String) -> String? {
        for line in self.text(path).split(separator: "\n") where line.hasPrefix(key) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            return line[colon...].dropFirst().drop { $0 == " " }.description
        }
        return nil
    }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// Clocks for measuring.
enum BenchClock {
    static func now() -> Double { Double(BootClock.now().bootNanoseconds) / 1e9 }

    /// Of this process, all threads; with `children`, also of its processes that have ended.
    static func cpuSeconds(children: Bool = false) -> Double {
        var sum = 0.0
        for who in children ? [RUSAGE_SELF, RUSAGE_CHILDREN] : [RUSAGE_SELF] {
            var usage = rusage()
            getrusage(__rusage_who_t(who.rawValue), &usage)
            sum += self.seconds(usage.ru_utime) + self.seconds(usage.ru_stime)
        }
        return sum
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// Of another process and those of its children that have ended; nil once it is gone.
    static func cpuSeconds(of pid: pid_t) -> Double? {
        guard let fields = self.statistics(of: pid), fields.count > 15 else { return nil }
        return fields[12...15].compactMap { Double($0) }.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    static func children(of pid: pid_t) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { other in
            self.statistics(of: other).flatMap { $0.count > 2 ? pid_t($0[2]) : nil } == pid
        }
    }

    /// The words of /proc/PID/stat behind the name: state, parent, …, as 1, 2, ….
    private static func statistics(of pid: pid_t) -> [Substring]? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        // The name may hold anything, a parenthesis too; the numbers follow the last one.
        return text.lastIndex(of: ")").map { text[$0...].split(separator: " ") }
    }

    /// Memory of a process alone, in bytes: its share of what is shared, without pages of files.
    static func memoryBytes(of process: String = "self") -> Int {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/smaps_rollup") else { return 0 }
        var sum = 0
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            guard line.hasPrefix("Pss_Anon:") || line.hasPrefix("Pss_Shmem:") else { continue }
            sum += (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
        }
        return sum
    }
}
