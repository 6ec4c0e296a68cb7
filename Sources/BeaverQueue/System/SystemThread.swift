internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A thread of the operating system, for work that blocks in system calls: a task doing so would take one of the few
/// threads that all tasks share.
///
/// Signals are blocked on it, so that those for the process find the threads that expect them. Not those that a fault of
/// the thread itself raises: blocked, they would end the process without their handler, which restores a terminal.
package enum SystemThread {
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(QueueError) {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        for fault in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] { sigdelset(&all, fault) }
        // A new thread inherits the mask, so there is no moment at which it could be interrupted.
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        // Released by the thread; by us if there will be none.
        let context = Unmanaged.passRetained(Body(name: name, run: body))
        var thread = pthread_t()
        let number = pthread_create(&thread, nil, Self.enter, context.toOpaque())
        if number != 0 {
            context.release()
            throw SystemCall.Failure(number: number).queueError("pthread_create", path: name)
        }
        pthread_detach(thread)
    }

    /// Lets others go first where processors are short: the calling thread gets about a tenth of what one of them gets.
    ///
    /// For good; a thread without privileges cannot take it back.
    package static func standBack() { cbeaver_yield_priority(10) }

    /// Lets the calling thread have a processor soon after it is woken, in short turns.
    ///
    /// For one that answers a person and works little; its share does not grow. Systems that cannot do that change nothing.
    package static func takeShortTurns() { cbeaver_take_short_turns(100_000) }

    /// Of the calling thread, for about so long: a signal may end it early.
    static func sleep(nanoseconds: Int64) {
        var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        nanosleep(&time, nil)
    }

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        cbeaver_name_thread(body.name)
        body.run()
        return nil
    }
}
