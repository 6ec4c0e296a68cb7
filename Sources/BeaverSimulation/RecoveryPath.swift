/// The ways in which a start may go, for the gate that demands each of them at least once.
package enum RecoveryPath: String, CaseIterable, Sendable {
    /// The store was made.
    case created
    case fromLog, fromSnapshot, fromSnapshotAndLog
    /// Nothing stood behind the last good frame.
    case cleanEnd
    /// A torn tail was cut, by its row in the decision table.
    case tornB, tornC, tornD
    /// A damaged snapshot was passed over for the one before.
    case snapshotPassedOver
    /// Damage to what was acknowledged: refused, nothing changed.
    case damageRefused
    /// A call of the recovery failed: refused, and the next start found all as it was.
    case diskErrorRefused
    /// The machine died in the recovery.
    case diedInRecovery
    /// The end of the log, written again by a recovery that died in it, was put back.
    case tailPutBack
    /// Runs were given back.
    case runsInterrupted
    /// Ids of completed jobs came back without their jobs.
    case idsRemembered
    /// The last life had ended in order.
    case afterOrderlyStop
    /// The last life had ended because its log failed.
    case afterLogFailure
    /// The directory had been removed under the last life, which noticed it.
    case afterDirectoryLoss
}
