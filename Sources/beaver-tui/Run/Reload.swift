import BeaverQueue
import BeaverServer
import Logging

/// What SIGHUP does: the log's file is opened again and the configuration read again.
///
/// Running work goes on. A configuration with faults changes nothing: the queue goes on with the one it has.
struct Reload: Sendable {
    let session: RunSession
    let queue: Queue
    let server: Server
    let logFile: LogFile?
    let logger: Logger

    func perform() async {
        self.logFile?.reopenIfMoved()
        do {
            let settings = try self.session.options.settings(self.session.globals)
            let values = try settings.checked()
            let tokens = try ServerSettings.configuration(values).tokens
            // Both are checked before either is taken.
            try self.server.replaceTokens(tokens)
            try await self.queue.reconfigure(values.queue)
            self.logger.info("configuration read again")
            self.nameWhatWaits(settings)
        } catch let failure as CommandFailure {
            self.logger.error("the configuration was not taken: \(failure.message ?? "")")
        } catch {
            self.logger.error("the configuration was not taken: \(error)")
        }
    }

    /// Said of what a running server cannot change, if it was changed.
    private func nameWhatWaits(_ settings: Settings) {
        for key in Self.fixedWhileRunning {
            guard let text = settings.sources[key]?.text, text != self.session.settings.sources[key]?.text else {
                continue
            }
            self.logger.warning("\(key) is \(text) now, which holds from the next start")
        }
    }

    static let fixedWhileRunning = [
        "wal.dir", "wal.max_segment_size", "snapshot.dir", "queue.max_payload", "http.listen",
    ]
}
