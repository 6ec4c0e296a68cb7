/// The commit pipeline, as a pure state machine: what to write next, when to sync, what is durable.
///
/// One write and one sync are under way at most; records that come meanwhile wait and go together (group commit). A sync
/// covers what was written before it began, and runs while the next frame is written.
package struct GroupCommit {
    package struct Settings: Sendable, Equatable {
        package var policy = SyncPolicy.always
        package var syncIntervalMilliseconds: Int64 = 10
        /// Written records that nobody waits for are synced after this time, and an idle log says so in a frame.
        package static let idleMilliseconds: Int64 = 100
    }

    package var settings: Settings
    private var bytes: [UInt8] = []
    private static let emptyHead = [UInt8](repeating: 0, count: CommitFrame.headByteCount)
    private var recordCount = 0
    private var firstSequence: UInt64
    private var marks: [FrameMark] = []
    private var lastMarkOffset = 0
    private var writingBytes: Int64 = 0
    private var isWriting = false
    private var isSyncing = false
    package private(set) var appendedSequence: UInt64
    package private(set) var writtenSequence: UInt64
    package private(set) var syncedSequence: UInt64
    /// The lowest number that somebody waits for and that is not synced.
    private var firstUrgent: UInt64?
    /// The greatest number that somebody waits for.
    private var lastUrgent: UInt64 = 0
    /// When the oldest unsynced record was written, in boot-time milliseconds.
    private var unsyncedSince: Int64?
    /// What the newest frame in the log says is synced.
    private var recordedWatermark: UInt64
    private var idleSince: Int64?
    private var watermarkNeedsSync = false
    private var appendedBytes: Int64 = 0
    private var writtenBytes: Int64 = 0
    private var syncingBytes: Int64 = 0
    private var syncedBytes: Int64 = 0

    /// `last` is the last number in the log.
    ///
    /// Nothing of it counts as synced yet.
    package init(settings: Settings, lastSequence: UInt64) {
        self.settings = settings
        self.firstSequence = lastSequence + 1
        self.appendedSequence = lastSequence
        self.writtenSequence = lastSequence
        self.syncedSequence = 0
        self.recordedWatermark = 0
    }

    /// What answers and dispatch wait for: synced, or under a weaker policy written.
    package var durableSequence: UInt64 {
        self.settings.policy == .always ? self.syncedSequence : self.writtenSequence
    }

    package var hasUnwritten: Bool { self.recordCount > 0 || self.isWriting }
    /// Records that are in no frame yet.
    package var hasBuffered: Bool { self.recordCount > 0 }
    /// Bytes of records over the life of this engine.
    package var totalBytes: Int64 { self.appendedBytes }
    /// Everything is on disk, and nothing is under way.
    package var isSettled: Bool {
        !self.hasUnwritten && !self.isSyncing && !self.watermarkNeedsSync
            && self.syncedSequence == self.appendedSequence
    }
    /// Besides, a frame in the log says so: damage to any record would be noticed.
    package var isConfirmed: Bool { self.isSettled && self.recordedWatermark >= self.syncedSequence }
    /// Of the frame that is written next.
    package var waitingBytes: Int64 { Int64(self.bytes.count) }
    package var bufferedBytes: Int64 { Int64(self.bytes.count) + self.writingBytes }
    package var atRiskBytes: Int64 { self.appendedBytes - self.syncedBytes }

    package func atRiskMilliseconds(_ now: EngineTime) -> Double {
        guard self.syncedSequence < self.appendedSequence, let since = self.unsyncedSince else { return 0 }
        return Double(max(0, now.bootMilliseconds - since))
    }

    /// Room for records that are about to come, so that the buffer does not grow under each of them.
    package mutating func reserve(_ byteCount: Int) {
        let wanted = self.bytes.count + CommitFrame.headByteCount + byteCount
        if wanted > self.bytes.capacity { self.bytes.reserveCapacity(max(wanted, 2 * self.bytes.capacity)) }
    }

    /// Appends one record; `append` writes its bytes behind those already there.
    ///
    /// Returns its sequence number.
    @discardableResult
    package mutating func append(_ append: (inout [UInt8]) -> Void) -> UInt64 {
        if self.bytes.isEmpty {
            if self.bytes.capacity < 4_096 { self.bytes.reserveCapacity(4_096) }
            self.bytes += Self.emptyHead
            self.lastMarkOffset = CommitFrame.headByteCount
        }
        let start = self.bytes.count
        self.appendedSequence += 1
        if start - self.lastMarkOffset >= Int(RecordIndex.strideBytes) {
            self.marks.append(
                FrameMark(sequence: self.appendedSequence, bodyOffset: start - CommitFrame.headByteCount)
            )
            self.lastMarkOffset = start
        }
        append(&self.bytes)
        self.appendedBytes += Int64(self.bytes.count - start)
        self.recordCount += 1
        return self.appendedSequence
    }

    /// Somebody waits until this number is synced (under `always`; with `whateverThePolicy` under each).
    package mutating func urge(_ sequence: UInt64, whateverThePolicy: Bool = false) {
        guard sequence > self.syncedSequence, self.settings.policy == .always || whateverThePolicy else { return }
        self.firstUrgent = min(self.firstUrgent ?? sequence, sequence)
        self.lastUrgent = max(self.lastUrgent, sequence)
    }

    /// The frame to write now, if there is one and no write is under way.
    package mutating func nextFrame(
        fingerprint: StateFingerprint,
        epoch: UInt32,
        now: EngineTime
    ) -> (frame: CommitFrame, marks: [FrameMark])? {
        guard !self.isWriting, self.recordCount > 0 else { return nil }
        var frame = self.emptyFrame(.records, fingerprint, epoch, now)
        frame.recordCount = self.recordCount
        frame.firstSequence = self.firstSequence
        frame.bytes = self.bytes
        let marks = self.marks
        self.firstSequence += UInt64(self.recordCount)
        self.recordCount = 0
        self.bytes = []
        self.marks = []
        self.begin(frame, now)
        return (frame, marks)
    }

    /// An empty frame that records the watermark: when the log has been idle, or as the last word of an orderly stop.
    package mutating func nextWatermark(
        _ kind: CommitFrame.Kind,
        fingerprint: StateFingerprint,
        epoch: UInt32,
        now: EngineTime
    ) -> CommitFrame? {
        guard self.isSettled, kind == .cleanStop || self.isWatermarkDue(now) else { return nil }
        let frame = self.emptyFrame(kind, fingerprint, epoch, now)
        self.begin(frame, now)
        self.watermarkNeedsSync = true
        return frame
    }

    private func isWatermarkDue(_ now: EngineTime) -> Bool {
        guard self.recordedWatermark < self.syncedSequence, self.settings.policy != .never, let since = self.idleSince
        else { return false }
        return now.bootMilliseconds >= since + Settings.idleMilliseconds
    }

    private func emptyFrame(
        _ kind: CommitFrame.Kind,
        _ fingerprint: StateFingerprint,
        _ epoch: UInt32,
        _ now: EngineTime
    ) -> CommitFrame {
        CommitFrame(
            kind: kind,
            firstSequence: self.appendedSequence + 1,
            recordCount: 0,
            watermark: self.syncedSequence,
            fingerprint: fingerprint,
            epoch: epoch,
            wallMilliseconds: now.wallMilliseconds,
            bytes: [UInt8](repeating: 0, count: CommitFrame.headByteCount)
        )
    }

    private mutating func begin(_ frame: CommitFrame, _ now: EngineTime) {
        self.isWriting = true
        self.writingBytes = Int64(frame.bytes.count)
        self.recordedWatermark = frame.watermark
        self.idleSince = nil
        if self.unsyncedSince == nil { self.unsyncedSince = now.bootMilliseconds }
    }

    package mutating func written(_ sequence: UInt64) {
        self.isWriting = false
        self.writingBytes = 0
        self.writtenSequence = max(self.writtenSequence, sequence)
        self.writtenBytes = self.appendedBytes - Int64(max(0, self.bytes.count - CommitFrame.headByteCount))
    }

    /// Whether a sync should begin now; if so, it counts as begun.
    package mutating func shouldSync(_ now: EngineTime) -> Bool {
        guard !self.isSyncing, self.wantsSync(now) else { return false }
        self.isSyncing = true
        self.watermarkNeedsSync = false
        self.syncingBytes = self.writtenBytes
        return true
    }

    private func wantsSync(_ now: EngineTime) -> Bool {
        if self.watermarkNeedsSync, !self.isWriting { return true }
        guard self.writtenSequence > self.syncedSequence else { return false }
        if let urgent = self.firstUrgent, urgent <= self.writtenSequence { return true }
        guard let due = self.lazySyncTime else { return false }
        return now.bootMilliseconds >= due
    }

    private var lazySyncTime: Int64? {
        guard let since = self.unsyncedSince, self.writtenSequence > self.syncedSequence else { return nil }
        switch self.settings.policy {
        case .always: return since + Settings.idleMilliseconds
        case .interval: return since + min(self.settings.syncIntervalMilliseconds, Settings.idleMilliseconds)
        case .never: return nil
        }
    }

    package mutating func synced(_ sequence: UInt64, now: EngineTime) {
        self.isSyncing = false
        self.syncedSequence = max(self.syncedSequence, sequence)
        self.syncedBytes = self.syncingBytes
        if let urgent = self.firstUrgent, urgent <= self.syncedSequence {
            self.firstUrgent = self.syncedSequence < self.lastUrgent ? self.syncedSequence + 1 : nil
        }
        self.unsyncedSince = self.syncedSequence < self.appendedSequence ? now.bootMilliseconds : nil
        self.idleSince = self.isSettled ? now.bootMilliseconds : nil
    }

    /// Boot-time milliseconds at which `shouldSync` or `nextWatermark` may answer differently; nil: not by time alone.
    package var nextWake: Int64? {
        if self.isSyncing || self.isWriting { return nil }
        if let lazy = self.lazySyncTime { return lazy }
        guard self.recordedWatermark < self.syncedSequence, self.settings.policy != .never, let since = self.idleSince
        else { return nil }
        return since + Settings.idleMilliseconds
    }
}
