/// The newest ten runs of a job, as they stand in a snapshot behind the job's ENQUEUE record.
///
/// Count (1), then for each: ending (1), start and end in wall milliseconds (6 + 6), token (8), exit status or -1 (2),
/// error (2 + n), output (2 + n).
package struct RunHistory: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package var ending: JobRun.Ending
        package var startedAt: Int64
        package var endedAt: Int64
        package var end: Event.EndOfRun

        /// What it ended with; nil if there was nothing to say.
        var error: String? { self.end.error.isEmpty ? nil : self.end.error }
    }

    package var entries: [Entry] = []
    static let maxCount = 10

    package init() {}

    /// Of the newest run that had one.
    var lastError: String? { self.entries.last { $0.error != nil }?.error }

    /// Takes up what one more record of the job says; records come in their order.
    package mutating func note(_ event: Event, wallMilliseconds: Int64) {
        switch event {
        case .dispatch(_, let token):
            self.append(Entry(ending: .running, startedAt: wallMilliseconds, endedAt: 0, end: .init(token: token)))
        case .ack(_, let end, _): self.end(.completed, end, wallMilliseconds)
        case .retry(_, let end, _, _): self.end(.failed, end, wallMilliseconds)
        case .timeout(_, let end, _, _): self.end(.timeout, end, wallMilliseconds)
        case .dead(_, let end): self.end(.dead, end, wallMilliseconds)
        case .cancel(_, let end): self.end(.cancelled, end, wallMilliseconds)
        case .interrupted(_, let end, _, _, _): self.end(.interrupted, end, wallMilliseconds)
        case .action, .enqueue, .cancelAsked, .revive, .purge, .forget, .pause, .resume, .settings, .epoch, .recovered:
            break
        }
    }

    private mutating func end(_ ending: JobRun.Ending, _ end: Event.EndOfRun, _ wallMilliseconds: Int64) {
        if let last = self.entries.indices.last, self.entries[last].ending == .running,
            self.entries[last].end.token == end.token
        {
            self.entries[last].ending = ending
            self.entries[last].endedAt = wallMilliseconds
            self.entries[last].end = end
        } else {
            self.append(Entry(ending: ending, startedAt: 0, endedAt: wallMilliseconds, end: end))
        }
    }

    private mutating func append(_ entry: Entry) {
        self.entries.append(entry)
        if self.entries.count > Self.maxCount { self.entries.removeFirst() }
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(UInt8(self.entries.count))
        for entry in self.entries {
            bytes.append(Self.code(entry.ending))
            bytes.append48(UInt64(clamping: entry.startedAt))
            bytes.append48(UInt64(clamping: entry.endedAt))
            entry.end.encode(into: &bytes)
        }
    }

    init?(decoding bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        var offset = 1
        for _ in 0..<bytes.load(UInt8.self, at: 0) {
            guard offset + 13 <= bytes.byteCount, let ending = Self.ending(bytes.load(UInt8.self, at: offset)) else {
                return nil
            }
            let startedAt = Int64(bytes.load48(at: offset + 1))
            let endedAt = Int64(bytes.load48(at: offset + 7))
            offset += 13
            guard let end = Event.EndOfRun(decoding: bytes, at: &offset) else { return nil }
            self.entries.append(Entry(ending: ending, startedAt: startedAt, endedAt: endedAt, end: end))
        }
    }

    private static let endings: [JobRun.Ending] = [
        .running, .completed, .failed, .timeout, .interrupted, .cancelled, .dead,
    ]

    private static func code(_ ending: JobRun.Ending) -> UInt8 {
        UInt8(self.endings.firstIndex(of: ending) ?? 0)
    }

    private static func ending(_ code: UInt8) -> JobRun.Ending? {
        Int(code) < self.endings.count ? self.endings[Int(code)] : nil
    }
}
