/// Makes a failing history short: leaves out steps as long as it still fails.
///
/// Halves first, then quarters and so on (delta debugging, Zeller and Hildebrandt, 2002). It need not fail in the same
/// way: any contradiction is worth a look, and a shorter one more than a longer one.
package struct Shrinking {
    package private(set) var tries = 0
    private let limit: Int
    private let fails: ([Int]) -> Bool

    /// - Parameters:
    ///   - limit: histories to try at most.
    ///   - fails: whether a history of only these steps fails.
    package init(limit: Int = 400, fails: @escaping ([Int]) -> Bool) {
        self.limit = limit
        self.fails = fails
    }

    /// The places of the steps that are left.
    package mutating func shrink(_ places: [Int]) -> [Int] {
        var kept = places
        var part = max(1, kept.count / 2)
        while true {
            var start = 0
            var isShorter = false
            while start < kept.count, self.tries < self.limit {
                var fewer = kept
                fewer.removeSubrange(start..<min(start + part, kept.count))
                self.tries += 1
                if self.fails(fewer) {
                    kept = fewer
                    isShorter = true
                } else {
                    start += part
                }
            }
            guard self.tries < self.limit, part > 1 || isShorter else { return kept }
            part = max(1, part / 2)
        }
    }
}

/// Places in a script as people write them: `0,4-9,12`.
package enum StepList {
    package static func text(_ places: [Int]) -> String {
        var parts: [String] = []
        var first: Int?
        for (index, place) in places.enumerated() {
            let start = first ?? place
            first = start
            if index + 1 < places.count, places[index + 1] == place + 1 { continue }
            parts.append(start == place ? "\(place)" : "\(start)-\(place)")
            first = nil
        }
        return parts.joined(separator: ",")
    }

    /// Nil if it is no such list.
    package static func parse(_ text: String) -> [Int]? {
        var places: [Int] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").map { Int($0) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
                last < 1_000_000
            else { return nil }
            places += first...last
        }
        return places.isEmpty ? nil : places
    }
}
