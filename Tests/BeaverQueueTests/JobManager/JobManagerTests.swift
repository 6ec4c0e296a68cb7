import BeaverSimulation
import Testing

@testable import BeaverQueue

/// Random lives of a queue against a model that is a dictionary and nothing else.
@Suite struct JobManagerTests {
    /// What a job is, by the words of docs/architecture.md.
    struct ModelJob: Equatable {
        var state = JobSlot.State.pending
        var payload: String
        var runs = 0
        var failures = 0
    }

    struct Model {
        var jobs: [String: ModelJob] = [:]
        var purged = 0

        mutating func enqueue(_ id: String, _ payload: String) -> String {
            if let known = self.jobs[id] { return known.payload == payload ? "duplicate" : "differs" }
            self.jobs[id] = ModelJob(payload: payload)
            return "enqueued"
        }

        func counts() -> JobManager.Counts {
            var counts = JobManager.Counts()
            for job in self.jobs.values {
                switch job.state {
                case .pending: counts.pending += 1
                case .inFlight: counts.inFlight += 1
                case .completed: counts.completed += 1
                case .dead: counts.dead += 1
                case .cancelled: counts.cancelled += 1
                }
            }
            return counts
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func randomCommandsAgainstADictionary(_ value: UInt64) throws {
        var seed = Seed(value)
        let driver = try SteppingDriver.opened { driver in
            driver.holdRuns()
            driver.settings.workers = 4
            driver.settings.worker.maxRetry = 2
            driver.settings.worker.backoffBaseMilliseconds = 5
            driver.settings.worker.backoffMaxMilliseconds = 20
            driver.settings.worker.taskTimeoutMilliseconds = 0
            if value % 2 == 0 { driver.disorder = Seed(value) }
        }
        var model = Model()
        for step in 0..<250 {
            try self.oneStep(driver, &model, &seed)
            try driver.runUntilIdle()
            self.noteStarts(driver, &model)
            let comment: Comment = "seed \(value), step \(step)"
            let manager = try #require(driver.engine?.manager)
            #expect(manager.invariants() == [], comment)
            #expect(manager.counts == model.counts(), comment)
            for (id, job) in model.jobs.sorted(by: { $0.key < $1.key }) {
                #expect(driver.state(id) == job.state, "\(id), \(comment)")
                #expect(driver.slot(id)?.runs == job.runs, "\(id), \(comment)")
            }
            guard step % 10 == 9 else { continue }
            try driver.expectReplay(comment)
            if step % 50 == 49 { try self.snapshot(driver, comment) }
            if manager.counts != model.counts() { return }
        }
    }

    /// A snapshot's state and the tail behind it are the same as the whole log.
    private func snapshot(_ driver: SteppingDriver, _ comment: Comment) throws {
        let ticket = driver.submit(.snapshot)
        try driver.runUntilIdle()
        guard case .snapshot? = driver.answer(ticket) else {
            Issue.record("no snapshot: \(String(describing: driver.answer(ticket))), \(comment)")
            return
        }
        try driver.expectReplay(comment)
    }

    /// What was dispatched since the model looked last.
    private func noteStarts(_ driver: SteppingDriver, _ model: inout Model) {
        for (id, job) in model.jobs where job.state == .pending {
            guard driver.state(id) == .inFlight else { continue }
            model.jobs[id]?.state = .inFlight
            model.jobs[id]?.runs += 1
        }
    }

    private func oneStep(_ driver: SteppingDriver, _ model: inout Model, _ seed: inout Seed) throws {
        let id = "j\(seed.below(30))"
        switch seed.below(12) {
        case 0...3: try self.enqueue(id, driver, &model, &seed)
        case 4...6: self.endARun(driver, &model, &seed)
        case 7: self.cancel(id, driver, &model)
        case 8: self.retry(id, driver, &model)
        case 9:
            driver.act(.purge, [id])
            if let state = model.jobs[id]?.state, state != .pending, state != .inFlight {
                model.jobs[id] = nil
                model.purged += 1
            }
        case 10: driver.submit(seed.chance(1, in: 2) ? .pause : .resume)
        default: try driver.run(milliseconds: Int64(seed.below(40)))
        }
    }

    private func enqueue(_ id: String, _ driver: SteppingDriver, _ model: inout Model, _ seed: inout Seed) throws {
        let payload = seed.chance(3, in: 4) ? "1" : "2"
        let ticket = driver.enqueue([
            NewJob(id: id, payload: Array(payload.utf8), action: "a\(seed.below(3))", priority: UInt8(seed.below(10)))
        ])
        try driver.runUntilIdle()
        let answer =
            switch driver.answer(ticket) {
            case .enqueued(1, 0, _)?: "enqueued"
            case .enqueued(0, 1, _)?: "duplicate"
            case .enqueued(0, 0, _)?: "differs"
            default: "\(String(describing: driver.answer(ticket)))"
            }
        let expected = model.enqueue(id, payload)
        #expect(expected == answer)
    }

    private func endARun(_ driver: SteppingDriver, _ model: inout Model, _ seed: inout Seed) {
        guard let token = seed.pick(driver.tokens()), let run = driver.runner.run(token) else { return }
        let id = run.request.jobID
        let isCancelled = !run.stops.isEmpty
        switch seed.below(4) {
        case 0:
            driver.end(token, RunResult(.failed, exitStatus: 1, error: "no"))
            let failures = (model.jobs[id]?.failures ?? 0) + (isCancelled ? 0 : 1)
            model.jobs[id]?.failures = failures
            model.jobs[id]?.state = failures > 2 ? .dead : .pending
        case 1:
            driver.end(token, RunResult(.failedPermanently, exitStatus: 65, error: "never"))
            model.jobs[id]?.state = .dead
        case 2:
            driver.end(token, RunResult(.notStarted, error: "no process"))
            model.jobs[id]?.state = .pending
            if !isCancelled { model.jobs[id]?.runs -= 1 }
        default:
            driver.end(token)
            model.jobs[id]?.state = .completed
        }
        if isCancelled { model.jobs[id]?.state = .cancelled }
    }

    private func cancel(_ id: String, _ driver: SteppingDriver, _ model: inout Model) {
        driver.act(.cancel, [id])
        if model.jobs[id]?.state == .pending { model.jobs[id]?.state = .cancelled }
    }

    private func retry(_ id: String, _ driver: SteppingDriver, _ model: inout Model) {
        guard let job = model.jobs[id], let slot = driver.slot(id), slot.canBeRevived else {
            driver.act(.retry, [id])
            return
        }
        #expect(job.state == .dead || job.state == .cancelled || job.state == .pending)
        driver.act(.retry, [id])
        model.jobs[id] = ModelJob(payload: job.payload)
    }
}
