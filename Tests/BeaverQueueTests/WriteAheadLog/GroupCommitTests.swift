import Testing

@testable import BeaverQueue

/// The commit pipeline without a disk: what is written, when it is synced, what counts as durable.
@Suite struct GroupCommitTests {
    private struct Pipeline {
        var commit: GroupCommit
        var now = EngineTime(bootNanoseconds: 0, wallMilliseconds: 0)

        init(_ policy: SyncPolicy, interval: Int64 = 10) {
            var settings = GroupCommit.Settings()
            settings.policy = policy
            settings.syncIntervalMilliseconds = interval
            self.commit = GroupCommit(settings: settings, lastSequence: 0)
        }

        mutating func append(_ bytes: Int = 10) -> UInt64 {
            self.commit.append { $0 += [UInt8](repeating: 1, count: bytes) }
        }
        mutating func frame() -> CommitFrame? {
            self.commit.nextFrame(fingerprint: StateFingerprint(), epoch: 1, now: self.now)?.frame
        }
        mutating func watermark(_ kind: CommitFrame.Kind = .watermark) -> CommitFrame? {
            self.commit.nextWatermark(kind, fingerprint: StateFingerprint(), epoch: 1, now: self.now)
        }
        mutating func shouldSync() -> Bool { self.commit.shouldSync(self.now) }
        mutating func pass(_ milliseconds: Int64) { self.now.bootNanoseconds += milliseconds * 1_000_000 }
        mutating func synced(_ sequence: UInt64) { self.commit.synced(sequence, now: self.now) }
        /// Appends, writes and syncs one record.
        mutating func settle() {
            let sequence = self.append()
            self.commit.urge(sequence, whateverThePolicy: true)
            _ = self.frame()
            self.commit.written(sequence)
            _ = self.shouldSync()
            self.synced(sequence)
        }
    }

    @Test func recordsThatComeDuringAWriteGoTogether() {
        var pipe = Pipeline(.always)
        _ = pipe.append()
        let first = pipe.frame()
        #expect(first?.firstSequence == 1 && first?.recordCount == 1)
        _ = pipe.append()
        _ = pipe.append(11)
        let during = pipe.frame()
        #expect(during == nil)
        #expect(pipe.commit.bufferedBytes == 90 + 80 + 21)
        pipe.commit.written(1)
        let second = pipe.frame()
        #expect(second?.firstSequence == 2 && second?.recordCount == 2 && second?.lastSequence == 3)
        #expect(second?.byteCount == 104)
    }

    @Test func underAlwaysDurableIsSynced() {
        var pipe = Pipeline(.always)
        let sequence = pipe.append()
        pipe.commit.urge(sequence)
        _ = pipe.frame()
        let early = pipe.shouldSync()
        #expect(!early)
        pipe.commit.written(sequence)
        #expect(pipe.commit.durableSequence == 0)
        let (begun, twice) = (pipe.shouldSync(), pipe.shouldSync())
        #expect(begun && !twice)
        pipe.synced(sequence)
        #expect(pipe.commit.durableSequence == sequence)
        #expect(pipe.commit.isSettled)
    }

    /// What nobody waits for is synced all the same, after at most 100 ms.
    @Test func withoutUrgeTheSyncComesWithin100Milliseconds() {
        var pipe = Pipeline(.always)
        _ = pipe.append()
        _ = pipe.frame()
        pipe.commit.written(1)
        let now = pipe.shouldSync()
        #expect(!now)
        #expect(pipe.commit.nextWake == 100)
        pipe.pass(99)
        let early = pipe.shouldSync()
        #expect(!early)
        #expect(pipe.commit.atRiskMilliseconds(pipe.now) == 99)
        pipe.pass(1)
        let late = pipe.shouldSync()
        #expect(late)
    }

    @Test func underIntervalDurableIsWrittenAndTheSyncComesByTheClock() {
        var pipe = Pipeline(.interval, interval: 30)
        let sequence = pipe.append()
        pipe.commit.urge(sequence)
        _ = pipe.frame()
        pipe.commit.written(sequence)
        #expect(pipe.commit.durableSequence == sequence)
        let early = pipe.shouldSync()
        #expect(!early)
        #expect(pipe.commit.nextWake == 30)
        pipe.pass(30)
        let due = pipe.shouldSync()
        #expect(due)
    }

    @Test func underNeverOnlyWhatMustBeIsSynced() {
        var pipe = Pipeline(.never)
        let sequence = pipe.append()
        pipe.commit.urge(sequence)
        _ = pipe.frame()
        pipe.commit.written(sequence)
        pipe.pass(100_000)
        let byTime = pipe.shouldSync()
        #expect(!byTime)
        #expect(pipe.commit.nextWake == nil)
        pipe.commit.urge(sequence, whateverThePolicy: true)
        let urged = pipe.shouldSync()
        #expect(urged)
        pipe.synced(sequence)
        pipe.pass(1_000)
        let idle = pipe.watermark()
        #expect(idle == nil)
        let stop = pipe.watermark(.cleanStop)
        #expect(stop?.watermark == sequence)
    }

    /// One empty frame says what is synced, and then an idle log writes nothing at all.
    @Test func anIdleLogRecordsItsWatermarkOnce() {
        var pipe = Pipeline(.always)
        pipe.settle()
        let early = pipe.watermark()
        #expect(early == nil)
        #expect(pipe.commit.nextWake == 100)
        pipe.pass(100)
        let frame = pipe.watermark()
        #expect(
            frame?.kind == .watermark && frame?.watermark == 1 && frame?.firstSequence == 2 && frame?.recordCount == 0
        )
        pipe.commit.written(frame?.lastSequence ?? 0)
        #expect(!pipe.commit.isSettled)
        let sync = pipe.shouldSync()
        #expect(sync)
        pipe.synced(1)
        #expect(pipe.commit.isSettled)
        #expect(pipe.commit.nextWake == nil)
        pipe.pass(10_000)
        let (again, syncAgain) = (pipe.watermark(), pipe.shouldSync())
        #expect(again == nil && !syncAgain)
        let next = pipe.append()
        #expect(next == 2)
    }

    /// A frame's watermark is what was synced before it was made, never what is being synced.
    @Test func theWatermarkIsTheLastSyncThatEnded() {
        var pipe = Pipeline(.always)
        pipe.settle()
        let second = pipe.append()
        pipe.commit.urge(second)
        let frame = pipe.frame()
        #expect(frame?.watermark == 1)
        pipe.commit.written(second)
        _ = pipe.shouldSync()
        _ = pipe.append()
        let third = pipe.frame()
        #expect(third?.watermark == 1)
        pipe.synced(second)
        pipe.commit.written(3)
        _ = pipe.append()
        let fourth = pipe.frame()
        #expect(fourth?.watermark == 2)
    }

    /// A sync that ends covers what was written before it began; an urgent record behind it asks for the next.
    @Test func anUrgentRecordThatASyncMissedAsksForTheNext() {
        var pipe = Pipeline(.always)
        let first = pipe.append()
        pipe.commit.urge(first)
        _ = pipe.frame()
        pipe.commit.written(first)
        _ = pipe.shouldSync()
        let second = pipe.append()
        pipe.commit.urge(second)
        _ = pipe.frame()
        pipe.commit.written(second)
        pipe.synced(first)
        #expect(pipe.commit.durableSequence == first)
        let next = pipe.shouldSync()
        #expect(next)
        pipe.synced(second)
        let none = pipe.shouldSync()
        #expect(!none)
    }

    @Test func bytesAtRiskAreThoseNotSynced() {
        var pipe = Pipeline(.interval, interval: 50)
        _ = pipe.append(100)
        #expect(pipe.commit.atRiskBytes == 100)
        _ = pipe.frame()
        _ = pipe.append(7)
        pipe.commit.written(1)
        pipe.pass(50)
        _ = pipe.shouldSync()
        pipe.synced(1)
        #expect(pipe.commit.atRiskBytes == 7)
        #expect(pipe.commit.totalBytes == 107)
        _ = pipe.frame()
        pipe.commit.written(2)
        pipe.pass(50)
        _ = pipe.shouldSync()
        pipe.synced(2)
        #expect(pipe.commit.atRiskBytes == 0)
    }

    @Test func marksStandEach64KiBInALargeFrame() {
        var pipe = Pipeline(.always)
        for _ in 0..<10 { _ = pipe.append(20 << 10) }
        let marks = pipe.commit.nextFrame(fingerprint: StateFingerprint(), epoch: 1, now: pipe.now)?.marks ?? []
        #expect(marks.map(\.sequence) == [5, 9])
        #expect(marks.map(\.bodyOffset) == [80 << 10, 160 << 10])
    }
}
