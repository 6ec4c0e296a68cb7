/// What became of many jobs, without a look at the files.
extension JobLookup {
    /// As many as are looked up in one slice of the engine's time.
    static let idsAtOnce = 500

    func known(_ ids: [String]) async -> [KnownJob?] {
        var known: [KnownJob?] = []
        known.reserveCapacity(ids.count)
        while known.count < ids.count {
            let slice = ids[known.count..<min(ids.count, known.count + Self.idsAtOnce)].map { self.hash($0) }
            known += self.engine.withLock { engine in
                slice.map { id in
                    if let number = engine.manager.slots.find(id) {
                        let row = engine.row(number)
                        return KnownJob(state: row.state, runs: row.slot.runs)
                    }
                    return engine.manager.remembered.find(id) == nil ? nil : KnownJob(state: .completed, runs: nil)
                }
            }
            await Task.yield()
        }
        return known
    }
}
