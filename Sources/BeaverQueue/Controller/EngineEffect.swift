/// What the engine wants done.
///
/// The driver does it and tells the outcome by an `EngineInput`.
package enum EngineEffect: Sendable {
    case write(CommitFrame, marks: [FrameMark])
    case sync
    /// Make room in the log for a frame of so many bytes.
    case prepare(Int64)
    case start(StartRun)
    case stop(worker: Int, token: UInt64, StopKind, because: StopReason)
    case answer(Ticket, EngineAnswer)
    case compact(CompactionTarget)
    case release(through: UInt64, keepBytes: Int64)
    case log(QueueLogLine)
    /// The engine has stopped in order; nothing more is taken.
    case finished
}

package struct StartRun: Sendable, Equatable {
    package var worker: Int
    package var token: UInt64
    package var enqueueSequence: UInt64
    package var id: JobFingerprint
    package var action: String
    package var runNumber: Int
    package var isSimulated: Bool
    /// Of the handler, or of all; the job's own goes before it.
    package var timeoutMilliseconds: UInt32
}

/// The state at the end of one frame: what a snapshot must come out as.
package struct CompactionTarget: Sendable, Equatable {
    package var globals: GlobalState
    /// With the globals mixed in, as in the frame.
    package var fingerprint: StateFingerprint
    package var liveSlots: Int
    /// The queue waits for it to stop, or the log has grown long: it does not stand back behind other work.
    package var isHurried = false

    package var sequence: UInt64 { self.globals.lastSequence }
}

package struct SnapshotReport: Sendable, Equatable {
    package var sequence: UInt64
    package var bytes: Int64
    package var count: Int
    /// The log is needed from here on: the end of the second newest snapshot.
    package var releaseThrough: UInt64
    package var seconds: Double
    /// Why an old one could not be deleted.
    package var retirementFault: QueueError?
    package init(
        sequence: UInt64,
        bytes: Int64,
        count: Int,
        releaseThrough: UInt64,
        seconds: Double,
        retirementFault: QueueError? = nil
    ) {
        self.sequence = sequence
        self.bytes = bytes
        self.count = count
        self.releaseThrough = releaseThrough
        self.seconds = seconds
        self.retirementFault = retirementFault
    }
}
