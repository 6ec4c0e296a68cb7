import BeaverQueue
import HTTPTypes
import Hummingbird

/// A `JobFilter` as query parameters, in both directions, so that server and client cannot disagree.
enum JobQuery {
    static let filterNames: Set<String> = [
        "state", "action", "id", "error", "text", "group", "older", "simulated", "reveal",
    ]

    static func parameters(of filter: JobFilter) -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = filter.states.map { ("state", $0.rawValue) }
        if filter.simulatedOnly { parameters.append(("simulated", "true")) }
        if let action = filter.action { parameters.append(("action", action)) }
        if let id = filter.id { parameters.append(("id", id)) }
        if let error = filter.error { parameters.append(("error", error)) }
        if let text = filter.text { parameters.append(("text", text)) }
        if let group = filter.group { parameters.append(("group", group)) }
        if filter.reveals { parameters.append(("reveal", "true")) }
        if let older = filter.olderThanMilliseconds { parameters.append(("older", String(older))) }
        return parameters
    }

    /// Reads the filter and refuses what it does not know: a misspelt filter must never select everything.
    static func filter(_ parameters: QueryParameters, besides allowed: Set<String> = []) throws -> JobFilter {
        try parameters.refuseUnknown(besides: Self.filterNames.union(allowed))
        var filter = JobFilter()
        // An empty one too is refused, and not all states: it may be a variable that was never set.
        for text in parameters.values("state").flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            if text == "simulated" {
                filter.simulatedOnly = true
                continue
            }
            guard let state = JobState(rawValue: String(text)) else {
                let known = JobState.allCases.map(\.rawValue).joined(separator: ", ")
                throw QueueError.invalidInput("state is '\(text)'; it must be one of \(known), simulated")
            }
            filter.states.append(state)
        }
        if try parameters.flag("simulated") { filter.simulatedOnly = true }
        filter.action = try parameters.text("action")
        filter.id = try parameters.text("id")
        filter.error = try parameters.text("error")
        filter.text = try parameters.text("text")
        filter.group = try parameters.text("group")
        filter.reveals = try parameters.flag("reveal")
        if let older = parameters.value("older") { filter.olderThanMilliseconds = try Self.age(older) }
        return filter
    }

    /// Milliseconds as a number, or a duration with its unit.
    private static func age(_ text: String) throws -> Int64 {
        if let milliseconds = Int64(text), milliseconds >= 0 { return milliseconds }
        return try DurationText.milliseconds(text)
    }
}

/// The query of a URI, decoded, or what a body has in its place; a name may stand more than once.
struct QueryParameters {
    /// The value is nil where the name stands alone.
    private let pairs: [(name: String, value: String?)]

    init(_ request: Request) throws {
        self.pairs = try (request.uri.query ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let texts = try parts.map { try PercentEncoding.decode($0, plusIsSpace: true) }
            return (texts[0], texts.count == 2 ? texts[1] : nil)
        }
    }

    init(_ pairs: [(name: String, value: String?)]) { self.pairs = pairs }

    var isEmpty: Bool { self.pairs.isEmpty }

    func value(_ name: String) -> String? { self.pairs.last { $0.name == name }.map { $0.value ?? "" } }

    /// Nil if it is not given.
    ///
    /// An empty one is refused: it may be a variable that was never set, and would be the same as none.
    func text(_ name: String) throws -> String? {
        guard let text = self.value(name) else { return nil }
        guard !text.isEmpty else {
            throw QueueError.invalidInput("\(name) is empty; leave it out, or say what is meant")
        }
        return text
    }

    func values(_ name: String) -> [String] { self.pairs.filter { $0.name == name }.map { $0.value ?? "" } }

    /// A yes or no; the name alone says yes.
    ///
    /// `now=` does not: it may be a variable that was never set.
    func flag(_ name: String) throws -> Bool {
        guard let last = self.pairs.last(where: { $0.name == name }) else { return false }
        switch last.value {
        case "false": return false
        case nil, "true": return true
        case .some(let text): throw QueueError.invalidInput("\(name) is '\(text)'; it must be true or false")
        }
    }

    func integer<Number: FixedWidthInteger>(_ name: String, in range: ClosedRange<Number>) throws -> Number? {
        guard let text = self.value(name) else { return nil }
        guard let number = Number(text), range.contains(number) else {
            throw QueueError.invalidInput(
                "\(name) is '\(text)'; it must be a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// `next` of the page before.
    func cursor() throws -> JobCursor? {
        guard let text = self.value("cursor") else { return nil }
        guard let cursor = JobCursor(text: text) else {
            throw QueueError.invalidInput("cursor is '\(text)'; it must be the `next` of the page before")
        }
        return cursor
    }

    func refuseUnknown(besides known: Set<String>) throws {
        guard let unknown = self.pairs.first(where: { !known.contains($0.name) }) else { return }
        let names = known.sorted().joined(separator: ", ")
        throw QueueError.invalidInput(
            "there is no parameter '\(unknown.name)'; this route knows \(names.isEmpty ? "none" : names)"
        )
    }
}

/// `%XX` of RFC 3986, on the bytes of UTF-8.
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                // The dot too: an id "." or ".." would otherwise be a step in the path.
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return encoded
    }

    /// - Parameter plusIsSpace: as in a query; in a path a plus is a plus.
    static func decode(_ text: Substring, plusIsSpace: Bool = false) throws -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte == UInt8(ascii: "+") && plusIsSpace ? UInt8(ascii: " ") : byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(Self.hexValue), let low = rest.popFirst().flatMap(Self.hexValue)
            else { throw QueueError.invalidInput("'\(text)' is not percent-encoded as it should be") }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw QueueError.invalidInput("'\(text)' does not decode to UTF-8")
        }
        return decoded
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }
}
