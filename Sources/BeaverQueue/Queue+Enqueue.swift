extension Queue {
    /// Takes all jobs or none, in one commit; returns when they are on disk (under `wal.sync: always`).
    ///
    /// Throws `invalidInput` for the first job that cannot be taken, and for more than 1 GiB of payloads, `full`, `stopped`,
    /// or `outcomeUnknown`: then repeat with the same ids.
    @discardableResult
    public func enqueue(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult {
        let core = try await self.readyCore()
        let batch = try self.batch(of: jobs, core.hash)
        try self.refuseCommands(jobs, core)
        let ids = batch.ids
        let answer = await core.controller.submit(.enqueue(batch))
        switch answer {
        case .enqueued(let enqueued, let duplicates, let differing):
            return EnqueueResult(
                enqueued: enqueued,
                duplicates: duplicates,
                differs: differing.count,
                differingIDs: differing.prefix(EnqueueResult.maxDiffering).map { ids[$0] },
                ids: ids
            )
        case .failed(let error): throw error
        case .acted, .snapshot, .done: return EnqueueResult()
        }
    }

    package func compare(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult {
        let core = try await self.readyCore()
        let batch = try self.batch(of: jobs, core.hash)
        try self.refuseCommands(jobs, core)
        var result = await core.lookup.compare(batch)
        result.unhandled = Self.unhandled(jobs, core)
        return result
    }

    /// The actions of these jobs that nothing here would run, as the configuration stands.
    private static func unhandled(_ jobs: [NewJob], _ core: Core) -> [QueueStatus.ParkedAction] {
        guard !core.controller.look({ $0.manager.settings.simulates }) else { return [] }
        var counts: [String: Int] = [:]
        for job in jobs { counts[job.action, default: 0] += 1 }
        let actions = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.lazy.compactMap { action, count in
            core.runner.actionPolicy(for: action).parkedBecause.map {
                QueueStatus.ParkedAction(action: action, jobs: count, reason: $0)
            }
        }
        return Array(actions.prefix(EnqueueResult.maxUnhandled))
    }

    /// Payloads of one commit, which is in memory as a whole, here and when it is read again.
    private static let maxBatchBytes = 1 << 30

    private func batch(of jobs: [NewJob], _ hash: KeyedHash) throws(QueueError) -> JobBatch {
        let byteCount = jobs.reduce(0) { $0 + $1.payload.count }
        guard byteCount <= Self.maxBatchBytes else {
            let size = "\(jobs.count) jobs have \(byteCount >> 20) MiB of payloads"
            throw .invalidInput("\(size); one call takes \(Self.maxBatchBytes >> 20) MiB: enqueue fewer at a time")
        }
        for (place, job) in jobs.enumerated() {
            if let fault = job.fault(limits: self.configuration.limits) {
                throw .invalidInput("job \(place + 1) of \(jobs.count): \(fault)")
            }
        }
        return JobBatch(jobs, hash: hash) { _ in GeneratedID.make(BootClock.now()) }
    }

    /// A server without `--allow-exec` refuses commands at once, instead of parking what it will never run.
    private func refuseCommands(_ jobs: [NewJob], _ core: Core) throws(QueueError) {
        guard jobs.contains(where: { $0.command != nil }),
            core.runner.policy(for: JobCommand.action).standing != .runnable
        else { return }
        throw QueueError(
            .configuration,
            "this queue does not run commands: configure a handler, or start it with `beaver-tui run --allow-exec`"
        )
    }
}

/// Ids for jobs that came without one: 48 bits of time, then 80 random bits, in base 32 (as ULID), so that they sort by time.
package enum GeneratedID {
    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    package static func make(_ now: EngineTime) -> String {
        self.make(
            milliseconds: UInt64(clamping: now.wallMilliseconds),
            random: (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
        )
    }

    static func make(milliseconds: UInt64, random: (UInt64, UInt64)) -> String {
        var text: [UInt8] = []
        for shift in stride(from: 45, through: 0, by: -5) {
            text.append(self.digits[Int(milliseconds >> UInt64(shift) & 31)])
        }
        for word in [random.0, random.1] {
            for shift in stride(from: 35, through: 0, by: -5) {
                text.append(self.digits[Int(word >> UInt64(shift) & 31)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
