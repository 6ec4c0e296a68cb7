/// The machine cannot start a process for now: no descriptors, no process ids, no memory.
///
/// That says nothing about the job that met it. Without this, each of a million waiting jobs would be tried in turn as
/// fast as the log can write down that it was not started. So all starts rest for a moment, then one job is tried, and
/// the rest grows from one failure to the next; a try of which nothing bad was heard within one rest ends it.
struct StartShortage: Equatable {
    static let shortestMilliseconds: Int64 = 8
    static let longestMilliseconds: Int64 = 1_000
    /// A rest that long is worth telling: before it, the queue may be well again before anyone has looked.
    private static let noticeableMilliseconds: Int64 = 250

    enum Permission: Equatable {
        case none
        case oneTry
        /// It is over.
        case all
    }

    private(set) var reason: String
    private var rest = Self.shortestMilliseconds
    /// Boot-time milliseconds before which nothing is started.
    private(set) var until: Int64
    private var isTried = false

    init(reason: String, now: Int64) {
        self.reason = reason
        self.until = now + Self.shortestMilliseconds
    }

    var isNoticeable: Bool { self.rest >= Self.noticeableMilliseconds }

    /// Another start failed; several that were under way together count as one.
    mutating func failedAgain(reason: String, now: Int64) {
        self.reason = reason
        if self.isTried { self.rest = min(self.rest * 2, Self.longestMilliseconds) }
        self.isTried = false
        self.until = now + self.rest
    }

    func permission(now: Int64) -> Permission {
        if now < self.until { return .none }
        return self.isTried ? .all : .oneTry
    }

    mutating func tried(now: Int64) {
        self.isTried = true
        self.until = now + self.rest
    }
}

extension Engine {
    /// A run could not be started: it consumed nothing, and the machine is given a moment.
    func noteNotStarted(_ reason: String) {
        let now = self.now.bootMilliseconds
        if self.startShortage?.reason != reason { self.log(.warning, "\(reason); tried again until it goes") }
        if self.startShortage == nil {
            self.startShortage = StartShortage(reason: reason, now: now)
        } else {
            self.startShortage?.failedAgain(reason: reason, now: now)
        }
    }

    /// How many jobs may be started now.
    func startsAllowed() -> Int {
        guard let shortage = self.startShortage else { return Int.max }
        switch shortage.permission(now: self.now.bootMilliseconds) {
        case .none: return 0
        case .oneTry: return 1
        case .all:
            if shortage.isNoticeable { self.log(.info, "jobs can be started again") }
            self.startShortage = nil
            return Int.max
        }
    }
}
