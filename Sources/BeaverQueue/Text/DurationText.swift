/// Lengths of time as people write them: `10s`, `5m`, `1h30m`, `250ms`, `7d`.
package enum DurationText {
    /// A hundred years; anything longer is a slip.
    package static let maxMilliseconds: Int64 = 36_500 * 86_400_000

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Reads a length of time as milliseconds.
    ///
    /// A number needs its unit, because neighbouring tools disagree on which one is meant; only 0 does not.
    package static func milliseconds(_ text: String) throws(QueueError) -> Int64 {
        if text == "0" { return 0 }
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty else { throw self.fault(text) }
        var total: Int64 = 0
        // Units come from large to small and each at most once: 30m1h is more likely a slip than a wish.
        var nextUnit = 0
        while !rest.isEmpty {
            let digits = rest.prefix { ASCII.isDigit($0) }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !ASCII.isDigit($0) }
            rest = rest.dropFirst(name.count)
            guard !digits.isEmpty else { throw self.fault(text) }
            if name.isEmpty { throw self.missingUnit(text) }
            let unitName = String(decoding: name, as: UTF8.self)
            guard let unit = self.units[nextUnit...].firstIndex(where: { $0.name == unitName }) else {
                throw self.fault(text)
            }
            nextUnit = unit + 1
            guard let number = Int64(String(decoding: digits, as: UTF8.self)) else { throw self.tooLong(text) }
            let (part, overflowed) = number.multipliedReportingOverflow(by: self.units[unit].milliseconds)
            guard !overflowed, part <= self.maxMilliseconds - total else { throw self.tooLong(text) }
            total += part
        }
        return total
    }

    /// The shortest text that `milliseconds` reads back: "1h30m", "250ms", "0s".
    package static func text(milliseconds: Int64) -> String {
        guard milliseconds > 0 else { return "0s" }
        var rest = milliseconds
        var result = ""
        for unit in self.units where rest >= unit.milliseconds {
            result += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return result
    }

    private static func fault(_ text: String) -> QueueError {
        .invalidInput("\"\(TerminalText.excerpt(text))\" is not a length of time; write 250ms, 10s, 5m, 1h30m or 7d")
    }

    private static func missingUnit(_ text: String) -> QueueError {
        let shown = TerminalText.excerpt(text)
        return .invalidInput("\"\(shown)\" has no unit; write \(shown)s for seconds or \(shown)ms for milliseconds")
    }

    private static func tooLong(_ text: String) -> QueueError {
        .invalidInput("\"\(TerminalText.excerpt(text))\" is longer than a hundred years")
    }
}
