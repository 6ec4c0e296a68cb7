import BeaverQueue
import BeaverSimulation

/// What most tests here do to a file, in one call each.
extension SimulatedStorage {
    /// Creates the file with these bytes; neither the bytes nor the name are synced.
    @discardableResult
    func create(_ path: String, _ bytes: [UInt8] = []) throws(QueueError) -> any StorageFile {
        let file = try self.open(path, .createNew)
        try file.write(bytes)
        return file
    }

    /// Creates the file with these bytes, on the disk name and all.
    @discardableResult
    func createDurably(_ path: String, _ bytes: [UInt8] = []) throws(QueueError) -> any StorageFile {
        let file = try self.create(path, bytes)
        try file.synchronizeData()
        try self.syncDirectory(path + "/..")
        return file
    }

    /// Every outcome of a power cut now, for some seeds of each model.
    func outcomes(_ models: [CrashModel], seeds: Int = 200) -> [SimulatedStorage] {
        models.flatMap { model in (0..<seeds).map { self.crash(seed: UInt64($0), model) } }
    }
}

extension StorageFile {
    func write(_ bytes: [UInt8], at offset: Int64 = 0) throws(QueueError) {
        try self.write(bytes.span.bytes, at: offset)
    }

    func contents() throws(QueueError) -> [UInt8] {
        var buffer: [UInt8] = []
        let count = try self.read(into: &buffer, count: Int(try self.size()), at: 0)
        return Array(buffer.prefix(count))
    }
}

/// `count` sectors filled with one byte.
func sectors(_ count: Int, of byte: UInt8) -> [UInt8] {
    Array(repeating: byte, count: count * 512)
}
