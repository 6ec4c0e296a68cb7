package import BeaverQueue

/// What kind of history one seed is: its queue's settings, and how often each thing happens in it.
///
/// Each seed leaves some kinds of step out altogether ("swarm testing", Groce and others, 2012): a fault that hides
/// behind another, more frequent one is found where that one is missing.
package struct Swarm: Sendable {
    package var policy = SyncPolicy.always
    package var maxSegmentBytes: Int64 = 16 << 10
    package var keepLogBytes: Int64 = 0
    package var retentionCount = 2
    package var workers = 3
    package var maxRetry: UInt16 = 1
    package var maxInterrupted: UInt8 = 3
    package var completedKeep = 100_000
    package var taskTimeoutMilliseconds: UInt32 = 0
    package var backoffBaseMilliseconds: Int64 = 10
    package var greatestPayloadBytes = 600
    /// Jobs in one request: enough of them, and completed ones are forgotten.
    package var batch = 2...12
    package var isDisordered = true
    package var crashModels: [CrashModel] = CrashModel.allCases
    package var shortWriteOneIn = 0
    /// Of 16 runs: how many end at once, well or badly; the rest stays until a step ends it.
    var completes = 8
    var fails = 2
    var failsForGood = 1
    var notStarted = 0
    var weights: [(kind: HistoryStep.Kind, weight: Int)] = []
    package var stepCount = 60

    package init(_ root: Seed) {
        var seed = root.stream("swarm")
        self.policy = seed.pick([.always, .always, .always, .always, .always, .interval, .never]) ?? .always
        self.maxSegmentBytes = Int64(seed.pick([8, 16, 16, 32, 64]) ?? 16) << 10
        self.keepLogBytes = seed.pick([0, 0, 32 << 10, 1 << 30]) ?? 0
        self.retentionCount = seed.range(2...3)
        self.workers = seed.range(1...5)
        self.maxRetry = UInt16(seed.below(3))
        self.maxInterrupted = UInt8(seed.below(4))
        self.completedKeep = seed.pick([0, 3, 100_000, 100_000]) ?? 0
        self.taskTimeoutMilliseconds = UInt32(seed.pick([0, 0, 50, 2_000]) ?? 0)
        self.backoffBaseMilliseconds = Int64(seed.pick([5, 100, 1_000]) ?? 10)
        self.greatestPayloadBytes = seed.pick([20, 200, 600, 3_000, 12_000]) ?? 200
        self.isDisordered = seed.chance(7, in: 8)
        if seed.chance(1, in: 2), let only = seed.pick(CrashModel.allCases) { self.crashModels = [only] }
        self.shortWriteOneIn = seed.pick([0, 0, 3, 20]) ?? 0
        self.completes = seed.range(2...12)
        self.fails = seed.below(4)
        self.failsForGood = seed.below(2)
        self.notStarted = seed.below(2)
        self.stepCount = seed.pick([20, 40, 60, 120]) ?? 60
        if seed.chance(1, in: 10) {
            self.batch = 40...160
            self.stepCount = min(40, self.stepCount)
            self.greatestPayloadBytes = min(200, self.greatestPayloadBytes)
            self.completes = max(10, self.completes)
            self.completedKeep = seed.pick([0, 3, 3, 100_000]) ?? 0
        }
        for kind in HistoryStep.Kind.allCases {
            // What clients do is in every history.
            let isLeftOut = kind != .enqueue && kind != .settle && seed.chance(1, in: 4)
            if !isLeftOut { self.weights.append((kind, kind.weight * seed.range(1...3))) }
        }
        // Many unsynced frames, each of a few sectors, and a disk that keeps any of them: holes in the log.
        if seed.chance(1, in: 12) {
            self.policy = .never
            self.greatestPayloadBytes = 600
            self.batch = 2...12
            self.crashModels = [.random]
            self.weights.append((.powerCut, 12))
        }
    }

    /// The steps of this history, each with a seed of its own, so that leaving one out changes no other.
    package func script(_ root: Seed) -> [HistoryStep] {
        var seed = root.stream("script")
        let total = self.weights.reduce(0) { $0 + $1.weight }
        var steps = [HistoryStep(.enqueueBatch, seed: seed.next())]
        for _ in 0..<self.stepCount {
            var draw = seed.below(total)
            let kind = self.weights.first { entry in
                draw -= entry.weight
                return draw < 0
            }
            steps.append(HistoryStep(kind?.kind ?? .settle, seed: seed.next()))
        }
        return steps
    }

    /// The queue that this history happens to.
    func apply(to driver: SteppingDriver) {
        driver.configuration.log.maxSegmentBytes = self.maxSegmentBytes
        driver.configuration.snapshot.retentionCount = self.retentionCount
        driver.settings.reservedLogBytes = 3 << 10
        driver.settings.keepLogBytes = self.keepLogBytes
        driver.settings.workers = self.workers
        driver.settings.hasHandlers = true
        driver.settings.commit.policy = self.policy
        driver.settings.limits.completedKeep = self.completedKeep
        driver.settings.worker.backoffBaseMilliseconds = self.backoffBaseMilliseconds
        driver.settings.worker.backoffMaxMilliseconds = self.backoffBaseMilliseconds * 8
        driver.settings.worker.maxRetry = self.maxRetry
        driver.settings.worker.maxInterrupted = self.maxInterrupted
        driver.settings.worker.taskTimeoutMilliseconds = self.taskTimeoutMilliseconds
        driver.settings.worker.graceMilliseconds = 100
        driver.settings.worker.drainTimeoutMilliseconds = 1_000
        driver.settings.policy = { action in
            switch action {
            case "narrow": ActionPolicy(concurrency: 1)
            case "ghost": ActionPolicy(parkedBecause: "no handler for `ghost`")
            default: ActionPolicy()
            }
        }
    }

    var terms: Ledger.Terms {
        var terms = Ledger.Terms()
        terms.maxRetry = Int(self.maxRetry)
        terms.maxInterrupted = Int(self.maxInterrupted)
        terms.isSyncedBeforeAnswer = self.policy == .always
        terms.completedAreListed = self.completedKeep > 1_000
        return terms
    }
}

/// One thing that happens in a history.
package struct HistoryStep: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        // What clients and operators do.
        case enqueue, enqueueAgain, enqueueBatch, cancel, retry, purge, pause, resume, setWorkers, snapshot
        // What handlers do.
        case endRun, lateResult, heedStops, becomeStuck
        // What time does.
        case wait, settle, fewSteps, setWallClock
        // What goes wrong.
        case kill, powerCut, crashPoint, stop, failCalls, fillDisk, freeDisk, bitRot, removeDirectory

        /// How often, in relation to the others.
        var weight: Int {
            switch self {
            case .enqueue: 10
            case .settle, .fewSteps, .endRun: 6
            case .enqueueAgain, .enqueueBatch, .wait, .crashPoint: 4
            case .kill, .powerCut, .snapshot, .heedStops: 3
            case .cancel, .retry, .lateResult, .failCalls, .bitRot, .resume, .freeDisk: 2
            case .purge, .pause, .setWorkers, .becomeStuck, .setWallClock, .stop, .fillDisk, .removeDirectory: 1
            }
        }
    }

    package var kind: Kind
    package var seed: UInt64

    init(_ kind: Kind, seed: UInt64) {
        self.kind = kind
        self.seed = seed
    }
}
