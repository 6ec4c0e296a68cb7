package import BeaverQueue

/// A file that was read and checked, of which nothing has been taken yet.
package struct FileCheck: Sendable, Equatable {
    package var path: String
    /// "JSON array", "commands, one a line".
    package var form: String
    package var byteCount: Int64 = 0
    package var seconds = 0.0
    package var jobCount = 0
    package var badCount = 0
    package var leftOut = 0
    package var faults: [JobsFault] = []
    /// The line of the file for each fault.
    package var faultLines: [String] = []
    package var firstID: String?
    package var lastID: String?
    package var first: String?
    package var last: String?
    package var areCommands = false
    /// Too large for one commit.
    package var isTakenInBatches = false
    package var workingDirectory = ""
    /// How often each action stands in it, the most frequent first.
    package var actions: [(name: String, count: Int)] = []
    package var failure: String?
    /// The first of its good jobs, to look through.
    package var entries: [Entry] = []

    package struct Entry: Sendable, Equatable {
        package var id: String?
        package var work: String

        package init(id: String?, work: String) {
            self.id = id
            self.work = work
        }
    }

    package static let maxEntries = 10_000

    package init(path: String, form: String) {
        self.path = path
        self.form = form
    }

    package static func == (left: FileCheck, right: FileCheck) -> Bool {
        left.path == right.path && left.form == right.form && left.jobCount == right.jobCount
            && left.badCount == right.badCount && left.failure == right.failure && left.faults == right.faults
            && left.byteCount == right.byteCount
    }
}

/// What became of a file.
package struct FileTaken: Sendable, Equatable {
    package var result: EnqueueResult
    /// Where its bad entries are; nil where none was.
    package var refusedPath: String?

    package init(_ result: EnqueueResult, refusedPath: String?) {
        self.result = result
        self.refusedPath = refusedPath
    }
}

/// Limits of the commands of a file.
package struct FileLimits: Sendable, Equatable {
    package var timeoutMilliseconds: UInt32?
    package var maxRetry: UInt16?
    package init() {}
}

package struct PreviewState: Sendable, Equatable {
    package var path: String
    package var check: FileCheck?
    package var limits = FileLimits()
    package var fault = 0
    /// What the queue knows of it, of as many jobs as were compared so far.
    package var known: EnqueueResult?
    /// Why that could not be found out.
    package var whyNotKnown: String?
    /// Why the queue would take none of it.
    package var refusal: String?
    /// Jobs taken so far, while they are taken.
    package var taken: Int?
    /// No more batches are taken after the one on its way.
    package var isEnding = false
    /// The first job shown, while the jobs are looked through.
    package var looksFrom: Int?

    package init(path: String) { self.path = path }
}

/// What the crash menu says before anything is done.
package struct CrashFacts: Sendable, Equatable {
    package var isEmbedded = true
    /// A scratch store, to whose copy a disk may lie.
    package var isDemo = false
    package var storeBytes: Int64 = 0
    package var freeBytes: Int64 = 0
    /// Why kill -9 of an attached server is not possible here; nil: it is.
    package var whyNoSignal: String?
    package var serverPid: Int32 = 0
    /// Jobs marked `once` that run now; nil: not counted.
    package var runningOnce: Int?
    /// Requests without an answer; nil where the engine is in another process.
    package var openRequests: Int?

    package init() {}
}

package struct CrashMenuState: Sendable, Equatable {
    package var chosen = 0
    package var facts = CrashFacts()
    package var addsLoad = false
    /// `kill`, typed for entry 4.
    package var typed = ""
    package init() {}
}

package enum CrashKind: Int, Sendable, Equatable {
    case kill = 1
    case powerCut
    case lyingDisk
    case signal
}

/// What the console had been told before a crash; nothing of it is read back from the engine.
package struct CrashBefore: Sendable, Equatable {
    package var status: QueueStatus
    package var wallMilliseconds: Int64

    package init(status: QueueStatus, wallMilliseconds: Int64) {
        self.status = status
        self.wallMilliseconds = wallMilliseconds
    }
}

/// What a crash-test found, for the recovery screen and the proof.
package struct CrashOutcome: Sendable, Equatable {
    package var kind: CrashKind
    package var failure: String?
    /// The engine's own report of its recovery.
    package var recovery = QueueStatus.Recovery()
    /// From the kill to an answer of the new engine.
    package var downSeconds = 0.0
    /// The state before recovery's own events, rebuilt from the files by a reader of its own.
    package var replayed = QueueStatus.Jobs()
    /// After it.
    package var after = QueueStatus()
    /// Last record written at the crash, and that which was synced, as found in the files.
    package var sequence: UInt64 = 0
    package var fingerprintSequence: UInt64 = 0
    package var fingerprintBefore = ""
    package var fingerprintReplayed = ""
    package var ownCount = 0
    package var ownChecked = 0
    package var ownMissing: [String] = []
    /// Own jobs that were done at the crash, by the files; asked for afterwards, and those of them that ran again.
    package var ownDone = 0
    package var doneTwice: [String] = []
    /// From the kill to the first job that was started; nil: none was.
    package var firstJobSeconds: Double?
    /// How long a supervisor was waited for in vain, before this console started the server again.
    package var restartedAfterSeconds: Double?
    package var unanswered = 0
    package var unansweredFound = 0
    package var cutBytes: Int64 = 0
    package var evidence: String?
    package var lie: CrashLie?
    /// Of a server, which is asked for the own jobs after it is back; nil: they were looked up at once.
    package var account: OwnAccount?

    package init(_ kind: CrashKind) { self.kind = kind }

    package var lost: Int { self.ownMissing.count }
}

/// What a disk kept that said "synced" and had not, and what a start made of it.
package struct CrashLie: Sendable, Equatable {
    /// The last record that was really kept, and the last that was said to be.
    package var afterSequence: UInt64
    package var lastSequence: UInt64
    package var sectors = 0
    package var keptSectors = 0
    /// Why the start was refused; nil: it was not.
    package var refusal: String?
    package var salvagedJobs = 0
    package var uncertainJobs = 0
    package var losses = 0

    package init(afterSequence: UInt64, lastSequence: UInt64) {
        self.afterSequence = afterSequence
        self.lastSequence = lastSequence
    }
}

package struct RecoveryState: Sendable, Equatable {
    package var kind: CrashKind
    package var before: CrashBefore
    package var outcome: CrashOutcome?
    /// Steps shown so far, and when the next comes (steady milliseconds).
    package var shown = 0
    package var nextAt: Int64 = 0
    package var isHurried = false

    package init(kind: CrashKind, before: CrashBefore) {
        self.kind = kind
        self.before = before
    }
}

package struct ProofState: Sendable, Equatable {
    package var before: CrashBefore
    package var outcome: CrashOutcome
    package var showsSteps = false
    /// Lines above the first one shown.
    package var scroll = 0

    package init(before: CrashBefore, outcome: CrashOutcome) {
        self.before = before
        self.outcome = outcome
    }
}
