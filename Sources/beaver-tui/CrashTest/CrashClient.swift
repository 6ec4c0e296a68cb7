import BeaverQueue
import BeaverServer
import BeaverSimulation
import Synchronization

/// What the clients may do now; the crash test opens and closes it.
final class CrashGate: Sendable {
    private struct State {
        var isServing = false
        var isOver = false
        var favoursBulk = false
        /// Jobs that may still be offered in this life.
        var quota = 0
    }

    private let state = Mutex(State())
    /// With more jobs than this under way nothing new is offered, so that the last drain ends soon.
    private static let maxOpen = 300

    func open(quota: Int, favoursBulk: Bool) {
        self.state.withLock { state in
            state.isServing = true
            state.quota = quota
            state.favoursBulk = favoursBulk
        }
    }

    func close() { self.state.withLock { $0.isServing = false } }

    /// Nothing new from now on: clients settle what is uncertain and end.
    func finish() { self.state.withLock { $0.isOver = true } }

    var isServing: Bool { self.state.withLock { $0.isServing } }
    var isOver: Bool { self.state.withLock { $0.isOver } }
    var favoursBulk: Bool { self.state.withLock { $0.favoursBulk } }

    func take(_ count: Int, open: Int) -> Bool {
        self.state.withLock { state in
            guard state.isServing, !state.isOver, state.quota >= count, open < Self.maxOpen else { return false }
            state.quota -= count
            return true
        }
    }
}

/// One caller of the queue: offers batches, repeats what was not answered, asks again for what it knows, cancels what is
/// far off, and writes each answer into the record.
struct CrashClient {
    let number: Int
    let record: CrashRecord
    let gate: CrashGate
    let queue: QueueClient
    var seed: Seed

    private var nextNumber = 0
    private var batch: (jobs: [CrashJob], offer: CrashLedger.Offer)?
    /// The newest batches that were acknowledged.
    private var known: [[CrashJob]] = []
    private var toCancel: [CrashJob] = []

    init(number: Int, record: CrashRecord, gate: CrashGate, dataDirectory: String, seed: Seed) {
        self.number = number
        self.record = record
        self.gate = gate
        self.queue = QueueClient(dataDirectory: dataDirectory)
        self.seed = seed
    }

    /// Until the gate says that it is over and nothing is left uncertain; or until the task is cancelled.
    mutating func run() async {
        while !Task.isCancelled {
            if self.gate.isOver, self.batch == nil, self.toCancel.isEmpty { return }
            guard self.gate.isServing else {
                await self.pause(milliseconds: 3)
                continue
            }
            do throws(QueueError) {
                if try await !self.step() { await self.pause(milliseconds: 3) }
            } catch {
                self.note(error)
                await self.pause(milliseconds: 3)
            }
        }
    }

    private func pause(milliseconds: Int) async { try? await Task.sleep(for: .milliseconds(milliseconds)) }

    /// One request; false if there was nothing to do.
    private mutating func step() async throws(QueueError) -> Bool {
        if let batch = self.batch {
            try await self.send(batch.jobs, batch.offer)
            return true
        }
        if let job = self.toCancel.last {
            try await self.cancel(job)
            return true
        }
        switch self.seed.below(20) {
        case 0, 1:
            guard let jobs = self.seed.pick(self.known) else { return false }
            self.batch = (jobs, .known)
        case 2:
            guard let jobs = self.seed.pick(self.known) else { return false }
            self.batch = (jobs, .differing)
        case 3: return try await self.look()
        default:
            let jobs = self.newJobs()
            guard self.gate.take(jobs.count, open: self.record.openCount) else { return false }
            self.nextNumber += jobs.count
            self.batch = (jobs, .new)
            self.record.with { $0.offer(jobs) }
        }
        return true
    }

    private mutating func newJobs() -> [CrashJob] {
        let count = self.seed.chance(1, in: 3) ? 1 : self.seed.range(2...12)
        let favoursBulk = self.gate.favoursBulk
        return (0..<count).map { place in
            let kind = favoursBulk && place % 2 == 0 ? .bulk : self.kind()
            return CrashJob(kind, client: self.number, number: self.nextNumber + place)
        }
    }

    private mutating func kind() -> CrashJob.Kind {
        switch self.seed.below(100) {
        case 0..<55: .quick
        case 55..<65: .slow
        case 65..<72: .blob
        case 72..<74: .bulk
        case 74..<81: .flaky
        case 81..<84: .failing
        case 84..<88: .bad
        case 88..<93: .once
        case 93..<96: .litter
        default: .later
        }
    }

    private mutating func send(_ jobs: [CrashJob], _ offer: CrashLedger.Offer) async throws(QueueError) {
        // Where the answer never comes the jobs may be there or not.
        let result: EnqueueResult
        do throws(QueueError) {
            result = try await self.queue.enqueue(jobs.map { offer == .differing ? $0.differing : $0.newJob })
        } catch {
            if error.code == .outcomeUnknown, offer == .new { self.batch = (jobs, .uncertain) }
            throw error
        }
        self.record.with { $0.answered(jobs, offer, result) }
        self.batch = nil
        guard offer == .new || offer == .uncertain else { return }
        self.toCancel += jobs.filter { $0.kind == .later }
        self.known.append(jobs)
        if self.known.count > 40 { self.known.removeFirst() }
    }

    private mutating func cancel(_ job: CrashJob) async throws(QueueError) {
        var state: JobState
        do throws(QueueError) {
            state = try await self.queue.cancel(job.id)
        } catch {
            // A request whose answer was lost had cancelled it.
            guard error.code == .conflict else {
                if error.code == .notFound { self.record.with { $0.missed(job.id) } }
                throw error
            }
            state = try await self.queue.job(job.id).summary.state
        }
        if state == .cancelled {
            self.record.with { $0.cancelled(job) }
        } else {
            self.record.with { $0.lose("\(job.id) was cancelled and is \(state.rawValue)") }
        }
        self.toCancel.removeLast()
    }

    /// Asks for one job that must be there.
    private mutating func look() async throws(QueueError) -> Bool {
        let candidates = self.known.last ?? []
        let isOpen = self.record.with { ledger in candidates.filter { ledger.open.contains($0.id) } }
        guard let job = self.seed.pick(isOpen) else { return false }
        do throws(QueueError) {
            let details = try await self.queue.job(job.id)
            if Array(details.payload.utf8) != job.payload {
                self.record.with { $0.lose("\(job.id) has another payload than the one submitted") }
            }
        } catch {
            guard error.code == .notFound else { throw error }
            self.record.with { $0.missed(job.id) }
        }
        return true
    }

    /// A server that is gone or stopping is what this test is about; anything else is not.
    private func note(_ error: QueueError) {
        switch error.code {
        case .unavailable, .outcomeUnknown, .stopped, .noSuchQueue, .notFound: break
        default: self.record.with { $0.lose("a client was told: \(error.message)") }
        }
    }
}
