internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What happens between the end of a program and the end of its run.
///
/// The leader's exit status is the result. What it started and left behind is killed: its group at once, while the
/// unreaped leader keeps the group's id from becoming anyone else's, then processes that carry the run's marker wherever
/// they are. The run ends when all of them are gone; one that does not go keeps its run, and so its worker, occupied.
extension ProcessLoop {
    /// A pipe holds at most 1 MiB unless root allows more.
    static let pipeLimitBytes = 1 << 20
    /// Ids younger than this cannot have come round again: that would take 32,768 new processes.
    private static let idsInOrderNanoseconds: Int64 = 500_000_000
    /// Up to so many ids are looked at one by one; for more, listing /proc is cheaper.
    private static let idsOneByOne: Int32 = 512

    /// Looks, 14 ms in all, after which /proc is searched whether those left only wait to be reaped.
    ///
    /// Members of a group end within microseconds of their SIGKILL, but in many containers nobody hurries to reap them.
    private static let looksForReaping = 3

    /// A process that hangs half way between two programs, whosever it is, does not hold up runs for longer.
    private static let looksForUndecided = 8

    /// What a search for survivors is worth.
    private enum Search {
        case complete
        /// A process could not say whose it is.
        case undecided
        /// There was no descriptor to look with: whatever is left of the runs was not seen.
        case blind
    }

    func leaderMayHaveEnded(_ run: ProcessRun) {
        guard run.end == nil, let end = run.group.leaderEnd() else { return }
        // If someone else has reaped the leader, its id may be anyone's; the search by marker is left.
        if end != .unknown { run.group.signal(SIGKILL) }
        run.end = end
        run.group.reapLeader()
        self.watched.close(run.group.leaderDescriptor)
        self.readOutput(of: run, limitBytes: Self.pipeLimitBytes)
        self.lookingAt.append(run.launch.token)
    }

    /// Ends the runs of which nothing is left, and comes back to the others.
    ///
    /// One search serves all of them.
    func lookAtRemains() {
        if self.lookingAt.isEmpty { return }
        let runs = self.lookingAt.compactMap { self.runs[$0] }
        self.lookingAt.removeAll(keepingCapacity: true)
        let search = self.killSurvivors(of: runs)
        for run in runs {
            run.lookCount += 1
            let survivors = run.survivors.filter { !MarkedProcesses.hasEnded($0) }
            for descriptor in run.survivors where !survivors.contains(descriptor) { SystemCall.close(descriptor) }
            // Nobody found now and all those found before gone: nobody is left who could have forked.
            let isSure = search == .complete || search == .undecided && run.lookCount > Self.looksForUndecided
            let isClear = run.survivors.isEmpty && isSure
            run.survivors = survivors
            if isClear && run.group.isGone(lookingClosely: run.lookCount > Self.looksForReaping) {
                self.end(run)
            } else {
                self.visit(run.launch.token, afterMilliseconds: min(1 << Int64(min(run.lookCount, 8)), 200))
            }
        }
    }

    private func end(_ run: ProcessRun) {
        self.readOutput(of: run, limitBytes: Self.pipeLimitBytes)
        self.runs[run.launch.token] = nil
        run.ended(run.finish())
    }

    private func killSurvivors(of runs: [ProcessRun]) -> Search {
        var search = Search.complete
        var byToken: [UInt64: ProcessRun] = [:]
        for run in runs { byToken[run.launch.token] = run }
        let oldestStart = runs.lazy.map(\.startedNanoseconds).min() ?? 0
        var newest = self.newestProcess.id()
        guard let candidates = self.candidates(for: runs, oldestStart: oldestStart, newest: newest) else {
            return .blind
        }
        for processID in candidates { self.killSurvivor(processID, of: byToken, &search) }
        // What was born during the search.
        for _ in 0..<4 {
            guard let before = newest, let after = self.newestProcess.id(), before < after else { break }
            // A storm of new processes: look again at all of them.
            if after - before > Self.idsOneByOne { return search == .blind ? .blind : .undecided }
            for processID in self.leaders.strangers(among: before + 1...after, since: oldestStart) {
                self.killSurvivor(processID, of: byToken, &search)
            }
            newest = after
        }
        return search
    }

    /// Which processes may belong to these runs.
    ///
    /// A descendant is younger than its leader and so has a greater id, unless the ids have come round meanwhile. On
    /// most machines that leaves a handful after a short run, and next to none without the leaders of runs beside it; reading
    /// the environment of every process each time would cost more than starting a program does.
    private func candidates(for runs: [ProcessRun], oldestStart: Int64, newest: Int32?) -> [Int32]? {
        let smallest = runs.lazy.map(\.group.leaderProcessID).min() ?? 0
        let isInOrder = BootClock.now().bootNanoseconds - oldestStart < Self.idsInOrderNanoseconds
        if isInOrder, let newest, newest >= smallest, newest - smallest <= RecentLeaders.capacity {
            if newest == smallest { return [] }
            let strangers = self.leaders.strangers(among: smallest + 1...newest, since: oldestStart)
            if strangers.count <= Self.idsOneByOne { return strangers }
            return MarkedProcesses.all()?.filter { $0 > smallest }
        }
        let live = Set(self.runs.values.lazy.filter { $0.end == nil }.map(\.group.leaderProcessID))
        return MarkedProcesses.all()?.filter { !live.contains($0) }
    }

    private func killSurvivor(_ processID: Int32, of runs: [UInt64: ProcessRun], _ search: inout Search) {
        func note(_ outcome: Search) {
            if search != .blind { search = outcome }
        }
        switch self.marked.mark(of: processID) {
        case .none: return
        case .undecided: note(.undecided)
        case .unseen: note(.blind)
        case .token(let token):
            guard let run = runs[token] else { return }
            switch self.marked.hold(processID, token: token) {
            case .descriptor(let descriptor):
                // It may have ended by itself meanwhile, which is as good.
                _ = cbeaver_pidfd_signal(descriptor, SIGKILL)
                run.survivors.append(descriptor)
            case .gone: note(.undecided)
            case .unseen: note(.blind)
            }
        }
    }
}
