import Glibc

/// Times and quantities as people read them.
enum PeopleText {
    /// Local time with its zone: "2026-11-24 14:04:05 CET".
    static func time(_ wallMilliseconds: Int64) -> String { self.local(wallMilliseconds, "%Y-%m-%d %H:%M:%S %Z") }

    /// For a person who looks now: "14:04:05" of today, "11-24 14:04" of another day.
    static func shortTime(_ wallMilliseconds: Int64) -> String {
        let day = "%Y-%m-%d"
        let isToday = self.local(wallMilliseconds, day) == self.local(self.now(), day)
        return self.local(wallMilliseconds, isToday ? "%H:%M:%S" : "%m-%d %H:%M")
    }

    /// Milliseconds since 1970 UTC, to the second.
    static func now() -> Int64 { Int64(Glibc.time(nil)) * 1_000 }

    private static func local(_ wallMilliseconds: Int64, _ format: String) -> String {
        var seconds = time_t(wallMilliseconds / 1_000)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return String(wallMilliseconds) }
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// "0.2s", "28s", "5m 03s", "3h 07m", "2d 04h".
    static func duration(seconds: Double) -> String {
        if seconds < 10 { return "\(Double(Int(max(0, seconds) * 10)) / 10)s" }
        let whole = Int(seconds)
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3_600: return "\(whole / 60)m \(self.two(whole % 60))s"
        case ..<86_400: return "\(whole / 3_600)h \(self.two(whole / 60 % 60))m"
        default: return "\(whole / 86_400)d \(self.two(whole / 3_600 % 24))h"
        }
    }

    /// "100 B", "1.0 MiB".
    static func bytes(_ count: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        if count < 1_024 { return "\(count) B" }
        var value = Double(count) / 1_024
        var unit = 0
        while value >= 1_024, unit + 1 < units.count {
            value /= 1_024
            unit += 1
        }
        return "\(Double(Int(value * 10)) / 10) \(units[unit])"
    }

    /// "1 job", "3,120 jobs".
    static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(self.grouped(number)) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    static func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
