package import BeaverQueue

/// What the console needs beyond the queue itself: files, crashes, the end of the program.
///
/// Whoever starts it provides it.
package protocol ConsoleHost: Sendable {
    /// The queue as it is now: a crash-test puts another one in its place.
    var queue: any QueueControl { get }
    /// Paths that begin with `text`, folders with a slash at their end.
    func complete(_ text: String) async -> [String]
    /// Reads a file whole, takes nothing.
    func check(_ path: String, _ limits: FileLimits) async -> FileCheck
    /// Asks the queue what of the file checked last it knows already, in pieces; `progress` gets the sum so far. Ends early
    /// when another file is compared, one is taken, or `endComparing` is called.
    func compare(_ progress: @escaping @Sendable (EnqueueResult) -> Void) async throws(QueueError)
    func endComparing() async
    /// Takes the jobs of the file checked last, and writes its bad entries to a file beside it.
    func take(skipsBad: Bool, progress: @escaping @Sendable (Int) -> Void) async throws(QueueError) -> FileTaken
    /// Takes no more of that file; what was answered stays.
    func endTaking() async
    /// Takes one job and returns its id.
    func create(action: String, payload: String) async throws(QueueError) -> String
    func reload() async throws(QueueError) -> String
    /// Writes jobs as a file that `enqueue` takes; returns its path.
    func write(_ jobs: [JobDetails], to path: String) async throws(QueueError) -> String
    func save(report: [String]) async throws(QueueError) -> String
    func crashFacts() async -> CrashFacts
    func crash(_ kind: CrashKind, before: CrashBefore, addsLoad: Bool) async -> CrashOutcome
    /// Asks a server that is back for all jobs whose acceptance this console was told, in pieces; `progress` gets the sum so
    /// far. Ends early when it is called again, or `endAsking` is.
    func askOwn(_ progress: @escaping @Sendable (OwnAccount) -> Void) async
    func endAsking() async
    /// Runs the queue in this process, once its server is gone.
    func takeOver() async throws(QueueError)
    /// This process is about to be stopped, as by Ctrl-Z: a queue in it finds no run too long before `goOn`.
    func hold()
    func goOn()
    /// Returns when nothing of the queue runs in this process any more.
    func quit(_ kind: Effect.Quit) async
}
