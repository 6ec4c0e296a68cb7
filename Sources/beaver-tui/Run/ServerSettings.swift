import BeaverQueue
import BeaverServer
import FoundationEssentials

/// From settings to what a server needs.
enum ServerSettings {
    static func configuration(_ values: SettingsValues) throws(QueueError) -> ServerConfiguration {
        var configuration = ServerConfiguration(
            dataDirectory: values.queue.dataDirectory,
            listen: values.listen,
            tokens: AccessTokens(
                all: try self.tokens(values.tokenFile, "http.token_file"),
                readOnly: try self.tokens(values.readOnlyTokenFile, "http.read_only_token_file")
            )
        )
        configuration.limits.payloadBytes = values.queue.limits.maxPayloadBytes
        configuration.limits.fit(memoryBytes: MemoryLimit.defaultBytes())
        return configuration
    }

    /// One token a line.
    ///
    /// A file that was named and holds none would leave the door shut without saying why.
    private static func tokens(_ path: String?, _ setting: String) throws(QueueError) -> [String] {
        guard let path else { return [] }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw QueueError(.configuration, "\(setting): \(path) cannot be read", path: path)
        }
        let tokens = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map(SettingText.trimmed).filter { !$0.isEmpty }
        guard !tokens.isEmpty else {
            throw QueueError(.configuration, "\(setting): \(path) holds no token; write one a line", path: path)
        }
        return tokens
    }
}
