internal import CBeaver

/// The memory that the C library's allocator keeps.
package enum ProcessHeap {
    /// Gives the free pages of all threads' arenas back to the system; takes some milliseconds.
    ///
    /// For whoever owns the process: what is free belongs to all of it, not to the queue alone.
    package static func trim() { cbeaver_trim_heap() }
}
