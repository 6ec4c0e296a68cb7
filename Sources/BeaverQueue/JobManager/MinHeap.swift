/// A binary heap whose elements can also be read in order without being taken out.
///
/// O(log n) to insert and to remove the smallest.
package struct MinHeap<Element: Comparable> {
    private var storage: [Element] = []

    package init() {}

    package var min: Element? { self.storage.first }
    package var count: Int { self.storage.count }

    package mutating func insert(_ element: Element) {
        self.storage.append(element)
        self.siftUp(self.storage.count - 1)
    }

    @discardableResult
    package mutating func removeMin() -> Element? {
        guard let last = self.storage.popLast() else { return nil }
        guard let first = self.storage.first else { return last }
        self.storage[0] = last
        self.siftDown(0)
        return first
    }

    /// O(n).
    package mutating func removeAll(where isGone: (Element) -> Bool) {
        self.storage.removeAll(where: isGone)
        for place in stride(from: self.storage.count / 2 - 1, through: 0, by: -1) { self.siftDown(place) }
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        let element = self.storage[place]
        while place > 0 {
            let parent = (place - 1) / 2
            guard element < self.storage[parent] else { break }
            self.storage[place] = self.storage[parent]
            place = parent
        }
        self.storage[place] = element
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        let element = self.storage[place]
        while true {
            var child = 2 * place + 1
            guard child < self.storage.count else { break }
            if child + 1 < self.storage.count, self.storage[child + 1] < self.storage[child] { child += 1 }
            guard self.storage[child] < element else { break }
            self.storage[place] = self.storage[child]
            place = child
        }
        self.storage[place] = element
    }

    /// The elements from the smallest on.
    ///
    /// The first k cost O(k log k), however many there are.
    package func walk() -> Walk { Walk(self.storage) }

    package struct Walk {
        private struct Place: Comparable {
            var element: Element
            var index: Int

            static func < (left: Place, right: Place) -> Bool { left.element < right.element }
            static func == (left: Place, right: Place) -> Bool { left.index == right.index }
        }

        private let storage: [Element]
        /// Everything not yet handed out stands below one of these.
        private var front = MinHeap<Place>()

        fileprivate init(_ storage: [Element]) {
            self.storage = storage
            self.add(0)
        }

        private mutating func add(_ index: Int) {
            if index < self.storage.count { self.front.insert(Place(element: self.storage[index], index: index)) }
        }

        package mutating func next() -> Element? {
            guard let place = self.front.removeMin() else { return nil }
            self.add(2 * place.index + 1)
            self.add(2 * place.index + 2)
            return place.element
        }
    }
}
