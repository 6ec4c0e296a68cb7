/// The sequences by which programs colour their output, move the cursor and name the window (ECMA-48).
enum TerminalEscapes {
    private static let escape: UInt8 = 0x1b
    private static let bell: UInt8 = 0x07

    /// `bytes` without them: what is left is what the program had to say.
    ///
    /// A sequence that is cut off at the end goes as well. O(n).
    static func removed(from bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(self.escape) else { return bytes }
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == self.escape {
                index = self.end(of: bytes, from: index + 1)
            } else {
                kept.append(bytes[index])
                index += 1
            }
        }
        return kept
    }

    /// Where the sequence ends whose escape stands before `start`.
    ///
    /// A byte that cannot belong to it ends it and is kept.
    private static func end(of bytes: [UInt8], from start: Int) -> Int {
        guard start < bytes.count else { return start }
        switch bytes[start] {
        case UInt8(ascii: "["):
            let parameters = self.skip(0x20...0x3f, in: bytes, from: start + 1)
            return self.skipOne(0x40...0x7e, in: bytes, from: parameters)
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            return self.endOfText(bytes, from: start + 1)
        default:
            return self.skipOne(0x30...0x7e, in: bytes, from: self.skip(0x20...0x2f, in: bytes, from: start))
        }
    }

    /// The text of a title, a link or a device ends with BEL or ESC \.
    ///
    /// One without an end on its line, or before the next sequence, is no such text: no byte is looked at twice.
    private static func endOfText(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
            if bytes[index] == self.bell { return index + 1 }
            if bytes[index] == self.escape {
                return index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\\") ? index + 2 : start
            }
            index += 1
        }
        return start
    }

    private static func skip(_ range: ClosedRange<UInt8>, in bytes: [UInt8], from start: Int) -> Int {
        bytes[start...].firstIndex { !range.contains($0) } ?? bytes.count
    }

    private static func skipOne(_ range: ClosedRange<UInt8>, in bytes: [UInt8], from start: Int) -> Int {
        start < bytes.count && range.contains(bytes[start]) ? start + 1 : start
    }
}
