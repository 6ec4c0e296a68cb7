import BeaverConsole
import BeaverQueue
import FoundationEssentials
import Glibc
import Logging

/// Crashes on purpose, and what is found afterwards.
extension SessionHost {
    func crashFacts() async -> CrashFacts {
        var facts = CrashFacts()
        facts.isDemo = self.isDemo
        let life = self.state.withLock { $0.life }
        facts.isEmbedded = life != nil
        if let status = try? await self.queue.status() {
            facts.storeBytes = status.wal.bytes + status.snapshot.bytes
            facts.serverPid = status.pid
            if !facts.isEmbedded { facts.whyNoSignal = ServerProcess.whyNot(status.pid, of: self.directory) }
        }
        facts.openRequests = life?.queue.openRequests
        facts.freeBytes = (try? FileStorage().freeBytes(at: self.directory)) ?? 0
        facts.runningOnce = await self.runningOnce()
        return facts
    }

    /// How many jobs that run now must not run twice; nil where there are too many to ask for each.
    private func runningOnce() async -> Int? {
        let most = 100
        let request = ViewRequest(panes: [ViewRequest.Pane(.running, count: most)])
        guard let view = try? await self.queue.view(request), view.status.jobs.inFlight <= most else { return nil }
        var count = 0
        for row in view.panes.first?.rows ?? [] {
            if let job = try? await self.queue.job(row.id), job.once { count += 1 }
        }
        return count
    }

    func crash(_ kind: CrashKind, before: CrashBefore, addsLoad: Bool) async -> CrashOutcome {
        var outcome = CrashOutcome(kind)
        var load: CrashLoad?
        do throws(QueueError) {
            if addsLoad {
                let added = CrashLoad()
                self.remember(try await added.add(to: self.queue))
                load = added
            }
            switch kind {
            case .kill: try await self.kill(&outcome)
            case .signal: try await self.killServer(&outcome)
            case .powerCut: try await self.cutPower(&outcome)
            case .lyingDisk: try await self.lie(&outcome)
            }
        } catch {
            outcome.failure = error.message
        }
        if let load {
            self.state.withLock { $0.ownIDs.removeAll { $0.hasPrefix(load.prefix) } }
            do throws(QueueError) {
                try await load.remove(from: self.queue)
            } catch {
                self.logger.warning("the test jobs \(load.prefix)* were not removed: \(error)")
            }
        }
        return outcome
    }

    /// The engine dies between two of its steps, and another one recovers the same files.
    private func kill(_ outcome: inout CrashOutcome) async throws(QueueError) {
        guard let life = self.state.withLock({ $0.life }) else { return }
        let told = try await self.told()
        let next = try self.newLife()
        self.state.withLock { $0.isEnding = true }
        defer { self.state.withLock { $0.isEnding = false } }
        let began = ContinuousClock.now
        outcome.unanswered = await life.crash()
        // Reading the remains is the examiner's work: its time is not the engine's.
        let readBegan = ContinuousClock.now
        let done = try await self.read(&outcome, told)
        let readSeconds = Self.seconds(since: readBegan)
        do {
            try await next.open()
            try await next.start()
        } catch {
            self.fail(error)
            throw error
        }
        outcome.downSeconds = Self.seconds(since: began) - readSeconds
        self.state.withLock { state in
            state.life = next
            state.queue = next.queue
        }
        self.watch(next)
        outcome.firstJobSeconds = await self.firstJob(outcome, since: began).map { $0 - readSeconds }
        try await self.prove(&outcome, done)
    }

    /// A real SIGKILL of the server this console is attached to.
    private func killServer(_ outcome: inout CrashOutcome) async throws(QueueError) {
        let told = try await self.told()
        let server = try ServerProcess(told.pid, of: self.directory)
        let began = ContinuousClock.now
        try server.kill()
        // Reading the remains is the examiner's work, as with an engine in this process.
        let readBegan = ContinuousClock.now
        let done = try await self.read(&outcome, told)
        let waitBegan = ContinuousClock.now
        var examined = Self.seconds(since: readBegan)
        // A supervisor gets five seconds to bring it back.
        if try await self.answers(within: .seconds(5), otherThan: told.pid) {
            // It may have done so while the remains were read.
            examined = 0
        } else {
            let waited = Self.seconds(since: waitBegan)
            outcome.restartedAfterSeconds = waited
            examined += waited
            try server.startAgain(logPath: self.directory + "/server.log")
            guard try await self.answers(within: .seconds(30), otherThan: told.pid) else {
                throw QueueError(.unavailable, "the server was killed and does not come back; \(server.commandLine)")
            }
        }
        outcome.downSeconds = Self.seconds(since: began) - examined
        try await self.prove(&outcome, done)
    }

    private func answers(within limit: Duration, otherThan pid: Int32) async throws(QueueError) -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let status = try? await self.queue.status(), status.pid != pid, status.state != .recovering {
                return true
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// What the engine says of itself before it dies, once that is synced: the replay must come to the same.
    func told() async throws(QueueError) -> QueueStatus {
        let told = try await self.queue.status()
        let deadline = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < deadline {
            if try await self.queue.status().wal.syncedSequence >= told.wal.lastSequence { break }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return told
    }

    /// The files, by a reader of its own, before recovery adds its events.
    ///
    /// Returns which of the own jobs were done by then, and in how many runs.
    private func read(
        _ outcome: inout CrashOutcome,
        _ told: QueueStatus
    ) async throws(QueueError) -> [String: Int] {
        let configuration = self.values.queue
        let sequence = told.wal.lastSequence
        let ids = self.state.withLock { $0.ownIDs }
        let result: Result<Queue.Remains, QueueError> = await Blocking.run {
            do throws(QueueError) {
                return .success(try Queue.remains(configuration, at: sequence, ids: ids))
            } catch {
                return .failure(error)
            }
        }
        let remains = try result.get()
        Self.fill(&outcome, remains, told)
        return remains.done
    }

    /// When the new engine had started a job; nil where none waits or none may start.
    private func firstJob(_ outcome: CrashOutcome, since began: ContinuousClock.Instant) async -> Double? {
        let deadline = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < deadline {
            guard let status = try? await self.queue.status() else { return nil }
            if status.jobs.inFlight > 0 || status.jobs.completed > outcome.replayed.completed {
                return Self.seconds(since: began)
            }
            if status.state != .running || status.jobs.pending == 0 { return nil }
            try? await Task.sleep(for: .milliseconds(1))
        }
        return nil
    }

    static func fill(_ outcome: inout CrashOutcome, _ remains: Queue.Remains, _ told: QueueStatus) {
        let sequence = told.wal.lastSequence
        outcome.replayed = remains.jobs
        outcome.sequence = remains.lastSequence
        outcome.fingerprintSequence = sequence
        outcome.fingerprintBefore = told.fingerprint
        outcome.fingerprintReplayed = remains.fingerprintAsked ?? "record \(sequence) is not in the files"
    }

    /// Asks the new engine for everything this console was told.
    private func prove(_ outcome: inout CrashOutcome, _ done: [String: Int]) async throws(QueueError) {
        let queue = self.queue
        outcome.after = try await queue.status()
        outcome.recovery = outcome.after.recovery
        outcome.cutBytes = outcome.recovery.tornBytes
        let ids = self.state.withLock { $0.ownIDs }
        outcome.ownCount = ids.count
        if let queue = queue as? Queue {
            let mayBeGone = Self.mayBeGone(outcome.after)
            let account = try await queue.account(of: ids, done: done)
            outcome.ownChecked = ids.count - (mayBeGone ? account.missing.count : 0)
            outcome.ownMissing = mayBeGone ? [] : account.missing
            outcome.ownDone = done.count
            outcome.doneTwice = account.doneTwice
            return
        }
        // Another process is asked in pieces, while the console goes on: `askOwn`.
        self.state.withLock { $0.ownDone = done }
    }

    /// Purged and forgotten jobs are gone by right: then a missing id says nothing.
    static func mayBeGone(_ status: QueueStatus) -> Bool { status.jobs.purged + status.jobs.forgotten > 0 }

    static func seconds(since began: ContinuousClock.Instant) -> Double {
        let parts = (ContinuousClock.now - began).components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }
}
