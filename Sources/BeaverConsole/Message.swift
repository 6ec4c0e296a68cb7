package import BeaverQueue

/// What happens to the console.
package enum Message: Sendable {
    case key(Key)
    case mouse(Mouse, row: Int, column: Int)
    case paste(String)
    case resized(Size)
    case tick
    case stopAsked
    /// The system ends the console.
    case endAsked
    /// The terminal is gone.
    case hungUp
    case view(Result<QueueView, QueueError>)
    case list(ListPurpose, Result<JobPage, QueueError>)
    case details(String, reveals: Bool, Result<JobDetails, QueueError>)
    case records(String, [Inspection.Line])
    case output(String, run: Int?, from: Int64, Result<JobOutput, QueueError>)
    case groups(Result<[FailureGroup], QueueError>)
    case selected(BulkAction, label: String, Result<JobSelection, QueueError>)
    case acted(String, Result<String, QueueError>)
    case completions(String, [String])
    case checked(FileCheck)
    case takeProgress(Int)
    case known(String, Result<EnqueueResult, QueueError>)
    case taken(Result<FileTaken, QueueError>)
    case crashFacts(CrashFacts)
    case crashed(CrashOutcome)
    /// Of the crash-test with that number.
    case account(Int, OwnAccount)
    case tookOver(String?)
    case stopped
    case logLine(QueueLogLine)
}

package enum Mouse: Sendable, Equatable {
    case click
    case wheelUp
    case wheelDown
}

package enum ListPurpose: Sendable, Equatable {
    /// Its text, and which of its pages.
    case filter(String, page: Int)
    case kind(FailureGroup)
}
