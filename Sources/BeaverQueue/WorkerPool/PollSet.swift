internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The descriptors that a process loop watches, by the kernel's epoll.
struct PollSet {
    /// Readable while one of those watched is.
    let descriptor: Int32

    init() throws(QueueError) {
        self.descriptor = try SystemCall.check("epoll_create1", path: "process loop") { cbeaver_poll_create() }
    }

    func add(_ descriptor: Int32, tag: UInt64) throws(SystemCall.Failure) {
        try SystemCall.retrying { cbeaver_poll_add(self.descriptor, descriptor, tag) }
    }

    /// Takes it out of the set, then closes it.
    ///
    /// Closing alone would not do: what another loop is just starting holds a copy of every descriptor until it executes,
    /// and as long the set would go on reporting the end of a run that is over.
    func close(_ watched: Int32) {
        // It fails only for one that is not there.
        _ = cbeaver_poll_remove(self.descriptor, watched)
        SystemCall.close(watched)
    }

    /// Fills `tags` and returns how many; 0 also when a signal interrupted it.
    func wait(_ tags: inout [UInt64], milliseconds: Int32) -> Int {
        max(0, Int(cbeaver_poll_wait(self.descriptor, &tags, Int32(tags.count), milliseconds)))
    }

    func close() { SystemCall.close(self.descriptor) }
}
