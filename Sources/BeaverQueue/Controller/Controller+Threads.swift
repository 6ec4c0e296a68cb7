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
            var outbox: [EngineInput] = []
            for start in starts {
                self.begin(start, &outbox)
                // What needs no start comes in thousands: told in groups, but before the engine runs out of work.
                if outbox.count >= 128 { self.send(&outbox) }
            }
            self.send(&outbox)
        }
    }

    private func send(_ outbox: inout [EngineInput]) {
        if !outbox.isEmpty { self.inbox.post(outbox) }
        outbox.removeAll(keepingCapacity: true)
    }

    private func begin(_ start: StartRun, _ outbox: inout [EngineInput]) {
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
        self.send(&outbox)
        let timeout = body.timeoutMilliseconds ?? start.timeoutMilliseconds
        let run = RunRequest(
            token: token,
            jobID: body.id,
            action: start.action,
            runNumber: start.runNumber,
            payload: body.payload,
            command: body.command,
            deadlineWallMilliseconds: timeout == 0 ? nil : self.parts.clock().wallMilliseconds + Int64(timeout),
            enqueueSequence: start.enqueueSequence
        )
        self.parts.runner.start(run) { [inbox] result in
            inbox.post(.runEnded(worker: worker, token: token, result))
        }
        // Said once more: a stop that was sent before the runner knew the run went nowhere, and is then repeated.
        self.inbox.post(.runStarted(worker: worker, token: token, limits))
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
        case .compact(let target, let retentionCount):
            let outcome = self.parts.snapshots.compact(
                target,
                logDirectory: self.parts.logDirectory,
                retentionCount: retentionCount,
                clock: self.parts.clock
            )
            switch outcome {
            case .written(let report): self.inbox.post(.snapshotWritten(report))
            case .failed(let error, let isMismatch): self.inbox.post(.snapshotFailed(error, isMismatch: isMismatch))
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
