/// The result loop: runs that ended become the job's next state.
extension Engine {
    func runEnded(_ worker: Int, _ token: UInt64, _ result: RunResult) {
        guard let run = self.runs.run(worker, token: token) else {
            // Rule 4: another token is the current one, so this result changes nothing.
            self.lateResults += 1
            self.log(.warning, "a late result of token \(token) was refused: \(result.error)")
            return
        }
        self.runs.remove(worker)
        self.ready.ended(run.action, self.manager.slots)
        let end = Event.EndOfRun(
            token: token,
            exitStatus: result.exitStatus,
            error: result.error,
            outputTail: result.outputTail
        )
        if !result.ending.isBeforeStart { self.meters.noteEnd(run, isCompleted: result.ending == .completed, self.now) }
        switch run.phase {
        case .ending(let reason), .killed(let reason): self.ended(run, end, result.ending, after: reason)
        case .starting, .running: self.ended(run, end, result.ending)
        }
    }

    private func ended(
        _ run: RunTable.Run,
        _ end: Event.EndOfRun,
        _ ending: RunResult.Ending,
        after reason: StopReason
    ) {
        var end = end
        switch reason {
        case .cancel:
            if end.error.isEmpty { end.error = "cancelled" }
            let (sequence, _) = self.record(.cancel(run.reference, end), slot: run.slot)
            self.commit.urge(sequence)
        case .timeout:
            let limit = run.limits.timeoutMilliseconds ?? 0
            let last = end.error.isEmpty ? "" : ": \(end.error)"
            end.error = "timed out after \(limit) ms\(last)"
            self.failed(run, end, isTimeout: true)
        case .drain:
            end.error = "ended by an orderly stop"
            // A job marked `once` that was started is never started again; one that was not has not run.
            if self.manager.slots[run.slot].isOnce, run.isHandedOut, !ending.isBeforeStart {
                end.error = "interrupted by an orderly stop, may have run"
                let (sequence, _) = self.record(.dead(run.reference, end), slot: run.slot)
                self.commit.urge(sequence)
            } else {
                self.giveBack(run, end, delay: 0)
            }
        }
    }

    private func ended(_ run: RunTable.Run, _ end: Event.EndOfRun, _ ending: RunResult.Ending) {
        switch ending {
        case .completed:
            self.failuresInARow[run.action] = nil
            let (sequence, _) = self.record(.ack(run.reference, end, isSimulated: run.isSimulated), slot: run.slot)
            self.commit.urge(sequence)
        case .failed:
            self.failed(run, end, isTimeout: false)
        case .failedPermanently:
            self.countFailure(run.action, end)
            self.record(.dead(run.reference, end), slot: run.slot)
            self.commit.urge(self.commit.appendedSequence)
        case .notStarted:
            let delay = 10 + Int64(self.random.next() % 1_000)
            self.noteNotStarted(end.error)
            self.giveBack(run, end, delay: delay)
        case .cannotStart:
            self.park(run.action, because: end.error)
            self.giveBack(run, end, delay: 0)
        }
    }

    /// RETRY or DEAD is decided with the limits of this moment and recorded, jitter included.
    private func failed(_ run: RunTable.Run, _ end: Event.EndOfRun, isTimeout: Bool) {
        self.countFailure(run.action, end)
        let slot = self.manager.slots[run.slot]
        let maxRetry = Int(run.limits.maxRetry ?? self.settings.worker.maxRetry)
        // Runs that a crash of the queue ended have a budget of their own.
        let failures = slot.runs - slot.interruptions
        guard failures <= maxRetry, !slot.isOnce else {
            let (sequence, _) = self.record(.dead(run.reference, end), slot: run.slot)
            self.commit.urge(sequence)
            return
        }
        let backoff = Backoff(
            baseMilliseconds: self.settings.worker.backoffBaseMilliseconds,
            maxMilliseconds: self.settings.worker.backoffMaxMilliseconds,
            jitter: self.settings.worker.backoffJitter
        )
        let delay = backoff.delayMilliseconds(failures: failures, randomBits: self.random.next())
        let due = self.now.wallMilliseconds + delay
        self.record(
            isTimeout
                ? .timeout(run.reference, end, due: due, delay: delay)
                : .retry(run.reference, end, due: due, delay: delay),
            slot: run.slot
        )
        self.wait(run.slot, isFresh: true)
    }

    /// The run consumed nothing: the job goes back to where it was in line.
    private func giveBack(_ run: RunTable.Run, _ end: Event.EndOfRun, delay: Int64) {
        let due = self.now.wallMilliseconds + delay
        self.record(.interrupted(run.reference, end, isFree: true, due: due, delay: delay), slot: run.slot)
        self.wait(run.slot, isFresh: true)
    }

    /// Rule 8: a handler that cannot start parks its action and is tried again.
    private func park(_ action: UInt16, because reason: String) {
        guard self.policies[Int(action)].parkedBecause == nil else { return }
        self.policies[Int(action)].parkedBecause = reason
        self.probeTimes[action] = self.now.bootMilliseconds + Self.probeMilliseconds
        self.applyPolicy(action)
        self.log(.warning, "action \(self.manager.actionNames[Int(action)]) is parked: \(reason)")
    }

    private static let probeMilliseconds: Int64 = 5_000

    private func countFailure(_ action: UInt16, _ end: Event.EndOfRun) {
        let count = (self.failuresInARow[action] ?? 0) + 1
        self.failuresInARow[action] = count
        guard let limit = self.policies[Int(action)].pauseOnFailures, count >= limit,
            self.policies[Int(action)].parkedBecause == nil
        else { return }
        self.pausedByFailures.insert(action)
        self.policies[Int(action)].parkedBecause =
            "paused after \(count) failures in a row, the last: \(end.error). `beaver-tui workers resume` lets it go on"
        self.applyPolicy(action)
        self.log(.warning, "action \(self.manager.actionNames[Int(action)]) is paused after \(count) failures in a row")
    }
}

extension RunResult.Ending {
    /// Nothing of the handler ran.
    fileprivate var isBeforeStart: Bool {
        switch self {
        case .notStarted, .cannotStart: true
        case .completed, .failed, .failedPermanently: false
        }
    }
}
