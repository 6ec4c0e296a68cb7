import BeaverQueue

/// What clients, operators, handlers and time do.
extension Simulation {
    func take(_ step: HistoryStep) throws {
        var seed = Seed(step.seed)
        switch step.kind {
        case .enqueue: self.driver.enqueue([self.newJob(&seed)])
        case .enqueueBatch:
            self.driver.enqueue((0..<seed.range(self.swarm.batch)).map { _ in self.newJob(&seed) })
        case .enqueueAgain: self.enqueueAgain(&seed)
        case .cancel, .retry, .purge: self.operate(step.kind, &seed)
        case .pause: self.driver.submit(.pause)
        case .resume: self.driver.submit(.resume)
        case .setWorkers: self.driver.submit(.setWorkers(seed.below(6)))
        case .snapshot: self.driver.submit(.snapshot)
        case .endRun: self.endRun(&seed)
        case .lateResult: try self.lateResult(&seed)
        case .heedStops: self.driver.endStopped(onlyKilled: seed.chance(1, in: 2))
        case .becomeStuck: if let token = seed.pick(self.driver.runner.running) { self.driver.stuck.insert(token) }
        case .wait: try self.pass(milliseconds: Int64(seed.pick([1, 10, 150, 2_000, 30_000]) ?? 1))
        case .settle: try self.driver.runUntilIdle()
        case .fewSteps: for _ in 0..<seed.range(1...20) where self.driver.step() {}
        case .setWallClock: self.setWallClock(&seed)
        case .kill: try self.kill()
        case .powerCut: try self.recover(self.powerCut())
        case .crashPoint, .failCalls: self.plan(step.kind, &seed)
        case .stop: try self.stop(&seed)
        case .fillDisk, .freeDisk: self.resizeDisk(step.kind, &seed)
        case .bitRot: try self.rot(&seed)
        case .removeDirectory: try self.removeDirectory(&seed)
        }
    }

    // MARK: Clients

    private func newJob(_ seed: inout Seed) -> NewJob {
        self.nextJob += 1
        var job = NewJob(
            id: "job-\(self.nextJob)",
            payload: self.payload(&seed),
            action: seed.pick(["work", "work", "work", "narrow", "ghost"]) ?? "work",
            priority: UInt8(seed.below(10))
        )
        if seed.chance(1, in: 4) { job.maxRetry = UInt16(seed.below(3)) }
        if seed.chance(1, in: 6) { job.once = true }
        if seed.chance(1, in: 8) { job.timeoutMilliseconds = UInt32(seed.range(1...500)) }
        let id = "job-\(self.nextJob)"
        let now = self.driver.clock.time()
        if seed.chance(1, in: 6) {
            let delay = seed.range(1...20_000)
            job.start = .after(milliseconds: Int64(delay))
            self.earliest[id] = Earliest(
                life: self.life,
                bootNanoseconds: now.bootNanoseconds + Int64(delay) * 1_000_000
            )
        } else if seed.chance(1, in: 8) {
            let due = now.wallMilliseconds + Int64(seed.range(-1_000...20_000))
            job.start = .at(wallMilliseconds: due)
            self.earliest[id] = Earliest(life: self.life, wallMilliseconds: due)
        }
        self.known.append(job)
        return job
    }

    private func payload(_ seed: inout Seed) -> [UInt8] {
        let digits = seed.range(1...self.swarm.greatestPayloadBytes)
        return Array("{\"n\":\"".utf8) + seed.bytes(digits).map { 0x61 + $0 % 26 } + Array("\"}".utf8)
    }

    /// The same id once more, with the same payload or another.
    private func enqueueAgain(_ seed: inout Seed) {
        guard var job = seed.pick(self.known) else { return }
        if seed.chance(1, in: 4) { job.payload = self.payload(&seed) }
        self.trace { "  \(job.id ?? "") again" }
        self.driver.enqueue([job])
    }

    private func operate(_ kind: HistoryStep.Kind, _ seed: inout Seed) {
        guard let id = seed.pick(self.known)?.id else { return }
        let action: JobAction
        switch kind {
        case .cancel:
            action = .cancel
            self.driver.ledger.recordCancel(id, confirmed: false)
        case .purge:
            // A job that is not done is not purged: nothing is taken back of what was promised about it.
            guard let state = self.driver.slot(id)?.state, state != .pending, state != .inFlight else { return }
            action = .purge
            self.driver.ledger.recordForgettable(id)
        default:
            guard let state = self.driver.slot(id)?.state, state != .completed, state != .inFlight else { return }
            action = .retry
            self.earliest[id] = nil
            self.driver.ledger.recordRevival(id, confirmed: false)
        }
        self.trace { "  \(action) of \(id)" }
        let ticket = self.driver.act(action, [id])
        self.asked[ticket.number] = (action, id)
    }

    // MARK: Handlers

    /// What a handler does, by its job and run alone.
    func behaviour(of run: RunRequest) -> RunResult? {
        self.checkStart(run)
        if self.isEnding { return RunResult(.completed) }
        var seed = self.root.stream(run.jobID, UInt64(run.runNumber))
        var draw = seed.below(16)
        func isDrawn(_ share: Int) -> Bool {
            draw -= share
            return draw < 0
        }
        if isDrawn(self.swarm.completes) { return RunResult(.completed, exitStatus: 0, outputTail: seed.bytes(8)) }
        if isDrawn(self.swarm.fails) { return RunResult(.failed, exitStatus: 1, error: "exit 1") }
        if isDrawn(self.swarm.failsForGood) { return RunResult(.failedPermanently, exitStatus: 65, error: "exit 65") }
        if isDrawn(self.swarm.notStarted) {
            return RunResult(seed.chance(1, in: 4) ? .cannotStart : .notStarted, error: "EAGAIN")
        }
        return nil
    }

    /// A delay runs out by the boot-time clock, `run_at` by the wall clock; neither job runs before.
    private func checkStart(_ run: RunRequest) {
        self.noteWallClock()
        guard let earliest = self.earliest[run.jobID], run.runNumber == 1 else { return }
        if let due = earliest.bootNanoseconds, earliest.life == self.life {
            // The engine's milliseconds are whole ones.
            let early = due - self.driver.clock.time().bootNanoseconds
            if early >= 1_000_000 { self.outcome.faults.append("\(run.jobID) began \(early / 1_000_000) ms too early") }
        }
        if let due = earliest.wallMilliseconds, self.greatestWallMilliseconds < due {
            self.outcome.faults.append("\(run.jobID) was to run at \(due), and ran before")
        }
    }

    private func endRun(_ seed: inout Seed) {
        guard let token = seed.pick(self.driver.runner.running) else { return }
        let result = seed.pick([
            RunResult(.completed, exitStatus: 0), RunResult(.completed, exitStatus: 0),
            RunResult(.failed, exitStatus: 2, error: "exit 2"),
            RunResult(.failedPermanently, exitStatus: 65, error: "exit 65"),
        ])
        if let result { self.driver.end(token, result) }
    }

    /// A run that is over, or that an earlier life lost, reports again.
    private func lateResult(_ seed: inout Seed) throws {
        try self.driver.runUntilIdle()
        let over = self.driver.runner.runs.filter { !$0.isRunning }
        guard let run = seed.pick(over), self.driver.failure == nil, !self.driver.isDead, !self.driver.isFinished,
            let engine = self.driver.engine, let slot = self.driver.slot(run.request.jobID)
        else { return }
        self.driver.post([
            .runEnded(worker: seed.below(self.swarm.workers), token: run.token, RunResult(.completed, exitStatus: 0))
        ])
        let before = engine.manager.fingerprint
        self.driver.step()
        let isAccepted = self.driver.slot(run.request.jobID)?.lastSequence != slot.lastSequence
        if isAccepted, engine.manager.fingerprint != before {
            self.driver.ledger.recordLateResult(run.request.jobID, token: run.token, accepted: true)
        }
    }

    // MARK: Time

    /// People and NTP set the wall clock; the boot-time clock never notices.
    private func setWallClock(_ seed: inout Seed) {
        let jump = seed.pick([-86_400_000, -3_600_000, -5_000, 5_000, 3_600_000, 86_400_000]) ?? 0
        self.noteWallClock()
        self.driver.clock.jumpWall(milliseconds: Int64(jump))
        self.noteWallClock()
    }
}
