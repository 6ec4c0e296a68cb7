/// How much memory jobs may take where the configuration does not say: 60 % of the smaller of RAM and cgroup limit.
package enum MemoryLimit {
    package static func defaultBytes() -> Int64 {
        var limit = Int64.max
        if let information = SystemCall.text(at: "/proc/meminfo") {
            limit = min(limit, self.total(of: information) ?? .max)
        }
        for path in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
            let text = SystemCall.text(at: path)?.split(whereSeparator: \.isWhitespace).first
            if let text, let bytes = Int64(text) { limit = min(limit, bytes) }
        }
        return limit == .max ? .max : limit / 10 * 6
    }

    /// Reads the line `MemTotal:       16310440 kB`.
    static func total(of information: String) -> Int64? {
        for line in information.split(separator: "\n") where line.hasPrefix("MemTotal:") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let kibibytes = Int64(words[1]) else { return nil }
            return kibibytes << 10
        }
        return nil
    }
}
