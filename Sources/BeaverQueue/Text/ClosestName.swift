/// The name someone probably meant: for fields, settings, options and commands that do not exist.
package enum ClosestName {
    /// The candidate with the fewest typing errors against `name`, if there are few enough to be one word mistyped.
    ///
    /// Case, `-` and `_` make no difference. Of equally close ones the first wins, so that the answer never varies.
    package static func of(_ name: String, among candidates: [String]) -> String? {
        let wanted = self.folded(name)
        // Nothing longer is a typing error, and the cost below grows with the length.
        guard wanted.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let folded = self.folded(candidate)
            let allowed = folded.count <= 3 ? 1 : folded.count <= 7 ? 2 : 3
            let distance = self.distance(wanted, folded)
            if distance <= allowed, distance < (best?.distance ?? .max) { best = (candidate, distance) }
        }
        return best?.name
    }

    /// The smallest number of inserted, removed, changed or swapped neighbouring bytes.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let isSame = left[row - 1] == right[column - 1]
                var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    cost = min(cost, beforeLast[column - 2] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }

    private static func folded(_ name: String) -> [UInt8] {
        name.lowercased().utf8.map { $0 == ASCII.minus ? UInt8(ascii: "_") : $0 }
    }
}
