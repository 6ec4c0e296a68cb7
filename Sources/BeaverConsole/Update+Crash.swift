internal import BeaverQueue

/// The crash-test: menu, recovery, proof.
extension Model {
    mutating func openCrashMenu() -> [Effect] {
        guard self.settings.allowsCrashTest else {
            self.notify("the crash-test is off: console.crash_test", .warning)
            return []
        }
        guard self.view != nil else {
            self.notify("nothing is known of the queue yet", .dim)
            return []
        }
        self.sheet = .crashMenu(CrashMenuState())
        return [.dropTyped, .crashFacts]
    }

    mutating func took(facts: CrashFacts) -> [Effect] {
        guard case .crashMenu(var state) = self.sheet else { return [] }
        state.facts = facts
        self.sheet = .crashMenu(state)
        return []
    }

    mutating func crashMenuKey(_ action: Action) -> [Effect] {
        guard case .crashMenu(var state) = self.sheet else { return [] }
        switch action {
        case .back:
            self.sheet = .none
            return []
        case .choose(let number): state.chosen = number
        case .up: state.chosen = max(0, state.chosen - 1)
        case .down: state.chosen = min(4, state.chosen + 1)
        case .first, .pageUp: state.chosen = 0
        case .last, .pageDown: state.chosen = 4
        case .addLoad: state.addsLoad.toggle()
        case .records:
            guard let proof = self.lastProof else {
                self.notify("there was no crash-test from this console yet", .dim)
                return []
            }
            self.sheet = .proof(proof)
            return []
        case .confirm: return self.confirmCrash(state)
        default: break
        }
        self.sheet = .crashMenu(state)
        // The figures of the menu are those of now.
        return [.crashFacts]
    }

    /// The word that must be typed before a server is killed; nil: the key is not for it.
    mutating func crashTypedKey(_ key: Key) -> [Effect]? {
        guard case .crashMenu(var state) = self.sheet, state.facts.whyNoSignal == nil, !state.facts.isEmbedded else {
            return nil
        }
        switch key {
        case .character(let scalar) where ("a"..."z").contains(scalar):
            if state.typed.count < 8 { state.typed.unicodeScalars.append(scalar) }
        case .backspace:
            if !state.typed.isEmpty { state.typed.removeLast() }
        default: return nil
        }
        self.sheet = .crashMenu(state)
        return []
    }

    /// Why an entry of the menu cannot be done here; nil: it can.
    package static func whyNot(_ chosen: Int, _ facts: CrashFacts) -> String? {
        switch chosen {
        case 1 where !facts.isEmbedded: "the engine is in another process; 4 kills that"
        case 2 where !facts.isEmbedded: "only where the engine is inside the console"
        case 2 where facts.storeBytes * 2 > facts.freeBytes: "a copy of the store does not fit on the disk"
        case 3 where !facts.isDemo: "only in beaver-tui demo, on a copy of its scratch store"
        case 4 where facts.isEmbedded:
            "the engine is inside this console; start beaver-tui --no-ui run elsewhere and attach to try it"
        case 4: facts.whyNoSignal
        default: nil
        }
    }

    private mutating func confirmCrash(_ state: CrashMenuState) -> [Effect] {
        guard state.chosen > 0, let kind = CrashKind(rawValue: state.chosen), let status = self.status else {
            self.sheet = .none
            return []
        }
        if let reason = Self.whyNot(state.chosen, state.facts) {
            self.notify("not here: \(reason)", .warning)
            return []
        }
        if kind == .signal, state.typed != "kill" {
            self.notify("type kill, then Enter", .warning)
            return []
        }
        let before = CrashBefore(status: status, wallMilliseconds: self.moment.wallMilliseconds)
        self.sheet = .recovery(RecoveryState(kind: kind, before: before))
        self.local(.warning, "crash-test: \(kind.title)")
        return [.crash(kind, before, addsLoad: state.addsLoad)]
    }

    // MARK: Recovery and proof

    mutating func took(outcome: CrashOutcome) -> [Effect] {
        guard case .recovery(var state) = self.sheet else { return [] }
        self.nextViewAt = 0
        if let failure = outcome.failure {
            self.sheet = .none
            self.notify(failure, .bad, seconds: 12)
            self.local(.error, "crash-test: \(failure)")
            return self.askView()
        }
        if let lie = outcome.lie {
            // What a lying disk loses is not a loss of this queue: it is not counted as one.
            self.local(.info, "crash-test: \(LieText(lie, outcome).headline)")
        } else {
            self.crashTests.count += 1
            self.crashTests.lost += outcome.lost
            let lost = outcome.lost
            self.local(
                lost > 0 ? .error : .info,
                "crash-test: back in \(Figures.precise(outcome.downSeconds)), lost \(lost)"
            )
        }
        var outcome = outcome
        // Another process is asked in pieces, while a person reads what is known already.
        let asks = outcome.kind == .signal && outcome.ownCount > 0
        if asks { outcome.take(OwnAccount(total: outcome.ownCount)) }
        state.outcome = outcome
        state.nextAt = self.moment.steadyMilliseconds
        self.sheet = .recovery(state)
        self.lastProof = ProofState(before: state.before, outcome: outcome)
        self.advanceRecovery()
        return self.askView() + (asks ? [.askOwn(self.crashTests.count)] : [])
    }

    /// One step every third of a second, so that a person can read what took milliseconds.
    mutating func advanceRecovery() {
        guard case .recovery(var state) = self.sheet, let outcome = state.outcome else { return }
        let now = self.moment.steadyMilliseconds
        let count = View.steps(outcome).count
        while now >= state.nextAt, state.shown <= count {
            state.shown += 1
            state.nextAt += state.isHurried ? 0 : 350
        }
        if state.shown > count {
            self.sheet = .proof(self.lastProof ?? ProofState(before: state.before, outcome: outcome))
        } else {
            self.sheet = .recovery(state)
        }
    }

    /// What the server said of more of the own jobs, wherever the operator is by now.
    mutating func took(_ account: OwnAccount, of number: Int) -> [Effect] {
        guard number == self.crashTests.count, var proof = self.lastProof, proof.outcome.isAsking else { return [] }
        proof.outcome.take(account)
        self.lastProof = proof
        switch self.sheet {
        case .proof(var shown):
            shown.outcome = proof.outcome
            self.sheet = .proof(shown)
        case .recovery(var state) where state.outcome != nil:
            state.outcome = proof.outcome
            self.sheet = .recovery(state)
        default: break
        }
        guard account.stage != .going else { return [] }
        self.crashTests.lost += proof.outcome.lost
        let text = ProofText(proof)
        self.local(text.isGood ? .info : .error, "crash-test: \(text.askedSentence)")
        if self.place != .proof { self.notify(text.askedSentence, text.isGood ? .good : .bad, seconds: 10) }
        return []
    }

    mutating func hurryRecovery() -> [Effect] {
        guard case .recovery(var state) = self.sheet else { return [] }
        if state.outcome == nil { self.notify("the store is coming back; Ctrl-C quits", .dim) }
        state.isHurried = true
        state.nextAt = self.moment.steadyMilliseconds
        self.sheet = .recovery(state)
        self.advanceRecovery()
        return []
    }

    mutating func proofKey(_ action: Action) -> [Effect] {
        guard case .proof(var state) = self.sheet else { return [] }
        switch action {
        case .back:
            self.sheet = .none
            return self.askView()
        case .records:
            state.showsSteps.toggle()
            state.scroll = 0
        case .up: state.scroll -= 1
        case .down: state.scroll += 1
        case .pageUp: state.scroll -= self.size.rows
        case .pageDown: state.scroll += self.size.rows
        case .first: state.scroll = 0
        case .last: state.scroll = .max / 2
        case .endAsking:
            guard state.outcome.isAsking else {
                self.notify("every job was asked for", .dim)
                return []
            }
            return [.endAsking]
        case .saveReport:
            return [.saveReport(ProofText(state).report)]
        default: break
        }
        let lines = ProofText(state).wrapped(to: self.size.columns - 4).count
        let height = self.size.rows - 4 - (self.size.rows >= 20 ? 1 : 0)
        state.scroll = max(0, min(state.scroll, lines - max(1, height)))
        self.sheet = .proof(state)
        return []
    }
}

extension CrashKind {
    /// The store itself goes on untouched.
    package var isOnCopy: Bool { self == .powerCut || self == .lyingDisk }

    package var title: String {
        switch self {
        case .kill: "Kill"
        case .powerCut: "Power cut, on a copy"
        case .lyingDisk: "Lying disk, on a copy"
        case .signal: "kill -9"
        }
    }
}
