import BeaverQueue
import BeaverServer

/// Reads the texts of settings.
///
/// Each function throws one clause that says how the text should be.
enum SettingText {
    static func integer<Number: FixedWidthInteger>(_ text: String) throws(QueueError) -> Number {
        guard let number = Number(text.filter { $0 != "_" }) else {
            throw .invalidInput("\"\(TerminalText.excerpt(text))\" is not a whole number that fits")
        }
        return number
    }

    static func fraction(_ text: String) throws(QueueError) -> Double {
        guard let number = Double(text), number.isFinite else {
            throw .invalidInput("\"\(TerminalText.excerpt(text))\" is not a number; write 0.2")
        }
        return number
    }

    /// A time-out of a job, which is at most a day and held in 32 bits.
    static func shortDuration(_ text: String) throws(QueueError) -> UInt32 {
        let milliseconds = try DurationText.milliseconds(text)
        guard let short = UInt32(exactly: milliseconds), short <= NewJob.maxTimeoutMilliseconds else {
            throw .invalidInput("\"\(TerminalText.excerpt(text))\" is longer than 24h, the longest time-out")
        }
        return short
    }

    /// Seconds where the name of the setting has the unit already, or a duration with one.
    static func seconds(_ text: String) throws(QueueError) -> Int64 {
        guard let number = Int64(text), (0...DurationText.maxMilliseconds / 1_000).contains(number) else {
            return try DurationText.milliseconds(text)
        }
        return number * 1_000
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String) throws(QueueError) -> Choice {
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let closest = ClosestName.of(text, among: names).map { "; did you mean \($0)?" } ?? ""
        throw .invalidInput(
            "\"\(TerminalText.excerpt(text))\" must be one of \(names.joined(separator: ", "))\(closest)"
        )
    }

    static func flag(_ text: String) throws(QueueError) -> Bool {
        switch text.lowercased() {
        case "on", "true", "yes", "1": return true
        case "off", "false", "no", "0": return false
        default: throw .invalidInput("\"\(TerminalText.excerpt(text))\" must be on or off")
        }
    }

    static func path(_ text: String) throws(QueueError) -> String {
        guard !text.isEmpty, !text.utf8.contains(0) else { throw .invalidInput("the path is empty") }
        return text
    }

    static func optional(_ text: String) -> String? { ["", "null", "~"].contains(text) ? nil : text }

    static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }

    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map(Self.trimmed).filter { !$0.isEmpty }
    }

    static func listenAddress(_ text: String) throws(QueueError) -> ListenAddress? {
        if text == "off" { return nil }
        guard let address = ListenAddress(text) else {
            throw .invalidInput(
                "\"\(TerminalText.excerpt(text))\" is not an address; write 127.0.0.1:9090, [::1]:9090, :9090 or off"
            )
        }
        return address
    }
}

/// `queue.max_memory`: a size, or a share of what the machine or its container has.
enum MemoryShare {
    /// nil is the engine's own measure, which is 60 %.
    static func bytes(_ text: String) throws(QueueError) -> Int64? {
        guard text.hasSuffix("%") else { return try ByteText.bytes(text) }
        guard let percent = Int64(text.dropLast()), (1...95).contains(percent) else {
            throw .invalidInput("\"\(TerminalText.excerpt(text))\" must be 1% to 95%, or a size")
        }
        if percent == 60 { return nil }
        // It knows which limits hold here, the machine's or those of a container.
        let standard = MemoryLimit.defaultBytes()
        guard standard < .max else {
            throw .invalidInput("the size of this machine's memory cannot be read; write a size instead of a share")
        }
        return standard / 60 * percent
    }
}
