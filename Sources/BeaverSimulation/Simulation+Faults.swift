import BeaverQueue

/// What goes wrong: the process, the machine, the disk.
extension Simulation {
    func kill() throws {
        let before = self.comparable
        self.driver.kill(mayLoseUnsynced: self.driver.failure != nil)
        if let before { try self.expectReplay(before) }
        self.hasWholeEnd = before != nil
        try self.recover(nil)
    }

    /// The state that the files must give again; nil while records are on their way to the log.
    private var comparable: StateFingerprint? {
        guard let engine = self.driver.engine, engine.commit.writtenSequence == engine.commit.appendedSequence,
            !self.driver.hasLogFailed, self.driver.failure == nil
        else { return nil }
        return engine.manager.fingerprint
    }

    /// The live state, and the files replayed by somebody else: the same fingerprint.
    func expectReplay(_ fingerprint: StateFingerprint) throws {
        let replayed = try self.driver.replayed()
        guard replayed.fingerprint != fingerprint else { return }
        throw Contradiction(faults: ["rule 6: the files replay to another state than the live one"])
    }

    /// How the disk is found after the next power cut.
    func powerCut() -> (seed: UInt64, model: CrashModel) {
        self.life += 1
        var seed = self.root.stream("cut", self.life)
        return (seed.next(), seed.pick(self.swarm.crashModels) ?? .random)
    }

    /// Calls of this life fail, or the machine dies at one that is near.
    func plan(_ kind: HistoryStep.Kind, _ seed: inout Seed) {
        var plan = FaultPlan(seed: seed.next())
        plan.shortWriteOneIn = self.swarm.shortWriteOneIn
        if kind == .crashPoint {
            plan.crashAtCall = seed.range(1...40)
        } else {
            let call = seed.pick(StorageCall.allCases)
            let failure: FaultPlan.Failure = seed.chance(1, in: 3) ? .noSpace : .inputOutput
            // Files are renamed and removed for snapshots and after them, so one is made.
            if call == .rename || call == .remove { self.driver.submit(.snapshot) }
            let part = call == .remove ? nil : seed.pick([nil, nil, "wal", "snapshot"]) ?? nil
            if seed.chance(1, in: 3) {
                plan.failRandomly(call, oneIn: seed.range(2...30), with: failure, pathContaining: part)
            } else {
                let isForGood = seed.chance(1, in: 4)
                // Names change seldom in a life: the third time may never come.
                let isRare = [.rename, .remove, .createDirectory, .list].contains(call)
                plan.fail(
                    call,
                    number: seed.range(1...(isRare ? 2 : 6)),
                    onwards: isForGood,
                    with: failure,
                    pathContaining: part
                )
            }
        }
        self.driver.storage.faultPlan = plan
        self.trace { "from now on \(plan)" }
    }

    func resizeDisk(_ kind: HistoryStep.Kind, _ seed: inout Seed) {
        guard kind == .fillDisk else {
            self.driver.storage.capacityBytes = nil
            return
        }
        let files = self.driver.storage.snapshotFiles()
        let used = files.values.reduce(0) { $0 + ($1.count + 511) / 512 * 512 }
        self.driver.storage.capacityBytes = Int64(used + (seed.pick([0, 512, 4_096, 20_000]) ?? 0))
    }

    /// An orderly stop, at once or when the runs have ended.
    func stop(_ seed: inout Seed) throws {
        self.driver.submit(.drain(now: seed.chance(1, in: 2)))
        try self.driver.runUntilIdle()
        self.driver.endStopped()
        try self.pass(milliseconds: 1_200)
        self.driver.endStopped()
        // A killed run that is still there is given up after ten seconds.
        try self.pass(milliseconds: self.driver.stuck.isEmpty ? 200 : 11_000)
        guard !self.driver.isFinished, !self.driver.isDead, self.driver.failure == nil else { return }
        // What is stuck does not hold up a stop for ever; a failing disk may.
        if self.driver.storage.faultPlan.isQuiet, self.driver.storage.capacityBytes == nil {
            try self.expect(["liveness: an orderly stop does not end"])
        }
        self.driver.kill()
        try self.recover(nil)
    }

    /// One bit of the log or of a snapshot has flipped, on a copy of the disk: refused, or nothing acknowledged is gone.
    ///
    /// The last group before an idle moment is covered by no later frame: damage to it looks like a torn tail. So the log
    /// falls idle first.
    func rot(_ seed: inout Seed) throws {
        try self.pass(milliseconds: 250)
        guard self.driver.engine?.commit.isConfirmed == true, self.driver.failure == nil, !self.driver.isDead,
            self.swarm.policy != .never
        else { return }
        let disk = self.driver.storage.clone()
        let files = disk.snapshotFiles(under: self.driver.configuration.dataDirectory).sorted { $0.key < $1.key }
        let candidates = files.filter { !$0.value.isEmpty && !$0.key.hasSuffix(".torn") }
        guard let file = seed.pick(candidates) else { return }
        // Where something stands: the zeros behind it are the larger part.
        let end = (file.value.lastIndex { $0 != 0 } ?? 0) + 1
        disk.synchronizeAll()
        guard disk.flipBit(seed.below(8), of: file.key, at: seed.below(end)) else { return }
        self.outcome.faultCounts += disk.faults
        try self.inspectCopy(disk, rotten: file.key)
    }

    /// Removed under the running engine: from then on nothing may be acknowledged.
    func removeDirectory(_ seed: inout Seed) throws {
        try self.driver.runUntilIdle()
        guard self.driver.failure == nil, !self.driver.isDead, !self.driver.isFinished else { return }
        let copy = self.driver.storage.clone()
        copy.capacityBytes = nil
        let name = seed.pick(["data/wal", "data"]) ?? "data"
        self.driver.storage.removeTree(name)
        // The engine's own checks: each second, and at each roll.
        do {
            try self.driver.parts?.log.checkPresence()
        } catch {
            self.driver.post([.logFailed(error)])
        }
        self.driver.enqueue([NewJob(id: "after-removal-\(self.life)", payload: [0x31], action: "work")])
        try self.pass(milliseconds: 10)
        guard self.driver.failure != nil || self.driver.isDead else {
            throw Contradiction(faults: ["rule 1: \(name) was removed, and the engine went on"])
        }
        self.outcome.faultCounts += self.driver.storage.faults
        self.outcome.paths.insert(.afterDirectoryLoss)
        self.driver.replaceStorage(copy)
        try self.recover(nil)
    }
}
