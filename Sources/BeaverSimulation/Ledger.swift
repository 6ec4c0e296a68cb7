/// What clients and handlers have seen, kept apart from the engine and without any of its code.
///
/// A simulation tells it every submission before it is sent, every answer, every start and end of a run, and every
/// crash; it notes at once what contradicts the rules in docs/architecture.md (`violations`), and `check(against:)` compares
/// what an engine says it holds with what it has promised. Ids are compared as text, payloads as bytes; order decides nothing.
package struct Ledger: Sendable {
    /// What a client was told about one job it submitted.
    package enum Answer: String, Sendable {
        case enqueued, duplicate, differs, refused
        /// One of many in a batch of which some were new and some duplicates: it is there now.
        case held
        /// The outcome is unknown: it may be there or not.
        case unknown
    }

    package enum RunEnding: String, Sendable {
        case completed, failed, failedPermanently
        /// The handler could not be started: consumes no run.
        case notStarted
        /// Told to end, by a time-out (which consumes the run) or by an orderly stop (which does not).
        case stopped
    }

    /// What is promised beyond the rules themselves.
    package struct Terms: Sendable {
        package var maxRetry = 3
        package var maxInterrupted = 3
        /// Answers wait for the sync, so that a power cut loses none of them.
        package var isSyncedBeforeAnswer = true
        /// The lists given to `check` name every completed job that was not forgotten.
        package var completedAreListed = true

        package init() {}
    }

    /// What is known about one id.
    struct Entry: Sendable {
        /// The accepted payload, once a client or a handler has seen proof of it.
        var payload: [UInt8]?
        /// Payloads that were sent and may have been taken.
        var candidates: [[UInt8]] = []
        /// Sent, and not answered yet.
        var pending: [[UInt8]] = []
        var isOnce = false
        var maxRetry: Int
        /// The run that is going on.
        var currentToken: UInt64?
        /// How the last run ended, until the engine says it is durable.
        var lastToken: UInt64?
        var lastEnding: RunEnding?
        // Since the job was new, or was revived:
        var starts = 0
        var completions = 0
        var failures = 0
        var confirmedFailures = 0
        /// Ends that may have been counted as failures, or not.
        var stops = 0
        var permanentFailures = 0
        var confirmedInterruptions = 0
        /// Ended with the process; a power cut before the next recovery may still lose the record of the start.
        var interruptionsAtRisk = 0
        /// Each may have ended a run that was recorded and never seen to start.
        var crashes = 0
        /// What the engine has said for good.
        var isCompletionConfirmed = false
        var isDeathConfirmed = false
        var isCancelConfirmed = false
        /// The operator asked for it: may come true at any later time.
        var mayBeCancelled = false
        var mayBeForgotten = false
        /// Asked for while an enqueue of it had no answer yet: it may be the one that is then answered which is gone.
        var mayBeForgottenSinceSent = false
        var mayBeSimulated = false
        /// Asked to run again, and not known to be done: it may still be found as it was.
        var mayBeUnrevived = false
        /// It was asked to run again at some time, or taken anew after it had been purged or forgotten.
        var wasRevived = false

        init(maxRetry: Int) { self.maxRetry = maxRetry }

        var mayExist: Bool { self.payload != nil || !self.candidates.isEmpty || !self.pending.isEmpty }
    }

    package let terms: Terms
    /// Everything that contradicted a rule when it was recorded, in words.
    package internal(set) var violations: [String] = []
    var entries: [String: Entry] = [:]
    /// Ids in the order they were first seen: what is reported does not depend on a dictionary's order.
    var order: [String] = []
    var tokens = TokenOrder()

    package init(_ terms: Terms = Terms()) {
        self.terms = terms
    }

    // MARK: Clients

    /// A client is about to send this; before the answer, nobody knows whether it was taken.
    package mutating func recordSubmission(
        _ id: String,
        payload: [UInt8],
        once: Bool = false,
        maxRetry: Int? = nil
    ) {
        if self.entries[id] == nil {
            self.order.append(id)
            var entry = Entry(maxRetry: maxRetry ?? self.terms.maxRetry)
            entry.isOnce = once
            self.entries[id] = entry
        }
        self.entries[id]?.beForgotten()
        self.entries[id]?.pending.append(payload)
    }

    /// The answer to an earlier submission of the same id and payload.
    package mutating func recordAnswer(_ id: String, payload: [UInt8], _ answer: Answer) {
        guard var entry = self.entries[id], let index = entry.pending.firstIndex(of: payload) else {
            self.violations.append("\(id): \(answer) was answered to a job that nobody sent")
            return
        }
        entry.pending.remove(at: index)
        defer { if entry.pending.isEmpty { self.entries[id]?.mayBeForgottenSinceSent = false } }
        switch answer {
        case .enqueued:
            if entry.payload != nil, !entry.mayBeForgotten {
                self.violations.append("rule 5: \(id) was enqueued twice")
            }
            if entry.mayBeForgotten { entry.renewAsTaken() }
            entry.payload = payload
            self.settle(&entry)
        case .duplicate:
            if !entry.mayHold({ $0 == payload }) {
                self.violations.append("rule 5: \(id) is called a duplicate, but this payload was never taken before")
            }
            entry.payload = entry.payload ?? payload
            self.settle(&entry)
        case .held:
            entry.payload = entry.payload ?? payload
            self.settle(&entry)
        case .differs:
            if !entry.mayHold({ $0 != payload }) {
                self.violations.append("rule 5: \(id) is said to differ, but no other payload was ever taken")
            }
        case .refused:
            break
        case .unknown: entry.noteUnknown(payload)
        }
        self.entries[id] = entry
    }

    /// Which payload was taken is known for good, unless a power cut may bring back another.
    private func settle(_ entry: inout Entry) {
        if self.terms.isSyncedBeforeAnswer { entry.candidates = [] }
    }

    // MARK: Runs

    package mutating func recordRunStarted(_ id: String, token: UInt64, payload: [UInt8]) {
        if let before = self.tokens.fault(of: token, id) {
            self.violations.append("rule 4: \(id): token \(token) does not exceed \(before)")
        }
        guard var entry = self.entries[id], entry.mayExist else {
            self.violations.append("rule 1: \(id) runs, but nobody submitted it")
            return
        }
        self.violations += entry.faultsOfStart(id, payload: payload, self.terms)
        if self.terms.isSyncedBeforeAnswer {
            // It would not run were it not on the disk for good.
            entry.payload = entry.payload ?? payload
            entry.candidates = []
        }
        entry.currentToken = token
        entry.starts += 1
        self.entries[id] = entry
    }

    /// What the handler did; until `recordResultConfirmed` the engine may lose it in a crash.
    package mutating func recordRunEnded(_ id: String, token: UInt64, _ ending: RunEnding) {
        guard var entry = self.entries[id], entry.currentToken == token else {
            self.violations.append("\(id): token \(token) ended without having been started")
            return
        }
        entry.currentToken = nil
        entry.lastToken = token
        entry.lastEnding = ending
        switch ending {
        case .completed: entry.completions += 1
        case .failed: entry.failures += 1
        case .failedPermanently: entry.permanentFailures += 1
        case .notStarted: entry.starts -= 1
        case .stopped:
            entry.stops += 1
            // Marked `once`, it is over: whoever stopped it, it may have run.
            if !entry.isOnce { entry.starts -= 1 }
        }
        self.entries[id] = entry
    }

    /// The engine says that the end of this run is durable.
    package mutating func recordResultConfirmed(_ id: String, token: UInt64) {
        guard var entry = self.entries[id], entry.lastToken == token else {
            self.violations.append("rule 4: \(id): a result of token \(token) was accepted, which did not run last")
            return
        }
        // Nothing is left to confirm if the job was revived meanwhile.
        guard let ending = entry.lastEnding else { return }
        entry.lastEnding = nil
        switch ending {
        case .completed: entry.isCompletionConfirmed = true
        case .failed: entry.confirmedFailures += 1
        case .failedPermanently: entry.isDeathConfirmed = true
        case .notStarted, .stopped: break
        }
        self.entries[id] = entry
    }

    /// A result was sent under this token by someone who may be late; the engine took it or not.
    package mutating func recordLateResult(_ id: String, token: UInt64, accepted: Bool) {
        let isCurrent = self.entries[id]?.currentToken == token
        if accepted, !isCurrent {
            self.violations.append("rule 4: \(id): the late result of token \(token) was accepted")
        } else if !accepted, isCurrent {
            self.violations.append("rule 4: \(id): the result of the running token \(token) was refused")
        }
    }

    // MARK: Operators and crashes

    /// Asked to cancel: from now on it may be found cancelled.
    /// - Parameter confirmed: the engine answered that it is.
    package mutating func recordCancel(_ id: String, confirmed: Bool) {
        self.entries[id]?.mayBeCancelled = true
        if confirmed { self.entries[id]?.isCancelConfirmed = true }
    }

    /// Asked to run it again: it gets a fresh budget, and may run although it was done.
    /// - Parameter confirmed: the engine answered that it will; recorded after the request itself, unconfirmed.
    package mutating func recordRevival(_ id: String, confirmed: Bool) {
        if !confirmed {
            let mayBeForgotten = self.entries[id]?.mayBeForgotten ?? false
            self.entries[id]?.renew()
            self.entries[id]?.mayBeForgotten = mayBeForgotten
        }
        self.entries[id]?.wasRevived = true
        self.entries[id]?.mayBeUnrevived = !confirmed
    }

    /// Purged, or completed so long ago that the engine need not remember it.
    package mutating func recordForgettable(_ id: String) {
        self.entries[id]?.mayBeForgotten = true
        if self.entries[id]?.pending.isEmpty == false { self.entries[id]?.mayBeForgottenSinceSent = true }
    }

    /// Completed by the labelled simulation, without a handler.
    package mutating func recordSimulated(_ id: String) {
        self.entries[id]?.mayBeSimulated = true
    }

    /// The engine died: what was not answered is unknown, what ran is interrupted.
    /// - Parameter powerCut: the start of a run may be lost with its record, so that it need not be counted.
    package mutating func recordCrash(powerCut: Bool) {
        for id in self.order {
            guard var entry = self.entries[id] else { continue }
            for payload in entry.pending { entry.noteUnknown(payload) }
            entry.pending = []
            if powerCut, !self.terms.isSyncedBeforeAnswer { entry.becomeUncertain() }
            if powerCut {
                entry.interruptionsAtRisk = 0
            } else if entry.currentToken != nil {
                entry.interruptionsAtRisk += 1
            }
            entry.currentToken = nil
            entry.lastEnding = nil
            entry.crashes += 1
            self.entries[id] = entry
        }
    }

    /// An orderly stop did not wait for this run any longer: it ended with the process.
    package mutating func recordLostRun(_ id: String) {
        self.entries[id]?.currentToken = nil
        self.entries[id]?.crashes += 1
        self.entries[id]?.interruptionsAtRisk += 1
    }

    /// A recovery has put on the disk for good what it found.
    package mutating func recordRecovered() {
        for id in self.order {
            guard let count = self.entries[id]?.interruptionsAtRisk, count > 0 else { continue }
            self.entries[id]?.confirmedInterruptions += count
            self.entries[id]?.interruptionsAtRisk = 0
        }
    }
}
