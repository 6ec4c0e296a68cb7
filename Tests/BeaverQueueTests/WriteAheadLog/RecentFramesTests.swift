import BeaverSimulation
import Testing

@testable import BeaverQueue

/// What is read from memory is what stands in the frames that were written.
@Suite struct RecentFramesTests {
    private static let limitBytes = 400 << 10

    /// Frames of random size: most are small, some have marks, some are too large to be kept.
    private struct Log {
        var seed: Seed
        var commit = GroupCommit(settings: GroupCommit.Settings(), lastSequence: 0)
        var recent = RecentFrames(limitBytes: RecentFramesTests.limitBytes)
        var records: [UInt64: (record: Record, bytes: [UInt8])] = [:]
        /// Of the frames that must still be there.
        var kept: [CommitFrame] = []

        mutating func write() throws {
            let count = self.seed.chance(1, in: 8) ? 1 + self.seed.below(400) : 1 + self.seed.below(5)
            for _ in 0..<count {
                var end = RecordTests.end
                end.outputTail = [UInt8](repeating: 7, count: self.seed.below(2_000))
                let event =
                    self.seed.chance(1, in: 2) ? .dead(RecordTests.job, end) : RecordTests.events[self.seed.below(12)]
                let wall = Int64(self.seed.below(1 << 40))
                self.commit.append { bytes in
                    RecordWriter.append(event, wallMilliseconds: wall, previousSequence: 0, to: &bytes)
                }
            }
            let now = EngineTime(bootNanoseconds: 0, wallMilliseconds: 0)
            let next = self.commit.nextFrame(fingerprint: StateFingerprint(), epoch: 1, now: now)
            let (frame, marks) = try #require(next)
            self.commit.written(frame.lastSequence)
            let body = frame.bytes.span.bytes.extracting(CommitFrame.headByteCount..<frame.bytes.count)
            var reader = RecordReader(firstSequence: frame.firstSequence, hash: RecordTests.hash)
            while let record = reader.next(in: body) {
                self.records[record.sequence] = (record, body.bytes(reader.lastRange))
            }
            self.recent.add(frame, marks: marks)
            if frame.bytes.count <= RecentFramesTests.limitBytes { self.kept.append(frame) }
            while self.kept.reduce(0, { $0 + $1.bytes.count }) > RecentFramesTests.limitBytes {
                self.kept.removeFirst()
            }
        }

        mutating func expectReadable(_ sequence: UInt64) {
            let mustBeThere = self.kept.contains { $0.firstSequence <= sequence && sequence <= $0.lastSequence }
            let found = self.recent.read(sequence, hash: RecordTests.hash)
            #expect((found != nil) == mustBeThere, "record \(sequence), seed \(self.seed.value)")
            guard let found, let expected = self.records[sequence] else { return }
            #expect(found.record == expected.record, "record \(sequence), seed \(self.seed.value)")
            #expect(found.bytes == expected.bytes, "record \(sequence), seed \(self.seed.value)")
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>) func everyRecordInAnyOrder(seed: UInt64) throws {
        var log = Log(seed: Seed(seed))
        for _ in 0..<120 {
            try log.write()
            let last = log.commit.appendedSequence
            for _ in 0..<20 { log.expectReadable(UInt64(log.seed.below(Int(last) + 2))) }
            // In order, as dispatch reads.
            let first = last - min(last - 1, UInt64(log.seed.below(40)))
            for sequence in first...last { log.expectReadable(sequence) }
        }
        #expect(log.kept.count < 120 && !log.kept.isEmpty)
    }

    @Test func aFrameWithoutRecordsIsNotKept() {
        var recent = RecentFrames(limitBytes: 1 << 10)
        var frame = RecordTests.frame()
        frame.recordCount = 0
        recent.add(frame, marks: [])
        #expect(recent.read(41, hash: RecordTests.hash) == nil)
    }
}
