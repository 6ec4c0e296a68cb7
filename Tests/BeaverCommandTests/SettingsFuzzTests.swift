import BeaverQueue
import BeaverTestSupport
import Testing

@testable import beaver_tui

/// Configuration files nobody would write: settings or faults with their lines, never a trap, and no endless work.
@Suite struct SettingsFuzzTests {
    private static let words = [
        "{", "}", "[", "]", ":", "- ", "? ", "&a ", "*a", "<<: *a", "!!binary ", "---\n", "|\n", ">-\n", "\t", "\n  ",
        "\"", "'", "#", "null", "~", "worker:", "handlers:", "command:", "64MiB", "-1s", "1e400", ".nan", "%",
    ]

    private static let good = """
        worker:   { worker_count: 8, task_timeout: 10s, backoff: { base: 1s, max: 5m, jitter: 0.2 } }
        wal:      { max_segment_size: 64MiB, sync: always, sync_interval: 10ms }
        queue:    { max_payload: 1MiB, max_memory: 60%, dedup_retention: 7d }
        http:     { listen: 127.0.0.1:9090, token_file: null }
        redact:   [password, token]
        unknown:  park
        handlers:
          resize: { command: ["./resize.sh", "-x"], timeout: 30s, concurrency: 2, max_retry: 5, ok_exit: [2] }
          default:
            command: ["/bin/true"]
            env: { A: "b", C: d }
            cwd: /tmp
        """

    @Test("any text is settings or faults that name a line", arguments: 1...4 as ClosedRange<UInt64>)
    func anyTextIsSettingsOrFaults(seed: UInt64) throws {
        var mutation = Mutation(seed: seed, words: Self.words)
        let corpus = try Corpus.files("settings")
        let sources = [Array(Self.good.utf8)] + corpus.map(\.bytes).filter { $0.count < 4_096 }
        let mutated = (0..<FuzzDepth.rounds(250)).map { round in
            (name: "seed \(seed), round \(round)", bytes: mutation.changed(mutation.pick(sources) ?? []))
        }
        for (name, bytes) in corpus + mutated {
            let file = SettingsFile(path: "/b.yaml", text: String(decoding: bytes, as: UTF8.self))
            let settings = Settings(dataDirectory: "/d", environment: [:], file: file)
            for fault in settings.faults {
                #expect(fault.description.hasPrefix("/b.yaml:"), "\(name): \(fault)")
                #expect(TerminalText.isPrintable(fault.description), "\(name): \(fault)")
                let length = fault.description.count
                #expect(length < 700, "\(name): a sentence of \(length) characters")
            }
            if settings.faults.isEmpty { _ = try settings.checked() }
        }
    }
}
