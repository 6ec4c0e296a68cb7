/// Starts and ends handlers.
///
/// The engine decides when; a runner only does it.
///
/// No call blocks for longer than starting a process takes. `ended` is called exactly once for each `start`, from any
/// thread, after nothing of the run is left: no process of its group, no open output file, no running closure.
package protocol HandlerRunner: AnyObject, Sendable {
    /// The result of each run of this action, if that is known without starting anything.
    func immediateResult(of action: String) -> RunResult?
    func start(_ run: RunRequest, ended: @escaping @Sendable (RunResult) -> Void)
    /// Asks the run to end (SIGTERM to its process group, or task cancellation), or ends it (SIGKILL to the group).
    /// Unknown tokens are ignored: the run has ended meanwhile.
    func stop(token: UInt64, _ how: StopKind, because reason: StopReason)
    /// Ends all runs at once and waits up to `seconds` for them to be gone. Used when the engine stops.
    func endAll(within seconds: Double)
}

extension HandlerRunner {
    package func immediateResult(of action: String) -> RunResult? { nil }
}

package enum StopKind: Sendable, Equatable {
    case terminate
    case kill
}

/// Why a run has to end.
package enum StopReason: Sendable, Equatable {
    case timeout
    case cancel
    case drain
}

/// What a run needs to know, read from the store by the driver.
package struct RunRequest: Sendable {
    /// The fencing token of this start: grows with every start, below 2^53.
    package var token: UInt64
    package var jobID: String
    package var action: String
    /// 1 for the first run.
    package var runNumber: Int
    /// The payload, byte for byte as it was accepted.
    package var payload: [UInt8]
    /// A command the job carries with itself; nil for jobs that name a handler.
    package var command: JobCommand?
    /// Milliseconds since 1970 UTC at which the engine will end the run; nil if it has no time-out.
    package var deadlineWallMilliseconds: Int64?
    /// The job's ENQUEUE sequence number: names its output files.
    package var enqueueSequence: UInt64
    /// It does no work, whatever handlers there are: it sleeps and completes.
    package var isSimulated = false

    package init(
        token: UInt64,
        jobID: String,
        action: String,
        runNumber: Int,
        payload: [UInt8],
        command: JobCommand?,
        deadlineWallMilliseconds: Int64?,
        enqueueSequence: UInt64
    ) {
        self.token = token
        self.jobID = jobID
        self.action = action
        self.runNumber = runNumber
        self.payload = payload
        self.command = command
        self.deadlineWallMilliseconds = deadlineWallMilliseconds
        self.enqueueSequence = enqueueSequence
    }

    /// What the engine decided, with what the store holds of the job.
    package init(_ start: StartRun, _ body: EnqueueBody, deadlineWallMilliseconds: Int64? = nil) {
        self.init(
            token: start.token,
            jobID: body.id,
            action: start.action,
            runNumber: start.runNumber,
            payload: body.payload,
            command: body.command,
            deadlineWallMilliseconds: deadlineWallMilliseconds,
            enqueueSequence: start.enqueueSequence
        )
        self.isSimulated = start.isSimulated
    }
}

/// How a run ended.
package struct RunResult: Sendable, Equatable {
    package enum Ending: Sendable, Equatable {
        /// Exit 0, or one of `ok_exit`, or a closure that returned.
        case completed
        /// Everything else that may be tried again.
        case failed
        /// Exit 65 (EX_DATAERR), or a closure that threw `PermanentFailure`: goes straight to dead.
        case failedPermanently
        /// The program could not be started and trying again later may help (EAGAIN, EMFILE, ENOMEM): consumes no run.
        case notStarted
        /// The program does not exist or may not be executed: its action is parked with `error` as the reason.
        case cannotStart
    }

    package var ending: Ending
    /// Exit status 0–255; nil when it ended by a signal or is no process.
    package var exitStatus: Int32?
    /// The signal that ended it.
    package var signal: Int32?
    /// One line for people; empty when completed.
    package var error: String
    /// The last 2 KiB of its output.
    package var outputTail: [UInt8]

    package init(
        _ ending: Ending,
        exitStatus: Int32? = nil,
        signal: Int32? = nil,
        error: String = "",
        outputTail: [UInt8] = []
    ) {
        self.ending = ending
        self.exitStatus = exitStatus
        self.signal = signal
        self.error = error
        self.outputTail = outputTail
    }
}
