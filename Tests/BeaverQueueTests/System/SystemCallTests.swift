import Glibc
import Synchronization
import Testing

@testable import BeaverQueue

@Suite(.timeLimit(.minutes(1)))
struct SystemCallTests {
    /// What a thread that reads from a pipe has to say at its end.
    private final class Reader: Sendable {
        let thread = Mutex<pthread_t?>(nil)
        let outcome = Mutex<Result<Int, SystemCall.Failure>?>(nil)
    }

    /// Catches the signal without asking the kernel to go on with what it interrupted.
    private func catchUserSignal() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        action.sa_flags = 0
        sigaction(SIGUSR2, &action, nil)
    }

    /// A thread that waits in read(2), interrupted again and again, then given a byte.
    private func interrupted(
        _ call: @escaping @Sendable (Int32) throws(SystemCall.Failure) -> Int
    ) throws -> Result<Int, SystemCall.Failure> {
        self.catchUserSignal()
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        defer {
            close(readEnd)
            close(writeEnd)
        }
        let reader = Reader()
        try SystemThread.start("interrupted") {
            // The engine's threads take no signals; this one does.
            var mask = sigset_t()
            sigemptyset(&mask)
            pthread_sigmask(SIG_SETMASK, &mask, nil)
            reader.thread.withLock { $0 = pthread_self() }
            let outcome = Result { () throws(SystemCall.Failure) in try call(readEnd) }
            reader.outcome.withLock { $0 = outcome }
        }
        while reader.thread.withLock({ $0 }) == nil { sched_yield() }
        let thread = try #require(reader.thread.withLock { $0 })
        for _ in 0..<50 where reader.outcome.withLock({ $0 }) == nil {
            pthread_kill(thread, SIGUSR2)
            // Long enough for it to be in the call again.
            poll(nil, 0, 1)
        }
        var byte: UInt8 = 7
        write(writeEnd, &byte, 1)
        while reader.outcome.withLock({ $0 }) == nil { sched_yield() }
        return try #require(reader.outcome.withLock { $0 })
    }

    @Test("a call that a signal interrupts is made again")
    func aCallThatASignalInterruptsIsMadeAgain() throws {
        let outcome = try self.interrupted { descriptor throws(SystemCall.Failure) in
            var byte: UInt8 = 0
            return try SystemCall.retrying { read(descriptor, &byte, 1) }
        }
        #expect(try outcome.get() == 1)
    }

    /// So that the test above is known to interrupt anything.
    @Test("a call that is made once tells of the signal")
    func aCallMadeOnceTellsOfTheSignal() throws {
        let outcome = try self.interrupted { descriptor throws(SystemCall.Failure) in
            var byte: UInt8 = 0
            return try SystemCall.once { read(descriptor, &byte, 1) }
        }
        #expect(throws: SystemCall.Failure(number: EINTR)) { try outcome.get() }
    }
}
