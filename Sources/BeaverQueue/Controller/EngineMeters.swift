/// What the engine measures of its own work; nothing is decided by it.
package struct EngineMeters: Sendable {
    package internal(set) var activity = ActivityMeter()
    /// From due to started.
    package internal(set) var wait = RecentDurations()
    /// From started to ended.
    package internal(set) var run = RecentDurations()
    /// From accepted to completed.
    package internal(set) var latency = DurationHistogram()
    package internal(set) var snapshot = DurationHistogram()
    /// By action number.
    package internal(set) var runByAction: [DurationHistogram?] = []

    mutating func noteDispatch(_ slot: JobSlot, _ now: EngineTime) {
        self.wait.observe(microseconds: (now.wallMilliseconds - slot.time) * 1_000, at: now)
    }

    mutating func noteEnd(_ run: RunTable.Run, isCompleted: Bool, _ now: EngineTime) {
        let microseconds = (now.bootNanoseconds - run.startedBootNanoseconds) / 1_000
        self.run.observe(microseconds: microseconds, at: now)
        let action = Int(run.action)
        while self.runByAction.count <= action { self.runByAction.append(nil) }
        if self.runByAction[action] == nil { self.runByAction[action] = DurationHistogram() }
        self.runByAction[action]?.observe(microseconds: microseconds)
        guard isCompleted, let enqueuedAt = run.enqueuedAt else { return }
        self.latency.observe(microseconds: (now.wallMilliseconds - enqueuedAt) * 1_000)
    }
}
