import BeaverQueue
import BeaverSimulation
import Testing

/// Full disks, rotten bits, and many threads.
@Suite struct DiskTroubleTests {
    @Test func aFullDiskRefusesWhatItHasNoRoomFor() throws {
        let storage = SimulatedStorage()
        storage.capacityBytes = 4 * 512
        let file = try storage.create("a", sectors(3, of: 1))
        #expect(try storage.freeBytes(at: "a") == 512)
        let error = #expect(throws: QueueError.self) { try file.write(sectors(2, of: 2), at: 3 * 512) }
        #expect(error?.errorNumber == 28)
        #expect(storage.faults[.diskFull] == 1)
        #expect(try file.contents() == sectors(3, of: 1) + sectors(1, of: 2))
        #expect(try storage.freeBytes(at: "a") == 0)
        try file.write(sectors(4, of: 3))

        try file.truncate(to: 512)
        #expect(try storage.freeBytes(at: "a") == 3 * 512)
        try storage.remove("a")
        #expect(try storage.freeBytes(at: "") == 3 * 512)
        file.close()
        #expect(try storage.freeBytes(at: "") == 4 * 512)
    }

    @Test func allocatedRoomCanBeWrittenOnAFullDiskAndHolesCannot() throws {
        let storage = SimulatedStorage()
        storage.capacityBytes = 4 * 512
        let allocated = try storage.create("a")
        let sparse = try storage.create("b")
        try allocated.allocate(3 * 512)
        try sparse.truncate(to: 3 * 512)
        #expect(throws: QueueError.self) { try allocated.allocate(5 * 512) }
        try storage.create("c", [1])
        try allocated.write(sectors(3, of: 1))
        #expect(throws: QueueError.self) { try sparse.write([1], at: 512) }
        #expect(try sparse.contents() == sectors(3, of: 0))
    }

    @Test func theCapacityAndTheRoomTakenSurviveACrash() throws {
        let storage = SimulatedStorage()
        storage.capacityBytes = 4 * 512
        try storage.createDurably("a", sectors(2, of: 1))
        try storage.create("b", sectors(1, of: 1))
        #expect(try storage.clone().freeBytes(at: "") == 512)
        #expect(try storage.clone().killProcess().freeBytes(at: "") == 512)
        #expect(try storage.clone().crash(seed: 1, .allLost).freeBytes(at: "") == 2 * 512)
        storage.capacityBytes = nil
        #expect(try storage.freeBytes(at: "") > 1 << 30)
    }

    @Test func aRottenBitIsReadAndStays() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", [0, 0, 0])
        #expect(storage.flipBit(3, of: "a", at: 1))
        #expect(try file.contents() == [0, 8, 0])
        #expect(storage.crash(seed: 1, .allLost).contents(of: "a") == [0, 8, 0])
        #expect(storage.faults[.bitRot] == 1)
        #expect(!storage.flipBit(of: "a", at: 3))
        #expect(!storage.flipBit(of: "b", at: 0))
    }

    @Test func aRottenBitUnderADirtyPageIsHidden() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a", [0])
        try file.write([1])
        storage.flipBit(7, of: "a", at: 0)
        #expect(try file.contents() == [1])
        #expect(storage.clone().crash(seed: 1, .allLost).contents(of: "a") == [128])
        try file.synchronizeData()
        #expect(storage.crash(seed: 1, .allLost).contents(of: "a") == [1])
    }

    /// Several threads at once lose nothing; run it under ThreadSanitizer.
    @Test func manyThreadsMayCallAtOnce() async throws {
        let storage = SimulatedStorage()
        let shared = try storage.create("shared")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    let own = try storage.create("file\(worker)")
                    for index in 0..<500 {
                        try own.write([UInt8(worker)], at: Int64(index))
                        try shared.write([UInt8(worker + 1)], at: Int64(worker * 500 + index))
                        if index % 50 == 0 { try shared.synchronizeData() }
                    }
                    try storage.syncDirectory("")
                }
            }
            try await group.waitForAll()
        }
        #expect(try shared.contents().allSatisfy { $0 > 0 })
        #expect(try shared.size() == 4000)
        #expect(try storage.list("").count == 9)
    }

    /// Unsynced changes do not pile up for ever, and what the kernel wrote back by itself is durable.
    @Test func theKernelWritesBackByItself() throws {
        let storage = SimulatedStorage()
        let file = try storage.createDurably("a")
        let block = [UInt8](repeating: 1, count: 1 << 20)
        for _ in 0..<33 { try file.write(block) }
        #expect(storage.crash(seed: 1, .allLost).contents(of: "a")?.count == 1 << 20)
    }
}
