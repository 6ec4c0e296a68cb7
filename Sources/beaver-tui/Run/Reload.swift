import BeaverQueue
import BeaverServer
import Logging

/// What SIGHUP does, and `L` of a console: the configuration is read again.
///
/// Running work goes on. A configuration with faults changes nothing: the queue goes on with the one it has.
struct Reload: Sendable {
    let globals: GlobalOptions
    let options: RunOptions
    /// As they were at the start.
    let settings: Settings
    let logger: Logger

    /// What holds from now on.
    struct Taken {
        var values: SettingsValues
        /// What was changed and does not hold now, each in a sentence.
        var waits: [String]
    }

    func take(_ queue: Queue, _ server: Server) async throws(QueueError) -> Taken {
        do {
            let settings = try self.options.settings(self.globals)
            let values = try settings.checked()
            let tokens = try ServerSettings.configuration(values).tokens
            // Both are checked before either is taken.
            try server.replaceTokens(tokens)
            try await queue.reconfigure(values.queue)
            let waits = self.whatWaits(settings)
            for sentence in waits { self.logger.warning("\(sentence)") }
            return Taken(values: values, waits: waits)
        } catch let failure as CommandFailure {
            throw self.refusal(failure.message ?? "")
        } catch {
            throw self.refusal("\(error)")
        }
    }

    private func refusal(_ reason: String) -> QueueError {
        self.logger.error("the configuration was not taken: \(reason)")
        return QueueError(.configuration, "the configuration was not taken: \(reason)")
    }

    /// Said of what a running server cannot change, if it was changed.
    private func whatWaits(_ settings: Settings) -> [String] {
        Self.fixedWhileRunning.compactMap { key in
            guard let text = settings.sources[key]?.text, text != self.settings.sources[key]?.text else { return nil }
            return Self.recordedInStore.contains(key)
                ? "\(key) is \(text) now, with which the next start is refused: a queue moves as a whole (docs/operations.md)"
                : "\(key) is \(text) now, which holds from the next start"
        }
    }

    private static let recordedInStore = ["wal.dir", "snapshot.dir"]
    static let fixedWhileRunning =
        Self.recordedInStore + ["wal.max_segment_size", "queue.max_payload", "http.listen"]
}
