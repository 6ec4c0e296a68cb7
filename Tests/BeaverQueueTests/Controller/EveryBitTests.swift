import BeaverSimulation
import Testing

@testable import BeaverQueue

#if canImport(Glibc)
import Glibc
#endif

/// A small store, of which one bit has flipped or one file was cut: a start finds what was acknowledged, or refuses.
///
/// Every bit of every file and every length of each with `BEAVER_TEST_DEPTH=full`; else one bit of every byte that says
/// something and every length that ends at one, and a part of the zeros between.
@Suite struct EveryBitTests {
    private static let isFull = getenv("BEAVER_TEST_DEPTH").map { String(cString: $0) == "full" } ?? false

    /// Two snapshots, the log since the older one, an idle watermark, and two frames that were never synced.
    final class Store {
        let driver: SteppingDriver
        let files: [String: [UInt8]]
        let disk: SimulatedStorage
        /// Of the acknowledged state, and of those with one and two frames more.
        let fingerprints: [StateFingerprint]
        let payloads: [String: [UInt8]]

        init() throws {
            let driver = try SteppingDriver.opened { driver in
                driver.configuration.log.maxSegmentBytes = 6 << 10
                driver.settings.reservedLogBytes = 256
                driver.settings.workers = 1
                driver.settings.keepLogBytes = 0
            }
            driver.behaviour = { $0.jobID.hasPrefix("run") ? nil : RunResult(.completed) }
            for number in 1...3 { driver.put("done\(number)", "\"payload \(number)\"") }
            driver.put("later", "\"of the first snapshot\"", start: .after(milliseconds: 1_000_000))
            driver.submit(.snapshot)
            try driver.run(milliseconds: 300)
            driver.put("later2", "\"of the second snapshot\"", start: .after(milliseconds: 1_000_000))
            driver.submit(.snapshot)
            try driver.run(milliseconds: 300)
            driver.put("run")
            driver.put("waiting", "\"of the log\"")
            try driver.run(milliseconds: 300)
            var fingerprints = [try #require(driver.engine?.manager.fingerprint)]
            driver.held = [.sync]
            for id in ["tail1", "tail2"] {
                driver.put(id, String(repeating: "2", count: 200))
                try driver.runUntilIdle()
                fingerprints.append(try #require(driver.engine?.manager.fingerprint))
            }
            try #require(driver.parts?.snapshots.count == 2)
            self.driver = driver
            self.disk = driver.storage.clone()
            self.disk.synchronizeAll()
            self.files = self.disk.snapshotFiles(under: "data")
            self.fingerprints = fingerprints
            self.payloads = [
                "later": Array("\"of the first snapshot\"".utf8), "later2": Array("\"of the second snapshot\"".utf8),
                "waiting": Array("\"of the log\"".utf8),
            ]
        }

        /// A start on these files: the place in `fingerprints` of what it finds, nil if it refuses them as damaged.
        func start(_ disk: SimulatedStorage, _ comment: Comment) throws -> Int? {
            let recovered: Recovery.Recovered
            do {
                let clock = self.driver.clock
                recovered = try Recovery(
                    storage: disk,
                    configuration: self.driver.configuration,
                    clock: { clock.time() },
                    randomWord: { 7 }
                ).run { _, _ in }
            } catch {
                #expect(error.code == .damaged, "\(comment): \(error)")
                return nil
            }
            let payloads = PayloadStore(
                log: recovered.log,
                snapshots: recovered.snapshots,
                hash: recovered.identity.hash
            )
            for (id, payload) in self.payloads {
                let fingerprint = recovered.identity.hash(id)
                guard let number = recovered.manager.slots.find(fingerprint) else {
                    Issue.record("\(id) is lost, \(comment)")
                    continue
                }
                let sequence = recovered.manager.slots[number].enqueueSequence
                let found = try payloads.body(of: sequence, id: fingerprint).body.payload
                #expect(found == payload, "\(id), \(comment)")
            }
            let place = self.fingerprints.firstIndex(of: recovered.manager.fingerprint)
            #expect(place != nil, "another state than any that was, \(comment)")
            return place
        }

        /// With one file changed; what is refused is left as it was.
        func check(_ path: String, _ bytes: [UInt8], _ comment: Comment, _ counts: inout [Int?: Int]) throws {
            let copy = self.disk.clone()
            copy.replace(path, bytes)
            let place = try self.start(copy, comment)
            counts[place, default: 0] += 1
            guard place == nil else { return }
            #expect(path.hasSuffix(".wal") || path.hasSuffix("/store"), "\(comment) is refused")
            #expect(copy.contents(of: path) == bytes, "what is refused was changed: \(comment)")
            guard counts[place, default: 0] % 16 == 1 else { return }
            let verdict = try Verification.run("data", storage: copy).verdict
            #expect(verdict == .damaged, "\(comment) is refused, and verify calls it \(verdict)")
        }
    }

    /// Offsets of the bytes that say something, and of some of the zeros between.
    private static func offsets(_ bytes: [UInt8]) -> [Int] {
        guard !self.isFull else { return Array(bytes.indices) }
        return bytes.indices.filter { bytes[$0] != 0 || $0 % 101 == 0 }
    }

    @Test func everyFlippedBitIsRefusedOrHarmless() throws {
        let store = try Store()
        var counts: [Int?: Int] = [:]
        for (path, bytes) in store.files.sorted(by: { $0.key < $1.key }) {
            for offset in Self.offsets(bytes) {
                for bit in Self.isFull ? Array(0..<8) : [offset % 8] {
                    var changed = bytes
                    changed[offset] ^= 1 << UInt8(bit)
                    try store.check(path, changed, "bit \(bit) of byte \(offset) of \(path)", &counts)
                }
            }
        }
        Self.report("flipped bits", counts)
        #expect(counts[nil, default: 0] > 0)
        #expect(counts[2, default: 0] > 0)
    }

    @Test func everyLengthOfAFileIsRefusedOrHarmless() throws {
        let store = try Store()
        var counts: [Int?: Int] = [:]
        for (path, bytes) in store.files.sorted(by: { $0.key < $1.key }) {
            for length in Self.offsets(bytes) {
                try store.check(path, Array(bytes.prefix(length)), "\(path) cut to \(length) bytes", &counts)
            }
        }
        Self.report("cut files", counts)
        #expect(counts[nil, default: 0] > 0)
    }

    private static func report(_ what: String, _ counts: [Int?: Int]) {
        let sum = counts.values.reduce(0, +)
        print(
            "\(sum) \(what): \(counts[nil, default: 0]) refused, \(counts[2, default: 0]) without effect, "
                + "\(counts[1, default: 0] + counts[0, default: 0]) a torn tail above the watermark"
        )
    }
}
