internal import Synchronization

/// The threads that do the work.
extension Controller {
    func write() {
        while let frames = self.writer.take() {
            for (frame, marks) in frames {
                guard self.write(frame, marks) else { return }
            }
        }
    }

    /// False after a failure, which is the last that is heard of the log.
    @discardableResult
    func write(_ frame: CommitFrame, _ marks: [FrameMark]) -> Bool {
        let last = frame.lastSequence
        do {
            try self.parts.log.write(frame, marks: marks)
            self.appendedBytes.add(Int64(frame.byteCount), ordering: .relaxed)
            self.inbox.post(.written(last, self.parts.log.space))
            return true
        } catch {
            self.inbox.post(.logFailed(error))
            return false
        }
    }

    func synchronize() -> EngineInput {
        let begin = self.parts.clock().bootNanoseconds
        do {
            let sequence = try self.parts.log.synchronize()
            let now = self.parts.clock()
            let microseconds = (now.bootNanoseconds - begin) / 1_000
            self.syncDurations.withLock { $0.observe(microseconds: microseconds, at: now) }
            return .synced(sequence)
        } catch {
            // Never a second fsync believed: what the first one failed to write may be gone from the cache.
            return .logFailed(error)
        }
    }

    func startRuns() {
        while let starts = self.starter.take() {
            var first = 0
            // What needs no start of its own comes in thousands: told in groups, but before the engine runs out of work.
            while first < starts.count {
                let end = min(first + 64, starts.count)
                self.begin(starts[first..<end])
                first = end
            }
        }
    }

    private func begin(_ starts: ArraySlice<StartRun>) {
        var outbox: [EngineInput] = []
        var runs: [(worker: Int, request: RunRequest)] = []
        outbox.reserveCapacity(2 * starts.count)
        for start in starts { self.prepare(start, &outbox, &runs) }
        let started = runs.isEmpty ? [] : outbox.filter { if case .runStarted = $0 { true } else { false } }
        // Before anything is started: the engine hears of a run's limits before it hears of its end.
        self.inbox.post(outbox)
        for (worker, request) in runs {
            let token = request.token
            self.parts.runner.start(request) { [inbox] result in
                inbox.post(.runEnded(worker: worker, token: token, result))
            }
        }
        // Said once more: a stop that was sent before the runner knew the run went nowhere, and is then repeated.
        if !started.isEmpty { self.inbox.post(started) }
    }

    /// Reads what is to be run, and ends at once what needs no start.
    private func prepare(
        _ start: StartRun,
        _ outbox: inout [EngineInput],
        _ runs: inout [(worker: Int, request: RunRequest)]
    ) {
        let (worker, token) = (start.worker, start.token)
        let (body, enqueuedAt): (EnqueueBody, Int64)
        do {
            (body, enqueuedAt) = try self.parts.payloads.body(of: start.enqueueSequence, id: start.id)
        } catch {
            // Damage will not mend itself; a disk that cannot be read now may be readable later.
            let ending: RunResult.Ending = error.code == .damaged ? .failedPermanently : .notStarted
            let result = RunResult(ending, error: "its payload cannot be read: \(error)")
            outbox.append(.runEnded(worker: worker, token: token, result))
            return
        }
        let limits = RunLimits(
            timeoutMilliseconds: body.timeoutMilliseconds,
            maxRetry: body.maxRetry,
            enqueuedAt: enqueuedAt
        )
        outbox.append(.runStarted(worker: worker, token: token, limits))
        if let result = self.parts.runner.immediateResult(of: start.action) {
            outbox.append(.runEnded(worker: worker, token: token, result))
            return
        }
        let timeout = body.timeoutMilliseconds ?? start.timeoutMilliseconds
        let deadline = timeout == 0 ? nil : self.parts.clock().wallMilliseconds + Int64(timeout)
        runs.append((worker, RunRequest(start, body, deadlineWallMilliseconds: deadline)))
    }

    /// One at a time: the engine asks for the next when it has heard of this one.
    func compact(_ target: CompactionTarget, retentionCount: Int) {
        do {
            try SystemThread.start("beaver-compact") {
                if !target.isHurried { SystemThread.standBack() }
                let outcome = self.parts.snapshots.compact(
                    target,
                    logDirectory: self.parts.logDirectory,
                    retentionCount: retentionCount,
                    clock: self.parts.clock,
                    rest: target.isHurried ? {} : self.rests()
                )
                switch outcome {
                case .written(let report): self.inbox.post(.snapshotWritten(report))
                case .failed(let error, let isMismatch):
                    self.inbox.post(.snapshotFailed(error, isMismatch: isMismatch))
                }
            }
        } catch {
            self.inbox.post(.snapshotFailed(error, isMismatch: false))
        }
    }

    /// Lets those who use the queue go before a snapshot, until the queue is to stop.
    private func rests() -> () -> Void {
        var pace = CompactionPace(
            now: self.parts.clock().bootNanoseconds,
            appendedBytes: self.appendedBytes.load(ordering: .relaxed),
            leisureBytes: Engine.snapshotLeisureBytes / 2
        )
        return {
            if self.isStopping.load(ordering: .relaxed) { return }
            let rest = pace.rest(
                now: self.parts.clock().bootNanoseconds,
                appendedBytes: self.appendedBytes.load(ordering: .relaxed)
            )
            if rest == 0 { return }
            SystemThread.sleep(nanoseconds: rest)
            pace.resumed(now: self.parts.clock().bootNanoseconds)
        }
    }

    func workInBackground() {
        while let works = self.background.take(nanoseconds: 1_000_000_000) {
            for work in works { self.perform(work) }
            do {
                try self.parts.log.checkPresence()
            } catch {
                self.inbox.post(.logFailed(error))
                return
            }
            self.parts.eachSecond()
        }
    }

    private func perform(_ work: Background) {
        switch work {
        case .prepare(let byteCount):
            do {
                try self.parts.log.prepare(atLeast: byteCount)
                self.inbox.post(.space(self.parts.log.space, nil))
            } catch {
                self.inbox.post(.space(self.parts.log.space, error))
            }
        case .release(let sequence, let keepBytes):
            do {
                try self.parts.log.release(through: sequence, keepBytes: keepBytes)
            } catch {
                self.parts.logLine(QueueLogLine(.warning, "old log was not deleted: \(error)"))
            }
        }
    }
}
