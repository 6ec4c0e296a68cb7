/// The dispatch loop: jobs that are due and free workers become runs.
extension Engine {
    /// Jobs whose delay or backoff is over become ready.
    func promoteDue() {
        while let number = self.due.popDue(self.now, self.manager.slots) {
            self.ready.add(number, self.manager.slots)
        }
        for (action, time) in self.probeTimes.sorted(by: { $0.key < $1.key }) where time <= self.now.bootMilliseconds {
            self.probeTimes[action] = nil
            self.policies[Int(action)].parkedBecause = nil
            self.applyPolicy(action)
        }
    }

    func dispatch() {
        guard self.lifecycle == .running, !self.manager.isPaused, self.commit.syncedSequence >= self.recoveredSequence
        else { return }
        var allowed = self.startsAllowed()
        while allowed > 0, self.runs.hasFreeSlot {
            guard self.hasRoomToStart else {
                // A full disk is asked again by the clock, not here.
                if !self.isDiskFull { self.askForSpace(self.nextEndBytes + self.settings.reservedLogBytes) }
                return
            }
            guard let number = self.ready.popNext(self.manager.slots) else { return }
            self.dispatch(number)
            self.startShortage?.tried(now: self.now.bootMilliseconds)
            allowed -= 1
        }
    }

    /// The end records of all that runs and of one more.
    private var nextEndBytes: Int64 { Int64(self.runs.count + 1) * Int64(Record.maxEndByteCount) }

    /// The end record is charged in advance, so that what was started can always be written down.
    ///
    /// A full disk leaves the room that the log has already: what fits into it is still started.
    var hasRoomToStart: Bool { self.usableLogBytes > self.nextEndBytes + self.settings.reservedLogBytes / 2 }

    private func dispatch(_ number: UInt32) {
        let slot = self.manager.slots[number]
        let policy = self.policies[Int(slot.action)]
        let token = self.manager.nextToken
        let isSimulated = self.isSimulated(slot.action)
        self.meters.noteDispatch(slot, self.now)
        let (sequence, _) = self.record(.dispatch(slot.reference, token: token), slot: number)
        let worker = self.runs.insert(
            RunTable.Run(
                token: token,
                slot: number,
                reference: slot.reference,
                action: slot.action,
                phase: .starting,
                limits: RunLimits(timeoutMilliseconds: policy.timeoutMilliseconds, maxRetry: policy.maxRetry),
                isSimulated: isSimulated,
                startedBootNanoseconds: self.now.bootNanoseconds
            )
        )
        let start = StartRun(
            worker: worker,
            token: token,
            enqueueSequence: slot.enqueueSequence,
            id: slot.id,
            action: self.manager.actionNames[Int(slot.action)],
            runNumber: slot.runs + 1,
            isSimulated: isSimulated,
            timeoutMilliseconds: policy.timeoutMilliseconds ?? self.settings.worker.taskTimeoutMilliseconds
        )
        if slot.isOnce {
            self.commit.urge(sequence, whateverThePolicy: true)
            self.startsAwaitingSync.append((sequence, start))
        } else {
            self.startsAwaitingWrite.append((sequence, start))
        }
    }

    /// The log has the DISPATCH: the handler may begin, unless it was cancelled meanwhile.
    func start(_ start: StartRun) {
        guard let run = self.runs.run(start.worker, token: start.token), run.phase == .starting else { return }
        self.runs.update(start.worker) { $0.isHandedOut = true }
        self.effects.append(.start(start))
    }

    func runStarted(_ worker: Int, _ token: UInt64, _ limits: RunLimits) {
        guard let run = self.runs.run(worker, token: token) else { return }
        switch run.phase {
        case .starting: break
        case .running: return
        // It was told to end before it was there to be told.
        case .ending(let reason):
            return self.effects.append(.stop(worker: worker, token: token, .terminate, because: reason))
        case .killed(let reason):
            return self.effects.append(.stop(worker: worker, token: token, .kill, because: reason))
        }
        let policy = self.policies[Int(run.action)]
        let timeout =
            limits.timeoutMilliseconds ?? policy.timeoutMilliseconds ?? self.settings.worker.taskTimeoutMilliseconds
        self.runs.update(worker) { run in
            run.phase = .running
            run.startedBootNanoseconds = self.now.bootNanoseconds
            run.enqueuedAt = limits.enqueuedAt
            run.limits.timeoutMilliseconds = timeout
            run.limits.maxRetry = limits.maxRetry ?? policy.maxRetry
        }
        self.runs.setDeadline(worker, timeout == 0 ? nil : self.now.bootMilliseconds + Int64(timeout))
    }

    /// Whether this action's jobs are completed without work, in a store that never had a handler.
    func isSimulated(_ action: UInt16) -> Bool {
        self.manager.settings.simulates
            && self.settings.policy(self.manager.actionNames[Int(action)]).parkedBecause != nil
    }

    /// Asks for the handler of an action, now or after the configuration changed.
    func loadPolicy(_ action: UInt16) {
        var policy = self.settings.policy(self.manager.actionNames[Int(action)])
        if policy.parkedBecause != nil, self.manager.settings.simulates {
            policy.parkedBecause = nil
            policy.isRefused = false
        }
        if Int(action) < self.policies.count {
            self.policies[Int(action)] = policy
        } else {
            precondition(Int(action) == self.policies.count, "actions are declared one after the other")
            self.policies.append(policy)
        }
        self.applyPolicy(action)
    }

    func applyPolicy(_ action: UInt16) {
        let policy = self.policies[Int(action)]
        self.ready.set(
            action,
            isRunnable: policy.parkedBecause == nil,
            limit: policy.concurrency ?? Int.max,
            self.manager.slots
        )
    }

    /// A job that waits for a time or for the log again.
    func wait(_ number: UInt32, isFresh: Bool) {
        let slot = self.manager.slots[number]
        self.due.add(number, slot, now: self.now, isFresh: isFresh)
    }

    /// Takes a waiting job out of wherever it waits, before an event changes it.
    func takeOutWaiting(_ number: UInt32) {
        let slot = self.manager.slots[number]
        guard slot.state == .pending else { return }
        if slot.isReady {
            self.ready.remove(number, self.manager.slots)
        } else if slot.isReturned, !self.isAwaitingDurable(slot) {
            self.due.noteRemoved(self.manager.slots)
        }
    }

    /// Its ENQUEUE or REVIVE is not durable yet: it stands in `awaitingDurable`.
    private func isAwaitingDurable(_ slot: JobSlot) -> Bool {
        slot.orderSequence > self.releasedSequence && slot.lastSequence == slot.orderSequence
    }
}
