/// The calls of `Storage` and `StorageFile`, by what can go wrong with them.
package enum StorageCall: String, CaseIterable, Sendable {
    case open
    case read
    case write
    case sync
    /// `truncate` and `allocate`.
    case resize
    case rename
    case remove
    case createDirectory
    case syncDirectory
    case list
    /// `identity`, `freeBytes`, `size` and `linkCount`: they change nothing.
    case inspect
}

/// Which calls of one life fail, and how.
///
/// A value with its own counters: giving it to a storage starts the counting.
package struct FaultPlan: Sendable, CustomStringConvertible {
    package enum Failure: String, CaseIterable, Sendable {
        /// EIO.
        case inputOutput
        /// ENOSPC.
        case noSpace
    }

    /// What a storage shall do with one call.
    enum Verdict {
        case proceed
        case fail(Failure)
        case die
    }

    /// The machine dies instead of performing this call, counted from 1 over all kinds; nil: it does not.
    package var crashAtCall: Int?
    /// One in so many writes is taken by the kernel in two parts, each a call of its own; 0: none is.
    package var shortWriteOneIn = 0
    /// What a failed sync has brought to the disk before it failed; the rest of the dirty pages is dropped.
    package var failedSyncLeaves = CrashModel.random
    /// Calls so far.
    package private(set) var callCount = 0

    private var rules: [Rule] = []
    /// For what a failed call leaves behind, and for rules by chance.
    var seed: Seed

    package var description: String {
        let death = self.crashAtCall.map { ["death at call \($0)"] } ?? []
        return (death + self.rules.map(\.description)).joined(separator: ", ")
    }

    /// Nothing is planned.
    package var isQuiet: Bool { self.rules.isEmpty && self.crashAtCall == nil }

    package init(seed: UInt64 = 0) {
        self.seed = Seed(seed)
    }

    /// A plan whose machine dies at one call: for loops over every call of a scenario.
    package static func crash(atCall call: Int) -> FaultPlan {
        var plan = FaultPlan()
        plan.crashAtCall = call
        return plan
    }

    /// A plan in which one call fails, or all of its kind from then on.
    package static func failing(
        _ call: StorageCall?,
        number: Int = 1,
        onwards: Bool = false,
        with failure: Failure = .inputOutput,
        pathContaining pathPart: String? = nil
    ) -> FaultPlan {
        var plan = FaultPlan(seed: UInt64(number))
        plan.fail(call, number: number, onwards: onwards, with: failure, pathContaining: pathPart)
        return plan
    }

    /// Fails one call, or all from one on.
    /// - Parameters:
    ///   - call: its kind; nil for any.
    ///   - number: counted from 1 among the calls of this kind and path.
    ///   - onwards: whether all that follow fail too.
    package mutating func fail(
        _ call: StorageCall?,
        number: Int = 1,
        onwards: Bool = false,
        with failure: Failure = .inputOutput,
        pathContaining pathPart: String? = nil
    ) {
        let occasion = onwards ? Rule.Occasion.onwards(number) : .once(number)
        self.rules.append(Rule(call: call, pathPart: pathPart, failure: failure, when: occasion))
    }

    /// Fails one in so many calls of this kind, by chance.
    package mutating func failRandomly(
        _ call: StorageCall?,
        oneIn: Int,
        with failure: Failure = .inputOutput,
        pathContaining pathPart: String? = nil
    ) {
        self.rules.append(Rule(call: call, pathPart: pathPart, failure: failure, when: .oneIn(oneIn)))
    }

    mutating func verdict(on call: StorageCall, _ path: String) -> Verdict {
        self.callCount += 1
        if let crashAtCall, self.callCount >= crashAtCall { return .die }
        var verdict = Verdict.proceed
        // Every rule counts every call, so that one rule does not shift the numbers of another.
        for index in self.rules.indices where self.rules[index].matches(call, path) {
            self.rules[index].matched += 1
            if self.rules[index].isDue(&self.seed) { verdict = .fail(self.rules[index].failure) }
        }
        return verdict
    }

    /// How many bytes of a write the kernel takes at once.
    mutating func acceptedBytes(of count: Int) -> Int {
        guard self.shortWriteOneIn > 0, count > 1 else { return count }
        guard self.seed.chance(1, in: self.shortWriteOneIn) else { return count }
        return self.seed.range(1...(count - 1))
    }
}

/// One reason for calls to fail.
private struct Rule: Sendable {
    enum Occasion: Sendable {
        case once(Int)
        case onwards(Int)
        case oneIn(Int)
    }

    var call: StorageCall?
    var pathPart: String?
    var failure: FaultPlan.Failure
    var when: Occasion
    /// Calls it applied to so far.
    var matched = 0

    var description: String {
        let what = self.call?.rawValue ?? "any call"
        let place = self.pathPart.map { " of \($0)" } ?? ""
        switch self.when {
        case .once(let number): return "\(self.failure.rawValue) at \(what)\(place) \(number)"
        case .onwards(let number): return "\(self.failure.rawValue) at each \(what)\(place) from \(number) on"
        case .oneIn(let count): return "\(self.failure.rawValue) at one in \(count) of \(what)\(place)"
        }
    }

    func matches(_ call: StorageCall, _ path: String) -> Bool {
        (self.call == nil || self.call == call) && (self.pathPart.map { path.contains($0) } ?? true)
    }

    func isDue(_ seed: inout Seed) -> Bool {
        switch self.when {
        case .once(let number): self.matched == number
        case .onwards(let number): self.matched >= number
        case .oneIn(let count): seed.chance(1, in: count)
        }
    }
}
