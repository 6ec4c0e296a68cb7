/// A heap of small numbers, each with a key, in which a number's key can be changed or removed.
///
/// O(log n).
struct IndexedHeap<Key: Comparable> {
    private var heap: [Int32] = []
    private var keys: [Key?] = []
    private var places: [Int32] = []

    var count: Int { self.heap.count }

    var first: (number: Int, key: Key)? {
        guard let number = self.heap.first, let key = self.keys[Int(number)] else { return nil }
        return (Int(number), key)
    }

    func key(of number: Int) -> Key? { self.keys.indices.contains(number) ? self.keys[number] : nil }

    /// `nil` removes it.
    mutating func set(_ number: Int, _ key: Key?) {
        while self.keys.count <= number {
            self.keys.append(nil)
            self.places.append(-1)
        }
        self.keys[number] = key
        let place = Int(self.places[number])
        if key != nil {
            if place < 0 {
                self.places[number] = Int32(self.heap.count)
                self.heap.append(Int32(number))
                self.siftUp(self.heap.count - 1)
            } else {
                self.siftUp(place)
                self.siftDown(Int(self.places[number]))
            }
        } else if place >= 0 {
            let last = self.heap.count - 1
            if place != last { self.swap(place, last) }
            self.heap.removeLast()
            self.places[number] = -1
            if place < self.heap.count {
                self.siftUp(place)
                self.siftDown(place)
            }
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        guard let leftKey = self.keys[Int(self.heap[left])], let rightKey = self.keys[Int(self.heap[right])] else {
            preconditionFailure("a number without a key in the heap")
        }
        return leftKey < rightKey
    }

    private mutating func swap(_ left: Int, _ right: Int) {
        self.heap.swapAt(left, right)
        self.places[Int(self.heap[left])] = Int32(left)
        self.places[Int(self.heap[right])] = Int32(right)
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0, self.isBefore(place, (place - 1) / 2) {
            self.swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            var best = place
            for child in [2 * place + 1, 2 * place + 2] where child < self.heap.count && self.isBefore(child, best) {
                best = child
            }
            if best == place { return }
            self.swap(place, best)
            place = best
        }
    }
}
