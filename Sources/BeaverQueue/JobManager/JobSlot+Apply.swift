extension JobSlot {
    /// The change that an event makes to its job; false if the job's state does not allow it.
    ///
    /// Both the live state and the compaction of snapshots go through here, so that they cannot differ.
    package mutating func apply(_ event: Event, sequence: UInt64, wallMilliseconds: Int64) -> Bool {
        let state = self.state
        switch event {
        case .dispatch(_, let token):
            guard state == .pending else { return false }
            self.state = .inFlight
            self.runs += 1
            self.time = wallMilliseconds
            self.isReturned = true
            self.link = token
        case .ack(_, let end, let isSimulated):
            guard state == .inFlight, end.token == self.token else { return false }
            self.finish(.completed, at: wallMilliseconds)
            self.isSimulated = isSimulated
        case .retry(_, let end, let due, let delay), .timeout(_, let end, let due, let delay):
            guard state == .inFlight, end.token == self.token else { return false }
            self.wait(until: due, delay: delay)
        case .dead:
            guard state == .inFlight || state == .pending else { return false }
            self.finish(.dead, at: wallMilliseconds)
        case .cancelAsked:
            guard state == .inFlight else { return false }
            self.isCancelAsked = true
        case .cancel:
            guard state == .inFlight || state == .pending else { return false }
            self.finish(.cancelled, at: wallMilliseconds)
        case .interrupted(_, let end, let isFree, let due, let delay):
            guard state == .inFlight, end.token == self.token else { return false }
            if isFree { self.runs -= 1 } else { self.interruptions += 1 }
            self.wait(until: due, delay: delay)
        case .revive:
            guard self.canBeRevived else { return false }
            self.orderSequence = sequence
            self.runs = 0
            self.interruptions = 0
            self.isSimulated = false
            self.wait(until: wallMilliseconds, delay: 0)
        case .purge:
            guard self.canBePurged else { return false }
        case .action, .enqueue, .forget, .pause, .resume, .settings, .epoch, .recovered:
            return false
        }
        self.lastSequence = sequence
        return true
    }

    private mutating func wait(until due: Int64, delay: Int64) {
        self.state = .pending
        self.isReturned = true
        self.isDueByWallClock = false
        self.isCancelAsked = false
        self.time = due
        self.link = UInt64(clamping: delay)
    }

    private mutating func finish(_ state: State, at wallMilliseconds: Int64) {
        self.state = state
        self.isCancelAsked = false
        self.isDueByWallClock = false
        self.isReturned = true
        self.time = wallMilliseconds
        self.link = 0
    }

    /// Dead, cancelled, waiting for a later time, or completed without work.
    package var canBeRevived: Bool {
        switch self.state {
        case .dead, .cancelled: true
        case .pending: self.isReturned
        case .completed: self.isSimulated
        case .inFlight: false
        }
    }

    package var canBePurged: Bool {
        switch self.state {
        case .dead, .cancelled, .completed: true
        case .pending, .inFlight: false
        }
    }

    /// The slot of a job that was just accepted.
    package init(_ enqueue: Event.Enqueue, sequence: UInt64, wallMilliseconds: Int64) {
        self.init(id: enqueue.id, enqueueSequence: sequence, priority: enqueue.priority, action: enqueue.action)
        self.isOnce = enqueue.isOnce
        self.hasGeneratedID = enqueue.hasGeneratedID
        self.payloadLength = enqueue.payloadLength
        self.payloadChecksum = enqueue.payloadChecksum
        self.time = wallMilliseconds
        switch enqueue.start {
        case .now:
            self.previousSlot = Self.noSlot
            self.nextSlot = Self.noSlot
        case .after(let milliseconds):
            self.wait(until: wallMilliseconds + milliseconds, delay: milliseconds)
        case .at(let due):
            self.wait(until: due, delay: max(0, due - wallMilliseconds))
            self.isDueByWallClock = true
        }
    }
}
