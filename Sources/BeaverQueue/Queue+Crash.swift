/// Crashing on purpose, and reading what a crash left.
extension Queue {
    /// Ends this engine as SIGKILL would: between two of its steps, without a last word on the disk, its handlers killed.
    ///
    /// Its storage must have been severed before. Returns how many requests were left without an answer.
    package func die() -> Int {
        guard case .running(let core) = self.life.withLock({ $0.stage }) else { return 0 }
        return core.controller.die()
    }

    /// Requests that are not answered at this moment.
    package var openRequests: Int {
        guard case .running(let core) = self.life.withLock({ $0.stage }) else { return 0 }
        return core.controller.openRequests
    }

    /// What the files of a directory lead to now, read by a reader of its own before any recovery.
    package struct Remains: Sendable {
        package var jobs = QueueStatus.Jobs()
        /// The last record that can be read.
        package var lastSequence: UInt64 = 0
        /// The state at the record that was asked for; nil where the files do not reach it, or a snapshot covers it.
        package var fingerprintAsked: String?
        /// Of the ids that were asked for: those that were done, and in how many runs.
        package var done: [String: Int] = [:]
    }

    /// Replays twice: to `sequence`, and to the end.
    package static func remains(
        _ configuration: QueueConfiguration,
        at sequence: UInt64,
        ids: [String] = []
    ) throws(QueueError) -> Remains {
        var configuration = configuration
        configuration.dataDirectory = AbsolutePath.of(configuration.dataDirectory)
        let storage = FileStorage()
        guard let identity = try StoreIdentity.read(from: configuration.dataDirectory, storage: storage) else {
            throw .noSuchQueue(directory: configuration.dataDirectory)
        }
        var remains = Remains()
        let whole = try StoredState(storage: storage, configuration: configuration, identity: identity)
        remains.lastSequence = whole.manager.lastSequence
        whole.log.close()
        let engine = Engine(manager: whole.manager, settings: EngineSettings(), randomSeed: 0)
        engine.beginReading(now: BootClock.now())
        var status = QueueStatus()
        engine.fill(&status)
        remains.jobs = status.jobs
        remains.done = self.done(ids, in: engine, identity.hash)
        let covered = whole.snapshots.newest?.sequence ?? 0
        guard covered <= sequence, sequence <= remains.lastSequence else { return remains }
        let part = try StoredState(
            storage: storage,
            configuration: configuration,
            identity: identity,
            through: sequence
        )
        part.log.close()
        if part.manager.lastSequence == sequence { remains.fingerprintAsked = part.manager.fingerprint.description }
        return remains
    }

    /// What became of jobs whose acceptance somebody was told.
    package struct Account: Sendable, Equatable {
        /// Of them the queue has no record.
        package var missing: [String] = []
        /// Of those that were done: done no longer, or in another number of runs.
        package var doneTwice: [String] = []
    }

    /// Looks ids up one by one, a slice of the engine's time after the other.
    package func account(of ids: [String], done before: [String: Int]) async throws(QueueError) -> Account {
        let core = try await self.readyCore()
        var sum = Account()
        var rest = ids[...]
        while !rest.isEmpty {
            let slice = rest.prefix(500)
            let part = core.controller.look { Self.account(of: slice, done: before, in: $0, core.hash) }
            sum.missing += part.missing
            sum.doneTwice += part.doneTwice
            rest = rest.dropFirst(slice.count)
            await Task.yield()
        }
        return sum
    }

    static func account(
        of ids: ArraySlice<String>,
        done before: [String: Int],
        in engine: Engine,
        _ hash: KeyedHash
    ) -> Account {
        var account = Account()
        for id in ids {
            guard let number = engine.manager.slots.find(hash(id)) else {
                if engine.manager.remembered.find(hash(id)) == nil { account.missing.append(id) }
                continue
            }
            guard let runs = before[id] else { continue }
            let slot = engine.manager.slots[number]
            if slot.state != .completed || slot.runs != runs { account.doneTwice.append(id) }
        }
        return account
    }

    static func done(_ ids: [String], in engine: Engine, _ hash: KeyedHash) -> [String: Int] {
        var done: [String: Int] = [:]
        for id in ids {
            guard let number = engine.manager.slots.find(hash(id)) else { continue }
            let slot = engine.manager.slots[number]
            if slot.state == .completed { done[id] = slot.runs }
        }
        return done
    }
}
