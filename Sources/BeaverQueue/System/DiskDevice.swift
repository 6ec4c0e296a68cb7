/// The device below a directory, for people.
package enum DiskDevice {
    /// As the kernel's table of mounts names it; empty where it does not.
    package static func name(of directory: String) -> String {
        guard let mounts = SystemCall.text(at: "/proc/self/mountinfo", limitBytes: 1 << 20) else { return "" }
        return self.name(of: directory, mounts: mounts)
    }

    /// The mount with the longest path that holds the directory.
    static func name(of directory: String, mounts: String) -> String {
        var best: (path: Substring, device: Substring) = ("", "")
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 4, let dash = words.firstIndex(of: "-"), words.count > dash + 2 else { continue }
            let path = words[4]
            let holds = path == "/" || directory == path || directory.hasPrefix(path + "/")
            if holds, path.utf8.count >= best.path.utf8.count { best = (path, words[dash + 2]) }
        }
        return String(best.device)
    }
}
