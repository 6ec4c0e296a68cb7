/// Saves what can still be read of a damaged store into a new directory, and names all that could not be.
///
/// The old directory is only read. The new one holds the same store, with its identity, so that ids stay known and what an
/// earlier life left running is still ended by the next start: one snapshot of the jobs that could be read, and an empty
/// log behind it. Nothing is guessed: a job whose end may be among what is lost becomes a dead letter that says so, and
/// does not run again until somebody decides it.
public struct Salvage: Sendable, Equatable {
    /// Jobs in the new directory.
    public var jobs = 0
    /// Ids of completed jobs that are still remembered there.
    public var rememberedIDs = 0
    /// Jobs of which no record says how they went on: saved as dead letters.
    public var uncertainIDs: [String] = []
    /// What could not be saved, a sentence each, with file, offset and record numbers; empty if all was saved.
    public var losses: [String] = []
    /// Damage that cost nothing: what stood there was found elsewhere.
    public var repairs: [String] = []

    /// Whether the new directory holds all that was acknowledged.
    public var isWhole: Bool { self.losses.isEmpty && self.uncertainIDs.isEmpty }

    /// Throws `cannotCreate` if `newDirectory` is in use, `damaged` if not even the store's identity can be read.
    package static func run(
        _ directory: String,
        to newDirectory: String,
        storage: any Storage,
        wallMilliseconds: Int64
    ) throws(QueueError) -> Salvage {
        guard var identity = try StoreIdentity.read(from: directory, storage: storage) else {
            throw QueueError.noSuchQueue(directory: directory)
        }
        try self.expectUnused(newDirectory, storage)
        var find = SalvagedState(storage: storage, identity: identity)
        try find.readSnapshots(Recovery.path(identity.snapshotDirectory, in: directory))
        try find.readLog(Recovery.path(identity.logDirectory, in: directory))
        find.finish(wallMilliseconds: wallMilliseconds)
        // A path outside of the old directory would lead the new store to the old files.
        if identity.logDirectory.hasPrefix("/") { identity.logDirectory = "wal" }
        if identity.snapshotDirectory.hasPrefix("/") { identity.snapshotDirectory = "snapshot" }
        try find.write(to: newDirectory, identity)
        let report = try Verification.run(newDirectory, storage: storage)
        guard report.verdict == .sound, report.jobs == find.report.jobs else {
            throw .damaged(path: newDirectory, "what was written cannot be read back: \(report.problems)")
        }
        return find.report
    }

    private static func expectUnused(_ directory: String, _ storage: any Storage) throws(QueueError) {
        guard let identity = try storage.identity(of: directory) else { return }
        guard identity.isDirectory, try storage.list(directory).isEmpty else {
            throw QueueError(
                .cannotCreate,
                "\(directory) is there already and not an empty directory; nothing was written. Name one that is new",
                path: directory
            )
        }
    }
}
