/// Who set what holds for the jobs of an action.
extension HandlerRegistry {
    /// The limits of a job that brings none of its own.
    package func limits(of action: String) -> [JobLimit] {
        let (name, handler) = self.handler(of: action)
        let worker = self.configuration.worker
        let standard = QueueConfiguration.Worker()
        func own(_ limit: JobLimit.Name, _ key: String, _ value: Int64?) -> JobLimit? {
            value.map { JobLimit(limit, $0, from: self.origin("handler \(name)", "handlers.\(name).\(key)")) }
        }
        func general(_ limit: JobLimit.Name, _ key: String, _ value: Int64, _ standard: Int64) -> JobLimit {
            let key = "worker.\(key)"
            let isSet = self.configuration.origins[key] != nil || value != standard
            return JobLimit(limit, value, from: isSet ? self.origin(key, key) : "default")
        }
        return [
            own(.timeout, "timeout", handler?.timeoutMilliseconds.map(Int64.init))
                ?? general(
                    .timeout,
                    "task_timeout",
                    Int64(worker.taskTimeoutMilliseconds),
                    Int64(standard.taskTimeoutMilliseconds)
                ),
            own(.maxRetry, "max_retry", handler?.maxRetry.map(Int64.init))
                ?? general(.maxRetry, "max_retry", Int64(worker.maxRetry), Int64(standard.maxRetry)),
            general(
                .maxInterrupted,
                "max_interrupted",
                Int64(worker.maxInterrupted),
                Int64(standard.maxInterrupted)
            ),
            general(.backoffBase, "backoff.base", worker.backoffBaseMilliseconds, standard.backoffBaseMilliseconds),
            general(.backoffMax, "backoff.max", worker.backoffMaxMilliseconds, standard.backoffMaxMilliseconds),
            own(.concurrency, "concurrency", handler?.concurrency.map(Int64.init)),
            own(.pauseOnFailures, "pause_on_failures", handler?.pauseOnFailures.map(Int64.init)),
        ].compactMap { $0 }
    }

    private func handler(of action: String) -> (name: String, configuration: HandlerConfiguration?) {
        switch self.target(for: action) {
        case .closure(let name): (name, self.configuration.handlers[name])
        case .handler(let name, let handler): (name, handler)
        case .nobody: (action, nil)
        }
    }

    private func origin(_ who: String, _ key: String) -> String {
        self.configuration.origins[key].map { "\(who), \($0)" } ?? who
    }
}
