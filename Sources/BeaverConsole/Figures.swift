/// Numbers, times and sizes as they stand on the screen: short, and never wider than they must be.
package enum Figures {
    /// 1,860.
    package static func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var text = ""
        while digits.utf8.count > 3 {
            text = "," + digits.suffix(3) + text
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + digits + text
    }

    package static func grouped(_ number: UInt64) -> String { self.grouped(Int(clamping: number)) }

    /// "1 job", "3,120 jobs".
    package static func count(_ number: Int, _ noun: String) -> String {
        if number == 1 { return "1 \(noun)" }
        let plural = noun.hasSuffix("ry") ? noun.dropLast() + "ies" : noun + "s"
        return "\(self.grouped(number)) \(plural)"
    }

    /// 8 → 8th.
    package static func ordinal(_ number: Int) -> String {
        let ending =
            switch (number % 100, number % 10) {
            case (11...13, _): "th"
            case (_, 1): "st"
            case (_, 2): "nd"
            case (_, 3): "rd"
            default: "th"
            }
        return self.grouped(number) + ending
    }

    /// "0 B", "1.0 MiB".
    package static func bytes(_ count: Int64) -> String {
        if count < 1_024 { return "\(self.grouped(Int(count))) B" }
        var value = Double(count) / 1_024
        for unit in ["KiB", "MiB", "GiB"] {
            if value < 1_000 {
                return (value < 9.95 ? self.tenth(value) : self.grouped(Int(value.rounded()))) + " " + unit
            }
            value /= 1_024
        }
        return self.tenth(value) + " TiB"
    }

    /// How long something has taken: "0.2s", "28.1s", "8:24", "1:03:07", "3d 4h".
    package static func elapsed(milliseconds: Int64) -> String {
        let milliseconds = max(0, milliseconds)
        if milliseconds < 60_000 { return "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100)s" }
        return self.clockLength(seconds: milliseconds / 1_000)
    }

    /// What something took that has ended: "46ms" where tenths of a second would say nothing.
    package static func took(milliseconds: Int64) -> String {
        milliseconds < 1_000 ? "\(max(0, milliseconds))ms" : self.elapsed(milliseconds: milliseconds)
    }

    /// "0:02", "8:31", "1:03:07", "3d 4h".
    package static func clockLength(seconds: Int64) -> String {
        let (minutes, hours) = (seconds / 60 % 60, seconds / 3_600)
        if hours >= 48 { return "\(hours / 24)d \(hours % 24)h" }
        let end = self.two(seconds % 60)
        return hours > 0 ? "\(hours):\(self.two(minutes)):\(end)" : "\(minutes):\(end)"
    }

    /// A limit or an age in words: "30s", "10m", "6 s" with `spaced`.
    package static func length(milliseconds: Int64, spaced: Bool = false) -> String {
        let gap = spaced ? " " : ""
        let units: [(Int64, String)] = [
            (86_400_000, "d"), (3_600_000, "h"), (60_000, spaced ? "min" : "m"), (1_000, "s"),
        ]
        for (size, name) in units where milliseconds >= size { return "\(milliseconds / size)\(gap)\(name)" }
        return "\(max(0, milliseconds))\(gap)ms"
    }

    /// A measured time: "9 ms", "0.021 s", "1.2 s", "4:02".
    package static func seconds(_ seconds: Double) -> String {
        if seconds >= 60 { return self.clockLength(seconds: Int64(seconds)) }
        if seconds >= 1 { return self.tenth(seconds) + " s" }
        if seconds >= 0.1 { return "\(Int((seconds * 1_000).rounded())) ms" }
        if seconds >= 0.000_1 { return self.tenth(seconds * 1_000) + " ms" }
        return "< 0.1 ms"
    }

    /// An estimate, no more exact than it is: "0.02 s", "2.9 s", "4:02".
    package static func about(_ seconds: Double) -> String {
        if seconds >= 60 { return self.clockLength(seconds: Int64(seconds)) }
        if seconds >= 1 { return self.tenth(seconds) + " s" }
        let hundredths = max(1, Int((seconds * 100).rounded()))
        return "\(hundredths / 100).\(self.two(hundredths % 100)) s"
    }

    /// Thousandths of a second, for what is to be compared: "0.021 s".
    package static func precise(_ seconds: Double) -> String {
        let thousandths = max(0, Int((seconds * 1_000).rounded()))
        let end = String(thousandths % 1_000)
        return "\(thousandths / 1_000).\(String(repeating: "0", count: 3 - end.utf8.count))\(end) s"
    }

    /// "6.1/s", "0/s", "1,204/s".
    package static func rate(_ perSecond: Double) -> String {
        if perSecond >= 100 { return self.grouped(Int(perSecond.rounded())) + "/s" }
        return (perSecond < 0.05 ? "0" : self.tenth(perSecond)) + "/s"
    }

    package static func tenth(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }

    static func two(_ number: some BinaryInteger) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// "████▌░░░" for a part of the whole, in eighths of a column.
    package static func bar(_ part: Double, columns: Int) -> (done: String, rest: String) {
        let eighths = part.isNaN ? 0 : Int(max(0, min(1, part)) * Double(columns * 8))
        let pieces = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let done = String(repeating: "█", count: eighths / 8) + pieces[eighths % 8]
        let used = eighths / 8 + (eighths % 8 > 0 ? 1 : 0)
        return (done, String(repeating: "░", count: max(0, columns - used)))
    }

    /// "▁▂▇" for the newest values; the highest of them, or `top`, is the top, and what is not 0 can be seen.
    package static func sparkline(_ values: [Int], columns: Int, top: Int? = nil) -> String {
        let shown = values.suffix(max(0, columns))
        let top = max(1, top ?? shown.max() ?? 1)
        let steps = ["▁", "▂", "▃", "▄", "▅", "▆", "▇"]
        let text = shown.map { $0 <= 0 ? steps[0] : steps[min(6, max(1, $0 * 6 / top))] }.joined()
        return String(repeating: "▁", count: max(0, columns - shown.count)) + text
    }
}

/// A moment as the edge reads it: the pure part has no clock of its own.
package struct Moment: Sendable, Equatable {
    /// Since 1970 UTC.
    package var wallMilliseconds: Int64
    /// Of a clock that never jumps.
    package var steadyMilliseconds: Int64
    /// Of local time, for people.
    package var zoneOffsetSeconds: Int64
    package var zoneName: String

    package init(
        wallMilliseconds: Int64,
        steadyMilliseconds: Int64,
        zoneOffsetSeconds: Int64 = 0,
        zoneName: String = "UTC"
    ) {
        self.wallMilliseconds = wallMilliseconds
        self.steadyMilliseconds = steadyMilliseconds
        self.zoneOffsetSeconds = zoneOffsetSeconds
        self.zoneName = zoneName
    }

    /// 14:04:05 in local time; with the day's distance where it is another day.
    package func time(_ wallMilliseconds: Int64) -> String {
        let local = wallMilliseconds / 1_000 + self.zoneOffsetSeconds
        let today = (self.wallMilliseconds / 1_000 + self.zoneOffsetSeconds) / 86_400
        let days = today - local / 86_400
        if days > 0 { return days == 1 ? "yesterd." : "\(min(days, 9_999))d ago" }
        if days < 0 { return days == -1 ? "tomorrow" : "in \(min(-days, 9_999))d" }
        let second = ((local % 86_400) + 86_400) % 86_400
        return "\(Figures.two(second / 3_600)):\(Figures.two(second / 60 % 60)):\(Figures.two(second % 60))"
    }

    /// 14:04:05.112.
    package func preciseTime(_ wallMilliseconds: Int64) -> String {
        let end = String(wallMilliseconds % 1_000)
        return self.time(wallMilliseconds) + "." + String(repeating: "0", count: max(0, 3 - end.utf8.count)) + end
    }
}
