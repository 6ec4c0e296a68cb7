#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// State that several threads share, behind a pthread mutex and a condition.
///
/// Not `Synchronization.Mutex`: ThreadSanitizer does not know it and reports races that are none, and it has no
/// condition to wait on.
///
/// `@unchecked Sendable`: `state` is reached only inside `withLock` and `wait`, with the mutex held; the mutex and the
/// condition live at fixed addresses from init to deinit.
package final class Lock<State>: @unchecked Sendable {
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init(_ state: sending State) {
        self.state = state
        self.mutex = .allocate(capacity: 1)
        self.mutex.initialize(to: pthread_mutex_t())
        self.condition = .allocate(capacity: 1)
        self.condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(self.mutex, nil)
        // Timed waits follow the monotonic clock, so that a jump of the wall clock neither delays nor hurries them.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(self.condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(self.condition)
        pthread_mutex_destroy(self.mutex)
        self.condition.deallocate()
        self.mutex.deallocate()
    }

    @inline(__always)
    package func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        return try body(&self.state)
    }

    /// Waits until `ready` gives a value; the lock is held when it is asked.
    ///
    /// `signal` or `broadcast` makes it ask again.
    package func wait<Result>(_ ready: (inout State) -> Result?) -> Result {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        while true {
            if let result = ready(&self.state) { return result }
            pthread_cond_wait(self.condition, self.mutex)
        }
    }

    /// As `wait`, but asks `ready` once more and returns its last answer after `nanoseconds`.
    package func wait<Result>(nanoseconds: Int64, _ ready: (inout State) -> Result?) -> Result? {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let sum = Int64(deadline.tv_nsec) + max(0, min(nanoseconds, 1 << 60))
        deadline.tv_sec += Int(sum / 1_000_000_000)
        deadline.tv_nsec = Int(sum % 1_000_000_000)
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        while true {
            if let result = ready(&self.state) { return result }
            if pthread_cond_timedwait(self.condition, self.mutex, &deadline) == ETIMEDOUT { return ready(&self.state) }
        }
    }

    package func signal() { pthread_cond_signal(self.condition) }
    package func broadcast() { pthread_cond_broadcast(self.condition) }
}
