/// Where the text stands, in an input that comes in pieces, that became no job: kept until somebody takes the places.
package struct RefusedText: Sendable {
    private var places: [Range<Int64>] = []
    /// Bytes of the input before the current window.
    private var passed: Int64 = 0

    /// Notes a range of the current window; what adjoins the place before belongs to it.
    mutating func add(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        self.add(self.passed + Int64(range.lowerBound)..<self.passed + Int64(range.upperBound))
    }

    /// Notes everything from a place of the current window on: nothing behind it is read.
    mutating func addRest(from offset: Int) { self.addRest(from: self.place(of: offset)) }

    mutating func addRest(from place: Int64) { self.add(place..<Int64.max) }

    /// Where a place of the current window stands in the input.
    func place(of offset: Int) -> Int64 { self.passed + Int64(offset) }

    /// Notes a range of the input.
    mutating func add(_ place: Range<Int64>) {
        guard !place.isEmpty else { return }
        if let last = self.places.last, last.upperBound >= place.lowerBound {
            self.places[self.places.count - 1] = last.lowerBound..<max(last.upperBound, place.upperBound)
        } else {
            self.places.append(place)
        }
    }

    /// The next window begins behind so many bytes of this one.
    mutating func pass(_ count: Int) { self.passed += Int64(count) }

    mutating func take() -> [Range<Int64>] {
        defer { self.places = [] }
        return self.places
    }
}
