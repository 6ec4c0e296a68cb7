/// Hides the values of named keys wherever people look: lists, logs, screens.
///
/// A key matches if its letters and digits end with those of a name, whatever the case: `secret` hides `clientSecret`
/// and `CLIENT_SECRET`. It hides what is written as one; it cannot know a secret without its name.
package struct Redaction: Sendable, Equatable {
    /// What stands in the place of a value.
    package static let mark = "•••"

    /// Whether a text has such a mark: byte by byte, because there may be a MiB of it.
    package static func hasMark(_ text: String) -> Bool {
        let first = self.mark.utf8.first
        var rest = text.utf8[...]
        while let place = rest.firstIndex(where: { $0 == first }) {
            if rest[place...].starts(with: self.mark.utf8) { return true }
            rest = rest[place...].dropFirst()
        }
        return false
    }

    private let names: [[UInt8]]

    package init(_ names: [String]) {
        self.names = names.map { Self.plain($0.utf8) }.filter { !$0.isEmpty }
    }

    private static func plain(_ text: some Sequence<UInt8>) -> [UInt8] {
        text.filter(Self.isWord).map { $0 | 0x20 }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...:
            true
        default: false
        }
    }

    /// Without a copy: rows of lists are full of keys.
    private func matches(_ key: some BidirectionalCollection<UInt8>) -> Bool {
        self.names.contains { name in
            var left = name.count
            for byte in key.reversed() where Self.isWord(byte) {
                guard left > 0 else { return true }
                left -= 1
                guard byte | 0x20 == name[left] else { return false }
            }
            return left == 0
        }
    }

    /// `--password` and the like: the next argument is its value.
    func isOption(_ argument: String) -> Bool {
        argument.hasPrefix("-") && !argument.contains("=") && self.matches(argument.utf8)
    }

    // MARK: JSON

    /// JSON text, whole or cut off at any byte, with the values of matching keys replaced by a string.
    package func json(_ bytes: [UInt8]) -> [UInt8] {
        if self.names.isEmpty { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\"") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let end = Self.endOfString(bytes, index)
            result += bytes[index..<end]
            let key = bytes[min(index + 1, end)..<max(min(index + 1, end), end - 1)]
            index = end
            let colon = Self.skipSpace(bytes, end)
            guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { continue }
            // An escaped key may spell anything.
            guard key.contains(UInt8(ascii: "\\")) || self.matches(key) else { continue }
            let value = Self.skipSpace(bytes, colon + 1)
            result += bytes[end..<value]
            result += Array("\"\(Self.mark)\"".utf8)
            index = Self.endOfValue(bytes, value)
        }
        return result
    }

    private static func skipSpace(_ bytes: [UInt8], _ start: Int) -> Int {
        var index = start
        while index < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index]) { index += 1 }
        return index
    }

    /// Behind the closing quote, or the end of the text.
    private static func endOfString(_ bytes: [UInt8], _ start: Int) -> Int {
        var index = start + 1
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\"") { return index + 1 }
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return bytes.count
    }

    private static func endOfValue(_ bytes: [UInt8], _ start: Int) -> Int {
        var index = start
        var depth = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index = Self.endOfString(bytes, index)
                if depth == 0 { return index }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return index }
                depth -= 1
                if depth == 0 { return index + 1 }
            case UInt8(ascii: ","):
                if depth == 0 { return index }
            default: break
            }
            index += 1
        }
        return bytes.count
    }

    // MARK: Text

    /// Any text: the value after `key=`, `key:` or `--key ` is replaced, up to the next blank, quote or separator.
    package func text(_ text: String) -> String {
        if self.names.isEmpty { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let start = index
            while index < bytes.count, Self.isKeyByte(bytes[index]) { index += 1 }
            guard index > start else {
                result.append(bytes[index])
                index += 1
                continue
            }
            result += bytes[start..<index]
            guard self.matches(bytes[start..<index]),
                let value = Self.startOfValue(bytes, index, isOption: bytes[start] == UInt8(ascii: "-"))
            else { continue }
            result += bytes[index..<value]
            result += Array(Self.mark.utf8)
            index = Self.endOfWord(bytes, value)
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        self.isWord(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    private static func startOfValue(_ bytes: [UInt8], _ end: Int, isOption: Bool) -> Int? {
        var index = end
        if index < bytes.count, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'") { index += 1 }
        index = self.skipSpace(bytes, index)
        guard index < bytes.count else { return nil }
        if bytes[index] == UInt8(ascii: "=") || bytes[index] == UInt8(ascii: ":") {
            index = self.skipSpace(bytes, index + 1)
        } else if !isOption || index == end {
            return nil
        }
        return index < bytes.count ? index : nil
    }

    private static func endOfWord(_ bytes: [UInt8], _ start: Int) -> Int {
        let quote = bytes[start]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            return (bytes[(start + 1)...].firstIndex(of: quote) ?? bytes.count - 1) + 1
        }
        let stops = Array(" \t\r\n\"',;&)}]".utf8)
        let end = bytes[start...].firstIndex { stops.contains($0) } ?? bytes.count
        // "Authorization: Bearer TOKEN" has its secret in the second word.
        let word = String(decoding: bytes[start..<end], as: UTF8.self).lowercased()
        guard ["bearer", "basic", "token"].contains(word), end + 1 < bytes.count else { return end }
        return bytes[(end + 1)...].firstIndex { stops.contains($0) } ?? bytes.count
    }
}
