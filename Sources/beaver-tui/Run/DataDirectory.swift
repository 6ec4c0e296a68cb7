import BeaverQueue
import FoundationEssentials

/// The directory of a queue, before there is a queue in it.
enum DataDirectory {
    /// Created if it may be: log and control socket are in it before the queue has made anything there.
    static func prepare(_ configuration: QueueConfiguration) throws {
        let directory = configuration.dataDirectory
        if configuration.mustExist, !Connection.holdsQueue(directory) {
            throw QueueError.noSuchQueue(directory: directory)
        }
        try Self.create(directory)
    }

    /// For the owner's eyes alone, whatever the umask.
    static func create(
        _ directory: String,
        what: String = "data directory",
        option: String = "--data-dir"
    ) throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandFailure(
                .cannotCreate,
                "the \(what) \(directory) cannot be created; name another with \(option)"
            )
        }
    }
}
