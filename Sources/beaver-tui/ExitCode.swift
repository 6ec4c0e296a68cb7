import BeaverQueue

/// What a command leaves to whoever called it; the contract's table.
enum ExitStatus: Int32, Sendable, CaseIterable {
    case done = 0
    /// What was asked for failed: a job died, is parked or unknown, a loss was found.
    case failed = 1
    case usage = 64
    case badData = 65
    case noInput = 66
    case unavailable = 69
    case cannotCreate = 73
    case inputOutput = 74
    case tryLater = 75
    case configuration = 78

    /// The one place where codes of the library become exit statuses.
    init(_ code: QueueError.Code) {
        switch code {
        case .invalidInput, .damaged: self = .badData
        case .inputMissing: self = .noInput
        case .unavailable, .noSuchQueue: self = .unavailable
        case .cannotCreate: self = .cannotCreate
        case .inputOutput, .outcomeUnknown: self = .inputOutput
        case .locked, .full, .stopped: self = .tryLater
        case .configuration: self = .configuration
        case .notFound, .conflict: self = .failed
        // A kind that this build does not know is a failure, and says so in its sentence.
        default: self = .failed
        }
    }
}

/// Ends a command with a status and, if there is more to say than was said, a sentence.
struct CommandFailure: Error, Equatable {
    var status: ExitStatus
    var message: String?

    init(_ status: ExitStatus, _ message: String? = nil) {
        self.status = status
        self.message = message
    }
}
