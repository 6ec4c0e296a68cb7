/// A number that was scanned.
package enum JSONNumber: Sendable, Equatable {
    /// Digits with at most a minus before them, and small enough.
    case integer(Int64)
    /// Digits with at most a minus before them, too many for 64 bits.
    case hugeInteger
    /// Written with a fraction or an exponent, whatever its value: 1.0 and 1e3 too.
    case decimal
}

extension JSONScanner {
    /// Moves behind the number at the cursor, which stands at a minus or a digit.
    ///
    /// At the very end of the input a number counts as complete: only the caller knows whether more digits may come.
    package mutating func scanNumber(in bytes: Span<UInt8>) throws(JSONFault) -> JSONNumber {
        var position = self.offset
        let isNegative = bytes[position] == ASCII.minus
        if isNegative { position += 1 }
        guard position < bytes.count else { throw JSONFault(.ended, at: bytes.count) }
        guard ASCII.isDigit(bytes[position]) else { throw JSONFault(.expectedDigit, at: position) }
        if bytes[position] == ASCII.zero, position + 1 < bytes.count, ASCII.isDigit(bytes[position + 1]) {
            throw JSONFault(.leadingZero, at: position)
        }
        // Counted below zero, which has room for one more number than above.
        var magnitude: Int64 = 0
        var isHuge = false
        while position < bytes.count, ASCII.isDigit(bytes[position]) {
            let (shifted, overflowed) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, underflowed) = shifted.subtractingReportingOverflow(Int64(bytes[position] &- ASCII.zero))
            magnitude = sum
            isHuge = isHuge || overflowed || underflowed
            position += 1
        }
        let isDecimal = try Self.skipFractionAndExponent(in: bytes, at: &position)
        self.offset = position
        if isDecimal { return .decimal }
        if isHuge || (!isNegative && magnitude == .min) { return .hugeInteger }
        return .integer(isNegative ? magnitude : -magnitude)
    }

    private static func skipFractionAndExponent(
        in bytes: Span<UInt8>,
        at position: inout Int
    ) throws(JSONFault) -> Bool {
        var isDecimal = false
        if position < bytes.count, bytes[position] == ASCII.period {
            isDecimal = true
            position += 1
            try self.skipDigits(in: bytes, at: &position)
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isDecimal = true
            position += 1
            if position < bytes.count, bytes[position] == ASCII.plus || bytes[position] == ASCII.minus { position += 1 }
            try self.skipDigits(in: bytes, at: &position)
        }
        return isDecimal
    }

    /// At least one digit.
    private static func skipDigits(in bytes: Span<UInt8>, at position: inout Int) throws(JSONFault) {
        guard position < bytes.count else { throw JSONFault(.ended, at: bytes.count) }
        guard ASCII.isDigit(bytes[position]) else { throw JSONFault(.expectedDigit, at: position) }
        while position < bytes.count, ASCII.isDigit(bytes[position]) { position += 1 }
    }
}
