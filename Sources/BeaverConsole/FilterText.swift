package import BeaverQueue

/// Reads what is typed behind `/`: words, `action:resize`, `error:timeout`, `state:dead`, `id:thumbs-*`, `age>30s`.
package enum FilterText {
    package struct Reading: Equatable {
        package var filter: JobFilter
        /// What could not be read.
        package var fault: String?
    }

    package static func read(_ text: String) -> Reading {
        var reading = Reading(filter: JobFilter(), fault: nil)
        var words: [String] = []
        for word in self.words(of: text) {
            guard let (name, value) = self.term(word) else {
                words.append(word)
                continue
            }
            switch name {
            case "action": reading.filter.action = value
            case "error": reading.filter.error = value
            case "id": reading.filter.id = value.contains(where: { $0 == "*" || $0 == "?" }) ? value : value + "*"
            case "state": self.readStates(value, &reading)
            case "age":
                if let age = self.milliseconds(value) {
                    reading.filter.olderThanMilliseconds = age
                } else {
                    reading.fault = "age>\(value): write 30s, 5m, 2h or 1d"
                }
            default: words.append(word)
            }
        }
        if !words.isEmpty { reading.filter.text = words.joined(separator: " ") }
        return reading
    }

    /// Words apart at spaces; those in quotes stay together.
    private static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in text {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == " ", !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func term(_ word: String) -> (name: String, value: String)? {
        if word.hasPrefix("age>") { return ("age", String(word.dropFirst(4))) }
        guard let colon = word.firstIndex(of: ":") else { return nil }
        let name = String(word[..<colon])
        let value = String(word[word.index(after: colon)...])
        guard ["action", "error", "id", "state"].contains(name), !value.isEmpty else { return nil }
        return (name, value)
    }

    private static func readStates(_ value: String, _ reading: inout Reading) {
        let names: [String: JobState] = [
            "pending": .pending, "scheduled": .scheduled, "parked": .parked, "running": .inFlight,
            "in_flight": .inFlight, "done": .completed, "completed": .completed, "dead": .dead,
            "cancelled": .cancelled,
        ]
        for name in value.split(separator: ",").map(String.init) {
            if let state = names[name] {
                reading.filter.states.append(state)
            } else if name == "simulated" {
                reading.filter.simulatedOnly = true
            } else {
                let all = "pending, scheduled, parked, running, done, simulated, dead, cancelled"
                reading.fault = "state:\(name)? there are \(all)"
            }
        }
    }

    static func milliseconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        if text.hasSuffix("ms") { return Int64(text.dropLast(2)) }
        guard let last = text.last, let unit = units[last], let number = Int64(text.dropLast()), number >= 0,
            number < 100_000_000
        else { return nil }
        return number * unit
    }
}
