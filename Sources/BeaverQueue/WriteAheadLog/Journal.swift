/// The log as the rest of the engine sees it.
///
/// One implementation writes segments; a replicated one may come.
///
/// Each call blocks. `write` is called by one thread at a time, `synchronize` by another, `prepare` and `release` by a third; reads
/// by anyone. After any of them has thrown, the log has failed for good: no later call is believed.
package protocol Journal: AnyObject, Sendable {
    /// Writes a frame behind the last one: it survives the process, not the machine.
    func write(_ frame: consuming CommitFrame, marks: [FrameMark]) throws(QueueError)
    /// Whether `write` puts so many bytes behind the last ones and has nothing else to do.
    func takesAtOnce(_ byteCount: Int) -> Bool
    /// Forces all that was written before the call to disk and returns its last sequence number.
    func synchronize() throws(QueueError) -> UInt64
    /// Makes room ahead of the writer, zero-filled. Throws `full` where the disk has none; that is no failure of the log.
    func prepare(atLeast byteCount: Int64) throws(QueueError)
    /// What frames can still take without any new room, and the position.
    var space: JournalSpace { get }
    /// Deletes segments that hold nothing after `sequence`, but keeps `keepBytes` of them.
    func release(through sequence: UInt64, keepBytes: Int64) throws(QueueError)
    /// Throws if the files are no longer where they were: an fdatasync of a removed file succeeds.
    func checkPresence() throws(QueueError)
    /// The record with this number and its bytes; nil if it is no longer in the log.
    func read(_ sequence: UInt64) throws(QueueError) -> (record: Record, bytes: [UInt8])?
    /// The bytes of the record with this number, looked for in the files themselves; nil if they cannot be had there.
    ///
    /// As slow as reading a segment: for when a snapshot that should hold them is damaged.
    func search(_ sequence: UInt64) -> [UInt8]?
    func close()
}

package struct JournalSpace: Sendable, Equatable {
    /// Room for one more frame and all after it, by a lower bound.
    package var usableBytes: Int64 = 0
    /// In use, heads included.
    package var usedBytes: Int64 = 0
    package var segmentCount = 0
    /// The next segment should be prepared now.
    package var wantsPreparation = false
}
