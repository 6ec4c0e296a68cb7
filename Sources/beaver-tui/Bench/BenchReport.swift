import BeaverQueue
import FoundationEssentials

/// Median and spread of several runs.
struct Spread: Encodable {
    var median: Double
    var min: Double
    var max: Double

    /// Nil without values.
    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        self.median =
            sorted.count % 2 == 1
            ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
        self.min = first
        self.max = last
    }
}

/// One measurement: so many operations in so many seconds.
struct Sample {
    var operations: Int
    var seconds: Double
    /// Of the measured process: the queue's, and with it the callers', where they are one process.
    var cpuSeconds: Double?
    var logBytes: Int64?

    var perSecond: Double { Double(self.operations) / self.seconds }
}

/// One line of the result: a tier, measured several times.
struct BenchLine: Encodable {
    var system = "beaver-tui"
    var tier: String
    /// Callers, connections or jobs at the same time.
    var outstanding: Int?
    var batch: Int?
    var operations: Int
    var perSecond: Spread?
    var seconds: Spread?
    var cpuMicrosecondsEach: Double?
    var logBytesEach: Double?
    /// The same run's raw rate, where it is the measure of this tier.
    var shareOfRaw: Double?
    var note: String?

    enum CodingKeys: String, CodingKey {
        case system, tier, outstanding, batch, operations, seconds, note
        case perSecond = "per_second"
        case cpuMicrosecondsEach = "cpu_us_each"
        case logBytesEach = "log_bytes_each"
        case shareOfRaw = "share_of_raw"
    }

    init(_ tier: String, outstanding: Int? = nil, batch: Int? = nil, _ samples: [Sample]) {
        self.tier = tier
        self.outstanding = outstanding
        self.batch = batch
        self.operations = samples.first?.operations ?? 0
        self.perSecond = Spread(samples.map(\.perSecond))
        self.seconds = Spread(samples.map(\.seconds))
        self.cpuMicrosecondsEach =
            Spread(
                samples.compactMap { sample in
                    sample.cpuSeconds.map { $0 / Double(max(1, sample.operations)) * 1e6 }
                }
            )?.median
        self.logBytesEach =
            Spread(
                samples.compactMap { sample in
                    sample.logBytes.map { Double($0) / Double(max(1, sample.operations)) }
                }
            )?.median
    }
}

/// Prints lines as they come: JSON objects, or columns of fixed width, so that each is there as soon as it was measured.
struct BenchReport {
    let isJSON: Bool

    func begin(_ machine: BenchMachine) throws {
        if self.isJSON { return try Output.json(machine) }
        for line in machine.lines { Output.line(line) }
        Output.line("")
        self.print(
            "tier",
            "outstanding",
            "batch",
            "median /s",
            "from – to /s",
            "CPU µs",
            "log B"
        )
    }

    func report(_ line: BenchLine) throws {
        if self.isJSON { return try Output.json(line) }
        let tier = line.system == "beaver-tui" ? line.tier : "\(line.system): \(line.tier)"
        let isRate = line.operations > 1
        let spread = isRate ? line.perSecond : line.seconds
        func text(_ value: Double) -> String {
            isRate ? PeopleText.grouped(Int(value.rounded())) : "\((value * 1_000).rounded() / 1_000) s"
        }
        self.print(
            tier,
            line.outstanding.map { "\($0)" } ?? "",
            line.batch.map { "\($0)" } ?? "",
            spread.map { text($0.median) } ?? "",
            spread.map { "\(text($0.min)) – \(text($0.max))" } ?? "",
            line.cpuMicrosecondsEach.map { "\(($0 * 100).rounded() / 100)" } ?? "",
            line.logBytesEach.map { "\(Int($0.rounded()))" } ?? ""
        )
        if let share = line.shareOfRaw {
            Output.line("  \(Int((share * 100).rounded())) % of the raw rate of this run")
        }
        if let note = line.note { Output.line("  \(note)") }
    }

    private func print(_ cells: String...) {
        let widths = [46, 11, 6, 12, 24, 8, 6]
        let padded = cells.enumerated().map { place, cell in
            let space = String(repeating: " ", count: max(0, widths[place] - cell.count))
            return place == 0 ? cell + space : space + cell
        }
        Output.line(padded.joined(separator: "  "))
    }
}
