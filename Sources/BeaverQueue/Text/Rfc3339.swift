/// Instants as RFC 3339 writes them, to and from milliseconds since 1970 UTC.
///
/// The calendar is the proleptic Gregorian one.
package enum Rfc3339 {
    /// Reads an instant as milliseconds since 1970 UTC; digits beyond the millisecond are dropped.
    ///
    /// An offset is required: a time without one means something else on each machine.
    package static func wallMilliseconds(_ text: String) throws(QueueError) -> Int64 {
        var reader = FieldReader(bytes: Array(text.utf8))
        guard let year = reader.number(digits: 4), reader.take("-"),
            let month = reader.number(digits: 2), reader.take("-"),
            let day = reader.number(digits: 2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(digits: 2), reader.take(":"),
            let minute = reader.number(digits: 2), reader.take(":"),
            let second = reader.number(digits: 2), let milliseconds = reader.fraction()
        else {
            throw self.fault(text)
        }
        if reader.isAtEnd {
            throw .invalidInput(
                "\"\(TerminalText.excerpt(text))\" has no offset from UTC; add Z, or one such as +02:00"
            )
        }
        guard let offsetMinutes = reader.offsetMinutes(), reader.isAtEnd else { throw self.fault(text) }
        // Second 60 is a leap second; it is the same instant as the second after it.
        guard (1...12).contains(month), (1...self.days(inMonth: month, ofYear: year)).contains(day),
            hour <= 23, minute <= 59, second <= 60
        else {
            throw .invalidInput("\"\(TerminalText.excerpt(text))\" is not a date and time that exists")
        }
        let minutes = (self.daysSince1970(year: year, month: month, day: day) * 24 + hour) * 60 + minute - offsetMinutes
        return (minutes * 60 + second) * 1_000 + milliseconds
    }

    /// Writes an instant of the years 0 to 9999 in UTC, with `Z`.
    ///
    /// Always with three digits of milliseconds, so that texts sort as instants do.
    package static func text(wallMilliseconds: Int64) -> String {
        let (days, rest) = wallMilliseconds.dividedFlooring(by: 86_400_000)
        let date = self.date(daysSince1970: days)
        let seconds = rest / 1_000
        return "\(self.padded(date.year, 4))-\(self.padded(date.month, 2))-\(self.padded(date.day, 2))"
            + "T\(self.padded(seconds / 3_600, 2)):\(self.padded(seconds / 60 % 60, 2)):\(self.padded(seconds % 60, 2))"
            + ".\(self.padded(rest % 1_000, 3))Z"
    }

    static func days(inMonth month: Int64, ofYear year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Counts in years that begin in March, so that the leap day is the last one, in cycles of 400 years.
    static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let (cycle, yearOfCycle) = shifted.dividedFlooring(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear - 719_468
    }

    /// The reverse of `daysSince1970`.
    static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (cycle, dayOfCycle) = (days + 719_468).dividedFlooring(by: 146_097)
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private static func fault(_ text: String) -> QueueError {
        .invalidInput("\"\(TerminalText.excerpt(text))\" is not a time; write it like 2026-01-31T18:00:00+02:00")
    }
}

/// Takes one text field after the other.
private struct FieldReader {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { self.position == self.bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard !self.isAtEnd, UInt32(self.bytes[self.position]) == character.value else { return false }
        self.position += 1
        return true
    }

    mutating func number(digits: Int) -> Int64? {
        guard self.position + digits <= self.bytes.count else { return nil }
        var number: Int64 = 0
        for byte in self.bytes[self.position..<self.position + digits] {
            guard ASCII.isDigit(byte) else { return nil }
            number = number * 10 + Int64(byte - ASCII.zero)
        }
        self.position += digits
        return number
    }

    /// Milliseconds after an optional period; nil if no digit follows it.
    mutating func fraction() -> Int64? {
        guard self.take(".") else { return 0 }
        let digits = self.bytes[self.position...].prefix { ASCII.isDigit($0) }
        guard !digits.isEmpty else { return nil }
        self.position += digits.count
        var milliseconds: Int64 = 0
        for index in 0..<3 {
            let digit = index < digits.count ? Int64(digits[digits.startIndex + index] - ASCII.zero) : 0
            milliseconds = milliseconds * 10 + digit
        }
        return milliseconds
    }

    mutating func offsetMinutes() -> Int64? {
        if self.take("Z") || self.take("z") { return 0 }
        let sign: Int64 = self.take("+") ? 1 : -1
        guard sign == 1 || self.take("-") else { return nil }
        guard let hours = self.number(digits: 2), self.take(":"), let minutes = self.number(digits: 2),
            hours <= 23, minutes <= 59
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}

extension Int64 {
    /// Quotient and remainder with a remainder that is never negative, unlike `/` and `%`.
    fileprivate func dividedFlooring(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
