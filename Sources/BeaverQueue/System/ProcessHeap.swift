internal import CBeaver

/// The memory that the C library's allocator keeps.
package enum ProcessHeap {
    /// No more arenas than processors, from now on; before there are many threads.
    ///
    /// By itself the allocator makes up to eight for each processor. From the first large buffer that is freed it learns to
    /// keep twice as much as that at the end of each, and no call gives back what is free there.
    package static func limitArenas() { cbeaver_limit_arenas() }

    /// Gives the free pages of all threads' arenas back to the system; takes some milliseconds.
    ///
    /// For whoever owns the process: what is free belongs to all of it, not to the queue alone.
    package static func trim() { cbeaver_trim_heap() }
}
