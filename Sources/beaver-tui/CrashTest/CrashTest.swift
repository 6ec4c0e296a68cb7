import BeaverQueue
import BeaverServer
import BeaverSimulation
import FoundationEssentials
import Glibc

/// Lives of a real server, one after the other, each ended at a moment of the plan while clients talk to it.
struct CrashTest {
    let place: CrashServer.Place
    let cycles: Int
    let jobsPerCycle: Int
    let seed: Seed
    let progress: (CrashReport) -> Void

    private let record: CrashRecord
    private let gate = CrashGate()
    private let queue: QueueClient
    private(set) var report: CrashReport
    private var life = 0

    private static let clients = 4
    private static let patience = Duration.seconds(60)

    init(
        place: CrashServer.Place,
        cycles: Int,
        jobsPerCycle: Int,
        seed: UInt64,
        progress: @escaping (CrashReport) -> Void
    ) throws {
        self.place = place
        self.cycles = cycles
        self.jobsPerCycle = jobsPerCycle
        self.seed = Seed(seed)
        self.progress = progress
        try CrashJob.script.write(toFile: place.script, atomically: false, encoding: .utf8)
        try CrashJob.configuration(script: place.script)
            .write(toFile: place.configuration, atomically: false, encoding: .utf8)
        self.record = try CrashRecord(path: place.ledger)
        self.queue = QueueClient(dataDirectory: place.data)
        self.report = CrashReport(seed: seed)
    }

    /// All lives, the last drain, and the last look; `report.losses` says what was wrong.
    mutating func run() async throws {
        let clock = ContinuousClock()
        let begin = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.clients {
                var client = CrashClient(
                    number: number,
                    record: self.record,
                    gate: self.gate,
                    dataDirectory: self.place.data,
                    seed: self.seed.stream("client", UInt64(number))
                )
                group.addTask { await client.run() }
            }
            defer { group.cancelAll() }
            while self.life < self.cycles, !self.record.hasLoss {
                self.life += 1
                try await self.live(CrashPlan(life: self.life, seed: self.seed))
                self.count(clock.now - begin)
                self.progress(self.report)
            }
            if !self.record.hasLoss { try await self.settle(&group) }
        }
        self.killLeftovers(before: .max)
        self.count(clock.now - begin)
    }

    private mutating func count(_ duration: Duration) {
        self.report.cycles = min(self.life, self.cycles)
        self.report.seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        self.record.with { ledger in
            self.report.acknowledged = ledger.acknowledged
            self.report.runs = ledger.starts
            self.report.interrupted = ledger.interrupted
            self.report.losses = ledger.losses
            let endings = ledger.endings
            self.report.completed = endings[.completed] ?? 0
            self.report.dead = endings[.dead] ?? 0
            self.report.cancelled = endings[.cancelled] ?? 0
        }
    }

    private func lose(_ sentence: String) { self.record.with { $0.lose("life \(self.life): \(sentence)") } }

    // MARK: One life

    private mutating func live(_ plan: CrashPlan) async throws {
        self.record.with { $0.begin(life: self.life, stops: plan.stops) }
        let server = try CrashServer(self.place, life: self.life)
        // Whatever is thrown below, no server stays behind.
        defer { _ = server.crash() }
        if plan.moment == .starting {
            try await Task.sleep(for: .microseconds(plan.microseconds))
        } else {
            guard try await self.waitUntilReady(server) else { return }
            do {
                try await self.checkStart()
                try await self.carryOut(plan, server)
            } catch let error as QueueError {
                self.lose("a server that runs refused: \(error.message): \(self.lastWords())")
            }
        }
        let ending = server.crash()
        self.gate.close()
        self.report.ended[plan.moment.rawValue, default: 0] += 1
        let isExpected = ending == .signal(9) || plan.stops && ending == .exit(0)
        if !isExpected { self.lose("the server ended by itself with \(ending): \(self.lastWords())") }
        try self.record.readLines()
        if self.life % 25 == 0 { try self.verify() }
    }

    private func carryOut(_ plan: CrashPlan, _ server: CrashServer) async throws {
        self.gate.open(quota: self.jobsPerCycle, favoursBulk: plan.moment == .rotating)
        guard plan.moment != .ready else { return }
        let half = Duration.microseconds(plan.microseconds / 2)
        switch plan.moment {
        case .starting, .ready: break
        case .rotating: try await self.waitForNewSegment()
        case .load, .snapshot, .draining, .stopped:
            try await Task.sleep(for: half)
            try await self.surveyIfAlive(server)
            try await Task.sleep(for: half)
        }
        switch plan.moment {
        case .starting, .ready, .load, .rotating: break
        case .snapshot:
            // The answer is of no interest: the kill comes before it, or not.
            let queue = self.queue
            async let taken = try? queue.snapshot()
            try await Task.sleep(for: .microseconds(plan.delayMicroseconds))
            server.signal(SIGKILL)
            _ = await taken
        case .draining:
            server.signal(SIGTERM)
            try await Task.sleep(for: .microseconds(plan.delayMicroseconds))
        case .stopped:
            server.signal(SIGTERM)
            if try await server.end(within: Self.patience) == nil { self.lose("the server does not stop") }
        }
    }

    /// True once it serves; false if it ended, which was noted.
    private func waitUntilReady(_ server: CrashServer) async throws -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + Self.patience
        while clock.now < deadline {
            if let ending = server.ending {
                self.lose("the server does not start: \(ending): \(self.lastWords())")
                return false
            }
            if let status = try? await self.queue.status(), status.pid == server.pid {
                if status.state == .running || status.state == .full { return true }
                if status.state != .recovering, status.state != .stopped {
                    self.lose("the server is \(status.state.rawValue) after its start: \(status.reason ?? "")")
                    return false
                }
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        self.lose("the server does not answer")
        return false
    }

    /// Right after a start, before anyone asks for anything.
    private mutating func checkStart() async throws {
        let status = try await self.queue.status()
        self.record.with { $0.check(status.jobs, isSettled: false) }
        self.report.longest_recovery_seconds = max(self.report.longest_recovery_seconds, status.recovery.seconds)
        if status.recovery.tornBytes > 0 { self.report.torn_tails += 1 }
        for leftover in await LeftoverProcesses(ledger: self.place.ledger).from(livesBefore: self.life) {
            self.lose("process \(leftover.pid) of life \(leftover.life) is still there")
        }
        try await self.record.survey(self.queue)
    }

    /// A server that died by itself is found out by its exit status.
    private func surveyIfAlive(_ server: CrashServer) async throws {
        do {
            try await self.record.survey(self.queue)
        } catch let error as QueueError {
            if server.ending == nil { self.lose("a list was refused: \(error.message)") }
        }
    }

    private func waitForNewSegment() async throws {
        func segments() -> [String] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: self.place.data + "/wal")) ?? []
            return names.filter { $0.hasSuffix(".wal") }
        }
        let before = segments().max()
        let clock = ContinuousClock()
        let deadline = clock.now + .milliseconds(200)
        while clock.now < deadline, segments().max() == before {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private func verify() throws {
        let report = try Queue.verify(self.place.data)
        if report.verdict == .damaged { self.lose("verify: \(report.problems.joined(separator: "; "))") }
    }

    private func lastWords() -> String {
        let data = FileManager.default.contents(atPath: self.place.log) ?? Data()
        return String(decoding: data.suffix(2_000), as: UTF8.self).split(separator: "\n").suffix(3)
            .joined(separator: " / ")
    }

    private func killLeftovers(before life: Int) {
        for leftover in LeftoverProcesses(ledger: self.place.ledger).now(livesBefore: life) {
            kill(leftover.pid, SIGKILL)
        }
    }

    // MARK: The end

    /// Everything uncertain is settled, everything open ends, and everything is asked for once more.
    private mutating func settle(_ group: inout ThrowingTaskGroup<Void, any Error>) async throws {
        self.life += 1
        self.record.with { $0.begin(life: self.life, stops: true) }
        let server = try CrashServer(self.place, life: self.life)
        defer { _ = server.crash() }
        guard try await self.waitUntilReady(server) else { return }
        try await self.checkStart()
        self.gate.open(quota: 0, favoursBulk: false)
        self.gate.finish()
        try await group.waitForAll()
        guard try await self.drain(server) else { return }
        try await self.askAgain()
        let status = try await self.queue.status()
        self.record.with { $0.check(status.jobs, isSettled: true) }
        server.signal(SIGTERM)
        let ending = try await server.end(within: Self.patience)
        if ending != .exit(0) {
            self.lose("the last stop ended with \(ending.map(String.init(describing:)) ?? "nothing")")
        }
        try self.verify()
    }

    /// Until no job is open; false if that takes too long, which is a loss too.
    private func drain(_ server: CrashServer) async throws -> Bool {
        let clock = ContinuousClock()
        var deadline = clock.now + Self.patience
        var before = Int.max
        while true {
            try await self.record.survey(self.queue)
            let open = self.record.openCount
            if open == 0 || self.record.hasLoss { return open == 0 }
            if open < before { deadline = clock.now + Self.patience }
            before = min(before, open)
            if clock.now > deadline || server.ending != nil {
                let some = self.record.with { Array($0.open.sorted().prefix(5)) }
                self.lose("\(open) jobs do not come to their end: \(some.joined(separator: " "))")
                return false
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Every job once more: the queue must know each as a duplicate, and take none.
    private func askAgain() async throws {
        let jobs = self.record.with { ledger in ledger.entries.values.map(\.job).sorted { $0.id < $1.id } }
        var start = 0
        while start < jobs.count {
            let batch = Array(jobs[start..<min(start + 200, jobs.count)])
            let result = try await self.queue.enqueue(batch.map(\.newJob))
            self.record.with { $0.answered(batch, .known, result) }
            start += batch.count
        }
    }
}
