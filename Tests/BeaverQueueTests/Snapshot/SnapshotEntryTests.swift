import BeaverSimulation
import Testing

@testable import BeaverQueue

/// What a snapshot keeps of each job is enough to have its slot and its record back, and anything else is refused.
@Suite struct SnapshotEntryTests {
    private static let hash = KeyedHash(key0: 3, key1: 4)

    private struct Sample {
        var slot: JobSlot
        var record: [UInt8]
        var history: [UInt8]
    }

    /// Jobs of all kinds, in ENQUEUE order: with and without options, changed and as they were accepted.
    private static func samples(_ seed: inout Seed, count: Int) throws -> [Sample] {
        var sequence = UInt64(1 + seed.below(1 << 40))
        var wall: Int64 = 1_700_000_000_000
        return try (0..<count).map { number in
            var job = NewJob(
                id: String(repeating: "é", count: seed.below(100)) + "\(number)",
                payload: [UInt8](repeating: 0x31, count: seed.below(300) + 1),
                action: "a"
            )
            job.priority = UInt8(seed.below(10))
            job.once = seed.chance(1, in: 5)
            if seed.chance(1, in: 4) { job.timeoutMilliseconds = 5 }
            if seed.chance(1, in: 4) { job.maxRetry = 7 }
            if seed.chance(1, in: 6) { job.start = .after(milliseconds: 1_000) }
            if seed.chance(1, in: 6) { job.start = .at(wallMilliseconds: wall + 9) }
            if seed.chance(1, in: 5) { job.command = JobCommand(arguments: ["/bin/sh", "-c", "true \(number)"]) }
            var body: [UInt8] = []
            EnqueueBody.encode(
                job,
                id: try #require(job.id),
                isGenerated: seed.chance(1, in: 3),
                payloadChecksum: Checksum.crc32c(job.payload),
                into: &body
            )
            var record: [UInt8] = []
            RecordWriter.appendEnqueue(
                body: body.span.bytes,
                action: UInt16(seed.below(3)),
                wallMilliseconds: wall,
                to: &record
            )
            let bytes = record.span.bytes.extracting(Record.headByteCount..<record.count)
            let decoded = EnqueueBody.decodeEvent(bytes, hash: Self.hash)
            let enqueue = try #require(decoded)
            var slot = JobSlot(enqueue, sequence: sequence, wallMilliseconds: wall)
            if seed.chance(1, in: 3) {
                slot.state = .dead
                slot.isReturned = true
                slot.link = 0
                slot.lastSequence = sequence + 5
                slot.runs = 3
            }
            if seed.chance(1, in: 4) { slot.isReady = true }
            sequence += UInt64(seed.chance(1, in: 3) ? 1 + seed.below(1_000_000) : 1)
            // The wall clock may go back.
            wall += Int64(seed.below(2_000)) - 500
            return Sample(
                slot: slot,
                record: record,
                history: [UInt8](repeating: 9, count: seed.below(2) * 40)
            )
        }
    }

    private static func table(
        _ samples: [Sample]
    ) -> (head: SnapshotFormat.ChunkHead, table: [UInt8], bodies: [UInt8]) {
        var writer = SnapshotTableWriter(firstNumber: samples[0].slot.enqueueSequence)
        var (table, bodies): ([UInt8], [UInt8]) = ([], [])
        for sample in samples {
            let rest = writer.append(
                sample.slot,
                record: sample.record.span.bytes,
                historyByteCount: sample.history.count,
                to: &table
            )
            bodies += sample.record[rest...] + sample.history
        }
        let head = SnapshotFormat.ChunkHead(
            kind: .jobs,
            count: samples.count,
            tableByteCount: table.count,
            bodyByteCount: bodies.count,
            firstSequence: samples[0].slot.enqueueSequence,
            tableChecksum: 0,
            bodyChecksum: 0
        )
        return (head, table, bodies)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func slotAndRecordComeBack(_ value: UInt64) throws {
        var seed = Seed(value)
        let samples = try Self.samples(&seed, count: 60)
        let (head, table, bodies) = Self.table(samples)
        var reader = SnapshotTableReader(head, hash: Self.hash)
        var record: [UInt8] = []
        for sample in samples {
            let next = reader.next(in: table.span.bytes)
            let entry = try #require(next)
            #expect(entry.slot.isStored(as: sample.slot))
            #expect(entry.slot.fingerprint == sample.slot.fingerprint)
            entry.record(table: table.span.bytes, bodies: bodies.span.bytes, into: &record)
            #expect(record == sample.record)
            #expect(Array(bodies[entry.history]) == sample.history)
        }
        let isAtEnd = reader.isAtEnd(of: table.span.bytes)
        #expect(isAtEnd)
        let another = reader.next(in: table.span.bytes)
        #expect(another == nil)
    }

    /// A checksum may be right by chance: whatever a table holds, nothing outside of the chunk is touched.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func anyTableIsReadWithoutHarm(_ value: UInt64) throws {
        var seed = Seed(value)
        let (head, whole, bodies) = Self.table(try Self.samples(&seed, count: 8))
        func read(_ table: [UInt8]) {
            var reader = SnapshotTableReader(head, hash: Self.hash)
            var record: [UInt8] = []
            while let entry = reader.next(in: table.span.bytes) {
                #expect(entry.history.upperBound <= bodies.count)
                entry.record(table: table.span.bytes, bodies: bodies.span.bytes, into: &record)
            }
        }
        for count in 0..<whole.count { read(Array(whole.prefix(count))) }
        for _ in 0..<2_000 {
            var table = whole
            for _ in 0...seed.below(3) {
                table[seed.below(table.count)] = UInt8(truncatingIfNeeded: seed.below(256))
            }
            read(table)
        }
    }

    /// Pins format 2: a job as it was accepted, then one with a number of its own, options, a history and a slot.
    @Test func goldenBytesOfATable() throws {
        var samples: [Sample] = []
        for number in [UInt64(7), 300] {
            var job = NewJob(id: "job-\(number)", payload: Array("{}".utf8), action: "a")
            if number == 300 { job.maxRetry = 9 }
            var body: [UInt8] = []
            EnqueueBody.encode(job, id: job.id ?? "", isGenerated: false, payloadChecksum: 0xa1b2_c3d4, into: &body)
            var record: [UInt8] = []
            RecordWriter.appendEnqueue(
                body: body.span.bytes,
                action: 3,
                wallMilliseconds: 1_700_000_000_000 - Int64(number),
                to: &record
            )
            let bytes = record.span.bytes.extracting(Record.headByteCount..<record.count)
            let decoded = EnqueueBody.decodeEvent(bytes, hash: Self.hash)
            let enqueue = try #require(decoded)
            var slot = JobSlot(enqueue, sequence: number, wallMilliseconds: 1_700_000_000_000 - Int64(number))
            if number == 300 { slot.runs = 2 }
            samples.append(Sample(slot: slot, record: record, history: number == 300 ? [1, 2, 3] : []))
        }
        let table = Self.table(samples).table
        let hex = table.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        #expect(hex == Self.goldenTable)
    }

    private static let goldenTable =
        "00f29fabfef96200040300d4c3b2a1056a6f622d37020fa502c90408040300d4c3b2a1076a6f622d3330300202032c01"
        + "0000000004002c010000000003002c0100000000020002000000d4c3b2a1d466e5cf8b0100000000000000000000"

    /// A job that only waits costs twelve bytes beside its id and payload, thirteen with a longer payload.
    @Test func aWaitingJobIsSmall() throws {
        let samples = try (1...1_000).map { number in
            let job = NewJob(
                id: "job-\(10_000_000 + number)",
                payload: [UInt8](repeating: 0x31, count: 120),
                action: "a"
            )
            var body: [UInt8] = []
            EnqueueBody.encode(job, id: job.id ?? "", isGenerated: false, payloadChecksum: 1, into: &body)
            var record: [UInt8] = []
            RecordWriter.appendEnqueue(
                body: body.span.bytes,
                action: 1,
                wallMilliseconds: 1_700_000_000_000,
                to: &record
            )
            let bytes = record.span.bytes.extracting(Record.headByteCount..<record.count)
            let decoded = EnqueueBody.decodeEvent(bytes, hash: Self.hash)
            let enqueue = try #require(decoded)
            let slot = JobSlot(enqueue, sequence: UInt64(number), wallMilliseconds: 1_700_000_000_000)
            return Sample(slot: slot, record: record, history: [])
        }
        let (_, table, bodies) = Self.table(samples)
        #expect(bodies.count == 120 * samples.count)
        #expect(table.count <= (12 + 12) * samples.count + 8)
    }

    /// Larger than one chunk and large enough for the second thread: loaded as it was.
    @Test func aLargeSnapshotIsLoadedBesideAndEqual() throws {
        let driver = try SteppingDriver.opened { $0.configuration.log.maxSegmentBytes = 8 << 20 }
        driver.submit(.pause)
        for round in 0..<20 {
            for number in 0..<1_000 { driver.put("r\(round)-\(number)") }
            try driver.runUntilIdle()
        }
        driver.submit(.snapshot)
        try driver.runUntilIdle()
        let live = try #require(driver.engine?.manager.fingerprint)
        driver.kill()
        try driver.reopen()
        #expect(driver.parts?.snapshots.newest?.foot.jobs == 20_000)
        #expect(driver.engine?.manager.slots.count == 20_000)
        #expect(try driver.replayed(on: driver.storage.clone()).slots.count == 20_000)
        #expect(live != driver.engine?.manager.fingerprint, "an epoch was added")
        try driver.expectSound()
    }

    /// A snapshot of another format is refused by name, not passed over as if it were damaged.
    ///
    /// All that is known of it is its head: another format may end in another way.
    @Test(arguments: [1, SnapshotFormat.version + 1]) func anotherFormatIsRefusedByName(version: UInt32) throws {
        let driver = try SteppingDriver.opened { _ in }
        driver.put("a")
        try driver.runUntilIdle()
        driver.submit(.snapshot)
        try driver.runUntilIdle()
        let name = try #require(driver.storage.snapshotFiles(under: "data/snapshot").keys.sorted().last)
        var bytes = try #require(driver.storage.contents(of: name))
        bytes.storeLittleEndian(version, at: 8)
        bytes.storeLittleEndian(Checksum.crc32c(Array(bytes[0..<60])), at: 60)
        bytes.removeLast(7)
        driver.kill()
        #expect(driver.storage.replace(name, bytes))
        let error = #expect(throws: QueueError.self) { try driver.open() }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("format \(version)") == true)
    }
}
