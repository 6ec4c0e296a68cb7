/// Which handler an action has, and under which terms it runs: a pure reading of the configuration.
package struct HandlerRegistry: Sendable {
    /// What the engine needs to know about an action before it dispatches a job of it.
    package struct Policy: Sendable, Equatable {
        package enum Standing: Sendable, Equatable {
            case runnable
            /// Its jobs wait; the reason is shown to people.
            case parked(reason: String)
            /// Its jobs are dead at once (`unknown: dead`).
            case refused(reason: String)
        }

        package var standing: Standing
        /// Runs of this action at the same time; nil: as many as there are workers.
        package var concurrencyLimit: Int?
        /// 0 is none.
        ///
        /// A job's own value comes first.
        package var timeoutMilliseconds: UInt32
        /// Retries after the first run.
        ///
        /// A job's own value comes first.
        package var maxRetry: UInt16
        /// Pause the action after so many failed runs in a row; nil: never.
        package var pauseOnFailures: Int?
    }

    /// Who runs an action.
    enum Target: Equatable {
        /// The closure registered under this name.
        case closure(String)
        /// A handler and the name it has in the configuration.
        case handler(String, HandlerConfiguration)
        /// Nobody; why, for people.
        case nobody(reason: String)
    }

    package static let defaultAction = "default"
    /// Handlers that need no configuration; one under the same name takes the place of the built-in.
    private static let builtins: [String: HandlerConfiguration.Kind] = [
        "sleep": .sleep, "noop": .noop, "fail": .fail, "exec": .exec,
    ]

    let configuration: QueueConfiguration
    private let closureNames: Set<String>

    package init(configuration: QueueConfiguration, closureNames: Set<String>) {
        self.configuration = configuration
        self.closureNames = closureNames
    }

    /// The terms of an action, known or not.
    ///
    /// `programFault` says why a handler's program cannot be executed, nil if it can: the one thing that is on disk and
    /// not in the configuration (`ProgramSearch.fault`).
    package func policy(
        for action: String,
        programFault: (HandlerConfiguration) -> String? = { _ in nil }
    ) -> Policy {
        switch self.target(for: action) {
        case .closure(let name):
            return self.policy(.runnable, self.configuration.handlers[name])
        case .handler(_, let handler):
            let reason = self.fault(of: handler) ?? programFault(handler)
            return self.policy(reason.map { .parked(reason: $0) } ?? .runnable, handler)
        case .nobody(let reason):
            let isDead = self.configuration.unknown == .dead
            return self.policy(isDead ? .refused(reason: reason) : .parked(reason: reason), nil)
        }
    }

    func target(for action: String) -> Target {
        self.ownTarget(for: action) ?? self.unknownTarget(for: action)
    }

    /// Why this handler cannot run as the configuration stands.
    func fault(of handler: HandlerConfiguration) -> String? {
        switch handler.kind {
        case .exec where !self.configuration.allowExec:
            "exec needs --allow-exec: jobs would run commands of their own"
        case .closure: "its handler is a closure, and this program has registered none for it"
        case .command(let arguments) where arguments.first?.isEmpty ?? true: "its command is empty"
        case .command, .sleep, .noop, .fail, .exec: nil
        }
    }

    private func ownTarget(for action: String) -> Target? {
        if self.closureNames.contains(action) { return .closure(action) }
        if let handler = self.configuration.handlers[action] { return .handler(action, handler) }
        return Self.builtins[action].map { .handler(action, HandlerConfiguration($0)) }
    }

    private func unknownTarget(for action: String) -> Target {
        if self.configuration.unknown == .useDefault, let target = self.ownTarget(for: Self.defaultAction) {
            return target
        }
        let closest = ClosestName.of(action, among: self.names.sorted())
        let question = closest.map { "; did you mean `\($0)`?" } ?? ""
        return .nobody(reason: "no handler for `\(TerminalText.visible(action))`\(question)")
    }

    var names: Set<String> {
        self.closureNames.union(self.configuration.handlers.keys).union(Self.builtins.keys)
    }

    private func policy(_ standing: Policy.Standing, _ handler: HandlerConfiguration?) -> Policy {
        Policy(
            standing: standing,
            concurrencyLimit: handler?.concurrency,
            timeoutMilliseconds: handler?.timeoutMilliseconds ?? self.configuration.worker.taskTimeoutMilliseconds,
            maxRetry: handler?.maxRetry ?? self.configuration.worker.maxRetry,
            pauseOnFailures: handler?.pauseOnFailures
        )
    }
}
