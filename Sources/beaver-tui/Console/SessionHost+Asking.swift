import BeaverConsole
import BeaverQueue

/// What a server that was killed knows of the jobs whose acceptance this console was told.
extension SessionHost {
    private static let idsAtOnce = 1_000
    /// While the server does not answer: so many tries, each after the pause.
    private static let maxTries = 60

    func askOwn(_ progress: @escaping @Sendable (OwnAccount) -> Void) async {
        let (ids, done, number) = self.state.withLock { state in
            state.asking += 1
            return (state.ownIDs, state.ownDone, state.asking)
        }
        var account = OwnAccount(total: ids.count)
        let began = ContinuousClock.now
        var shown = began
        var tries = 0
        while account.asked < ids.count, account.stage == .going {
            guard self.state.withLock({ $0.asking }) == number else {
                account.stage = .ended
                break
            }
            let slice = Array(ids[account.asked..<min(ids.count, account.asked + Self.idsAtOnce)])
            let asked = ContinuousClock.now
            do throws(QueueError) {
                try await self.ask(slice, done, &account)
                tries = 0
            } catch {
                tries += 1
                if error.code != .unavailable || tries >= Self.maxTries { account.stage = .failed(error.message) }
                try? await Task.sleep(for: .milliseconds(500))
            }
            account.seconds = Self.seconds(since: began)
            if account.stage == .going, ContinuousClock.now - shown > .milliseconds(200) {
                shown = ContinuousClock.now
                progress(account)
            }
            // As long as it took belongs to others.
            try? await Task.sleep(for: min(ContinuousClock.now - asked, .milliseconds(50)))
        }
        if account.stage == .going { account.stage = .complete }
        account.seconds = Self.seconds(since: began)
        progress(account)
    }

    func endAsking() async { self.state.withLock { $0.asking += 1 } }

    private func ask(_ ids: [String], _ done: [String: Int], _ account: inout OwnAccount) async throws(QueueError) {
        let known = try await self.queue.known(ids)
        var sum = account
        for (id, job) in zip(ids, known) {
            guard let job else {
                sum.missing.append(id)
                continue
            }
            guard let runs = done[id] else { continue }
            sum.done += 1
            // Of a job whose record is no longer kept the id alone is remembered, which is so of completed ones only.
            if job.state != .completed || job.runs.map({ $0 != runs }) == true { sum.doneTwice.append(id) }
        }
        // Asked after them, so that who purged them meanwhile is seen.
        if known.contains(nil) { sum.mayBeGone = Self.mayBeGone(try await self.queue.status()) }
        sum.asked += ids.count
        account = sum
    }
}
