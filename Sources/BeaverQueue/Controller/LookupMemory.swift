/// What lookups remember from one question to the next, all of it bounded, none of it needed.
final class LookupMemory: Sendable {
    /// What a row says of a job's ENQUEUE record; by its sequence number, which never means anything else.
    struct Body: Sendable {
        var id: String
        var work: String
        var enqueuedAt: Int64
    }

    /// What a row says of the end of a job's last run; by the job's last record.
    struct End: Sendable {
        var ending: JobRun.Ending?
        var error: String?
        var exitStatus: Int?
        var startedAt: Int64?
    }

    let bodies = Lock(RecentValues<UInt64, Body>(limit: 4_096))
    let ends = Lock(RecentValues<UInt64, End>(limit: 4_096))
    let orders = Lock<[EnqueueOrder]>([])
    let windows = Lock<[ViewRequest.List: ListWindow]>([:])
    let failures = Lock(FailureTable())
    let selections = Lock(Selections())
    let redaction: Lock<Redaction>

    init(_ redaction: Redaction) { self.redaction = Lock(redaction) }

    /// What was said by the old one is said anew.
    func setRedaction(_ redaction: Redaction) {
        self.redaction.withLock { $0 = redaction }
        self.bodies.withLock { $0 = RecentValues(limit: 4_096) }
        self.ends.withLock { $0 = RecentValues(limit: 4_096) }
        self.failures.withLock { $0 = FailureTable() }
    }
}

/// A cache of two generations: what was not asked for during the last `limit` new values is gone.
struct RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var new: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func value(_ key: Key) -> Value? {
        if let value = self.new[key] { return value }
        guard let value = self.old[key] else { return nil }
        self.set(key, value)
        return value
    }

    mutating func set(_ key: Key, _ value: Value) {
        if self.new.count >= self.limit {
            self.old = self.new
            self.new = [:]
        }
        self.new[key] = value
    }
}

/// A stretch of the jobs in ENQUEUE order, found by one scan: all that matched after `after`, up to and with `through`.
struct EnqueueOrder: Sendable {
    var states: [JobState]
    var action: String?
    var isSimulatedOnly: Bool
    var after: UInt64
    var through: UInt64
    /// Nothing matched beyond `through`.
    var isLast: Bool
    var entries: [SmallestKeys.Entry]
    /// Nanoseconds of the boot-time clock, before the first slot was looked at.
    var begunAt: Int64

    /// Not for a list that was begun later: that one must know what has been accepted, or has changed, since.
    func answers(_ filter: JobFilter, after cursor: JobCursor, now: Int64) -> Bool {
        self.after <= cursor.enqueueSequence && cursor.enqueueSequence < self.through
            && self.begunAt >= cursor.listBegan && now - self.begunAt < 10_000_000_000
            && self.states == filter.states && self.action == filter.action
            && self.isSimulatedOnly == filter.simulatedOnly
    }
}

/// The jobs of a waiting list on both sides of a place far from its head.
struct ListWindow: Sendable {
    /// Ascending, from the place on.
    var above: [SmallestKeys.Entry]
    /// Descending, before the place.
    var below: [SmallestKeys.Entry]
    var isAboveCut: Bool
    var isBelowCut: Bool
    /// How many stood before the place.
    var countBelow: Int
    var madeAt: Int64
    /// How long making it took.
    var milliseconds: Int64

    /// The first entry at or after the key in one row, and how many stand before it.
    func index(of key: UInt64) -> Int {
        key < (self.above.first?.key ?? .max)
            ? -self.below.prefix { $0.key >= key }.count : self.above.prefix { $0.key < key }.count
    }

    func entry(_ index: Int) -> SmallestKeys.Entry? {
        if index >= 0 { return index < self.above.count ? self.above[index] : nil }
        return -index - 1 < self.below.count ? self.below[-index - 1] : nil
    }

    /// Whether all rows around the key are in it, and it is not out of date.
    func answers(_ key: UInt64, before: Int, count: Int, now: Int64) -> Bool {
        guard now - self.madeAt < max(1_000, 20 * self.milliseconds) else { return false }
        let index = self.index(of: key)
        guard index >= -self.below.count, index <= self.above.count else { return false }
        let hasBefore = !self.isBelowCut || index - before >= -self.below.count
        let hasAfter = !self.isAboveCut || index + count <= self.above.count
        return hasBefore && hasAfter
    }
}

/// Jobs collected for bulk actions, the newest sixteen collections for ten minutes each.
struct Selections: Sendable {
    struct Job: Sendable {
        var reference: JobReference
        var lastSequence: UInt64
    }

    private struct Entry: Sendable {
        var token: String
        var jobs: [Job]
        var madeAt: Int64
    }

    private var entries: [Entry] = []

    static let unknown = QueueError(
        .notFound,
        "this selection is no longer known: it is kept for ten minutes. Select again"
    )
    static let kept = 16
    static let keptMilliseconds: Int64 = 600_000

    mutating func add(_ jobs: [Job], token: String, now: Int64) {
        self.entries.removeAll { now - $0.madeAt >= Self.keptMilliseconds }
        if self.entries.count >= Self.kept { self.entries.removeFirst() }
        self.entries.append(Entry(token: token, jobs: jobs, madeAt: now))
    }

    func jobs(_ token: String, now: Int64) -> [Job]? {
        self.entries.first { $0.token == token && now - $0.madeAt < Self.keptMilliseconds }?.jobs
    }
}
