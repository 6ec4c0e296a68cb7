import BeaverQueue
import FoundationEssentials
import Glibc

/// The tiers of this queue, in the order in which they are printed.
struct BenchTiers {
    let runs: BenchRuns
    let pending: Int
    /// Of each tier of lifecycles, in place of what each has of its own.
    let lifecycleJobs: Int?

    private var inside: BenchQueue { BenchQueue(directory: self.runs.directory) }
    private var place: BenchServer.Place { BenchServer.Place(directory: self.runs.directory) }

    func run() async throws {
        try await self.enqueues()
        try await self.doors()
        try await self.lifecycles()
        try await self.commands()
        try await self.starts()
        try await BenchSnapshots(runs: self.runs, stored: self.pending).run()
        BenchFiles.remove(self.inside.data)
        BenchFiles.remove(self.place.data)
    }

    private func enqueues() async throws {
        let directory = self.runs.directory
        try await self.runs.byTurns(
            [
                BenchRuns.Tier(
                    line: BenchLine(
                        "write of \(BenchRuns.rawBytes) bytes + fdatasync alone",
                        outstanding: 1,
                        batch: 1,
                        note: "one behind the other, in a file of zeros"
                    )
                ) { try BenchRuns.rawSyncs(in: directory, count: 10_000) },
                BenchRuns.Tier(line: BenchLine("enqueue", outstanding: 1, batch: 1)) {
                    try await self.inside.enqueue(callers: 1, batch: 1, jobs: 10_000)
                },
            ],
            measureName: "write + fdatasync alone"
        )
        for (callers, batch, jobs) in [(64, 1, 256_000), (1, 1_000, 1_000_000), (4, 1_000, 1_000_000)] {
            try await self.runs.measure(BenchLine("enqueue", outstanding: callers * batch, batch: batch)) {
                try await self.inside.enqueue(callers: callers, batch: batch, jobs: jobs)
            }
        }
    }

    private func doors() async throws {
        let doors = BenchDoors(place: self.place)
        for (door, name) in [(BenchDoors.Door.controlSocket, "control socket"), (.tcp, "HTTP")] {
            for (callers, batch) in [(1, 1), (64, 1), (4, 1_000)] {
                try await self.runs.measure(BenchLine("\(name): enqueue", outstanding: callers * batch, batch: batch)) {
                    try await doors.enqueue(door, callers: callers, batch: batch, seconds: 1.5)
                }
            }
        }
        var line = BenchLine("enqueue --file, \(PeopleText.grouped(self.pending)) jobs, server running")
        guard self.runs.isWanted(line) else { return }
        var (samples, memory): ([Sample], [Double]) = ([], [])
        for _ in 0..<self.runs.runs {
            let (sample, clientBytes) = try await doors.enqueueFile(jobs: self.pending)
            samples.append(sample)
            memory.append(Double(clientBytes))
        }
        line.take(samples)
        try self.runs.report.report(line)
        line = BenchLine("enqueue --file: memory of the command")
        line.bytes = Spread(memory)
        try self.runs.report.report(line)
    }

    private func lifecycles() async throws {
        for (handler, name) in [("closure", "a Swift closure"), ("noop", "`noop`")] {
            try await self.runs.measure(
                BenchLine("lifecycle, \(name), one by one", outstanding: 64, batch: 1)
            ) {
                try await self.inside.lifecycles(
                    .oneByOne(callers: 64),
                    handler: handler,
                    workers: 64,
                    jobs: self.lifecycleJobs ?? 128_000
                )
            }
            try await self.runs.measure(
                BenchLine("lifecycle, \(name), in turns", outstanding: 1_000, batch: 1_000)
            ) {
                try await self.inside.lifecycles(
                    .inTurns(batch: 1_000),
                    handler: handler,
                    workers: 1_000,
                    jobs: self.lifecycleJobs ?? 300_000
                )
            }
            try await self.runs.measure(
                BenchLine(
                    "lifecycle, \(name), streaming",
                    batch: 1_000,
                    note: "as many outstanding as there are waiting: 2 callers enqueue as fast as they are answered, "
                        + "1,000 workers"
                )
            ) {
                try await self.inside.lifecycles(
                    .streaming(callers: 2, batch: 1_000),
                    handler: handler,
                    workers: 1_000,
                    jobs: self.lifecycleJobs ?? 500_000
                )
            }
        }
    }

    private func commands() async throws {
        let processes = BenchProcesses(bench: self.inside, slots: 8, jobs: 2_000)
        var tiers = [
            BenchRuns.Tier(
                line: BenchLine("/bin/true: posix_spawn and waitpid in a loop", outstanding: 8),
                measure: processes.bare
            ),
            BenchRuns.Tier(line: BenchLine("/bin/true: as a job", outstanding: 8), measure: processes.queued),
        ]
        if let xargs = BenchProcess.find("xargs") {
            tiers.append(
                BenchRuns.Tier(line: BenchLine("/bin/true: xargs -P 8 -n 1", outstanding: 8)) {
                    try processes.xargs(xargs)
                }
            )
        }
        try await self.runs.byTurns(tiers, measureName: "the bare loop")
    }

    private func starts() async throws {
        let place = self.place
        let program = BenchLine("the program on disk")
        if self.runs.isWanted(program) {
            var line = program
            var status = stat()
            if stat(BenchServer.Place.program, &status) == 0 { line.bytes = Spread([Double(status.st_size)]) }
            try self.runs.report.report(line)
        }
        try await self.runs.measure(BenchLine("start on an empty directory, to the first answer")) {
            try await BenchDoors(place: place).startEmpty()
        }
        for files in BenchStarts.Files.allCases {
            try await BenchStarts(runs: self.runs, place: place, pending: self.pending, files: files).run()
        }
    }
}
