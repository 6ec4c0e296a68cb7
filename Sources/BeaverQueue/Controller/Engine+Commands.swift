internal import DequeModule

/// Commands: what callers ask becomes events or a refusal.
extension Engine {
    func take(_ command: EngineCommand, _ ticket: Ticket) {
        switch command {
        case .enqueue(let batch): self.enqueue(batch, ticket)
        case .act(let action, let targets): self.act(action, on: targets, ticket)
        case .pause:
            if !self.manager.isPaused { self.record(.pause) }
            self.answer(ticket, .done)
        case .resume:
            if self.manager.isPaused { self.record(.resume) }
            self.resumeFailedActions()
            self.answer(ticket, .done)
        case .setWorkers(let count):
            self.settings.workers = count
            self.runs.setLimit(count)
            self.answer(ticket, .done)
        case .reconfigure(let settings):
            self.reconfigure(settings)
            self.answer(ticket, .done)
        case .snapshot:
            self.requestSnapshot(ticket)
        case .wait(let id):
            self.wait(for: id, ticket)
        case .drain(let now):
            self.drain(now: now)
            self.answer(ticket, .done)
        }
    }

    // MARK: Enqueue

    private func enqueue(_ batch: JobBatch, _ ticket: Ticket) {
        guard self.lifecycle == .running || self.lifecycle == .recovering else {
            self.answer(ticket, .failed(.draining))
            return
        }
        guard self.manager.memoryBytes + batch.entries.count * 80 <= self.settings.maxMemoryBytes else {
            self.answer(ticket, .failed(self.memoryFull()))
            return
        }
        guard batch.greatestBodyByteCount <= Record.maxByteCount - Record.headByteCount else {
            let excess = batch.greatestBodyByteCount + Record.headByteCount - Record.maxByteCount
            self.answer(
                ticket,
                .failed(.invalidInput("a job is \(excess) bytes too large for the log, all its fields together"))
            )
            return
        }
        // It would wait for ever: commands and ids count too, whatever the payloads are.
        guard batch.logBytes <= CommitFrame.maxEnqueueByteCount else {
            let size = "\(batch.entries.count) jobs take \(batch.logBytes >> 20) MiB of log"
            let limit = CommitFrame.maxEnqueueByteCount >> 20
            self.answer(ticket, .failed(.invalidInput("\(size); one call takes \(limit) MiB: enqueue fewer at a time")))
            return
        }
        self.whenThereIsSpace(.enqueue(batch), ticket)
    }

    /// Room that must stay free behind an enqueue: the end of each run under way, and for recovery and operators.
    private var reserve: Int64 {
        self.settings.reservedLogBytes + self.endsOfRuns + Int64(Record.maxEndByteCount)
    }

    private func memoryFull() -> QueueError {
        QueueError(
            .full,
            "the queue holds \(self.manager.memoryBytes >> 20) MiB of jobs, its limit is "
                + "\(self.settings.maxMemoryBytes >> 20) MiB (queue.max_memory); try again when some are done"
        )
    }

    private func accept(_ batch: JobBatch, _ ticket: Ticket) {
        var actions: [UInt16] = []
        for name in batch.actions {
            guard let number = self.actionNumber(name) else {
                self.answer(ticket, .failed(.invalidInput("more than 65,534 different actions in one queue")))
                return
            }
            actions.append(number)
        }
        self.commit.reserve(Int(batch.logBytes))
        var enqueued = 0
        var duplicates = 0
        var differing: [Int] = []
        for (place, entry) in batch.entries.enumerated() {
            let ahead = place + SlotTable.prefetchCount
            if ahead < batch.entries.count { self.manager.slots.prefetch(batch.entries[ahead].enqueue.id) }
            switch self.known(entry.enqueue) {
            case .no:
                self.accept(entry, of: batch, action: actions[Int(entry.enqueue.action)])
                enqueued += 1
            case .same: duplicates += 1
            case .differs: differing.append(place)
            }
        }
        self.duplicates += duplicates
        self.answer(ticket, .enqueued(enqueued: enqueued, duplicates: duplicates, differing: differing))
    }

    /// What of these is known, as `accept` would find it; changes nothing.
    func compare(_ entries: ArraySlice<JobBatch.Entry>, ids: [String]) -> EnqueueResult {
        var result = EnqueueResult()
        for (place, entry) in zip(entries.indices, entries) {
            switch self.known(entry.enqueue) {
            case .no: result.enqueued += 1
            case .same: result.duplicates += 1
            case .differs:
                result.differs += 1
                if result.differingIDs.count < EnqueueResult.maxDiffering { result.differingIDs.append(ids[place]) }
            }
        }
        return result
    }

    private enum Known {
        case no
        case same
        case differs
    }

    /// Rule 5: the same id twice is one job, also when the first is completed and only remembered.
    private func known(_ enqueue: Event.Enqueue) -> Known {
        if let number = self.manager.slots.find(enqueue.id) {
            let slot = self.manager.slots[number]
            if slot.state == .completed, slot.isSimulated, !self.manager.settings.simulates { return .no }
            let isSame = slot.payloadLength == enqueue.payloadLength && slot.payloadChecksum == enqueue.payloadChecksum
            return isSame ? .same : .differs
        }
        guard !enqueue.hasGeneratedID, let entry = self.manager.remembered.find(enqueue.id) else { return .no }
        if entry.isSimulated, !self.manager.settings.simulates { return .no }
        return entry.payloadChecksum == enqueue.payloadChecksum ? .same : .differs
    }

    private func accept(_ entry: JobBatch.Entry, of batch: JobBatch, action: UInt16) {
        var enqueue = entry.enqueue
        enqueue.action = action
        let wall = self.now.wallMilliseconds
        let before = self.commit.totalBytes
        let sequence = self.commit.append { bytes in
            let body = batch.bytes.span.bytes.extracting(entry.body)
            RecordWriter.appendEnqueue(body: body, action: action, wallMilliseconds: wall, to: &bytes)
        }
        self.usableLogBytes -= self.commit.totalBytes - before
        guard let number = self.apply(.enqueue(enqueue), sequence) else { return }
        let policy = self.policies[Int(action)]
        if policy.isRefused {
            let end = Event.EndOfRun(error: policy.parkedBecause ?? "nothing runs its action")
            self.record(.dead(self.manager.slots[number].reference, end))
        } else {
            self.awaitingDurable.append((sequence, number))
        }
    }

    private func actionNumber(_ name: String) -> UInt16? {
        if let number = self.manager.actionNumbers[name] { return number }
        guard self.manager.actionNames.count < Int(UInt16.max) - 1 else { return nil }
        self.record(.action(name: name))
        guard let number = self.manager.actionNumbers[name] else { return nil }
        self.loadPolicy(number)
        return number
    }

    // MARK: Space

    private static let frameHeadsBytes: Int64 = 4 << 10

    /// Makes a change now, or when there is room for it in the log.
    ///
    /// Behind those that wait already, so that a large one is not passed for ever.
    private func whenThereIsSpace(_ change: LogChange, _ ticket: Ticket) {
        guard self.awaitingSpace.isEmpty, self.hasSpace(for: change) else {
            self.awaitingSpace.append((ticket, change))
            self.askForSpace(self.spaceNeeded(by: change))
            return
        }
        self.perform(change, ticket)
    }

    private func perform(_ change: LogChange, _ ticket: Ticket) {
        switch change {
        case .enqueue(let batch): self.accept(batch, ticket)
        case .act(let action, let targets): self.perform(action, on: targets, ticket)
        }
    }

    private func spaceNeeded(by change: LogChange) -> Int64 {
        switch change {
        case .enqueue(let batch): batch.logBytes + self.reserve
        // An operator may use what an enqueue leaves.
        case .act(_, let targets): Int64(targets.count) * Self.actionRecordBytes + self.endsOfRuns
        }
    }

    private func hasSpace(for change: LogChange) -> Bool {
        // What waits for the disk goes into one frame.
        if case .enqueue(let batch) = change,
            self.commit.waitingBytes + batch.logBytes > CommitFrame.maxEnqueueByteCount
        {
            return false
        }
        return self.spaceNeeded(by: change) + Int64(CommitFrame.headByteCount) <= self.usableLogBytes
    }

    /// What the ends of the runs under way may take.
    private var endsOfRuns: Int64 { Int64(self.runs.count) * Int64(Record.maxEndByteCount) }

    /// State `full` ends by itself: a full disk is asked again each second.
    func retrySpace() {
        guard let time = self.spaceRetryAt, self.now.bootMilliseconds >= time, !self.isPreparing else { return }
        self.spaceRetryAt = nil
        self.askForSpace(self.settings.reservedLogBytes)
    }

    func askForSpace(_ byteCount: Int64) {
        guard !self.isPreparing else { return }
        self.isPreparing = true
        // With what is on its way into the log already and with the heads of frames, or it would be asked for for ever.
        self.effects.append(.prepare(byteCount + self.commit.bufferedBytes + Self.frameHeadsBytes))
    }

    /// Room was made, or there is none: enqueues that waited are taken in their order, or refused with the disk's error.
    func retryAwaitingSpace(_ error: QueueError?) {
        if let error {
            self.refuseAwaitingSpace(error)
            return
        }
        while let first = self.awaitingSpace.first {
            guard self.hasSpace(for: first.change) else {
                self.askForSpace(self.spaceNeeded(by: first.change))
                return
            }
            self.awaitingSpace.removeFirst()
            self.perform(first.change, first.ticket)
        }
    }

    func refuseAwaitingSpace(_ error: QueueError) {
        for waiting in self.awaitingSpace { self.answer(waiting.ticket, .failed(error)) }
        self.awaitingSpace = []
    }

    // MARK: Operators

    /// The record of an operator's change, with its part of a frame's head.
    private static let actionRecordBytes: Int64 = 160

    private func act(_ action: JobAction, on targets: [JobTarget], _ ticket: Ticket) {
        // A full disk has room for the ends of what runs and for some of this; a log that cannot roll is the end.
        guard !self.isDiskFull || self.hasSpace(for: .act(action, on: targets)) else {
            let room = max(0, self.usableLogBytes - self.endsOfRuns) / Self.actionRecordBytes
            let message = "the disk is full; the log has room for \(room) such changes, not for \(targets.count)"
            self.answer(ticket, .failed(QueueError(.full, message)))
            return
        }
        self.whenThereIsSpace(.act(action, on: targets), ticket)
    }

    private func perform(_ action: JobAction, on targets: [JobTarget], _ ticket: Ticket) {
        var result = BulkResult(matched: 0, done: 0, skipped: 0)
        var lastState: JobSlot.State?
        for target in targets {
            guard let number = self.slot(of: target) else { continue }
            result.matched += 1
            if self.act(action, number) { result.done += 1 } else { result.skipped += 1 }
            lastState = self.manager.slots.isInUse(number) ? self.manager.slots[number].state : nil
        }
        self.answer(ticket, .acted(result, lastState: lastState))
    }

    private func slot(of target: JobTarget) -> UInt32? {
        switch target {
        case .id(let id):
            return self.manager.slots.find(id)
        case .selected(let reference, let lastSequence):
            guard let number = self.manager.slots.find(reference),
                self.manager.slots[number].lastSequence == lastSequence
            else { return nil }
            return number
        }
    }

    private func act(_ action: JobAction, _ number: UInt32) -> Bool {
        let slot = self.manager.slots[number]
        switch action {
        case .retry:
            guard slot.canBeRevived else { return false }
            self.takeOutWaiting(number)
            let (sequence, _) = self.record(.revive(slot.reference))
            self.awaitingDurable.append((sequence, number))
        case .cancel:
            switch slot.state {
            case .pending:
                self.takeOutWaiting(number)
                self.record(.cancel(slot.reference, Event.EndOfRun(error: "cancelled")))
            case .inFlight:
                if !slot.isCancelAsked { self.record(.cancelAsked(slot.reference)) }
                if let worker = self.runs.worker(of: number) { self.end(worker, .cancel) }
            case .completed, .dead, .cancelled:
                return false
            }
        case .purge:
            guard slot.canBePurged else { return false }
            self.record(.purge(slot.reference))
        }
        return true
    }

    private func reconfigure(_ settings: EngineSettings) {
        self.settings = settings
        self.commit.settings = settings.commit
        self.runs.setLimit(settings.workers)
        self.stopSimulatingIfConfigured()
        self.probeTimes = [:]
        self.failuresInARow = [:]
        self.pausedByFailures = []
        for action in self.policies.indices { self.loadPolicy(UInt16(action)) }
        self.log(.info, "configuration read again")
    }

    /// Actions that were paused by their failures go on; their next failures are counted from the beginning.
    private func resumeFailedActions() {
        for action in self.pausedByFailures.sorted() {
            self.failuresInARow[action] = nil
            self.loadPolicy(action)
        }
        self.pausedByFailures = []
    }

    /// A store that simulated never does so again once it runs with a handler.
    func stopSimulatingIfConfigured() {
        guard self.manager.settings.simulates, self.settings.hasHandlers else { return }
        self.record(.settings(Event.Settings(simulates: false)))
    }
}
