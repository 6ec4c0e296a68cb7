/// Which snapshots to keep, and how much log that makes superfluous.
///
/// Pure.
enum SnapshotSelection {
    struct Decision: Equatable {
        /// To delete, oldest first.
        var retire: [UInt64]
        /// Log up to here is not needed: the second newest snapshot covers it, so that the newest may turn out damaged.
        var releaseThrough: UInt64
    }

    /// `sequences` of whole snapshots, ascending.
    static func decide(_ sequences: [UInt64], retentionCount: Int) -> Decision {
        let retire = Array(sequences.dropLast(max(2, retentionCount)))
        return Decision(retire: retire, releaseThrough: sequences.count >= 2 ? sequences[sequences.count - 2] : 0)
    }
}
