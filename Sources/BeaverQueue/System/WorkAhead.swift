internal import DequeModule

/// Pure work done on a thread beside the caller's, one piece after the other: what is posted first is taken first.
///
/// The work makes no calls that could fail or be observed, so that who drives the caller step by step sees no difference.
package final class WorkAhead<Input: Sendable, Output: Sendable>: Sendable {
    private struct Ends {
        var posted: Deque<Input> = []
        var done: Deque<Output> = []
        var isClosed = false
    }

    private let ends = Lock(Ends())

    /// Nil where there can be no thread: the caller then does the work itself.
    package init?(_ work: @escaping @Sendable (Input) -> Output) {
        let isStarted: Void? = try? SystemThread.start("beaver-ahead") { [ends] in
            while let input = Self.next(ends) {
                let output = work(input)
                ends.withLock { $0.done.append(output) }
                ends.broadcast()
            }
        }
        if isStarted == nil { return nil }
    }

    private static func next(_ ends: Lock<Ends>) -> Input? {
        ends.wait { ends -> Input?? in
            if ends.isClosed { return .some(nil) }
            return ends.posted.popFirst().map(Optional.some)
        }
    }

    package func post(_ input: Input) {
        self.ends.withLock { $0.posted.append(input) }
        self.ends.broadcast()
    }

    /// Waits for the oldest piece that was posted and not taken yet.
    package func take() -> Output {
        self.ends.wait { $0.done.popFirst() }
    }

    /// What was posted and not begun is dropped.
    package func close() {
        self.ends.withLock { $0.isClosed = true }
        self.ends.broadcast()
    }
}
