import BeaverSimulation
import Testing

@testable import BeaverQueue

/// Short forms for the scenarios of this folder.
extension SteppingDriver {
    /// A queue whose every action has a handler, on small segments.
    static func opened(_ change: (SteppingDriver) -> Void = { _ in }) throws -> SteppingDriver {
        let driver = SteppingDriver()
        driver.configuration.log.maxSegmentBytes = 64 << 10
        driver.settings.reservedLogBytes = 8 << 10
        driver.settings.hasHandlers = true
        driver.settings.worker.backoffJitter = 0
        change(driver)
        try driver.open()
        try driver.runUntilIdle()
        return driver
    }

    /// Opens what is there and runs until nothing is left to do now.
    func reopen() throws {
        try self.open()
        try self.runUntilIdle()
    }

    @discardableResult
    func put(
        _ id: String,
        _ payload: String = "{}",
        action: String = "work",
        priority: UInt8 = 4,
        start: NewJob.Start = .now,
        maxRetry: UInt16? = nil,
        once: Bool = false
    ) -> Ticket {
        self.enqueue([
            NewJob(
                id: id,
                payload: Array(payload.utf8),
                action: action,
                maxRetry: maxRetry,
                priority: priority,
                start: start,
                once: once
            )
        ])
    }

    func state(_ id: String) -> JobSlot.State? { self.slot(id)?.state }

    /// Tokens of what runs, in the order of the starts.
    func tokens() -> [UInt64] { self.runner.running }

    /// Ids of all starts of all lives.
    var started: [String] { self.runner.runs.map(\.request.jobID) }

    func answer(_ ticket: Ticket) -> EngineAnswer? { self.answers[ticket.number] }

    /// Holds all runs until the test ends them.
    func holdRuns() { self.behaviour = { _ in nil } }

    /// The queue is in order and its files say the same as its memory.
    func expectSound(_ comment: Comment = "", location: SourceLocation = #_sourceLocation) throws {
        #expect(self.faults() == [], comment, sourceLocation: location)
        try self.expectReplay(comment, location: location)
    }

    /// The files say the same as the memory.
    func expectReplay(_ comment: Comment = "", location: SourceLocation = #_sourceLocation) throws {
        guard let engine = self.engine, engine.commit.writtenSequence == engine.commit.appendedSequence else { return }
        let replayed = try self.replayed()
        #expect(replayed.invariants() == [], comment, sourceLocation: location)
        #expect(replayed.fingerprint == engine.manager.fingerprint, comment, sourceLocation: location)
    }
}

extension EngineAnswer {
    var isEnqueued: Bool { if case .enqueued(1, 0, _) = self { true } else { false } }
    var isDuplicate: Bool { if case .enqueued(0, 1, _) = self { true } else { false } }
    var isDiffering: Bool { if case .enqueued(0, 0, let places) = self { places.count == 1 } else { false } }
    var isDone: Bool { if case .done = self { true } else { false } }
    var error: QueueError? { if case .failed(let error) = self { error } else { nil } }
    var acted: BulkResult? { if case .acted(let result, _) = self { result } else { nil } }
}
