package import BeaverQueue

/// Performing effects as the threads of the real driver do.
extension SteppingDriver {
    func perform(_ effect: EngineEffect) {
        self.steps += 1
        guard let parts = self.parts else { return }
        switch effect {
        case .write(let frame, let marks):
            let last = frame.lastSequence
            self.attempt { () throws(QueueError) in
                try parts.log.write(frame, marks: marks)
                self.tell(.written(last, parts.log.space))
            }
        case .sync:
            self.attempt { () throws(QueueError) in self.tell(.synced(try parts.log.synchronize())) }
        case .prepare(let byteCount):
            do {
                try parts.log.prepare(atLeast: byteCount)
                self.tell(.space(parts.log.space, nil))
            } catch {
                self.tell(.space(parts.log.space, error))
            }
        case .start(let start): self.start(start)
        case .stop(_, let token, let how, let reason):
            self.stopped.insert(token)
            self.runner.stop(token: token, how, because: reason)
        case .answer(let ticket, let answer): self.note(ticket, answer)
        case .compact(let target): self.compact(target, parts)
        case .release(let sequence, let keepBytes):
            do {
                try parts.log.release(through: sequence, keepBytes: keepBytes)
            } catch {
                self.lines.append(QueueLogLine(.warning, "old log was not deleted: \(error)"))
            }
        case .log(let line): self.lines.append(line)
        case .finished: self.isFinished = true
        }
    }

    private func tell(_ input: EngineInput) { self.inbox.withLock { $0.append(input) } }

    private func attempt(_ body: () throws(QueueError) -> Void) {
        do {
            try body()
        } catch {
            self.hasLogFailed = true
            self.tell(.logFailed(error))
        }
    }

    private func start(_ start: StartRun) {
        let (worker, token) = (start.worker, start.token)
        let body: EnqueueBody
        do {
            guard let found = try self.payloads?.body(of: start.enqueueSequence, id: start.id).body else { return }
            body = found
        } catch {
            let ending: RunResult.Ending = error.code == .damaged ? .failedPermanently : .notStarted
            self.lines.append(QueueLogLine(.error, "a payload could not be read: \(error)"))
            self.tell(.runEnded(worker: worker, token: token, RunResult(ending, error: "\(error)")))
            return
        }
        let limits = RunLimits(timeoutMilliseconds: body.timeoutMilliseconds, maxRetry: body.maxRetry)
        self.tell(.runStarted(worker: worker, token: token, limits))
        if start.isSimulated {
            self.ledger.recordSimulated(body.id)
            self.tell(.runEnded(worker: worker, token: token, RunResult(.completed)))
            return
        }
        // What became of its run before is past confirming.
        self.unconfirmed.removeAll { $0.id == body.id }
        self.ledger.recordRunStarted(body.id, token: token, payload: body.payload)
        let run = RunRequest(start, body)
        let ended = Guarded(false)
        self.runner.start(run) { [inbox] result in
            let isFirst = ended.withLock { ended in
                defer { ended = true }
                return !ended
            }
            if isFirst { inbox.withLock { $0.append(.runEnded(worker: worker, token: token, result)) } }
        }
        self.running[token] = body.id
        if let result = self.behaviour(run) { self.end(token, result) }
    }

    private func compact(_ target: CompactionTarget, _ parts: Recovery.Recovered) {
        let clock = self.clock
        let outcome = parts.snapshots.compact(
            target,
            logDirectory: self.configuration.dataDirectory + "/" + self.configuration.log.directory,
            retentionCount: self.configuration.snapshot.retentionCount,
            clock: { clock.time() }
        )
        switch outcome {
        case .written(let report): self.tell(.snapshotWritten(report))
        case .failed(let error, let isMismatch):
            if isMismatch { self.mismatches.append("rule 6: \(error)") }
            self.tell(.snapshotFailed(error, isMismatch: isMismatch))
        }
    }

    /// Ends the runs that were told to end, but the stuck ones, as a signal does.
    package func endStopped(onlyKilled: Bool = false) {
        for token in self.runner.running {
            let stops = self.runner.run(token)?.stops ?? []
            guard stops.contains(.kill) || !onlyKilled && !stops.isEmpty, !self.stuck.contains(token) else { continue }
            let signal: Int32 = stops.contains(.kill) ? 9 : 15
            self.end(token, RunResult(.failed, signal: signal, error: "ended by signal \(signal)"))
        }
    }

    private static func stops(_ effect: EngineEffect, _ token: UInt64) -> Bool {
        if case .stop(_, token, _, _) = effect { true } else { false }
    }

    /// Ends a run that stayed; false if it is not running.
    @discardableResult
    package func end(_ token: UInt64, _ result: RunResult = RunResult(.completed)) -> Bool {
        guard let id = self.running[token], self.runner.run(token)?.isRunning == true else { return false }
        self.running[token] = nil
        // The engine has decided how a run ends that it told to end, also if the run has not heard of it.
        let isStopping = self.stopped.contains(token) || self.effects.contains { Self.stops($0, token) }
        let ending: Ledger.RunEnding =
            switch result.ending {
            // Whatever it was told: of what never began nothing has run.
            case .notStarted, .cannotStart: .notStarted
            case _ where isStopping: .stopped
            case .completed: .completed
            case .failed: .failed
            case .failedPermanently: .failedPermanently
            }
        self.ledger.recordRunEnded(id, token: token, ending)
        self.unconfirmed.append((id, token))
        return self.runner.end(token, result)
    }
}
