import BeaverTestSupport
import Foundation
import Testing

@testable import BeaverQueue

/// The crash-tests of the console that take the power away, on copies of a real store.
@Suite struct PowerCutOnCopyTests {
    /// 20 jobs that were on the disk, and 30 more of which the disk only said so.
    private static let ids = (0..<50).map { "job-\($0)" }

    private static func store(
        _ body: (_ directory: String, _ truth: UInt64, _ last: UInt64) throws -> Void
    ) async throws {
        try await withTemporaryDirectory { scratch in
            let queue = Queue(QueueConfiguration(dataDirectory: scratch + "/data"))
            try await queue.start()
            try await queue.pause()
            var truth: UInt64 = 0
            for (place, id) in Self.ids.enumerated() {
                if place == 20 { truth = try await queue.status().wal.syncedSequence }
                _ = try await queue.enqueue([QueueFixture.job(id, payload: #"{"text":"\#(id)"}"#)])
            }
            let last = try await queue.status().wal.lastSequence
            // As it is in life: a stop would write a snapshot.
            let copy = scratch + "/copy"
            try FileManager.default.copyItem(atPath: scratch + "/data", toPath: copy)
            try await queue.stop(now: true)
            try body(copy, truth, last)
        }
    }

    private static func configuration(copyOf directory: String, _ number: Int) throws -> QueueConfiguration {
        let copy = "\(directory)-\(number)"
        try FileManager.default.copyItem(atPath: directory, toPath: copy)
        return QueueConfiguration(dataDirectory: copy)
    }

    @Test func behindTheLastSyncAnythingMayBeGoneAndNothingBefore() async throws {
        try await Self.store { directory, truth, last in
            for (number, kept) in [0, 1, 300, 700, 1_023, 1_024].enumerated() {
                let configuration = try Self.configuration(copyOf: directory, number)
                _ = try Queue.cutPower(configuration, behind: truth, .prefix(kept: Int64(kept)))
                let after = try Queue.afterPowerCut(configuration, asked: truth, ids: Self.ids)
                #expect(after.before.lastSequence >= truth)
                #expect(after.before.lastSequence <= last)
                // What is gone is the end, without gaps.
                #expect(after.missing == Array(Self.ids.suffix(after.missing.count)))
                #expect(after.missing.count <= 30)
                if kept == 0 { #expect(after.missing.count == 30) }
                #expect(after.status.jobs.isBalanced)
            }
        }
    }

    @Test func whatWasDoneStaysDone() async throws {
        try await withTemporaryDirectory { scratch in
            let queue = Queue(QueueConfiguration(dataDirectory: scratch + "/data"))
            try await queue.start()
            _ = try await queue.enqueue(Self.ids.prefix(5).map { QueueFixture.job($0) })
            try await queue.waitUntilIdle()
            try await queue.pause()
            _ = try await queue.enqueue([QueueFixture.job("job-9")])
            #expect(queue.openRequests == 0)
            let told = [Self.ids[0]: 1, Self.ids[1]: 2]
            let account = try await queue.account(of: [Self.ids[0], Self.ids[1], "nobody"], done: told)
            #expect(account.missing == ["nobody"])
            #expect(account.doneTwice == [Self.ids[1]])
            let copy = scratch + "/copy"
            try FileManager.default.copyItem(atPath: scratch + "/data", toPath: copy)
            try await queue.stop(now: true)
            let configuration = QueueConfiguration(dataDirectory: copy)
            let after = try Queue.afterPowerCut(configuration, asked: 1, ids: Self.ids)
            #expect(after.before.done == Dictionary(uniqueKeysWithValues: Self.ids.prefix(5).map { ($0, 1) }))
            #expect(after.doneTwice.isEmpty)
        }
    }

    /// By chance either nothing tells of the loss, or the start is refused; jobs that were really on disk are never lost.
    @Test func aDiskThatLiedIsNoticedWhereAnythingTellsOfIt() async throws {
        try await Self.store { directory, truth, _ in
            var refused = 0
            for number in 0..<24 {
                let configuration = try Self.configuration(copyOf: directory, number)
                let cut = try Queue.cutPower(configuration, behind: truth, .randomSectors)
                #expect(cut.sectors > 5)
                #expect(cut.keptSectors <= cut.sectors)
                do {
                    let after = try Queue.afterPowerCut(configuration, asked: truth, ids: Self.ids)
                    #expect(after.missing == Array(Self.ids.suffix(after.missing.count)))
                    #expect(after.missing.count <= 30)
                } catch let error as QueueError {
                    #expect(error.code == .damaged)
                    refused += 1
                    let target = configuration.dataDirectory + "/saved"
                    let saved = try Queue.salvage(configuration.dataDirectory, to: target)
                    #expect(saved.jobs >= 20)
                    #expect(!saved.isWhole)
                }
            }
            // Each time by one chance in four at the least.
            #expect(refused > 0)
        }
    }
}
