internal import BeaverQueue

/// What holds for a job, and who set it, in few words.
enum LimitText {
    static func facts(of details: JobDetails) -> [(String, String)] {
        var facts: [(String, String)] = []
        func limit(_ name: JobLimit.Name) -> JobLimit? { details.limits.first { $0.name == name } }
        func add(_ name: String, _ limit: JobLimit?, _ text: (Int64) -> String) {
            if let limit { facts.append((name, "\(text(limit.value)), \(self.origin(limit))")) }
        }
        add("time-out", limit(.timeout)) { $0 == 0 ? "none" : Figures.length(milliseconds: $0, spaced: true) }
        add("retries", limit(.maxRetry), String.init)
        if let base = limit(.backoffBase), let most = limit(.backoffMax) {
            let first = Figures.length(milliseconds: base.value, spaced: true)
            // The one that somebody has set says more.
            add("backoff", base.from == "default" ? most : base) { _ in
                "\(first) to \(Figures.length(milliseconds: most.value, spaced: true))"
            }
        }
        add("crashes", limit(.maxInterrupted)) { "\($0) runs" }
        add("at a time", limit(.concurrency), String.init)
        add("paused", limit(.pauseOnFailures)) { "after \($0) failed in a row" }
        return facts
    }

    /// Where it was read, if that is known, without folders: there is little room, and one configuration.
    private static func origin(_ limit: JobLimit) -> String {
        switch limit.from {
        case "default": return "default"
        case "the job": return "its own"
        default:
            let place = limit.from.split(separator: ", ").last ?? ""
            return "from \(place.split(separator: "/").last ?? place)"
        }
    }
}
