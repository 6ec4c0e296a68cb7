import Testing

@testable import BeaverQueue

@Suite("MemoryLimit")
struct MemoryLimitTests {
    @Test("the limits of a service and of all groups around it count, in both versions of control groups")
    func groups() {
        let root = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        #expect(MemoryLimit.limitFiles(ofGroups: "") == root)
        #expect(MemoryLimit.limitFiles(ofGroups: "0::/\n") == root)
        #expect(
            MemoryLimit.limitFiles(ofGroups: "0::/system.slice/beaver.service\n") == root + [
                "/sys/fs/cgroup/system.slice/memory.max",
                "/sys/fs/cgroup/system.slice/beaver.service/memory.max",
            ]
        )
        #expect(
            MemoryLimit.limitFiles(ofGroups: "5:cpu,memory:/docker/1f\n1:name=systemd:/a:b\nnonsense\n") == root + [
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes",
            ]
        )
    }

    @Test("the machine's memory is read from its line")
    func machine() {
        #expect(MemoryLimit.total(of: "MemFree: 1 kB\nMemTotal:       16310440 kB\n") == 16_310_440 << 10)
        #expect(MemoryLimit.total(of: "MemTotal: many kB\n") == nil)
        #expect(MemoryLimit.total(of: "") == nil)
        #expect(MemoryLimit.defaultBytes() > 0)
    }
}
