/// Which process ids our own runs' leaders were given lately.
///
/// A search for what a run left behind goes through the ids that were given since its leader's. Nearly all of them are the
/// leaders of runs beside it, alive or gone; whose they are need not be asked of the kernel, which would cost a tenth of what
/// starting a program does.
final class RecentLeaders: Sendable {
    private struct Leader {
        var processID: Int32 = 0
        var startedNanoseconds: Int64 = 0
    }

    /// So many ids in a row have each a place of their own; a power of two.
    static let capacity = 2_048

    private let leaders = Lock([Leader](repeating: Leader(), count: RecentLeaders.capacity))

    func note(_ processID: Int32, startedNanoseconds: Int64) {
        self.leaders.withLock {
            $0[Self.place(of: processID)] = Leader(processID: processID, startedNanoseconds: startedNanoseconds)
        }
    }

    /// Those of the ids that no leader was given at or after `nanoseconds`.
    ///
    /// Ids come round again: an earlier leader may have had the id of what is a stranger now.
    func strangers(among processIDs: ClosedRange<Int32>, since nanoseconds: Int64) -> [Int32] {
        self.leaders.withLock { leaders in
            processIDs.filter {
                let leader = leaders[Self.place(of: $0)]
                return leader.processID != $0 || leader.startedNanoseconds < nanoseconds
            }
        }
    }

    private static func place(of processID: Int32) -> Int { Int(processID) & (self.capacity - 1) }
}
