import BeaverSimulation
import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// The files of a store with bytes that nobody wrote: whoever reads them refuses them or reads them, within bounded time
/// and memory, and nothing traps.
@Suite struct StoreFuzzTests {
    /// Segments, two snapshots, an end that was torn, and a copy of the end as a recovery that died left it.
    private struct Files {
        let driver: SteppingDriver
        let stores: [SimulatedStorage]

        init() throws {
            let store = try EveryBitTests.Store()
            self.driver = store.driver
            let torn = store.disk.clone()
            let last = try #require(store.files.keys.filter { $0.hasSuffix(".wal") }.max())
            let bytes = try #require(torn.contents(of: last))
            torn.replace(
                last,
                Array(bytes.prefix(4_096)) + Array("what a dying machine writes".utf8) + bytes.dropFirst(4_123)
            )
            self.stores = [store.disk, torn, try Self.withCopyOfTheEnd(store)]
        }

        private static func withCopyOfTheEnd(_ store: EveryBitTests.Store) throws -> SimulatedStorage {
            for call in 20...120 {
                let disk = store.disk.clone()
                disk.faultPlan = .crash(atCall: call)
                let clock = store.driver.clock
                _ = try? Recovery(
                    storage: disk,
                    configuration: store.driver.configuration,
                    clock: { clock.time() },
                    randomWord: { 7 }
                ).run { _, _ in }
                let left = disk.killProcess()
                let hasCopy = left.snapshotFiles(under: "data/wal").values.contains { bytes in
                    bytes.count > 4_104 && Array(bytes[4_096..<4_104]) == Array("bEVRCPY1".utf8)
                }
                if hasCopy {
                    left.faultPlan = FaultPlan()
                    left.synchronizeAll()
                    return left
                }
            }
            throw QueueError(.inputOutput, "no recovery left a copy of the end")
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func anyBytesInAnyFileAreRefusedOrRead(_ seed: UInt64) throws {
        let files = try Files()
        var mutation = Mutation(seed: seed, words: ["bEVRCPY1", "data/wal"])
        var refused = 0
        // Fewer might by chance meet nothing but what is harmless.
        for round in 0..<max(15, FuzzDepth.rounds(150)) {
            let comment: Comment = "seed \(seed), round \(round)"
            guard let store = mutation.pick(files.stores) else { continue }
            let disk = store.clone()
            let paths = disk.snapshotFiles(under: "data").keys.sorted()
            guard let path = mutation.pick(paths), let bytes = disk.contents(of: path) else { continue }
            // Mostly where something stands, not in the zeros behind it.
            let end = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
            disk.replace(path, mutation.changed(Array(bytes[..<end])) + bytes[end...])
            // First those that must change nothing.
            let before = disk.snapshotFiles(under: "data")
            _ = try self.outcome(comment) { () throws(QueueError) in
                try Verification.run("data", storage: disk).verdict
            }
            _ = try self.outcome(comment) { () throws(QueueError) in
                try Salvage.run("data", to: "saved", storage: disk, wallMilliseconds: 1)
            }
            #expect(disk.snapshotFiles(under: "data") == before, comment)
            if try self.outcome(comment, { () throws(QueueError) in try self.start(files.driver, disk) }) == nil {
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    /// Nil if it was refused as damaged; another error is none that bytes may cause.
    private func outcome<Value>(_ comment: Comment, _ body: () throws(QueueError) -> Value) throws -> Value? {
        do throws(QueueError) {
            return try body()
        } catch {
            // A store file that says other directories, or a log that names none that are there.
            #expect([.damaged, .configuration, .noSuchQueue].contains(error.code), "\(comment): \(error)")
            return nil
        }
    }

    /// A start, and every payload and history that it finds.
    private func start(_ driver: SteppingDriver, _ disk: SimulatedStorage) throws(QueueError) {
        let clock = driver.clock
        let recovered = try Recovery(
            storage: disk,
            configuration: driver.configuration,
            clock: { clock.time() },
            randomWord: { 7 }
        ).run { _, _ in }
        let payloads = PayloadStore(
            log: recovered.log,
            snapshots: recovered.snapshots,
            hash: recovered.identity.hash
        )
        for number in recovered.manager.slots.numbers where recovered.manager.slots.isInUse(number) {
            let slot = recovered.manager.slots[number]
            do {
                _ = try payloads.body(of: slot.enqueueSequence, id: slot.id)
                _ = try payloads.history(of: slot)
            } catch {
                guard error.code == .damaged else { throw error }
            }
        }
    }
}
