internal import Glibc

/// A value that one thread at a time may touch.
///
/// A POSIX mutex and not `Synchronization.Mutex`, because ThreadSanitizer reports races that are none with the latter.
/// Not recursive: a body must not call back into the owner.
// Sendable although unchecked: `value` is read and written only in `withLock`, between lock and unlock of a mutex whose
// address never changes, and leaves it only by copies of a Sendable type.
final class Guarded<Value: Sendable>: @unchecked Sendable {
    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init(_ value: Value) {
        self.value = value
        self.mutex = .allocate(capacity: 1)
        self.mutex.initialize(to: pthread_mutex_t())
        let status = pthread_mutex_init(self.mutex, nil)
        precondition(status == 0, "a mutex could not be made")
    }

    deinit {
        pthread_mutex_destroy(self.mutex)
        self.mutex.deinitialize(count: 1)
        self.mutex.deallocate()
    }

    func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(self.mutex)
        defer { pthread_mutex_unlock(self.mutex) }
        return try body(&self.value)
    }
}
