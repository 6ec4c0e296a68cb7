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
                do throws(QueueError) {
                    reading.filter.olderThanMilliseconds = try DurationText.milliseconds(value)
                } catch {
                    reading.fault = "age>: " + error.message
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
}
