/// What stands at one place of a text that should be UTF-8, by the table of well-formed sequences of the Unicode Standard.
///
/// Overlong forms, surrogates and values beyond U+10FFFF are broken. A sequence cut off by the end of the input is told
/// apart, because more input may complete it.
enum UTF8Sequence: Equatable {
    case complete(length: Int)
    case broken
    case cutOff

    /// Looks at the sequence that begins at `offset`, which must be within `bytes`.
    static func at(_ offset: Int, in bytes: Span<UInt8>) -> UTF8Sequence {
        let lead = bytes[offset]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0x00...0x7f: return .complete(length: 1)
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: length = 4
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: return .broken
        }
        guard offset + 1 < bytes.count else { return .cutOff }
        guard second.contains(bytes[offset + 1]) else { return .broken }
        for index in offset + 2..<max(offset + length, offset + 2) {
            guard index < bytes.count else { return .cutOff }
            guard bytes[index] & 0xc0 == 0x80 else { return .broken }
        }
        return .complete(length: length)
    }

    /// The first byte that is not part of a well-formed sequence, nil if there is none.
    static func firstBroken(in bytes: Span<UInt8>) -> Int? {
        var offset = 0
        while offset < bytes.count {
            if bytes[offset] < 0x80 {
                offset += 1
                continue
            }
            guard case .complete(let length) = UTF8Sequence.at(offset, in: bytes) else { return offset }
            offset += length
        }
        return nil
    }
}
