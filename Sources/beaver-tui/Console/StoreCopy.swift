import BeaverQueue
import FoundationEssentials

/// A copy of a store beside the store, for a power cut that must not touch it.
final class StoreCopy {
    let directory: String
    private let source: String
    private var isKept = false

    init(of source: String) throws(QueueError) {
        self.source = source
        self.directory = source + "/power-cut-" + GeneratedID.make(BootClock.now())
        try FileStorage().createDirectory(self.directory)
    }

    func takeSnapshots(of configuration: QueueConfiguration) throws(QueueError) {
        try self.copy("store")
        try self.copyDirectory(configuration.snapshot.directory)
    }

    func takeLog(of configuration: QueueConfiguration) throws(QueueError) {
        try self.copyDirectory(configuration.log.directory)
    }

    /// It stays on disk; returns where.
    func keep() -> String {
        self.isKept = true
        return self.directory
    }

    func remove() {
        guard !self.isKept else { return }
        // Of no use to anyone; what cannot be removed now is seen in the data directory.
        try? FileManager.default.removeItem(atPath: self.directory)
    }

    private func copyDirectory(_ name: String) throws(QueueError) {
        guard !name.hasPrefix("/") else {
            throw QueueError(.conflict, "\(name) lies outside of the data directory: it is not copied")
        }
        try FileStorage().createDirectory(self.directory + "/" + name)
        for file in try FileStorage().list(self.source + "/" + name) { try self.copy(name + "/" + file) }
    }

    private func copy(_ name: String) throws(QueueError) {
        do {
            try FileManager.default.copyItem(atPath: self.source + "/" + name, toPath: self.directory + "/" + name)
        } catch {
            // Released or renamed meanwhile: what is needed of it is in a newer file.
            if !FileManager.default.fileExists(atPath: self.source + "/" + name) { return }
            throw QueueError(.inputOutput, "\(self.source)/\(name) cannot be copied: \(error)")
        }
    }
}
