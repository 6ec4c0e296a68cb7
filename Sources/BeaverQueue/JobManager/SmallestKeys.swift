/// The `limit` smallest of many keyed slots, in memory for twice as many.
package struct SmallestKeys: Sendable {
    package struct Entry: Sendable, Equatable {
        package var key: UInt64
        package var slot: UInt32
    }

    private let limit: Int
    private var entries: [Entry] = []
    /// Keys from here on are too large.
    package private(set) var bound = UInt64.max
    /// Some were too large.
    package private(set) var isCut = false

    package init(limit: Int) {
        self.limit = Swift.max(1, limit)
    }

    @inline(__always)
    package mutating func add(_ key: UInt64, _ slot: UInt32) {
        guard key < self.bound else {
            self.isCut = true
            return
        }
        self.entries.append(Entry(key: key, slot: slot))
        if self.entries.count >= 2 * self.limit { self.cut() }
    }

    private mutating func cut() {
        self.entries.sort { $0.key < $1.key }
        guard self.entries.count > self.limit else { return }
        self.entries.removeLast(self.entries.count - self.limit)
        self.bound = self.entries.last.map { $0.key + 1 } ?? self.bound
        self.isCut = true
    }

    /// The smallest first.
    package mutating func sorted() -> [Entry] {
        self.cut()
        return self.entries
    }
}
