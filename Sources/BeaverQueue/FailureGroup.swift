/// Failures of one kind: the same action and ending, and the same error once digits and ids are folded to `#`.
public struct FailureGroup: Sendable, Equatable, Codable {
    /// That all of them share.
    public var action: String
    /// How the last run ended: `exit 1`, `killed by SIGKILL`, `time-out`, `interrupted`.
    public var ending: String
    /// The folded text.
    public var error: String
    /// How many of them are dead.
    public var dead: Int
    /// Failed and waiting to be run again.
    public var waiting: Int
    /// When the first of them failed, in milliseconds since 1970 UTC.
    public var firstAt: Int64
    /// When the last of them failed, in milliseconds since 1970 UTC.
    public var lastAt: Int64
    /// Ids of up to 3 of them.
    public var examples: [String]
    /// Matches exactly these jobs now.
    public var filter: JobFilter
    /// Folds everything that makes it one group; `JobFilter.group` takes it.
    public var key: String { "\(self.action): \(self.ending): \(self.error)" }

    package init(
        action: String,
        ending: String,
        error: String,
        dead: Int,
        waiting: Int,
        firstAt: Int64,
        lastAt: Int64,
        examples: [String],
        filter: JobFilter
    ) {
        self.action = action
        self.ending = ending
        self.error = error
        self.dead = dead
        self.waiting = waiting
        self.firstAt = firstAt
        self.lastAt = lastAt
        self.examples = examples
        self.filter = filter
    }

    private enum CodingKeys: String, CodingKey {
        case action, ending, error, dead, waiting
        case firstAt = "first"
        case lastAt = "last"
        case examples, filter
    }
}
