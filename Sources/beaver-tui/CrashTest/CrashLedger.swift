import BeaverQueue

/// What the queue promised and what its handlers did, held against each other.
///
/// It sees answers and the lines that handlers wrote, never the queue's files, and does no I/O itself. Each broken promise
/// is one sentence in `losses`.
struct CrashLedger: Sendable {
    /// Runs that a crash ended before a job is given up as poison; the server is configured with it.
    static let maxInterrupted = 3

    /// What is known of one job.
    struct Entry: Sendable {
        let job: CrashJob
        /// The life in which it was first sent.
        let life: Int
        /// An answer said that it is on disk.
        var isAcknowledged = false
        /// Seen in a state that it must never leave.
        var ending: JobState?
        /// How many had ended before it.
        var endingNumber = 0
        /// Its place in the queue, seen after it was acknowledged.
        var enqueueSequence: UInt64?
        var starts = 0
        /// Starts in lives that were not to be asked to stop: an orderly stop costs no run.
        var countedStarts = 0
        var completions = 0
        var lastToken: UInt64 = 0
        /// A run that began and has not ended, and the life it began in.
        var running: (token: UInt64, life: Int)?

        init(_ job: CrashJob, life: Int) {
            self.job = job
            self.life = life
        }
    }

    private(set) var entries: [String: Entry] = [:]
    /// Acknowledged, and not yet seen in a state that it must never leave.
    private(set) var open: Set<String> = []
    private(set) var losses: [String] = []
    private(set) var acknowledged = 0
    /// Jobs seen to have ended.
    private(set) var ended = 0
    private(set) var starts = 0
    private(set) var interrupted = 0
    /// Lines that a kill cut off.
    private(set) var cutLines = 0
    /// The life of the server that is going on, from 1.
    private var life = 0
    /// Lives that are asked to stop before they are killed.
    private var stoppedLives: Set<Int> = []

    mutating func lose(_ sentence: String) {
        // The first ones tell the story; a queue that lost all would name each job.
        if self.losses.count < 100 { self.losses.append(sentence) }
    }

    /// Before the life begins.
    mutating func begin(life: Int, stops: Bool) {
        self.life = life
        if stops { self.stoppedLives.insert(life) }
    }

    // MARK: Answers

    /// What is known of a batch before it is offered.
    enum Offer: Sendable, Equatable {
        /// Never sent, or refused.
        case new
        /// Sent, and the answer never came: all of it is there, or nothing.
        case uncertain
        /// Acknowledged before.
        case known
        /// Acknowledged before, and now sent with other payloads.
        case differing
    }

    /// Before a batch is sent: from now on its jobs may run.
    mutating func offer(_ jobs: [CrashJob]) {
        for job in jobs where self.entries[job.id] == nil { self.entries[job.id] = Entry(job, life: self.life) }
    }

    mutating func answered(_ jobs: [CrashJob], _ offer: Offer, _ result: EnqueueResult) {
        let counts = [result.enqueued, result.duplicates, result.differs]
        let count = jobs.count
        let allowed: [[Int]]
        switch offer {
        case .new: allowed = [[count, 0, 0]]
        case .uncertain: allowed = [[count, 0, 0], [0, count, 0]]
        case .known: allowed = [[0, count, 0]]
        case .differing: allowed = [[0, 0, count]]
        }
        if !allowed.contains(counts) {
            self.lose(
                "\(count) jobs from \(jobs[0].id) on, \(offer): answered \(counts[0]) enqueued, \(counts[1]) duplicates, "
                    + "\(counts[2]) that differ"
            )
        }
        for job in jobs where self.entries[job.id]?.isAcknowledged == false {
            self.entries[job.id]?.isAcknowledged = true
            self.acknowledged += 1
            if self.entries[job.id]?.ending == nil { self.open.insert(job.id) }
        }
    }

    /// The queue says that it does not know this job.
    mutating func missed(_ id: String) {
        guard self.open.contains(id) else { return }
        self.lose("\(id) was acknowledged and is not there")
    }

    mutating func cancelled(_ job: CrashJob) { self.ended(job.id, .cancelled) }

    // MARK: What the queue shows

    /// What must hold of a list that is asked for now.
    struct Expectation: Sendable {
        /// Must be there.
        var open: Set<String>
        /// Jobs with a smaller `endingNumber` must show their ending.
        var ended: Int
    }

    var expectation: Expectation { Expectation(open: self.open, ended: self.ended) }

    /// A whole list of the queue's jobs, asked for after `expected` was noted.
    ///
    /// The lines that handlers wrote before the answer must have been read.
    mutating func listed(_ jobs: [JobSummary], expected: Expectation) {
        var seen: Set<String> = []
        for job in jobs {
            if !seen.insert(job.id).inserted { self.lose("\(job.id) is there twice") }
            self.saw(job, expected)
        }
        // What ended meanwhile was seen by another list; its record may be gone from this one already.
        for id in expected.open.subtracting(seen) { self.missed(id) }
    }

    private mutating func saw(_ summary: JobSummary, _ expected: Expectation) {
        let id = summary.id
        guard var entry = self.entries[id] else { return self.lose("\(id) is there, and nobody submitted it") }
        if let sequence = entry.enqueueSequence, sequence != summary.enqueueSequence {
            self.lose("\(id) was record \(sequence) and is now \(summary.enqueueSequence)")
        }
        if entry.isAcknowledged {
            entry.enqueueSequence = summary.enqueueSequence
            self.entries[id] = entry
        }
        if let ending = entry.ending, ending != summary.state, entry.endingNumber < expected.ended {
            self.lose("\(id) was \(ending.rawValue) and is now \(summary.state.rawValue)")
        }
        switch summary.state {
        case .completed, .dead, .cancelled: self.ended(id, summary.state)
        case .pending, .scheduled, .inFlight: break
        case .parked: self.lose("\(id) is parked, and its action has a handler")
        }
    }

    private mutating func ended(_ id: String, _ state: JobState) {
        guard let entry = self.entries[id], entry.ending == nil else { return }
        self.entries[id]?.ending = state
        self.entries[id]?.endingNumber = self.ended
        self.ended += 1
        self.open.remove(id)
        let kind = entry.job.kind
        // A run may be killed before it writes its first line, so its lives are counted, not its lines.
        let isPoison = state == .dead && self.life - entry.life > Self.maxInterrupted && kind != .later
        if !kind.endings.contains(state), !isPoison {
            self.lose("\(id) is \(state.rawValue) after \(entry.starts) starts, \(entry.countedStarts) of them counted")
        }
        if state == .completed, kind.leavesLines, entry.completions == 0 {
            self.lose("\(id) is completed, and no run of it came to its end")
        }
    }

    // MARK: What handlers wrote

    /// One line of the file that handlers append to.
    mutating func read(line: Substring) {
        if line.isEmpty { return }
        let words = line.split(separator: " ")
        guard words.last == ".", words.count >= 5, let token = UInt64(words[2]) else {
            self.cutLines += 1
            return
        }
        switch words[0] {
        case "S":
            guard words.count == 7, let life = Int(words[3]), let checksum = UInt32(words[4]), let count = Int(words[5])
            else { return self.lose("a line that no handler writes: \(line)") }
            self.began(String(words[1]), token: token, life: life, checksum: checksum, byteCount: count)
        case "E": self.finished(String(words[1]), token: token, isGood: words[3] == "0")
        default: self.lose("a line that no handler writes: \(line)")
        }
    }

    private mutating func began(_ id: String, token: UInt64, life: Int, checksum: UInt32, byteCount: Int) {
        guard var entry = self.entries[id] else { return self.lose("\(id) ran, and nobody submitted it") }
        let job = entry.job
        self.starts += 1
        entry.starts += 1
        if !self.stoppedLives.contains(life) { entry.countedStarts += 1 }
        if let ending = entry.ending { self.lose("\(id) was \(ending.rawValue) and ran again with token \(token)") }
        if token <= entry.lastToken { self.lose("\(id): token \(token) came after \(entry.lastToken)") }
        if let running = entry.running {
            if running.life == life { self.lose("\(id) began twice in life \(life), and the first run had not ended") }
            self.interrupted += 1
        }
        let payload = job.payload
        if byteCount != payload.count || checksum != PosixChecksum.of(payload) {
            self.lose("\(id) got a payload of \(byteCount) bytes that is not the one submitted")
        }
        if job.kind == .once, entry.starts > 1 { self.lose("\(id) must run once and began \(entry.starts) times") }
        if job.kind == .later { self.lose("\(id) ran an hour too early") }
        let budget = 1 + job.kind.maxRetry + Self.maxInterrupted
        if entry.countedStarts > budget { self.lose("\(id) began \(entry.countedStarts) times, at most \(budget)") }
        entry.lastToken = max(entry.lastToken, token)
        entry.running = (token, life)
        self.entries[id] = entry
    }

    private mutating func finished(_ id: String, token: UInt64, isGood: Bool) {
        guard let entry = self.entries[id] else { return self.lose("\(id) ran, and nobody submitted it") }
        guard entry.running?.token == token else {
            return self.lose("\(id): the run with token \(token) ended after \(entry.lastToken) had begun")
        }
        self.entries[id]?.running = nil
        if isGood { self.entries[id]?.completions += 1 }
    }

    // MARK: The end

    /// How many jobs ended in each state.
    var endings: [JobState: Int] {
        self.entries.values.reduce(into: [:]) { counts, entry in
            if let ending = entry.ending { counts[ending, default: 0] += 1 }
        }
    }

    /// Numbers that the queue reports, at a moment without unanswered requests if `isSettled`.
    mutating func check(_ jobs: QueueStatus.Jobs, isSettled: Bool) {
        if !jobs.isBalanced { self.lose("the books are not balanced: \(jobs)") }
        let most = isSettled ? self.acknowledged : self.entries.count
        if jobs.enqueuedTotal < self.acknowledged || jobs.enqueuedTotal > most {
            self.lose("the queue counts \(jobs.enqueuedTotal) jobs; \(self.acknowledged) were acknowledged")
        }
        guard isSettled else { return }
        let endings = self.endings
        let counted = [jobs.completed, jobs.dead, jobs.cancelled]
        let known = [endings[.completed] ?? 0, endings[.dead] ?? 0, endings[.cancelled] ?? 0]
        if counted != known {
            self.lose("the queue counts \(counted) completed, dead and cancelled jobs; seen were \(known)")
        }
    }
}
