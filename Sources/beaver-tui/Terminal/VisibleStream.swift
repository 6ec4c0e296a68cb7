import BeaverQueue

/// Bytes as they come, as text that a terminal shows and does not obey; a character may be cut between two pieces.
struct VisibleStream {
    private var held: [UInt8] = []

    mutating func text(_ bytes: [UInt8], isLast: Bool) -> String {
        let all = self.held + bytes
        let end = isLast ? all.count : Self.endOfWholeCharacters(all)
        self.held = Array(all[end...])
        return TerminalText.visibleLines(String(decoding: all[..<end], as: UTF8.self))
    }

    /// Before a last character of UTF-8 that has not come whole.
    private static func endOfWholeCharacters(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0b1100_0000 == 0b1000_0000 { continue }
            let length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }
}
