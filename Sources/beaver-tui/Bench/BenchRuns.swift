import ArgumentParser
import BeaverQueue
import Glibc

/// Measures tiers, each several times, with the disk's raw rate before each run.
struct BenchRuns {
    let report: BenchReport
    /// The scratch directory.
    let directory: String
    let runs: Int
    let only: String?
    private let asked = Lock(Asked())

    private struct Asked {
        var isAnyWanted = false
        var names: [String] = []
    }

    init(report: BenchReport, directory: String, runs: Int, only: String?) {
        self.report = report
        self.directory = directory
        self.runs = runs
        self.only = only
    }

    /// A tier and how one run of it is measured.
    struct Tier {
        var line: BenchLine
        var measure: () async throws -> Sample
    }

    func isWanted(_ line: BenchLine) -> Bool {
        guard let only = self.only else { return true }
        let name = "\(line.system) \(line.tier)"
        let isWanted = name.contains(only)
        self.asked.withLock { asked in
            if isWanted { asked.isAnyWanted = true }
            if asked.names.last != line.tier, line.system == "beaver-tui" { asked.names.append(line.tier) }
        }
        return isWanted
    }

    /// To be called at the end: a name that nothing has is a mistake, not a result.
    func refuseVainName() throws {
        guard let only = self.only else { return }
        let asked = self.asked.withLock { $0 }
        guard !asked.isAnyWanted else { return }
        let names = asked.names.map { "\n  " + $0 }.joined()
        throw ValidationError("no tier has \"\(TerminalText.excerpt(only))\" in its name. There are:\(names)")
    }

    func measure(_ line: BenchLine, _ body: @escaping () async throws -> Sample) async throws {
        try await self.byTurns([Tier(line: line, measure: body)])
    }

    /// By turns, so that all of them see the machine as it is at that time; the first is the measure of the others.
    @discardableResult
    func byTurns(_ tiers: [Tier], measureName: String? = nil) async throws -> [BenchLine] {
        guard tiers.contains(where: { self.isWanted($0.line) }) else { return [] }
        var samples = tiers.map { _ in [Sample]() }
        for _ in 0..<self.runs {
            for (place, tier) in tiers.enumerated() {
                let raw = try Self.rawSyncs(in: self.directory, count: 1_000)
                var sample = try await tier.measure()
                sample.rawPerSecond = raw.perSecond
                samples[place].append(sample)
            }
        }
        var lines: [BenchLine] = []
        for (tier, samples) in zip(tiers, samples) {
            var line = tier.line
            line.take(samples)
            if let measureName, let measure = lines.first?.perSecond?.median, let own = line.perSecond?.median {
                let percent = own / measure * 100
                line.percent = percent
                let share = "\(Int(percent.rounded())) % of \(measureName)"
                line.note = line.note.map { "\(share); \($0)" } ?? share
            }
            lines.append(line)
            try self.report.report(line)
        }
        return lines
    }

    /// Bytes of a small frame: what one durable job writes.
    static let rawBytes = 256

    /// Writes of so many bytes, one behind the other, into a file of zeros, each followed by fdatasync: what one durable
    /// operation costs at least.
    static func rawSyncs(in directory: String, count: Int) throws -> Sample {
        let file = try FileStorage().open(directory + "/raw", .createOrTruncate)
        defer { file.close() }
        try file.write([UInt8](repeating: 0, count: (count + 16) * self.rawBytes).span.bytes, at: 0)
        try file.synchronizeData()
        let record = [UInt8](repeating: 7, count: self.rawBytes)
        // The first syncs after other work find the disk busy with it.
        for number in 0..<16 {
            try file.write(record.span.bytes, at: Int64((count + number) * self.rawBytes))
            try file.synchronizeData()
        }
        let (start, cpu) = (BenchClock.now(), BenchClock.cpuSeconds())
        for number in 0..<count {
            try file.write(record.span.bytes, at: Int64(number * self.rawBytes))
            try file.synchronizeData()
        }
        let (seconds, used) = (BenchClock.now() - start, BenchClock.cpuSeconds() - cpu)
        return Sample(operations: count, seconds: seconds, cpuSeconds: used)
    }
}
