/// What tokens may follow which: none is used twice, for each job they grow, and no start of an earlier life of the engine comes late.
///
/// Among jobs of one life the order of starts may differ from the order of tokens: a job marked `once` waits for a sync
/// between the two.
struct TokenOrder: Sendable {
    private var tokens: [String: UInt64] = [:]
    private var used: Set<UInt64> = []
    private var epoch: UInt64 = 0

    /// Notes a start; returns the token that this one should have exceeded, if it did not.
    mutating func fault(of token: UInt64, _ id: String) -> UInt64? {
        let before = max(self.tokens[id] ?? 0, self.epoch << 33)
        self.tokens[id] = max(before, token)
        self.epoch = max(self.epoch, token >> 33)
        return self.used.insert(token).inserted && token > before ? nil : before
    }
}
