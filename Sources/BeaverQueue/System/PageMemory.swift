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

    /// Where some of it is, for another thread.
    struct Place: Sendable {
        fileprivate var address: UInt
        fileprivate var byteCount: Int
    }

    static func place<Element: BitwiseCopyable>(of memory: UnsafeMutablePointer<Element>, count: Int) -> Place {
        Place(address: UInt(bitPattern: memory), byteCount: count * MemoryLayout<Element>.stride)
    }

    /// Lets the system find pages for it now, on this thread, in the place of whoever will write there.
    ///
    /// Changes no byte, so that others may use the memory meanwhile, and even give it back.
    static func populate(_ place: Place) { cbeaver_populate_memory(place.address, place.byteCount) }

    @inline(__always)
    static func prefetch<Element>(_ place: UnsafePointer<Element>) { cbeaver_prefetch(place) }
}
