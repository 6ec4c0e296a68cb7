import BeaverQueue
import Glibc
import Logging

/// Log lines on standard error, in UTC, as text or as one JSON object a line.
struct LogWriter: LogHandler {
    let format: LogFormat
    /// Standard error, or a file while a console draws.
    let descriptor: CInt
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(format: LogFormat, level: Logger.Level, descriptor: CInt = STDERR_FILENO) {
        self.format = format
        self.descriptor = descriptor
        self.logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let pairs = metadata.map { (key: $0.key, value: "\($0.value)") }
        let line = Self.line(self.format, Clocks.wallMilliseconds(), event.level, "\(event.message)", pairs)
        Output.write(line + "\n", to: self.descriptor)
    }

    static func line(
        _ format: LogFormat,
        _ wallMilliseconds: Int64,
        _ level: Logger.Level,
        _ message: String,
        _ pairs: [(key: String, value: String)]
    ) -> String {
        let time = Rfc3339.text(wallMilliseconds: wallMilliseconds)
        switch format {
        case .text:
            let rest = pairs.map { " \($0.key)=\(TerminalText.visible($0.value))" }.joined()
            return "\(time) \(level.rawValue) \(TerminalText.visible(message))\(rest)"
        case .json:
            let fields = [("time", time), ("level", level.rawValue), ("message", message)] + pairs
            let texts = fields.map { "\(Self.quoted($0.0)):\(Self.quoted($0.1))" }
            return "{\(texts.joined(separator: ","))}"
        }
    }

    private static func quoted(_ text: String) -> String { String(decoding: JSONText.string(text), as: UTF8.self) }
}

/// The edge where the command line reads the clock.
enum Clocks {
    static func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
