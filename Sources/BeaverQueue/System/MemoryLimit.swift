/// How much memory jobs may take where the configuration does not say: 60 % of the smaller of RAM and cgroup limit.
package enum MemoryLimit {
    package static func defaultBytes() -> Int64 {
        var limit = Int64.max
        if let information = SystemCall.text(at: "/proc/meminfo") {
            limit = min(limit, self.total(of: information) ?? .max)
        }
        for path in self.limitFiles(ofGroups: SystemCall.text(at: "/proc/self/cgroup") ?? "") {
            let text = SystemCall.text(at: path)?.split(whereSeparator: \.isWhitespace).first
            if let text, let bytes = Int64(text) { limit = min(limit, bytes) }
        }
        return limit == .max ? .max : limit / 10 * 6
    }

    /// Where the limits of these control groups and of those around them may stand: a service's limit is not that of the
    /// machine's root, and a container may see its own group as the root.
    ///
    /// Lines are `0::/system.slice/beaver.service`, or of the first version `4:memory:/docker/1f`.
    static func limitFiles(ofGroups groups: String) -> [String] {
        var files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isSecond = fields[0] == "0" && fields[1].isEmpty
            guard isSecond || fields[1].split(separator: ",").contains("memory") else { continue }
            var path = isSecond ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
            for name in fields[2].split(separator: "/") {
                path += "/\(name)"
                files.append(path + (isSecond ? "/memory.max" : "/memory.limit_in_bytes"))
            }
        }
        return files
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
