/// The one error of the library: what went wrong, where, why, and what to do about it.
///
/// The `code` is for programs, `description` is a whole sentence for people. Values are made only by the factories below,
/// so that every sentence stands in one place.
public struct QueueError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure this is.
    ///
    /// A struct, so that a new kind breaks no `switch` of a caller.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        package enum Kind: String, Sendable {
            case invalidInput, damaged, inputMissing, unavailable, cannotCreate, inputOutput
            case outcomeUnknown, locked, full, stopped, configuration, notFound, conflict, noSuchQueue
        }

        package let kind: Kind

        /// A job, a file or a value that cannot be taken; nothing was changed.
        public static let invalidInput = Code(kind: .invalidInput)
        /// A file of the store holds something else than what was written; nothing was changed.
        public static let damaged = Code(kind: .damaged)
        /// An input file is missing, unreadable, a directory or a FIFO.
        package static let inputMissing = Code(kind: .inputMissing)
        /// A server is needed and none answers.
        package static let unavailable = Code(kind: .unavailable)
        /// No queue has been created at this path.
        public static let noSuchQueue = Code(kind: .noSuchQueue)
        /// A file or directory cannot be created.
        public static let cannotCreate = Code(kind: .cannotCreate)
        /// A system call on the store's files failed.
        public static let inputOutput = Code(kind: .inputOutput)
        /// A write or sync failed after the work was taken: repeat with the same ids.
        public static let outcomeUnknown = Code(kind: .outcomeUnknown)
        /// Another process owns the directory.
        public static let locked = Code(kind: .locked)
        /// The disk or the memory limit leaves no room for more jobs.
        public static let full = Code(kind: .full)
        /// The queue is draining or stopped.
        public static let stopped = Code(kind: .stopped)
        /// A setting is wrong or does not fit this store.
        public static let configuration = Code(kind: .configuration)
        /// There is no such job.
        public static let notFound = Code(kind: .notFound)
        /// The job's state does not allow what was asked.
        public static let conflict = Code(kind: .conflict)

        /// Its name here, `noSuchQueue` for example.
        public var description: String { self.kind.rawValue }
    }

    /// For programs: what to do does not depend on the words of `message`.
    public let code: Code
    /// One or more whole sentences: what, where, why, what to do.
    public let message: String
    /// The operating system's error number, where a system call failed.
    public let errorNumber: Int32?
    /// The file concerned, where there is one.
    public let path: String?
    /// The byte offset in `path`, where it is known.
    public let offset: Int64?

    /// The same as `message`.
    public var description: String { self.message }

    package init(
        _ code: Code,
        _ message: String,
        errorNumber: Int32? = nil,
        path: String? = nil,
        offset: Int64? = nil
    ) {
        self.code = code
        self.message = message
        self.errorNumber = errorNumber
        self.path = path
        self.offset = offset
    }
}

extension QueueError {
    package static func invalidInput(_ message: String) -> QueueError { QueueError(.invalidInput, message) }

    package static func damaged(path: String, offset: Int64? = nil, _ why: String) -> QueueError {
        let position = offset.map { " at byte \($0)" } ?? ""
        return QueueError(
            .damaged,
            "\(path)\(position): \(why). Nothing was changed. `beaver-tui verify` says what is still safe.",
            path: path,
            offset: offset
        )
    }

    /// A failed system call: `call` is its name, `reason` the text of `errorNumber`.
    package static func systemCall(
        _ call: String,
        path: String,
        offset: Int64? = nil,
        errorNumber: Int32,
        reason: String,
        code: Code = .inputOutput
    ) -> QueueError {
        let position = offset.map { " at byte \($0)" } ?? ""
        return QueueError(
            code,
            "\(path): \(call)\(position) failed: \(reason)",
            errorNumber: errorNumber,
            path: path,
            offset: offset
        )
    }

    package static func noSuchQueue(directory: String) -> QueueError {
        QueueError(
            .noSuchQueue,
            "no queue at \(directory); start one with `beaver-tui run`, or name it with --data-dir",
            path: directory
        )
    }

    package static let outcomeUnknown = QueueError(
        .outcomeUnknown,
        "the log could not be written: the outcome of this request is unknown. Repeat it with the same ids once the queue is back."
    )

    package static let draining = QueueError(
        .stopped,
        "the queue is stopping and takes nothing more; try again when it is back"
    )
}
