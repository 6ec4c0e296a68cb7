import BeaverSimulation
import Testing

@testable import BeaverQueue

/// The small structures of the job manager, each against the plainest thing that does the same.
@Suite struct StructuresTests {
    // MARK: KeyedHash

    /// From the reference implementation's `vectors.h` (SipHash-2-4, 128 bits): key 00…0f, input 00, 01, … of each length.
    @Test(arguments: [
        (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
        (2, "8177228da4a45dc7fca38bdef60affe4"), (3, "9c70b60c5267a94e5f33b6b02985ed51"),
        (8, "3b62a9ba6258f5610f83e264f31497b4"), (63, "5150d1772f50834a503e069a973fbd7c"),
    ])
    func keyedHashIsSipHash24(_ length: Int, _ expected: String) {
        let key = KeyedHash(key0: 0x0706_0504_0302_0100, key1: 0x0f0e_0d0c_0b0a_0908)
        let input = (0..<length).map { UInt8($0) }
        let output = key(input.span.bytes)
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(output.low)
        bytes.appendLittleEndian(output.high)
        let text = bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        #expect(text == expected)
    }

    // MARK: FingerprintIndex

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func theIndexFindsWhatADictionaryFinds(_ value: UInt64) {
        var seed = Seed(value)
        var index = FingerprintIndex()
        var model: [UInt32: UInt64] = [:]
        for _ in 0..<4_000 {
            if seed.chance(3, in: 5) || model.isEmpty {
                // Few different hashes, so that many collide in all of their bits.
                let hash = seed.chance(1, in: 2) ? seed.next() : UInt64(seed.below(40)) << 32
                let number = UInt32(seed.below(1 << 30))
                guard model[number] == nil else { continue }
                index.insert(hash, number)
                model[number] = hash
            } else if let number = seed.pick(model.keys.sorted()), let hash = model.removeValue(forKey: number) {
                let (first, second) = (index.remove(hash, number), index.remove(hash, number))
                #expect(first && !second, "seed \(value)")
            }
            if seed.chance(1, in: 100) { index.reserve(seed.below(5_000)) }
            #expect(index.count == model.count, "seed \(value)")
        }
        for (number, hash) in model { #expect(index.find(hash) { $0 == number } == number, "seed \(value)") }
        // No entry has this upper half, which is all that the index itself compares.
        #expect(index.find(12_345 << 32) { _ in true } == nil)
    }

    // MARK: IndexedHeap

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func theHeapsFirstIsTheSmallest(_ value: UInt64) {
        var seed = Seed(value)
        var heap = IndexedHeap<Int>()
        var model: [Int: Int] = [:]
        for _ in 0..<3_000 {
            let number = seed.below(60)
            let key = seed.chance(1, in: 4) ? nil : seed.below(1_000)
            heap.set(number, key)
            model[number] = key
            #expect(heap.count == model.count, "seed \(value)")
            #expect(heap.first?.key == model.values.min(), "seed \(value)")
            if let first = heap.first { #expect(model[first.number] == first.key, "seed \(value)") }
        }
    }

    // MARK: Backoff

    @Test func backoffDoublesUpToItsLimitWithJitterAround() {
        let plain = Backoff(baseMilliseconds: 1_000, maxMilliseconds: 300_000, jitter: 0)
        let delays = (1...12).map { plain.delayMilliseconds(failures: $0, randomBits: 1 << 63) }
        #expect(delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map { $0 * 1_000 })
        #expect(plain.delayMilliseconds(failures: 60_000, randomBits: 0) == 300_000)
        #expect(plain.delayMilliseconds(failures: 0, randomBits: 0) == 1_000)
        var seed = Seed(1)
        let jittered = Backoff(baseMilliseconds: 1_000, maxMilliseconds: 300_000, jitter: 0.2)
        let many = (0..<1_000).map { _ in jittered.delayMilliseconds(failures: 1, randomBits: seed.next()) }
        #expect(many.allSatisfy { (800...1_200).contains($0) })
        #expect(many.contains { $0 < 850 } && many.contains { $0 > 1_150 })
        let greatest = Backoff(baseMilliseconds: .max / 2, maxMilliseconds: .max / 2, jitter: 1)
        #expect(greatest.delayMilliseconds(failures: 40, randomBits: .max) > 0)
    }

    // MARK: Fingerprint

    @Test func theFingerprintIsASumThatForgetsTheOrder() {
        var seed = Seed(5)
        var parts = (0..<50).map { _ in StateFingerprint(high: seed.next(), low: seed.next()) }
        var first = StateFingerprint()
        for part in parts { first.add(part) }
        seed.shuffle(&parts)
        var second = StateFingerprint()
        for part in parts { second.add(part) }
        #expect(first == second)
        for part in parts { second.subtract(part) }
        #expect(second == StateFingerprint())
        #expect(first.description.count == 32)
    }

    /// Each stored field of a slot is in its fingerprint; what is derived is not.
    @Test func theFingerprintSeesEachStoredField() {
        var slot = JobSlot(id: JobFingerprint(high: 1, low: 2), enqueueSequence: 3, priority: 4, action: 5)
        slot.isReturned = true
        let changes: [(inout JobSlot) -> Void] = [
            { $0.id.high = 9 }, { $0.id.low = 9 }, { $0.state = .dead }, { $0.isOnce = true },
            { $0.hasGeneratedID = true },
            { $0.isCancelAsked = true }, { $0.isSimulated = true }, { $0.isReturned = false },
            { $0.isDueByWallClock = true },
            { $0.orderSequence = 9 }, { $0.lastSequence = 9 }, { $0.runs = 9 }, { $0.payloadLength = 9 },
            { $0.interruptions = 9 }, { $0.payloadChecksum = 9 }, { $0.time = 9 }, { $0.link = 9 },
        ]
        var seen: Set<StateFingerprint> = [slot.fingerprint]
        for change in changes {
            var changed = slot
            change(&changed)
            #expect(seen.insert(changed.fingerprint).inserted)
            var bytes: [UInt8] = []
            changed.encode(into: &bytes)
            #expect(bytes.count == JobSlot.storedByteCount)
            let decoded = JobSlot(id: changed.id, decoding: bytes.span.bytes, at: 0)
            #expect(decoded.fingerprint == changed.fingerprint)
            #expect(decoded.isStored(as: changed))
            #expect(!changed.isStored(as: slot))
        }
        var ready = slot
        ready.isReady = true
        #expect(ready.fingerprint == slot.fingerprint)
        #expect(ready.isStored(as: slot))
        #expect(MemoryLayout<JobSlot>.stride == 64)
    }

    // MARK: RememberedIDs

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func rememberedIDsAreAQueueThatCanBeSearched(_ value: UInt64) {
        var seed = Seed(value)
        var remembered = RememberedIDs()
        var model: [RememberedIDs.Entry] = []
        var sequence: UInt64 = 0
        for _ in 0..<3_000 {
            switch seed.below(4) {
            case 0, 1:
                sequence += UInt64(seed.range(1...5))
                let id = JobFingerprint(high: sequence, low: seed.chance(1, in: 3) ? 7 : seed.next())
                let entry = RememberedIDs.Entry(
                    id: id,
                    payloadChecksum: 1,
                    wallMilliseconds: Int64(sequence) * 1_000,
                    isSimulated: seed.chance(1, in: 2),
                    ackSequence: sequence
                )
                remembered.append(entry)
                model.append(entry)
            case 2:
                let through = model.first.map { $0.ackSequence + UInt64(seed.below(3)) } ?? 0
                while let entry = remembered.removeFirst(through: through) {
                    if entry.isGone { continue }
                    #expect(entry == model.first, "seed \(value)")
                    model.removeFirst()
                }
                #expect((model.first?.ackSequence ?? .max) > through, "seed \(value)")
            default:
                guard let place = seed.pick(model.indices) else { continue }
                let (first, second) = (remembered.remove(model[place].id), remembered.remove(model[place].id))
                #expect(first == model[place] && second == nil, "seed \(value)")
                model.remove(at: place)
            }
            #expect(remembered.count == model.count, "seed \(value)")
            #expect(remembered.simulatedCount == model.count { $0.isSimulated }, "seed \(value)")
            #expect(remembered.oldest == model.first, "seed \(value)")
        }
        for entry in model { #expect(remembered.find(entry.id) == entry) }
    }

    // MARK: SlotTable

    /// The first page of a list in ENQUEUE order costs what it shows: nothing is looked at that cannot stand on it.
    @Test func aScanLeavesOutBlocksOfLaterJobs() {
        let slots = SlotTable()
        let block = SlotTable.blockSlots
        func job(_ sequence: UInt64) -> JobSlot {
            let id = JobFingerprint(high: 0, low: sequence)
            return JobSlot(id: id, enqueueSequence: sequence, priority: 4, action: 0)
        }
        for sequence in 1...UInt64(block) * 3 + 7 { _ = slots.insert(job(sequence)) }
        let all = slots.numbers.upperBound
        #expect(slots.next(from: 0, below: .max) == 0)
        #expect(slots.next(from: 5, below: 1) == 5, "from the middle of a block nothing is left out")
        #expect(slots.next(from: block, below: UInt64(block) + 1) == all)
        #expect(slots.next(from: block, below: UInt64(block) + 2) == block)
        #expect(slots.next(from: block * 3, below: 4) == all)
        #expect(slots.next(from: all, below: 4) == all)
        // The first block is emptied and seen; a later job in one of its slots counts again.
        for number in 0..<block { slots.remove(number) }
        #expect(slots.next(from: 0, below: UInt64(block)) == 0)
        slots.sawAll(ofBlockAt: 0, lowest: .max)
        #expect(slots.next(from: 0, below: .max) == block)
        let later = UInt64(block) * 9
        #expect(slots.insert(job(later)) < block)
        #expect(slots.next(from: 0, below: later + 1) == 0)
        #expect(slots.next(from: 0, below: later) == block)
    }

    // MARK: DueTimes

    /// Delays run by the boot-time clock, `run_at` by the wall clock, and leftovers of other states are passed over.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func jobsBecomeDueInTheirTime(_ value: UInt64) {
        var seed = Seed(value)
        var due = DueTimes()
        let slots = SlotTable()
        var model: [UInt32: Int64] = [:]
        var now = EngineTime(bootNanoseconds: 0, wallMilliseconds: 1_000_000)
        for sequence in 1...400 as ClosedRange<UInt64> {
            var slot = JobSlot(
                id: JobFingerprint(high: 0, low: sequence),
                enqueueSequence: sequence,
                priority: 4,
                action: 0
            )
            let delay = Int64(seed.below(500))
            slot.isReturned = true
            slot.time = now.wallMilliseconds + delay
            slot.link = UInt64(delay)
            slot.isDueByWallClock = seed.chance(1, in: 2)
            let number = slots.insert(slot)
            due.add(number, slot, now: now, isFresh: seed.chance(1, in: 2))
            model[number] = now.wallMilliseconds + delay
            if seed.chance(1, in: 5), let gone = seed.pick(model.keys.sorted()) {
                slots[gone].state = .cancelled
                due.noteRemoved(slots)
                model[gone] = nil
            }
            let step = Int64(seed.below(20))
            now.bootNanoseconds += step * 1_000_000
            now.wallMilliseconds += step
            while let number = due.popDue(now, slots) {
                let time = model.removeValue(forKey: number) ?? .max
                #expect(time <= now.wallMilliseconds, "seed \(value)")
            }
            #expect(model.values.allSatisfy { $0 > now.wallMilliseconds }, "seed \(value)")
            #expect(due.count == model.count, "seed \(value)")
            if let next = model.values.min() {
                let wake = due.nextWake(now)
                #expect(wake.map { $0 <= now.bootMilliseconds + next - now.wallMilliseconds } == true, "seed \(value)")
            }
        }
    }
}
