import BeaverQueue
import Testing

@testable import beaver_tui

/// Each promise, broken: the ledger of the crash test must say so.
@Suite struct CrashLedgerTests {
    private let job = CrashJob(.quick, client: 1, number: 2)

    /// One job, acknowledged in life 1.
    private func ledger(_ kind: CrashJob.Kind = .quick) -> (ledger: CrashLedger, job: CrashJob) {
        var ledger = CrashLedger()
        ledger.begin(life: 1, stops: false)
        let job = CrashJob(kind, client: 1, number: 2)
        ledger.offer([job])
        ledger.answered([job], .new, EnqueueResult(enqueued: 1))
        return (ledger, job)
    }

    private func summary(_ job: CrashJob, _ state: JobState, sequence: UInt64 = 5) -> JobSummary {
        JobSummary(
            id: job.id,
            state: state,
            action: job.kind.rawValue,
            priority: 4,
            runs: 0,
            simulated: false,
            enqueuedAt: 0,
            time: nil,
            error: nil,
            work: "",
            enqueueSequence: sequence
        )
    }

    private func began(_ job: CrashJob, token: UInt64, life: Int = 1) -> Substring {
        let payload = job.payload
        return "S \(job.id) \(token) \(life) \(PosixChecksum.of(payload)) \(payload.count) ."
    }

    private func finished(_ job: CrashJob, token: UInt64, status: Int = 0) -> Substring {
        "E \(job.id) \(token) \(status) ."
    }

    private func see(_ ledger: inout CrashLedger, _ jobs: [JobSummary]) {
        ledger.listed(jobs, expected: ledger.expectation)
    }

    @Test func aGoodLifeHasNoLoss() {
        var (ledger, job) = self.ledger()
        ledger.read(line: self.began(job, token: 10))
        self.see(&ledger, [self.summary(job, .inFlight)])
        ledger.read(line: self.finished(job, token: 10))
        self.see(&ledger, [self.summary(job, .completed)])
        ledger.answered([job], .known, EnqueueResult(duplicates: 1))
        ledger.answered([job], .differing, EnqueueResult(differs: 1))
        #expect(ledger.losses == [])
        #expect(ledger.open.isEmpty && ledger.endings == [.completed: 1])
    }

    @Test func aJobThatIsGoneIsALoss() {
        var (ledger, job) = self.ledger()
        self.see(&ledger, [])
        #expect(ledger.losses == ["\(job.id) was acknowledged and is not there"])
    }

    @Test func aJobOfNobodyIsALoss() {
        var (ledger, job) = self.ledger()
        let other = CrashJob(.quick, client: 9, number: 9)
        self.see(&ledger, [self.summary(job, .pending), self.summary(other, .pending)])
        ledger.read(line: self.began(other, token: 1))
        #expect(ledger.losses.count == 2)
    }

    @Test func aJobListedTwiceOrElsewhereIsALoss() {
        var (ledger, job) = self.ledger()
        self.see(&ledger, [self.summary(job, .pending), self.summary(job, .pending)])
        #expect(ledger.losses.count == 1)
        self.see(&ledger, [self.summary(job, .pending, sequence: 6)])
        #expect(ledger.losses.count == 2)
    }

    @Test func aCompletedJobThatRunsAgainIsALoss() {
        var (ledger, job) = self.ledger()
        ledger.read(line: self.began(job, token: 10))
        ledger.read(line: self.finished(job, token: 10))
        self.see(&ledger, [self.summary(job, .completed)])
        ledger.read(line: self.began(job, token: 11, life: 2))
        #expect(ledger.losses == ["\(job.id) was completed and ran again with token 11"])
        self.see(&ledger, [self.summary(job, .pending)])
        #expect(ledger.losses.count == 2)
    }

    @Test func aCompletionWithoutARunIsALoss() {
        var (ledger, job) = self.ledger()
        ledger.read(line: self.began(job, token: 10))
        self.see(&ledger, [self.summary(job, .completed)])
        #expect(ledger.losses.count == 1)
    }

    @Test func aTokenThatDoesNotGrowIsALoss() {
        var (ledger, job) = self.ledger()
        ledger.read(line: self.began(job, token: 10))
        ledger.read(line: self.began(job, token: 10, life: 2))
        #expect(ledger.losses == ["\(job.id): token 10 came after 10"])
    }

    @Test func twoRunsAtOnceAreALoss() {
        var (ledger, job) = self.ledger()
        ledger.read(line: self.began(job, token: 10))
        ledger.read(line: self.began(job, token: 11, life: 2))
        #expect(ledger.losses == [] && ledger.interrupted == 1)
        ledger.read(line: self.finished(job, token: 10))
        #expect(ledger.losses == ["\(job.id): the run with token 10 ended after 11 had begun"])
        ledger.read(line: self.began(job, token: 12, life: 2))
        #expect(ledger.losses.count == 2)
    }

    @Test func anotherPayloadIsALoss() {
        var (ledger, job) = self.ledger()
        ledger.read(line: "S \(job.id) 10 1 1 \(job.payload.count) .")
        #expect(ledger.losses.count == 1)
    }

    @Test func tooManyRunsAreALoss() {
        var (ledger, job) = self.ledger(.failing)
        for token in 10..<16 { ledger.read(line: self.began(job, token: UInt64(token), life: token)) }
        #expect(ledger.losses == [])
        ledger.read(line: self.began(job, token: 16, life: 16))
        #expect(ledger.losses.count == 1)
    }

    @Test func aJobForOnceThatRunsTwiceIsALoss() {
        var (ledger, job) = self.ledger(.once)
        ledger.read(line: self.began(job, token: 10))
        ledger.read(line: self.began(job, token: 11, life: 2))
        #expect(ledger.losses == ["\(job.id) must run once and began 2 times"])
    }

    @Test func anEndingThatDoesNotFitIsALoss() {
        var (ledger, job) = self.ledger()
        self.see(&ledger, [self.summary(job, .dead)])
        #expect(ledger.losses.count == 1)
        var (patient, poison) = self.ledger()
        patient.begin(life: 5, stops: false)
        self.see(&patient, [self.summary(poison, .dead)])
        #expect(patient.losses == [], "four lives may have ended while it ran")
    }

    @Test(arguments: [
        (CrashLedger.Offer.new, EnqueueResult(duplicates: 1)), (.known, EnqueueResult(enqueued: 1)),
        (.differing, EnqueueResult(duplicates: 1)), (.uncertain, EnqueueResult(differs: 1)),
        (.uncertain, EnqueueResult()),
    ])
    func aWrongAnswerIsALoss(_ offer: CrashLedger.Offer, _ result: EnqueueResult) {
        var (ledger, job) = self.ledger()
        ledger.answered([job], offer, result)
        #expect(ledger.losses.count == 1)
    }

    @Test func halfABatchIsALoss() {
        var ledger = CrashLedger()
        let jobs = [CrashJob(.quick, client: 1, number: 1), CrashJob(.slow, client: 1, number: 2)]
        ledger.offer(jobs)
        ledger.answered(jobs, .uncertain, EnqueueResult(enqueued: 1, duplicates: 1))
        #expect(ledger.losses.count == 1)
    }

    @Test func wrongBooksAreALoss() {
        var (ledger, job) = self.ledger()
        var jobs = QueueStatus.Jobs()
        jobs.enqueuedTotal = 1
        jobs.pending = 1
        ledger.check(jobs, isSettled: false)
        #expect(ledger.losses == [])
        jobs.pending = 0
        ledger.check(jobs, isSettled: false)
        #expect(ledger.losses.count == 1)
        jobs.enqueuedTotal = 0
        ledger.check(jobs, isSettled: false)
        #expect(ledger.losses.count == 2)
        _ = job
    }

    @Test func aLineCutOffByAKillIsCounted() {
        var (ledger, job) = self.ledger()
        ledger.read(line: self.began(job, token: 10).dropLast(8))
        #expect(ledger.losses == [] && ledger.cutLines == 1 && ledger.starts == 0)
    }

    /// As coreutils prints it.
    @Test func theChecksumIsThatOfPosix() {
        #expect(PosixChecksum.of(Array("123456789".utf8)) == 930_766_865)
        #expect(PosixChecksum.of([]) == 4_294_967_295)
    }
}
