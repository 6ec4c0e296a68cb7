import BeaverSimulation
import Testing

@testable import BeaverQueue

/// Records and frames: what is written is what is read, and nothing else is.
@Suite struct RecordTests {
    static let hash = KeyedHash(key0: 1, key1: 2)
    static let job = JobReference(idLow: 0xfedc_ba98_7654_3210, enqueueSequence: 0xffff_ffff_fffe)

    static let end = Event.EndOfRun(
        token: 5 << 33 + 7,
        exitStatus: 255,
        error: "it broke: \u{1F9AB}",
        outputTail: [0, 255, 10]
    )

    static let events: [Event] = [
        .action(name: "resize"), .action(name: String(repeating: "\u{E9}", count: 127)),
        .dispatch(job, token: 1 << 52), .ack(job, end, isSimulated: false),
        .ack(job, Event.EndOfRun(), isSimulated: true),
        .retry(job, end, due: .max, delay: 300_000), .timeout(job, end, due: 0, delay: 0), .dead(job, end),
        .cancelAsked(job), .cancel(job, Event.EndOfRun(error: "cancelled")),
        .interrupted(job, end, isFree: true, due: 7, delay: 8), .interrupted(job, end, isFree: false, due: 7, delay: 8),
        .revive(job), .purge(job), .forget(recordsThrough: 1 << 47, idsThrough: 3), .pause, .resume,
        .settings(Event.Settings(simulates: true)), .settings(Event.Settings(simulates: false)), .epoch(.max),
        .recovered,
    ]

    /// A type of record that stands in no event above is tested by nothing here.
    @Test func noTypeOfRecordIsLeftOut() {
        var written: Set<UInt8> = [Event.RecordType.enqueue.rawValue]
        for event in Self.events {
            var bytes: [UInt8] = []
            RecordWriter.append(event, wallMilliseconds: 1, previousSequence: 2, to: &bytes)
            written.insert(bytes[0])
        }
        #expect(written == Set((0...UInt8.max).filter { Event.RecordType(rawValue: $0) != nil }))
    }

    @Test func everyEventIsReadAsItWasWritten() {
        var bytes: [UInt8] = []
        for event in Self.events {
            RecordWriter.append(event, wallMilliseconds: 1 << 47, previousSequence: 1 << 46, to: &bytes)
        }
        var reader = RecordReader(firstSequence: 100, hash: Self.hash)
        for (place, event) in Self.events.enumerated() {
            let record = reader.next(in: bytes.span.bytes)
            #expect(record?.event == event)
            #expect(record?.sequence == 100 + UInt64(place))
            #expect(record?.wallMilliseconds == 1 << 47)
            #expect(record?.previousSequence == (event.job == nil ? 0 : 1 << 46))
        }
        let (isAtEnd, after) = (reader.isAtEnd(of: bytes.span.bytes), reader.next(in: bytes.span.bytes))
        #expect(isAtEnd && after == nil)
    }

    static let jobs: [NewJob] = [
        NewJob(id: "a", payload: []),
        NewJob(payload: Array("{\"k\":[1,2]}".utf8), action: "resize", priority: 9, once: true),
        NewJob(
            id: String(repeating: "x", count: 255),
            payload: [UInt8](repeating: 7, count: 70_000),
            timeoutMilliseconds: 0,
            maxRetry: 10_000,
            priority: 0,
            start: .after(milliseconds: 86_400_000 * 36_500)
        ),
        NewJob(
            id: "\u{1F9AB}",
            payload: [0x31],
            action: "exec",
            timeoutMilliseconds: .max,
            start: .at(wallMilliseconds: .max),
            command: JobCommand(
                arguments: ["/bin/sh", "-c", "true"],
                workingDirectory: "/",
                environment: ["A=1", "B="]
            )
        ),
        NewJob(
            id: "c",
            payload: [0x31],
            start: .at(wallMilliseconds: 253_402_300_799_999),
            command: JobCommand(arguments: ["x"])
        ),
    ]

    @Test func everyJobIsReadAsItWasEnqueued() throws {
        let batch = JobBatch(Self.jobs, hash: Self.hash) { _ in "made up" }
        var bytes: [UInt8] = []
        for entry in batch.entries {
            let body = batch.bytes.span.bytes.extracting(entry.body)
            RecordWriter.appendEnqueue(body: body, action: 513, wallMilliseconds: 9, to: &bytes)
        }
        #expect(Int64(bytes.count) == batch.logBytes)
        var reader = RecordReader(firstSequence: 1, hash: Self.hash)
        for (job, entry) in zip(Self.jobs, batch.entries) {
            var expected = entry.enqueue
            expected.action = 513
            let record = reader.next(in: bytes.span.bytes)
            #expect(record?.event == .enqueue(expected))
            let body = bytes.span.bytes.extracting(reader.lastRange).extracting(
                Record.headByteCount..<reader.lastRange.count
            )
            let found = EnqueueBody.decode(body, hash: Self.hash)
            let decoded = try #require(found)
            #expect(decoded.id == job.id ?? "made up")
            #expect(decoded.payload == job.payload)
            #expect(decoded.command == job.command)
            #expect(decoded.timeoutMilliseconds == job.timeoutMilliseconds)
            #expect(decoded.maxRetry == job.maxRetry)
            #expect(decoded.enqueue.start == job.start)
            #expect(decoded.enqueue == expected)
        }
        let isAtEnd = reader.isAtEnd(of: bytes.span.bytes)
        #expect(isAtEnd)
        #expect(batch.entries.map(\.body.count).max() == batch.greatestBodyByteCount)
    }

    /// Bytes that are no records end the reading; nothing traps, whatever they say.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func anyBytesAreReadWithoutHarm(_ value: UInt64) {
        var seed = Seed(value)
        var whole: [UInt8] = []
        for event in Self.events { RecordWriter.append(event, wallMilliseconds: 1, previousSequence: 2, to: &whole) }
        for round in 0..<1_500 {
            var bytes = round % 2 == 0 ? seed.bytes(seed.below(200)) : whole
            if round % 2 == 0, bytes.count >= 4 {
                // A plausible head, so that the fields behind it are reached.
                bytes.storeLittleEndian(UInt32(seed.range(0...19)) | UInt32(seed.range(0...bytes.count)) << 8, at: 0)
            } else if let place = seed.pick(bytes.indices) {
                bytes[place] = UInt8(truncatingIfNeeded: seed.next())
            }
            var reader = RecordReader(firstSequence: 1, hash: Self.hash)
            var count = 0
            while let record = reader.next(in: bytes.span.bytes) {
                if case .enqueue = record.event {
                    let body = bytes.span.bytes.extracting(reader.lastRange)
                    _ = EnqueueBody.decode(body.extracting(10..<body.byteCount), hash: Self.hash)
                }
                count += 1
            }
            #expect(count <= Self.events.count, "seed \(value)")
            _ = RunHistory(decoding: bytes.span.bytes)
            _ = GlobalState(decoding: bytes.span.bytes)
        }
    }

    /// Too much error text and output are cut before they are written, so that an end fits what was charged for it.
    @Test func anEndOfRunHasAGreatestSize() {
        let end = Event.EndOfRun(
            token: .max,
            exitStatus: 1_000_000,
            error: String(repeating: "e", count: 5_000),
            outputTail: [UInt8](repeating: 1, count: 5_000) + [2]
        )
        for event in [
            Event.retry(Self.job, end, due: 1, delay: 1), .interrupted(Self.job, end, isFree: true, due: 1, delay: 1),
            .dead(Self.job, end), .ack(Self.job, end, isSimulated: false),
        ] {
            var bytes: [UInt8] = []
            RecordWriter.append(event, wallMilliseconds: 0, previousSequence: 0, to: &bytes)
            #expect(bytes.count <= Record.maxEndByteCount)
            #expect(bytes.last == 2)
            var reader = RecordReader(firstSequence: 1, hash: Self.hash)
            let record = reader.next(in: bytes.span.bytes)
            #expect(record != nil)
        }
    }

    // MARK: Frames

    static func frame() -> CommitFrame {
        var bytes = [UInt8](repeating: 0, count: CommitFrame.headByteCount)
        for event in Self.events.prefix(5) {
            RecordWriter.append(event, wallMilliseconds: 1, previousSequence: 0, to: &bytes)
        }
        return CommitFrame(
            kind: .records,
            firstSequence: 41,
            recordCount: 5,
            watermark: 40,
            fingerprint: StateFingerprint(high: 3, low: 4),
            epoch: 2,
            wallMilliseconds: 5,
            bytes: bytes
        )
    }

    @Test func eachFlippedBitOfAFrameIsRefused() throws {
        var frame = Self.frame()
        let seed = FrameSeed(hash: Self.hash, segmentIndex: 1)(4_096)
        let checksum = frame.seal(seed: seed, previousChecksum: 77)
        #expect(frame.bytes.count % 8 == 0 && frame.bytes.count == frame.byteCount)
        func isWhole(_ bytes: [UInt8], seed: UInt32) -> Bool {
            guard let head = FrameHead(bytes.span.bytes, at: 0, seed: seed) else { return false }
            let end = CommitFrame.headByteCount + head.bodyByteCount
            guard end <= bytes.count else { return false }
            return Checksum.crc32c(bytes.span.bytes.extracting(CommitFrame.headByteCount..<end)) == head.bodyChecksum
        }
        let found = FrameHead(frame.bytes.span.bytes, at: 0, seed: seed)
        let head = try #require(found)
        #expect(
            head.checksum == checksum && head.previousChecksum == 77 && head.watermark == 40 && head.lastSequence == 45
        )
        #expect(head.epoch == 2 && head.wallMilliseconds == 5 && head.fingerprint == frame.fingerprint)
        #expect(head.stride == frame.byteCount)
        let bodyEnd = CommitFrame.headByteCount + head.bodyByteCount
        for place in 0..<bodyEnd {
            for bit in 0..<8 as Range<UInt8> {
                var bytes = frame.bytes
                bytes[place] ^= 1 << bit
                #expect(!isWhole(bytes, seed: seed), "byte \(place), bit \(bit)")
            }
        }
        // Another place, another segment, another store: another seed.
        for other in [
            FrameSeed(hash: Self.hash, segmentIndex: 1)(4_104), FrameSeed(hash: Self.hash, segmentIndex: 2)(4_096),
            FrameSeed(hash: KeyedHash(key0: 1, key1: 3), segmentIndex: 1)(4_096),
        ] {
            #expect(!isWhole(frame.bytes, seed: other))
        }
        for count in 0..<bodyEnd { #expect(!isWhole(Array(frame.bytes.prefix(count)), seed: seed)) }
    }

    /// Format version 1, byte for byte: a store that was written once can be read for ever.
    @Test func goldenBytesOfALog() throws {
        let storage = SimulatedStorage()
        try storage.createDirectory("wal")
        let identity = StoreIdentity(
            randomWords: [1, 2, 3, 4],
            createdWallMilliseconds: 1_750_000_000_000,
            logDirectory: "wal",
            snapshotDirectory: "snapshot",
            simulates: false
        )
        try WriteAheadLog.create(storage: storage, directory: "wal", identity: identity, maxSegmentBytes: 8_192)
        let scan = LogScan(storage: storage, directory: "wal", identity: identity)
        let segments = try scan.segments()
        let end = try scan.scan(segments, from: 1) { _, _ in }
        let log = try WriteAheadLog.open(
            storage: storage,
            directory: "wal",
            identity: identity,
            maxSegmentBytes: 8_192,
            segments: segments,
            end: end,
            index: RecordIndex()
        )
        try log.write(Self.frame(), marks: [])
        let file = try #require(storage.contents(of: "wal/0000000001.wal"))
        func hex(_ range: Range<Int>) -> String {
            file[range].map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        }
        #expect(hex(0..<68) == Self.goldenHead)
        #expect(file[68..<4_096].allSatisfy { $0 == 0 })
        #expect(hex(4_096..<4_176) == Self.goldenFrameHead)
        #expect(hex(4_176..<4_194) == "12100000010000000000726573697a65" + "1208")
    }

    private static let goldenHead =
        "62455652534547310100000001000000"
        + "3030303030303030303030303030303130303030303030303030303030303032"
        + "000000000000000000200000000000002aa977df"
    private static let goldenFrameHead =
        "6245565246524d31a9010000050000002900000000000000280000000000000003000000000000000400000000000000"
        + "020000000000000000000000a2d5f46f050000000000000000000000e0fd5d63"
}
