import BeaverQueue

/// Runs long work away from the threads that all tests share, so that those which wait for a server's answer are not
/// kept waiting by arithmetic.
package func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        do {
            try SystemThread.start("test") { continuation.resume(returning: body()) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
