/// The time-out loop: runs that are too long, cancelled, or in the way of a stop are told to end, then ended.
extension Engine {
    func checkDeadlines() {
        // Handlers go on while this process is stopped; whatever they did meanwhile is heard before they are judged.
        guard self.heldSince == nil else { return }
        while let worker = self.runs.popDeadline(self.now.bootMilliseconds), let run = self.runs.runs[worker] {
            switch run.phase {
            case .starting: break
            case .running: self.end(worker, .timeout)
            case .ending(let reason): self.kill(worker, reason)
            case .killed:
                self.runs.update(worker) { $0.isStuck = true }
                let name = self.manager.actionNames[Int(run.action)]
                self.log(.error, "a run of \(name) did not end when it was killed; its worker slot is stuck")
            }
        }
    }

    /// This process is about to be stopped, as by Ctrl-Z: until `goOn` no run is found too long.
    func hold(_ now: EngineTime) { self.heldSince = self.heldSince ?? now.bootMilliseconds }

    /// It runs again: every run has as much time left as it had then.
    func goOn(_ now: EngineTime) {
        guard let since = self.heldSince else { return }
        let held = max(0, now.bootMilliseconds - since)
        self.heldSince = nil
        for worker in self.runs.workers {
            self.runs.postpone(worker, milliseconds: held)
            self.runs.update(worker) { run in
                guard let limit = run.limits.timeoutMilliseconds, limit > 0 else { return }
                run.limits.timeoutMilliseconds = UInt32(clamping: Int64(limit) + held)
            }
        }
        if case .draining(let until) = self.lifecycle { self.lifecycle = .draining(until: until + held) }
    }

    /// SIGTERM, then SIGKILL after the grace period.
    func end(_ worker: Int, _ reason: StopReason) {
        guard let run = self.runs.runs[worker] else { return }
        switch run.phase {
        case .ending where reason == .cancel:
            // It is on its way out for another reason; what was answered to the operator holds.
            self.runs.update(worker) { $0.phase = .ending(.cancel) }
        case .killed where reason == .cancel:
            self.runs.update(worker) { $0.phase = .killed(.cancel) }
        case .ending, .killed:
            return
        case .starting where !run.isHandedOut:
            // Nothing was started: it ends here and now.
            self.runs.update(worker) { $0.phase = .ending(reason) }
            self.runEnded(worker, run.token, RunResult(.failed, error: ""))
        case .starting, .running:
            self.runs.update(worker) { $0.phase = .ending(reason) }
            self.runs.setDeadline(worker, self.now.bootMilliseconds + self.settings.worker.graceMilliseconds)
            self.effects.append(.stop(worker: worker, token: run.token, .terminate, because: reason))
        }
    }

    func kill(_ worker: Int, _ reason: StopReason) {
        guard let run = self.runs.runs[worker] else { return }
        self.runs.update(worker) { $0.phase = .killed(reason) }
        self.runs.setDeadline(worker, self.now.bootMilliseconds + 10_000)
        self.effects.append(.stop(worker: worker, token: run.token, .kill, because: reason))
    }

    func drain(now isNow: Bool) {
        switch self.lifecycle {
        case .running, .recovering:
            let wait = isNow ? 0 : self.settings.worker.drainTimeoutMilliseconds
            self.lifecycle = .draining(until: self.now.bootMilliseconds + wait)
            self.log(.info, "stopping: \(self.runs.count) running, nothing more is started")
        case .draining where isNow:
            self.lifecycle = .draining(until: self.now.bootMilliseconds)
        case .draining, .closing, .finished, .failed:
            break
        }
        guard isNow else { return }
        for worker in self.runs.workers {
            self.end(worker, .drain)
            if let run = self.runs.runs[worker], case .ending(let reason) = run.phase { self.kill(worker, reason) }
        }
    }

    /// One step further in an orderly stop.
    func drainStep() {
        switch self.lifecycle {
        case .draining(let until):
            if self.runs.count > 0 {
                guard self.now.bootMilliseconds >= until else { return }
                for worker in self.runs.workers { self.end(worker, .drain) }
                // A stuck run stays in flight: the next start counts it as interrupted.
                guard self.runs.count == self.runs.givenUpCount else { return }
            }
            self.lifecycle = .closing(isCleanStopWritten: false)
            self.refuseAwaitingSpace(.draining)
            self.requestFinalSnapshot()
            self.considerSnapshot()
            self.drainStep()
        case .closing(let isCleanStopWritten):
            self.commit.urge(self.commit.appendedSequence, whateverThePolicy: true)
            guard self.commit.isSettled, !self.snapshots.isBusy else { return }
            if isCleanStopWritten {
                self.lifecycle = .finished
                self.effects.append(.finished)
                return
            }
            if let frame = self.commit.nextWatermark(
                .cleanStop,
                fingerprint: self.manager.fingerprint,
                epoch: self.manager.epoch,
                now: self.now
            ) {
                self.lifecycle = .closing(isCleanStopWritten: true)
                self.effects.append(.write(frame, marks: []))
            }
        case .recovering, .running, .finished, .failed:
            break
        }
    }
}
