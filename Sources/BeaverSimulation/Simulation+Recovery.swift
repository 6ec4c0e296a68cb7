import BeaverQueue

/// Starting again, perhaps dying in it, and looking at what came back.
extension Simulation {
    /// The next life, from the disk as the power cut left it, or as the dead process did.
    ///
    /// The recovery itself may meet faults and die; the last attempt has none.
    func recover(_ cut: (seed: UInt64, model: CrashModel)?) throws {
        self.life += 1
        var seed = self.root.stream("recovery", self.life)
        if let cut { try self.cutPower(cut, &seed) }
        self.asked = [:]
        self.driver.stuck = []
        let troubled = seed.pick([0, 0, 0, 1, 2]) ?? 0
        for attempt in 0...troubled {
            var plan = FaultPlan(seed: seed.next())
            if attempt < troubled { self.trouble(&plan, &seed) }
            self.driver.storage.faultPlan = plan
            if !plan.isQuiet { self.trace { "recovery with \(plan)" } }
            if try self.open(mayFail: attempt < troubled, &seed) { break }
        }
        try self.lookAround()
    }

    /// One outcome becomes the history; others of the same moment are looked at on copies.
    private func cutPower(_ cut: (seed: UInt64, model: CrashModel), _ seed: inout Seed) throws {
        let dead = self.driver.storage
        self.trace { "the power is cut: \(cut.model.rawValue)" }
        self.driver.powerCut(seed: cut.seed, cut.model)
        for _ in 0..<seed.below(3) {
            let model = seed.pick(self.swarm.crashModels) ?? .random
            let other = dead.crash(seed: seed.next(), model)
            self.outcome.faultCounts += other.faults - dead.faults
            try self.inspectCopy(other)
        }
    }

    /// A recovery in which a call fails, or the machine dies.
    private func trouble(_ plan: inout FaultPlan, _ seed: inout Seed) {
        plan.shortWriteOneIn = self.swarm.shortWriteOneIn
        if seed.chance(1, in: 2) {
            plan.crashAtCall = seed.range(1...60)
        } else {
            plan.fail(seed.pick(StorageCall.allCases), number: seed.range(1...10), onwards: seed.chance(1, in: 3))
        }
    }

    /// Opens and writes the first records of the life; false if it died or was refused for a reason that was planned.
    private func open(mayFail: Bool, _ seed: inout Seed) throws -> Bool {
        self.outcome.recoveries += 1
        let isNew = self.driver.storage.contents(of: "data/store") == nil
        let hasWholeEnd = self.hasWholeEnd
        self.hasWholeEnd = false
        do {
            try self.driver.open()
            if isNew { self.outcome.paths.insert(.created) }
            try self.notePaths(hasWholeEnd)
            self.trace { "opened: \(self.driver.parts.map { "\($0.report)" } ?? "")" }
            if mayFail {
                try self.driver.runUntilIdle()
                self.driver.storage.faultPlan = FaultPlan()
            }
        } catch let error as QueueError {
            guard mayFail || error.code == .full else {
                throw Contradiction(faults: ["the start was refused without a reason: \(error)"])
            }
            self.trace { "the start was refused: \(error)" }
            if !self.driver.isDead {
                self.outcome.paths.insert(.diskErrorRefused)
                // A fault of the disk is no damage: the next start must be free to decide.
                if error.code == .damaged {
                    throw Contradiction(faults: ["a failed call was taken for damage: \(error)"])
                }
                self.driver.storage.capacityBytes = nil
                self.driver.kill(mayLoseUnsynced: true)
                return false
            }
        }
        guard self.driver.isDead else {
            guard self.driver.failure != nil else { return true }
            self.driver.kill(mayLoseUnsynced: true)
            return false
        }
        self.outcome.paths.insert(.diedInRecovery)
        if seed.chance(1, in: 2) {
            self.trace { "died in the recovery with the machine" }
            self.driver.powerCut(seed: seed.next(), seed.pick(self.swarm.crashModels) ?? .random)
        } else {
            self.trace { "died in the recovery" }
            self.driver.kill()
        }
        return false
    }

    private func notePaths(_ hasWholeEnd: Bool) throws {
        guard let parts = self.driver.parts else { return }
        let report = parts.report
        if hasWholeEnd, report.tornBytes > 0 {
            throw Contradiction(faults: ["a torn tail of \(report.tornBytes) bytes, but nothing was being written"])
        }
        try self.expect(Self.passedOver(parts))
        if report.snapshotSequence == 0 {
            self.outcome.paths.insert(.fromLog)
        } else {
            self.outcome.paths.insert(report.replayedRecords > 0 ? .fromSnapshotAndLog : .fromSnapshot)
        }
        for (row, path) in [("B", RecoveryPath.tornB), ("C", .tornC), ("D", .tornD)]
        where parts.notices.contains(where: { $0.message.contains("(case \(row))") }) {
            self.outcome.paths.insert(path)
        }
        if parts.notices.contains(where: { $0.message.contains("put back") }) {
            self.outcome.paths.insert(.tailPutBack)
        }
        if parts.report.requeued > 0 { self.outcome.paths.insert(.runsInterrupted) }
        if parts.manager.remembered.count > 0 { self.outcome.paths.insert(.idsRemembered) }
        if report.tornBytes == 0 { self.outcome.paths.insert(.cleanEnd) }
    }

    /// A snapshot is damaged by rot alone: no crash leaves half of one under its name.
    private static func passedOver(_ parts: Recovery.Recovered) -> [String] {
        parts.notices.map(\.message).filter { $0.contains("passed over") }
    }

    /// All rules, on the state that came back, before anything runs.
    func lookAround() throws {
        if self.driver.engine?.manager.invariants().isEmpty == false || self.driver.engine == nil {
            try self.expect(self.driver.engine?.manager.invariants() ?? ["the engine did not start"])
        }
        try self.expect(self.driver.faults())
        if let engine = self.driver.engine {
            self.digest(Int(truncatingIfNeeded: engine.manager.fingerprint.low))
            self.trace { "recovered to record \(engine.manager.lastSequence), \(engine.manager.slots.count) jobs" }
        }
    }

    /// A start on a copy of the disk, looked at and thrown away.
    /// - Parameter rotten: a file of which one bit has flipped.
    ///
    /// Of the `store` file there are two copies, and behind a snapshot stands another one with the log since: one bit in
    /// these changes nothing. In the log it is refused, unless it hit what nobody was told of.
    func inspectCopy(_ disk: SimulatedStorage, rotten: String? = nil) throws {
        let copy = SteppingDriver(storage: disk, clock: self.driver.clock, settings: self.driver.settings)
        copy.configuration = self.driver.configuration
        copy.ledger = self.driver.ledger
        copy.randomSeed = self.driver.randomSeed
        copy.tampering = self.driver.tampering
        if !self.driver.isDead, self.driver.engine != nil { copy.ledger.recordCrash(powerCut: false) }
        self.outcome.recoveries += 1
        do {
            try copy.open()
            var faults = copy.engine?.manager.invariants() ?? []
            faults += copy.ledger.check(against: try copy.observedJobs())
            let passedOver = copy.parts.map(Self.passedOver) ?? []
            if rotten == nil {
                faults += passedOver
            } else if !passedOver.isEmpty {
                self.outcome.paths.insert(.snapshotPassedOver)
            }
            try self.expect(faults)
        } catch let error as QueueError {
            guard rotten?.hasSuffix(".wal") == true, error.code == .damaged else {
                throw Contradiction(faults: [
                    "a copy of the disk\(rotten.map { " with rot in \($0)" } ?? "") is refused: \(error)"
                ])
            }
            self.outcome.paths.insert(.damageRefused)
        }
    }

    // MARK: The end

    /// With all faults off, all work ends, and the books and the files agree.
    func finish() throws {
        self.isEnding = true
        self.driver.storage.faultPlan = FaultPlan()
        self.driver.storage.capacityBytes = nil
        if self.root.stream("end").value & 1 == 0 {
            try self.kill()
        } else {
            try self.recover(self.powerCut())
        }
        self.driver.storage.faultPlan = FaultPlan()
        self.driver.settings.policy = { _ in ActionPolicy() }
        self.driver.submit(.resume)
        self.driver.submit(.setWorkers(4))
        self.driver.submit(.reconfigure(self.driver.settings))
        // Jobs that wait for the wall clock: let it be later than all of them.
        let wall = self.driver.clock.time().wallMilliseconds
        self.driver.clock.jumpWall(milliseconds: max(0, self.greatestWallMilliseconds + 30_000 - wall))
        // The longest delay, and every retry after its backoff; stopped runs end when they are told to.
        for _ in 0..<12 {
            try self.pass(milliseconds: 5_000)
            self.driver.endStopped()
            for token in self.driver.runner.running { self.driver.end(token) }
        }
        try self.pass(milliseconds: 5_000)
        try self.expect(self.driver.faults() + self.driver.mismatches)
        try self.expect(self.driver.ledger.checkFinished(try self.driver.observedJobs()))
        try self.expectBooks()
        guard let engine = self.driver.engine else { return }
        try self.expectReplay(engine.manager.fingerprint)
        try self.expectLogAlone(engine.manager.fingerprint)
        self.digest(Int(truncatingIfNeeded: engine.manager.fingerprint.high))
    }

    /// Every accepted job is in exactly one place.
    private func expectBooks() throws {
        var status = QueueStatus()
        self.driver.engine?.fill(&status)
        if !status.jobs.isBalanced { try self.expect(["the books do not balance: \(status.jobs)"]) }
    }

    /// Where the log reaches back to its first record, it gives the same state without any snapshot.
    private func expectLogAlone(_ fingerprint: StateFingerprint) throws {
        let directory = self.driver.configuration.dataDirectory
        let disk = self.driver.storage.clone()
        guard disk.contents(of: directory + "/wal/0000000001.wal") != nil else { return }
        for path in disk.snapshotFiles(under: directory + "/snapshot").keys.sorted() { disk.removeTree(path) }
        guard try self.driver.replayed(on: disk).fingerprint != fingerprint else { return }
        try self.expect(["rule 6: the log alone gives another state than the live one"])
    }
}
