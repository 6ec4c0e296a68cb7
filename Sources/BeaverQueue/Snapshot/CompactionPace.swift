/// Decides when the making of a snapshot rests, so that those who use the queue meanwhile hardly feel it.
///
/// A snapshot is never urgent; what it takes of processors and disk, the jobs lack. So it works for a moment and rests for
/// several, as long as others write to the log, and works on without a rest where nobody does, or where the log has grown
/// so much that a longer snapshot would cost more than it spares.
struct CompactionPace {
    /// Shorter work is not worth a look at the clock.
    static let workNanoseconds: Int64 = 1_000_000
    /// Rest for each moment of work: a snapshot then has an eighth of one processor at most.
    static let restsPerWork: Int64 = 7
    /// However long a moment of work took, on a machine that others use too.
    static let greatestRestNanoseconds: Int64 = 50_000_000

    /// Log from the begin on until which it rests.
    private let leisureBytes: Int64
    private let appendedAtBegin: Int64
    private var appendedBefore: Int64
    private var resumedAt: Int64

    init(now: Int64, appendedBytes: Int64, leisureBytes: Int64) {
        self.leisureBytes = leisureBytes
        self.appendedAtBegin = appendedBytes
        self.appendedBefore = appendedBytes
        self.resumedAt = now
    }

    /// Nanoseconds to rest now, 0 to go on; `now` is in nanoseconds too, `appendedBytes` counts all bytes of log so far.
    ///
    /// Behind the rest `resumed` is to be called.
    mutating func rest(now: Int64, appendedBytes: Int64) -> Int64 {
        let worked = now - self.resumedAt
        if worked < Self.workNanoseconds { return 0 }
        let isAlone = appendedBytes == self.appendedBefore
        self.appendedBefore = appendedBytes
        self.resumedAt = now
        if isAlone || appendedBytes - self.appendedAtBegin > self.leisureBytes { return 0 }
        return min(worked * Self.restsPerWork, Self.greatestRestNanoseconds)
    }

    mutating func resumed(now: Int64) { self.resumedAt = now }
}
