import BeaverQueue
import BeaverSimulation

extension PlantedBug {
    /// The bug, planted; for one history.
    func planted() -> Tampering {
        var tampering = Tampering()
        switch self {
        case .directorySyncSkipped, .fileSyncSkipped, .failedSyncRepeated, .onlyNewestSegmentSynced,
            .snapshotRenamedBeforeSync, .sameBytesNotWrittenAgain, .failedWriteIgnored, .fullDiskIgnored,
            .shortWriteNotContinued, .readErrorTakenForEnd, .directoryNotWatched, .tornTailNotZeroed,
            .snapshotPartLost:
            tampering.storage = { TamperedStorage($0, self) }
        case .staleSegmentReused:
            let state = Lock(TamperedStorage.State())
            tampering.storage = { TamperedStorage($0, self, state) }
        case .answeredBeforeSync, .dispatchedBeforeSync:
            tampering.settings = { $0.commit.policy = .interval }
            if self == .dispatchedBeforeSync { Self.holdAnswers(&tampering) }
        case .writtenTakenForSynced:
            tampering.inputs = { $0.flatMap(Self.synced) }
        case .logFailureSwallowed:
            Self.swallowFailures(&tampering)
        case .frameWrittenTwice:
            tampering.effects = {
                $0.flatMap { effect in if case .write = effect { [effect, effect] } else { [effect] } }
            }
        case .recordChangedBeforeChecksum, .watermarkIgnored, .idleWatermarkLeftOut:
            tampering.effects = { $0.map(self.changeFrame) }
        case .uncoveredLogReleased, .logReleasedToNewestSnapshot, .snapshotOfAnotherMoment:
            self.plantInSnapshots(&tampering)
        case .lateResultAccepted:
            Self.acceptLateResults(&tampering)
        case .epochNotRaised:
            tampering.recovered = { $0.manager.globals.epoch = max(1, $0.manager.globals.epoch) - 1 }
        case .interruptedNotCounted:
            tampering.settings = { $0.worker.maxInterrupted = 200 }
        case .failuresNotCounted:
            tampering.settings = { $0.worker.maxRetry = 10_000 }
        case .onceRunAgain:
            tampering.job = { $0.once = false }
        case .completedIDsForgotten:
            tampering.settings = { settings in
                settings.limits.completedKeep = 0
                settings.limits.dedupRetentionMilliseconds = 0
            }
        case .orphansLeftRunning:
            tampering.endsOrphans = false
        case .delaysByWallClock:
            tampering.time = {
                EngineTime(
                    bootNanoseconds: $0.wallMilliseconds * 1_000_000,
                    wallMilliseconds: $0.wallMilliseconds
                )
            }
        }
        return tampering
    }

    /// What a bug remembers between two calls.
    private final class Memory {
        var sequence: UInt64 = 0
        var synced: UInt64 = 0
        var tokens: [Int: UInt64] = [:]
        var answers: [(sequence: UInt64, EngineEffect)] = []
        var target: CompactionTarget?
        var space: JournalSpace?
    }

    private static func synced(_ input: EngineInput) -> [EngineInput] {
        if case .written(let sequence, _) = input { [input, .synced(sequence)] } else { [input] }
    }

    /// Answers leave only when all that was written when they were made is synced.
    private static func holdAnswers(_ tampering: inout Tampering) {
        let memory = Memory()
        tampering.inputs = { inputs in
            for input in inputs {
                switch input {
                case .written(let sequence, _): memory.sequence = sequence
                case .synced(let sequence): memory.synced = sequence
                default: break
                }
            }
            return inputs
        }
        tampering.recovered = { _ in
            memory.answers = []
            memory.synced = 0
        }
        tampering.effects = { effects in
            var passed: [EngineEffect] = []
            for effect in effects {
                if case .answer = effect {
                    memory.answers.append((memory.sequence, effect))
                } else {
                    passed.append(effect)
                }
            }
            passed += memory.answers.filter { $0.sequence <= memory.synced }.map(\.1)
            memory.answers.removeAll { $0.sequence <= memory.synced }
            return passed
        }
    }

    /// The engine hears that what it wrote last is on the disk.
    private static func swallowFailures(_ tampering: inout Tampering) {
        let memory = Memory()
        tampering.inputs = { inputs in
            inputs.flatMap { input -> [EngineInput] in
                switch input {
                case .written(_, let space): memory.space = space
                case .logFailed:
                    guard let space = memory.space else { break }
                    return [.written(memory.sequence, space), .synced(memory.sequence)]
                default: break
                }
                return [input]
            }
        }
        tampering.effects = { effects in
            for effect in effects { if case .write(let frame, _) = effect { memory.sequence = frame.lastSequence } }
            return effects
        }
    }

    private func changeFrame(_ effect: EngineEffect) -> EngineEffect {
        guard case .write(var frame, let marks) = effect else { return effect }
        switch self {
        case .watermarkIgnored: frame.watermark = 0
        case .idleWatermarkLeftOut: if frame.kind == .watermark { frame.watermark = 0 }
        default: if frame.bytes.count > 400 { frame.bytes[390] ^= 1 }
        }
        return .write(frame, marks: marks)
    }

    private func plantInSnapshots(_ tampering: inout Tampering) {
        let memory = Memory()
        tampering.recovered = { recovered in
            memory.sequence = recovered.start.snapshotSequence
            memory.target = nil
        }
        tampering.inputs = { inputs in
            for input in inputs { if case .snapshotWritten(let report) = input { memory.sequence = report.sequence } }
            return inputs
        }
        tampering.effects = { effects in
            effects.map { effect in
                switch effect {
                case .release where self == .uncoveredLogReleased: return .release(through: .max, keepBytes: 0)
                case .release where self == .logReleasedToNewestSnapshot:
                    return .release(through: memory.sequence, keepBytes: 0)
                case .compact(var target) where self == .snapshotOfAnotherMoment:
                    // The counters of now with the jobs of then.
                    if let last = memory.target { target.fingerprint = last.fingerprint }
                    memory.target = target
                    return .compact(target)
                default: return effect
                }
            }
        }
    }

    /// Whatever a worker's result names, it counts for the run which that worker has now.
    private static func acceptLateResults(_ tampering: inout Tampering) {
        let memory = Memory()
        tampering.effects = { effects in
            for effect in effects { if case .start(let start) = effect { memory.tokens[start.worker] = start.token } }
            return effects
        }
        tampering.inputs = { inputs in
            inputs.map { input in
                guard case .runEnded(let worker, _, let result) = input else { return input }
                guard let token = memory.tokens[worker] else { return input }
                return .runEnded(worker: worker, token: token, result)
            }
        }
    }
}
