import BeaverQueue

/// A job of the crash test.
///
/// Everything about it follows from its id, so that nobody has to remember what was submitted: id, action, payload, and
/// how it must end.
struct CrashJob: Sendable, Hashable {
    enum Kind: String, Sendable, CaseIterable {
        case quick, slow
        /// A payload of kilobytes.
        case blob
        /// A payload of a hundred kilobytes for a built-in handler: it fills the log, and leaves no line in the ledger.
        case bulk
        /// Fails in its first run.
        case flaky
        /// Fails in every run.
        case failing
        /// Fails for good in its first run.
        case bad
        /// Must not run twice, whatever happens.
        case once
        /// Leaves a process behind that has left its group.
        case litter
        /// Due in an hour, and cancelled before.
        case later

        var maxRetry: Int {
            switch self {
            case .failing: 2
            case .quick, .slow, .blob, .bulk, .flaky, .bad, .once, .litter, .later: 3
            }
        }

        /// The states in which it may end, if the queue did not give it up as poison.
        var endings: Set<JobState> {
            switch self {
            case .quick, .slow, .blob, .bulk, .flaky, .litter: [.completed]
            case .failing, .bad: [.dead]
            case .once: [.completed, .dead]
            case .later: [.cancelled]
            }
        }

        var leavesLines: Bool { self != .bulk }
    }

    let kind: Kind
    let client: Int
    let number: Int

    init(_ kind: Kind, client: Int, number: Int) {
        self.kind = kind
        self.client = client
        self.number = number
    }

    var id: String { "\(self.kind.rawValue)-\(self.client)-\(self.number)" }

    /// Of a length that differs from job to job, and of bytes that do too.
    var payload: [UInt8] {
        let mixed = (self.number &* 31 &+ self.client) &* 2_654_435_761
        let length: Int
        switch self.kind {
        case .blob: length = 2_000 + abs(mixed) % 30_000
        case .bulk: length = 80_000 + abs(mixed) % 80_000
        case .quick, .slow, .flaky, .failing, .bad, .once, .litter, .later: length = abs(mixed) % 60
        }
        let letter = UInt8(ascii: "a") + UInt8(abs(mixed >> 8) % 26)
        return Array(#"{"job":"\#(self.id)","text":""#.utf8) + [UInt8](repeating: letter, count: length)
            + Array(#""}"#.utf8)
    }

    var newJob: NewJob {
        NewJob(
            id: self.id,
            payload: self.payload,
            action: self.kind.rawValue,
            maxRetry: UInt16(self.kind.maxRetry),
            start: self.kind == .later ? .after(milliseconds: 3_600_000) : .now,
            once: self.kind == .once
        )
    }

    /// The same id with another payload.
    var differing: NewJob {
        var job = self.newJob
        job.payload = Array(#"{"other":true}"#.utf8)
        return job
    }
}

extension CrashJob {
    /// What the server of a crash test is configured with: small files, short waits, a handler for each kind.
    static func configuration(script: String) -> String {
        var lines = [
            "worker: { worker_count: 6, task_timeout: 60s, max_interrupted: \(CrashLedger.maxInterrupted), "
                + "drain_timeout: 150ms, backoff: { base: 5ms, max: 50ms } }",
            "wal: { max_segment_size: 1MiB, keep: 0B }",
            "snapshot: { interval_seconds: 0, retention_count: 2 }",
            "queue: { completed_keep: 500 }",
            "handlers:",
        ]
        for kind in Kind.allCases {
            let what = kind.leavesLines ? #"command: ["/bin/sh", "\#(script)", "\#(kind)"]"# : "builtin: noop"
            lines.append("  \(kind): { \(what) }")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One line when a run begins and one when it ends, each in one write to a file that the queue knows nothing of.
    ///
    /// The empty line before sets a line apart from one that was cut off by a kill in mid-write.
    static let script = #"""
        set -f
        set -- "$1" $(cksum)
        run="$BEAVER_JOB_ID $BEAVER_FENCING_TOKEN"
        printf '\nS %s %s %s %s .\n' "$run" "$CRASH_TEST_LIFE" "$2" "$3" >>"$CRASH_TEST_LEDGER"
        status=0
        case $1 in
        slow) sleep 0.06 ;;
        litter) setsid sleep 300 & sleep 0.01 ;;
        flaky) [ "$BEAVER_RUN_NUMBER" -gt 1 ] || status=1 ;;
        failing) status=1 ;;
        bad) status=65 ;;
        esac
        printf '\nE %s %s .\n' "$run" "$status" >>"$CRASH_TEST_LEDGER"
        exit $status

        """#
}

/// What `cksum` prints: the CRC of POSIX, which the queue does not use.
enum PosixChecksum {
    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index) << 24
        for _ in 0..<8 { value = value & 0x8000_0000 == 0 ? value << 1 : value << 1 ^ 0x04C1_1DB7 }
        return value
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0
        func add(_ byte: UInt8) { crc = crc << 8 ^ self.table[Int(UInt8(truncatingIfNeeded: crc >> 24) ^ byte)] }
        for byte in bytes { add(byte) }
        var length = bytes.count
        while length > 0 {
            add(UInt8(truncatingIfNeeded: length))
            length >>= 8
        }
        return ~crc
    }
}
