/// A bug that a queue could have, put between the engine and the world around it by `Tampering`.
///
/// The engine's own source knows nothing of them: they exist in the tests alone. A simulator that has never found anything
/// proves nothing, so each of these must be found; one that is not is the next check to write.
enum PlantedBug: String, CaseIterable, Sendable {
    // MARK: Promises to the disk

    /// Names are never made durable.
    case directorySyncSkipped
    /// A sync of a file returns without having done anything.
    case fileSyncSkipped
    /// A sync that failed is called again, and its success is believed (fsyncgate).
    case failedSyncRepeated
    /// A log that rolled within one sync: only the newest of its files is synced.
    case onlyNewestSegmentSynced
    /// A snapshot gets its name before its bytes are on the disk.
    case snapshotRenamedBeforeSync
    /// What recovery found unconfirmed is not written again: the bytes are the same, after all.
    case sameBytesNotWrittenAgain

    // MARK: Answers of the disk

    /// EIO from a write is passed over.
    case failedWriteIgnored
    /// ENOSPC from a write is passed over.
    case fullDiskIgnored
    /// The rest of a short write is never written.
    case shortWriteNotContinued
    /// EIO from a read looks like the end of the file.
    case readErrorTakenForEnd
    /// After a failure of the log the queue goes on without it, and says yes.
    case logFailureSwallowed
    /// The files are not watched: a removed directory goes unnoticed.
    case directoryNotWatched

    // MARK: The log

    /// Answers leave when the record is written.
    case answeredBeforeSync
    /// Answers wait for the sync, handlers do not.
    case dispatchedBeforeSync
    /// What was written counts as synced.
    case writtenTakenForSynced
    /// A frame is written, and replayed, twice.
    case frameWrittenTwice
    /// A byte of a record changes in memory before its checksum is made.
    case recordChangedBeforeChecksum
    /// No watermark is kept: damage is cut like a torn tail.
    case watermarkIgnored
    /// An idle log does not say that all of it is synced.
    case idleWatermarkLeftOut
    /// A new segment is made of an old one, with all that is in it.
    case staleSegmentReused
    /// What was torn is not made zeros again.
    case tornTailNotZeroed

    // MARK: Snapshots

    /// The log that no snapshot covers yet is deleted.
    case uncoveredLogReleased
    /// The log is deleted up to the newest snapshot, so that the one before is of no use.
    case logReleasedToNewestSnapshot
    /// A part of a snapshot is not written.
    case snapshotPartLost
    /// A snapshot is made of one moment and called the state of another.
    case snapshotOfAnotherMoment

    // MARK: Runs and jobs

    /// A result counts whatever token it names.
    case lateResultAccepted
    /// A start goes on with the tokens of the life before.
    case epochNotRaised
    /// Runs that a crash ended are never used up.
    case interruptedNotCounted
    /// Failed runs are never used up.
    case failuresNotCounted
    /// A job marked `once` is run again after a crash.
    case onceRunAgain
    /// The ids of completed jobs are not remembered.
    case completedIDsForgotten
    /// Handlers of an earlier life go on while their jobs run again.
    case orphansLeftRunning
    /// Delays follow the wall clock.
    case delaysByWallClock
}
