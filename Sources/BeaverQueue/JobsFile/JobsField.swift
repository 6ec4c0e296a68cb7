/// The fields that an entry of a jobs file may have.
enum JobsField: Int, CaseIterable {
    case id
    case payload
    case action
    case timeout
    case maxRetry
    case priority
    case delay
    case runAt
    case once
    case cwd
    case env
    case command
    // Refused by name, because a file that asks for them means something that would not happen.
    case after
    case cron

    var name: String {
        switch self {
        case .id: "id"
        case .payload: "payload"
        case .action: "action"
        case .timeout: "timeout_ms"
        case .maxRetry: "max_retry"
        case .priority: "priority"
        case .delay: "delay_ms"
        case .runAt: "run_at"
        case .once: "once"
        case .cwd: "cwd"
        case .env: "env"
        case .command: "command"
        case .after: "after"
        case .cron: "cron"
        }
    }

    /// Names offered when an unknown one was meant to be another.
    static let usable = Self.allCases.filter { $0 != .after && $0 != .cron }.map(\.name)

    /// The only field whose name could begin like this key; one comparison then decides.
    private static func candidate(length: Int, first: UInt8) -> JobsField? {
        switch (length, first) {
        case (2, UInt8(ascii: "i")): .id
        case (3, UInt8(ascii: "c")): .cwd
        case (3, UInt8(ascii: "e")): .env
        case (4, UInt8(ascii: "o")): .once
        case (4, UInt8(ascii: "c")): .cron
        case (5, UInt8(ascii: "a")): .after
        case (6, UInt8(ascii: "a")): .action
        case (6, UInt8(ascii: "r")): .runAt
        case (7, UInt8(ascii: "p")): .payload
        case (7, UInt8(ascii: "c")): .command
        case (8, UInt8(ascii: "p")): .priority
        case (8, UInt8(ascii: "d")): .delay
        case (9, UInt8(ascii: "m")): .maxRetry
        case (10, UInt8(ascii: "t")): .timeout
        default: nil
        }
    }

    /// The field with this name, nil if there is none.
    static func named(_ key: JSONString, in bytes: Span<UInt8>) -> JobsField? {
        if key.hasEscapes { return Self.allCases.first { key.equals($0.name, in: bytes) } }
        guard key.count > 0, let field = Self.candidate(length: key.count, first: bytes[key.start]),
            key.equals(field.name, in: bytes)
        else { return nil }
        return field
    }
}

/// Which fields an entry has shown so far.
struct JobsFieldSet {
    private var bits: UInt32 = 0

    func contains(_ field: JobsField) -> Bool { self.bits & (1 << UInt32(field.rawValue)) != 0 }

    /// False if the field was there before.
    mutating func insert(_ field: JobsField) -> Bool {
        if self.contains(field) { return false }
        self.bits |= 1 << UInt32(field.rawValue)
        return true
    }
}
