/// What a test was waiting for did not happen in time.
package struct WaitedInVain: Error, CustomStringConvertible {
    package let what: String
    package let limit: Duration

    package var description: String { "waited \(self.limit) in vain for: \(self.what)" }
}

/// Returns as soon as the condition holds; throws when it does not hold within the limit.
///
/// Yields between two looks and never sleeps, so that a test takes as long as what it waits for and no longer. The limit
/// is generous: it is reached only by a test that fails.
nonisolated(nonsending) package func waitUntil(
    _ what: String = "the condition",
    limit: Duration = .seconds(300),
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let start = clock.now
    while try await !condition() {
        guard start.duration(to: clock.now) < limit else { throw WaitedInVain(what: what, limit: limit) }
        await Task.yield()
    }
}
