/// What the handlers that are no programs do with a payload: pure readings of it.
enum BuiltinHandlers {
    /// The result of `noop`.
    static let noop = RunResult(.completed)

    /// The result of `fail`.
    static let fail = RunResult(.failed, error: "the handler `fail` always fails")

    private static let longestSleepMilliseconds: Int64 = 86_400_000

    /// How long `sleep` sleeps; nil if the payload does not say so in a way that makes sense.
    static func sleepMilliseconds(_ payload: [UInt8]) -> Int64? {
        guard let milliseconds = JSONText.integerMember("ms", of: payload) else { return nil }
        return (0...self.longestSleepMilliseconds).contains(milliseconds) ? milliseconds : nil
    }

    /// The result of `sleep` with a payload that makes no sense; no retry will change it.
    static let sleepRefused = RunResult(
        .failedPermanently,
        error: "the handler `sleep` needs an integer `ms` from 0 to 86400000 in the payload"
    )

    /// How long a job without a handler pretends to work in a store that simulates.
    static func simulatedMilliseconds(_ payload: [UInt8]) -> Int64 {
        JSONText.integerMember("value", of: payload).map { min(max($0, 1), 1_000) } ?? 10
    }

    /// The result of a sleep, simulated or not, that was stopped before its end.
    static let stopped = RunResult(.failed, error: "stopped while sleeping")
}
