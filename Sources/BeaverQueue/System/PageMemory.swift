internal import CBeaver

/// Zeroed memory for tables of any size, from the system and back to it.
///
/// Tables are looked into at random places. Where the system has large pages for those who ask, a large table takes them:
/// filling it then costs a five-hundredth of the page faults, and a look seldom waits for an address to be translated.
package enum PageMemory {
    /// Zeroed; to be given back with `release` and the same count.
    static func allocate<Element: BitwiseCopyable>(
        count: Int,
        isLarge: Bool
    ) -> UnsafeMutablePointer<Element> {
        guard let memory = cbeaver_map_memory(count * MemoryLayout<Element>.stride, isLarge) else {
            preconditionFailure("the system has no memory for a table of \(count) entries")
        }
        return memory.bindMemory(to: Element.self, capacity: count)
    }

    static func release<Element: BitwiseCopyable>(_ memory: UnsafeMutablePointer<Element>, count: Int) {
        cbeaver_unmap_memory(memory, count * MemoryLayout<Element>.stride)
    }

    @inline(__always)
    static func prefetch<Element>(_ place: UnsafePointer<Element>) { cbeaver_prefetch(place) }
}
