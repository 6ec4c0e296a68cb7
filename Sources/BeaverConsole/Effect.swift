package import BeaverQueue

/// What `update` wants done; the loop does it and answers with a message.
package enum Effect: Sendable, Equatable {
    case view(ViewRequest)
    case list(ListPurpose, JobFilter, after: JobCursor?, limit: Int)
    case details(String, reveals: Bool)
    case records(String)
    case output(String, run: Int?, from: Int64)
    case groups
    case select(JobFilter, BulkAction, label: String)
    case act(BulkAction, JobSelection)
    /// The same on jobs named one by one.
    case actOn(BulkAction, [String])
    case pause(Bool)
    case setWorkers(Int)
    case snapshot
    case reload
    case complete(String)
    case check(String, FileLimits)
    case compare(String)
    case endComparing
    case take(skipsBad: Bool)
    case endTaking
    case create(action: String, payload: String)
    case write([String], path: String)
    case crashFacts
    case crash(CrashKind, CrashBefore, addsLoad: Bool)
    /// Of the crash-test with that number: the server is asked for this console's own jobs.
    case askOwn(Int)
    case endAsking
    case saveReport([String])
    case takeOver
    case quit(Quit)
    case dropTyped
    case redraw
    case suspend(String)

    package enum Quit: Sendable, Equatable {
        case drain
        case now
        /// A headless engine goes on.
        case leaveRunning
    }
}
