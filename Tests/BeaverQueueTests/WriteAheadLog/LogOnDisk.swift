import BeaverTestSupport

@testable import BeaverQueue

/// A new log in a directory of its own, without an engine.
struct LogOnDisk {
    private let scratch: TemporaryDirectory
    let scan: LogScan
    private let log: WriteAheadLog
    private(set) var lastSequence: UInt64 = 0

    init(_ storage: any Storage, maxSegmentBytes: Int64) throws {
        self.scratch = try TemporaryDirectory()
        let directory = self.scratch.file("wal")
        let identity = StoreIdentity(
            randomWords: [1, 2, 3, 4],
            createdWallMilliseconds: 1,
            logDirectory: directory,
            snapshotDirectory: "snapshot",
            simulates: false
        )
        try WriteAheadLog.create(
            storage: storage,
            directory: directory,
            identity: identity,
            maxSegmentBytes: maxSegmentBytes
        )
        self.scan = LogScan(storage: storage, directory: directory, identity: identity)
        self.log = try WriteAheadLog.open(
            storage: storage,
            directory: directory,
            identity: identity,
            maxSegmentBytes: maxSegmentBytes,
            segments: self.scan.segments(),
            end: self.scan.scan(self.scan.segments(), from: 1) { _, _ in },
            index: RecordIndex()
        )
    }

    mutating func write() throws {
        var frame = RecordTests.frame()
        frame.firstSequence = self.lastSequence + 1
        try self.log.write(frame, marks: [])
        self.lastSequence = frame.lastSequence
    }

    /// What a start finds.
    func scanned() throws -> LogScan.End { try self.scan.scan(self.scan.segments(), from: 1) { _, _ in } }
}
