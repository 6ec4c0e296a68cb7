internal import CBeaver

/// The memory that the C library's allocator keeps.
package enum ProcessHeap {
    /// Keeps what each thread's arena holds in reserve to a MiB, from now on.
    ///
    /// By itself the allocator learns from the first large buffer that is freed to keep twice as much as that in each, and no
    /// call gives back what is free at an arena's end.
    package static func limit() { cbeaver_limit_heap() }

    /// Gives the free pages of all threads' arenas back to the system; takes some milliseconds.
    ///
    /// For whoever owns the process: what is free belongs to all of it, not to the queue alone.
    package static func trim() { cbeaver_trim_heap() }
}
