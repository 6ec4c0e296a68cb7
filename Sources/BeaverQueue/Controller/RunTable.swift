/// The runs under way, one a worker slot.
struct RunTable {
    enum Phase: Equatable {
        /// Its DISPATCH is not in the log yet, or its payload is being read: nothing has started.
        case starting
        case running
        /// Told to end, for this reason; killed at its deadline.
        case ending(StopReason)
        /// SIGKILL was sent; should end at once.
        case killed(StopReason)
    }

    struct Run: Equatable {
        var token: UInt64
        var slot: UInt32
        var reference: JobReference
        var action: UInt16
        var phase: Phase
        var limits: RunLimits
        /// Its job is completed without work.
        var isSimulated = false
        /// When its handler was started; until then, when it was dispatched.
        var startedBootNanoseconds: Int64 = 0
        /// When its job was accepted, in wall milliseconds, once that was read.
        var enqueuedAt: Int64?
        var isHandedOut = false
        /// Was killed and has not ended within ten seconds: a stop no longer waits for it.
        var isStuck = false
    }

    private(set) var runs: [Run?] = []
    /// The smallest number is used first, so that a list by worker is short and stands still.
    private var free = MinHeap<Int>()
    private var deadlines = IndexedHeap<Int64>()
    private(set) var count = 0
    /// Slots that may be used; a smaller number lets the runs above it end.
    private(set) var limit = 0

    var nextDeadline: Int64? { self.deadlines.first?.key }
    var hasFreeSlot: Bool { self.count < self.limit }

    mutating func setLimit(_ limit: Int) { self.limit = limit }

    mutating func insert(_ run: Run) -> Int {
        self.count += 1
        if let worker = self.free.removeMin() {
            self.runs[worker] = run
            return worker
        }
        self.runs.append(run)
        return self.runs.count - 1
    }

    func run(_ worker: Int, token: UInt64) -> Run? {
        guard self.runs.indices.contains(worker), let run = self.runs[worker], run.token == token else { return nil }
        return run
    }

    mutating func update(_ worker: Int, _ change: (inout Run) -> Void) {
        guard var run = self.runs[worker] else { return }
        change(&run)
        self.runs[worker] = run
    }

    mutating func setDeadline(_ worker: Int, _ bootMilliseconds: Int64?) {
        self.deadlines.set(worker, bootMilliseconds)
    }

    mutating func postpone(_ worker: Int, milliseconds: Int64) {
        if let deadline = self.deadlines.key(of: worker) { self.deadlines.set(worker, deadline + milliseconds) }
    }

    mutating func remove(_ worker: Int) {
        self.runs[worker] = nil
        self.deadlines.set(worker, nil)
        self.free.insert(worker)
        self.count -= 1
    }

    /// The worker whose deadline has passed, its deadline taken away.
    mutating func popDeadline(_ bootMilliseconds: Int64) -> Int? {
        guard let first = self.deadlines.first, first.key <= bootMilliseconds else { return nil }
        self.deadlines.set(first.number, nil)
        return first.number
    }

    var workers: [Int] { self.runs.indices.filter { self.runs[$0] != nil } }

    func worker(of slot: UInt32) -> Int? { self.runs.firstIndex { $0?.slot == slot } }

    /// Runs that a stop need not wait for.
    var givenUpCount: Int { self.runs.count { $0?.isStuck == true } }

    /// Slots held by runs that were killed and have not ended.
    var stuckCount: Int {
        self.runs.reduce(0) { count, run in
            if case .killed = run?.phase { count + 1 } else { count }
        }
    }
}
