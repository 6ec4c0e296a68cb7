import BeaverQueue
import FoundationEssentials

/// The directory of a queue, before there is a queue in it.
enum DataDirectory {
    /// Created if it may be: the control socket needs it before the queue has made anything in it.
    static func prepare(_ configuration: QueueConfiguration) throws {
        let directory = configuration.dataDirectory
        if configuration.mustExist, !Connection.holdsQueue(directory) {
            throw QueueError.noSuchQueue(directory: directory)
        }
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandFailure(
                .cannotCreate,
                "the data directory \(directory) cannot be created; name another with --data-dir"
            )
        }
    }
}
