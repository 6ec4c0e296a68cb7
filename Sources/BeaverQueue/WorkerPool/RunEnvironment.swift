/// The environment of the processes of one handler.
///
/// What comes later overrides what came before: the server's own environment, the handler's, the job's, and last the
/// names by which a run knows itself, which nobody can set.
struct RunEnvironment: Sendable {
    /// What a process and all it starts carry, so that they can be found when the queue has died: see `MarkedProcesses`.
    static let marker = "BEAVER_RUN"

    private static let reservedNames: Set<Substring> = [
        "BEAVER_JOB_ID", "BEAVER_RUN_NUMBER", "BEAVER_FENCING_TOKEN", "BEAVER_ACTION", "BEAVER_DEADLINE", "BEAVER_RUN",
    ]

    private let storeID: String
    private let entries: [String]
    /// `entries` for `execve`, made once and not for each run.
    private let encoded: CStringList

    init(storeID: String, inherited: [String], handler: [String]) {
        self.storeID = storeID
        self.entries = Self.merged(inherited, handler)
        self.encoded = CStringList(self.entries)
    }

    func list(for run: RunRequest, job: [String]) -> CStringList {
        var list = job.isEmpty ? self.encoded : CStringList(Self.merged(self.entries, job))
        list.append("BEAVER_JOB_ID=\(run.jobID)")
        list.append("BEAVER_RUN_NUMBER=\(run.runNumber)")
        list.append("BEAVER_FENCING_TOKEN=\(run.token)")
        list.append("BEAVER_ACTION=\(run.action)")
        if let deadline = run.deadlineWallMilliseconds { list.append("BEAVER_DEADLINE=\(deadline)") }
        list.append("\(Self.marker)=\(self.storeID).\(run.token)")
        return list
    }

    /// Where programs without a slash in their names are looked for.
    func searchPath(job: [String]) -> String {
        let path = (job.last { $0.hasPrefix("PATH=") } ?? self.entries.last { $0.hasPrefix("PATH=") })?.dropFirst(5)
        return path.map(String.init) ?? "/usr/local/bin:/usr/bin:/bin"
    }

    /// `overrides` after `base` without the names they set; entries without a name are dropped.
    private static func merged(_ base: [String], _ overrides: [String]) -> [String] {
        var taken = Self.reservedNames
        var kept: [String] = []
        for entry in overrides.reversed() + base.reversed() {
            guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else { continue }
            if taken.insert(entry[..<equals]).inserted { kept.append(entry) }
        }
        return kept.reversed()
    }
}
