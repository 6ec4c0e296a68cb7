/// Names a job in the log: half of its id's fingerprint finds the slot, the ENQUEUE sequence number makes it certain.
package struct JobReference: Sendable, Hashable {
    package var idLow: UInt64
    package var enqueueSequence: UInt64

    package init(idLow: UInt64, enqueueSequence: UInt64) {
        self.idLow = idLow
        self.enqueueSequence = enqueueSequence
    }
}

extension JobSlot {
    package var reference: JobReference {
        JobReference(idLow: self.id.low, enqueueSequence: self.enqueueSequence)
    }
}

/// What happened.
///
/// State changes through `JobManager.apply(_:)` of one of these and in no other way.
///
/// Each event carries all that `apply` needs: limits, random jitter and the wall clock went into the decision before.
package enum Event: Sendable, Equatable {
    /// A name gets the next action number.
    case action(name: String)
    case enqueue(Enqueue)
    case dispatch(JobReference, token: UInt64)
    case ack(JobReference, EndOfRun, isSimulated: Bool)
    /// A failed run that will be tried again at `due` (wall milliseconds), `delay` milliseconds after this event.
    case retry(JobReference, EndOfRun, due: Int64, delay: Int64)
    /// As `retry`, for a run that was ended at its time-out.
    case timeout(JobReference, EndOfRun, due: Int64, delay: Int64)
    case dead(JobReference, EndOfRun)
    /// A running job was told to end.
    case cancelAsked(JobReference)
    case cancel(JobReference, EndOfRun)
    /// A run ended by a crash (`isFree` false: it counts against the budget of interruptions) or by an orderly stop or a
    /// failed start (`isFree` true: it consumed nothing).
    case interrupted(JobReference, EndOfRun, isFree: Bool, due: Int64, delay: Int64)
    case revive(JobReference)
    case purge(JobReference)
    /// Completed jobs up to these ACK sequence numbers leave their record, their remembered id.
    case forget(recordsThrough: UInt64, idsThrough: UInt64)
    case pause
    case resume
    case settings(Settings)
    /// A start of the engine. All later tokens are above `epoch << 33`.
    case epoch(UInt32)
    /// Recovery is complete.
    case recovered

    package struct Enqueue: Sendable, Equatable {
        package var id: JobFingerprint
        package var action: UInt16
        package var priority: UInt8
        package var isOnce: Bool
        package var hasGeneratedID: Bool
        package var start: NewJob.Start
        package var payloadLength: Int
        package var payloadChecksum: UInt32
    }

    /// How a run ended, as far as it is kept.
    package struct EndOfRun: Sendable, Equatable {
        /// 0 where no run was concerned.
        package var token: UInt64 = 0
        package var exitStatus: Int32?
        package var error: String = ""
        package var outputTail: [UInt8] = []

        package init(
            token: UInt64 = 0,
            exitStatus: Int32? = nil,
            error: String = "",
            outputTail: [UInt8] = []
        ) {
            self.token = token
            self.exitStatus = exitStatus
            self.error = error
            self.outputTail = outputTail
        }
    }

    /// Settings that `apply` or recovery need as they were, not as the configuration says now.
    package struct Settings: Sendable, Equatable {
        /// Jobs without a handler are simulated; never true again after it was false.
        package var simulates = false

        package init(simulates: Bool = false) { self.simulates = simulates }
    }
}

extension Event {
    /// The job concerned, where there is exactly one that existed before.
    package var job: JobReference? {
        switch self {
        case .dispatch(let job, _), .ack(let job, _, _), .retry(let job, _, _, _), .timeout(let job, _, _, _),
            .dead(let job, _), .cancelAsked(let job), .cancel(let job, _), .interrupted(let job, _, _, _, _),
            .revive(let job), .purge(let job):
            job
        case .action, .enqueue, .forget, .pause, .resume, .settings, .epoch, .recovered:
            nil
        }
    }
}
