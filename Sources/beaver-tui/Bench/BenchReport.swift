import BeaverQueue

/// Median and spread of several runs.
struct Spread: Encodable, Equatable {
    var median: Double
    var min: Double
    var max: Double

    /// Nil without values.
    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        let middle = sorted.count / 2
        self.median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        self.min = first
        self.max = last
    }
}

/// One measurement: so many operations in so many seconds.
struct Sample {
    var operations: Int
    var seconds: Double
    /// Of what is measured; where its callers are in the same process, theirs too.
    var cpuSeconds: Double?
    /// Of the client, where it is another process: near one core it may be what bounds the tier.
    var clientCPUSeconds: Double?
    var logBytes: Int64?
    /// Write and fdatasync alone, just before.
    var rawPerSecond: Double?

    var perSecond: Double { Double(self.operations) / self.seconds }
}

/// One line of the result: a tier, measured several times.
struct BenchLine: Encodable {
    var kind = "tier"
    var system = "beaver-tui"
    var tier: String
    /// Callers, connections or jobs at the same time.
    var outstanding: Int?
    var batch: Int?
    var runs = 0
    /// Of the first run.
    var operations = 0
    var perSecond: Spread?
    var seconds: Spread?
    var bytes: Spread?
    var cpuMicrosecondsEach: Double?
    var clientCores: Double?
    var logBytesEach: Double?
    var rawPerSecond: Double?
    /// Against another line, where that is the measure of this one.
    var percent: Double?
    var note: String?

    enum CodingKeys: String, CodingKey {
        case kind, system, tier, outstanding, batch, runs, operations, seconds, bytes, percent, note
        case perSecond = "per_second"
        case cpuMicrosecondsEach = "cpu_us_each"
        case clientCores = "client_cores"
        case logBytesEach = "log_bytes_each"
        case rawPerSecond = "raw_sync_per_second"
    }

    init(_ tier: String, system: String = "beaver-tui", outstanding: Int? = nil, batch: Int? = nil, note: String? = nil)
    {
        self.tier = tier
        self.system = system
        self.outstanding = outstanding
        self.batch = batch
        self.note = note
    }

    /// So many operations a second, or with one operation, so many seconds.
    mutating func take(_ samples: [Sample]) {
        self.runs = samples.count
        self.operations = samples.first?.operations ?? 0
        if self.operations > 1 { self.perSecond = Spread(samples.map(\.perSecond)) }
        self.seconds = Spread(samples.map(\.seconds))
        func median(_ value: (Sample) -> Double?) -> Double? { Spread(samples.compactMap(value))?.median }
        if self.operations > 0 {
            self.cpuMicrosecondsEach = median { sample in
                sample.cpuSeconds.map { $0 / Double(sample.operations) * 1e6 }
            }
            self.logBytesEach = median { sample in sample.logBytes.map { Double($0) / Double(sample.operations) } }
        }
        self.clientCores = median { sample in sample.clientCPUSeconds.map { $0 / sample.seconds } }
        self.rawPerSecond = median(\.rawPerSecond)
    }

    /// As columns of the table.
    var cells: [String] {
        func text(_ value: Double) -> String {
            if self.perSecond != nil { return PeopleText.grouped(Int(value.rounded())) }
            if self.bytes != nil { return "\((value / 1_048_576 * 10).rounded() / 10) MiB" }
            return value < 0.01 ? "\((value * 100_000).rounded() / 100) ms" : "\((value * 1_000).rounded() / 1_000) s"
        }
        let spread = self.perSecond ?? self.bytes ?? self.seconds
        return [
            self.system == "beaver-tui" ? self.tier : "\(self.system): \(self.tier)",
            self.outstanding.map { PeopleText.grouped($0) } ?? "",
            self.batch.map { PeopleText.grouped($0) } ?? "",
            spread.map { text($0.median) } ?? "",
            spread.map { $0.min == $0.max ? "" : "\(text($0.min)) – \(text($0.max))" } ?? "",
            // A start is one operation: its processor time is no cost that anyone pays again and again.
            self.perSecond == nil ? "" : self.cpuMicrosecondsEach.map { "\(($0 * 100).rounded() / 100)" } ?? "",
            self.logBytesEach.map { "\(Int($0.rounded()))" } ?? "",
            self.rawPerSecond.map { PeopleText.grouped(Int($0.rounded())) } ?? "",
        ]
    }
}

/// Prints lines as they come: JSON objects, or columns of fixed width, so that each is there as soon as it was measured.
struct BenchReport {
    let isJSON: Bool

    private static let columns: [(heading: String, width: Int)] = [
        ("tier", 50), ("outstanding", 11), ("batch", 6), ("median", 11), ("from – to", 25), ("CPU µs", 7), ("log B", 6),
        ("syncs/s", 7),
    ]

    func begin(_ machine: BenchMachine) throws {
        if self.isJSON { return try Output.json(machine) }
        for line in machine.lines { Output.line(line) }
        Output.line(
            """

            median, from – to: operations a second (or seconds, MiB) of several runs; CPU µs: of the measured process for
            each operation; log B: bytes of log for each; syncs/s: write and fdatasync alone, on this disk, just before.

            """
        )
        Output.line(Self.padded(Self.columns.map(\.heading)))
    }

    func report(_ line: BenchLine) throws {
        if self.isJSON { return try Output.json(line) }
        Output.line(Self.padded(line.cells))
        if let note = line.note { Output.line("  \(note)") }
    }

    static func padded(_ cells: [String]) -> String {
        let padded = zip(cells, self.columns).enumerated().map { place, pair in
            let space = String(repeating: " ", count: max(0, pair.1.width - pair.0.count))
            return place == 0 ? pair.0 + space : space + pair.0
        }
        return padded.joined(separator: "  ")
    }
}
